"""Stores that are a cluster: real servers that share the slots, slots that move, nodes that die, and liars that send
commands round in circles."""
from harness import Conn, WireTest, beyond_nginx, get, in_parallel, main, wait_for
from redis_server import Cluster, Liar, Redis

CONFIG = """
    store shared { url %s; timeout 3s; reconnect 20ms max=50ms; on_error %s; }
    limit_count_zone $arg_k zone=ten:1m rate=10r/h store=shared;
    limit_count_zone $arg_j zone=five:1m rate=5r/h store=shared;
    limit_count_zone $arg_k zone=also:1m rate=8r/h store=shared;
    limit_req_zone $arg_k zone=slow:1m rate=1r/m store=shared;
    limit_conn_zone $arg_k zone=open:1m store=shared;
    keyval_zone zone=names:1m store=shared fresh=0;
    keyval $arg_k $name zone=names;
    keyval $arg_j $other zone=names;
    server {
        listen @P0@;
        location /ten { limit_count zone=ten; proxy_pass http://@O@; }
        location /both { limit_count zone=ten; limit_count zone=five; proxy_pass http://@O@; }
        location /one_key { limit_count zone=ten; limit_count zone=also; proxy_pass http://@O@; }
        location /req { limit_req zone=slow burst=2 nodelay; proxy_pass http://@O@; }
        location /open { limit_conn open 2; proxy_pass http://@O@/hang; }
        location /name { return 200 "[$name][$other]"; }
    }
"""


def statuses(port, path, count):
    with Conn(port) as conn:
        return [conn.get(path).status for _ in range(count)]


class ClusterTest(WireTest):
    def cluster(self, count):
        cluster = Cluster(count)
        self.addCleanup(cluster.stop)
        return cluster

    def gateway(self, url, on_error="deny", **options):
        return self.start(CONFIG % (url, on_error), main="worker_processes 2;", **options)


@beyond_nginx
class OneNode(ClusterTest):
    def test_a_cluster_of_one(self):
        cluster = self.cluster(1)
        gw = self.gateway(cluster.url)
        self.assertEqual(statuses(gw.ports[0], "/both?k=a&j=b", 6), [200] * 5 + [429])
        self.assertEqual(statuses(gw.ports[0], "/ten?k=a", 6), [200] * 5 + [429])  # what was refused was given back
        self.assertEqual(statuses(gw.ports[0], "/req?k=a", 4), [200] * 3 + [503])
        self.assertNotIn("store", gw.error_log())


@beyond_nginx
class TwoNodes(ClusterTest):
    def setUp(self):
        super().setUp()
        self.nodes = self.cluster(2)
        self.keys = [self.nodes.key_on(i) for i in range(2)]

    def test_each_key_is_where_its_slot_is(self):
        gws = [self.gateway("redis+cluster://" + self.nodes.nodes[0].address), self.gateway(self.nodes.url)]
        for i, key in enumerate(self.keys):
            found = in_parallel(8, lambda n, key=key: statuses(gws[n % 2].ports[0], "/ten?k=" + key, 3))
            self.assertEqual(sum(found, []).count(200), 10)
            self.assertEqual(self.nodes.nodes[i].keys(), ["limit:{%s}:ten:s3600000" % key])
        for gw in gws:
            self.assertNotIn("store", gw.error_log())

    def test_keys_of_both_in_one_request(self):
        gw = self.gateway(self.nodes.url)
        path = "/both?k=%s&j=%s" % tuple(self.keys)
        self.assertEqual(statuses(gw.ports[0], path, 7), [200] * 5 + [429] * 2)
        wait_for(lambda: get(gw.ports[0], "/ten?k=" + self.keys[0]).get("RateLimit-Remaining") is not None)
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + self.keys[0], 5), [200] * 4 + [429])
        path = "/one_key?k=" + self.nodes.key_on(1, "x")
        self.assertEqual(statuses(gw.ports[0], path, 10), [200] * 8 + [429] * 2)

    def test_the_other_users_of_stores(self):
        gw = self.gateway(self.nodes.url)
        for key in ("a", "b"):  # a keyval's name has no braces of its own: its slot is that of the whole name
            node = self.nodes.nodes[self.nodes.node_of("keyval:names:" + key)]
            node.ask("SET", "keyval:names:" + key, "value " + key)
        self.assertEqual(get(gw.ports[0], "/name?k=a&j=b").text, "[value a][value b]")
        for key in self.keys:
            self.assertEqual(statuses(gw.ports[0], "/req?k=" + key, 4), [200] * 3 + [503])
            conns = [Conn(gw.ports[0]) for _ in range(2)]
            for conn in conns:
                before = self.origin.request_count
                conn.send("GET /open?k=%s HTTP/1.1\r\nHost: h\r\n\r\n" % key)
                wait_for(lambda: self.origin.request_count > before)
            self.assertEqual(get(gw.ports[0], "/open?k=" + key).status, 503)
            for conn in conns:
                conn.close()
            wait_for(lambda: not any(k.endswith(":c") for node in self.nodes.nodes for k in node.keys()))

    def move(self, key, source, target, state):
        slot = self.nodes.slot(key)
        nodes, ids = self.nodes.nodes, [self.nodes.id(0), self.nodes.id(1)]
        if state == "ask":
            nodes[target].ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
            nodes[source].ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        else:
            for node in (target, source):
                nodes[node].ask("CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    def test_a_slot_that_is_on_its_way_and_then_elsewhere(self):
        gw = self.gateway(self.nodes.url)
        key = self.keys[0]
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + self.keys[1], 1), [200])
        self.move(key, 0, 1, "ask")
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + key, 3), [200] * 3)  # it is there already: ASK
        self.assertEqual(self.nodes.nodes[0].keys(), [])
        self.assertIn("limit:{%s}:ten:s3600000" % key, self.nodes.nodes[1].keys())
        self.move(key, 0, 1, "node")
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + key, 8), [200] * 7 + [429])
        self.assertNotIn("store", gw.error_log())

    def test_a_node_that_dies(self):
        gw = self.gateway(self.nodes.url, "deny")
        self.assertEqual([statuses(gw.ports[0], "/ten?k=" + key, 1) for key in self.keys], [[200], [200]])
        self.nodes.nodes[1].kill()
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + self.keys[1], 3), [503] * 3)
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + self.keys[0], 3), [200] * 3)  # the other one serves on
        gw.wait_log(r'store "shared" is down: .*127.0.0.1:%d' % self.nodes.nodes[1].port)
        self.nodes.nodes[1].start()
        wait_for(lambda: get(gw.ports[0], "/ten?k=" + self.keys[1]).status == 200, 10)
        gw.wait_log(r'store "shared" is back')

    def test_without_being_told_that_it_is_a_cluster(self):
        gw = self.gateway("redis://" + self.nodes.nodes[0].address, "local")
        self.assertEqual(statuses(gw.ports[0], "/ten?k=" + self.keys[1], 12), [200] * 10 + [429] * 2)
        lines = gw.wait_log(r'.*store "shared" answers with errors: MOVED.*')
        self.assertIn("redis+cluster://", lines[0])
        self.assertEqual(gw.error_log().count("answers with errors"), 1)


@beyond_nginx
class Liars(ClusterTest):
    def test_in_circles(self):
        liars = []
        for answer in ("MOVED", "ASK"):
            with self.subTest(answer):
                liar = Liar(lambda words, answer=answer: b"-%s 1 127.0.0.1:%s\r\n" % (
                    answer.encode(), liars[-1].address.split(":")[1].encode()) if words[0] != b"ASKING" else b"+OK\r\n")
                liars.append(liar)
                self.addCleanup(liar.stop)
                gw = self.gateway("redis+cluster://" + liar.address, "local")
                self.assertEqual(statuses(gw.ports[0], "/ten?k=a", 12), [200] * 10 + [429] * 2)
                asked = [words for words in liar.asked if words[0] in (b"EVALSHA", b"EVAL")]
                self.assertLessEqual(len(asked), 12 * 5)

    def test_nonsense(self):
        for answer in (b"-MOVED\r\n", b"-MOVED 99999 a:1\r\n", b"-ASK 1 ?:1\r\n", b"-MOVED 1 127.0.0.1:1\r\n",
                       b"-MOVED 1 not.a.name.invalid:6379\r\n"):
            with self.subTest(answer):
                liar = Liar(lambda words, answer=answer: answer)
                self.addCleanup(liar.stop)
                gw = self.gateway("redis+cluster://" + liar.address, "local")
                self.assertEqual(statuses(gw.ports[0], "/ten?k=a", 12), [200] * 10 + [429] * 2)


if __name__ == "__main__":
    main()
