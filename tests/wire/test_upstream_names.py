"""Names in upstream blocks that come and go: `resolve`, `service=`, a resolver of the block, CNAME, TCP, reload."""
from collections import Counter

from name_server import NameServer
from harness import WireTest, get, main, wait_for


class UpstreamNames(WireTest):
    HTTP = None
    ORIGINS = 2

    def setUp(self):
        super().setUp()
        self.dns = NameServer()
        self.addCleanup(self.dns.stop)

    def gateway(self, upstream, resolver="resolver @DNS@ ipv6=off valid=1s;", server="", **options):
        http = ("%s upstream pool { %s } server { listen @P0@; %s location / { proxy_pass http://pool;"
                " proxy_connect_timeout 300ms; add_header X-Peer $upstream_addr always;"
                " add_header X-Server $upstream_last_server_name always; } }" % (resolver, upstream, server))
        return self.start(http.replace("@DNS@", self.dns.address), **options)

    def peers(self, gw, count=10):
        """Which origins answer `count` requests, and how often."""
        numbers = {o.address: i for i, o in enumerate(self.origins)}
        answers = [get(gw.ports[0], "/b/1") for _ in range(count)]
        return Counter(numbers.get((a.get("X-Peer") or "").split(", ")[-1], a.status) for a in answers)

    def srv(self, *records):
        return {"srv": [(p, w, self.origins[i].port, "host.test") for p, w, i in records]}

    def test_answers_change_the_peers_without_a_reload(self):
        self.dns.names["a.test"] = (["127.0.0.1"], 1)
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(self.peers(gw, 3), {0: 3})
        self.dns.names["a.test"] = (["127.0.0.9"], 1)
        wait_for(lambda: get(gw.ports[0], "/b/1").status == 502, 6, 0.1)
        self.dns.names["a.test"] = (["127.0.0.1"], 1)
        wait_for(lambda: get(gw.ports[0], "/b/1").status == 200, 6, 0.1)

    def test_a_name_that_is_gone_has_no_peers_a_broken_server_changes_nothing(self):
        self.dns.names["a.test"] = (["127.0.0.1"], 1)
        gw = self.gateway("resolver_timeout 1s; server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(self.peers(gw, 2), {0: 2})
        self.dns.names["a.test"] = "servfail"
        asked = len(self.dns.asked)
        gw.wait_log(r"a\.test.*\(2: Server failure\)")
        self.assertGreater(len(self.dns.asked), asked)
        self.assertEqual(self.peers(gw, 2), {0: 2})
        self.dns.names["a.test"] = "nxdomain"
        wait_for(lambda: get(gw.ports[0], "/b/1").status == 502, 10, 0.1)
        gw.wait_log("no live upstreams")

    def test_the_server_as_written(self):
        self.dns.names["a.test"] = (["127.0.0.1"], 60)
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(get(gw.ports[0], "/b/1").get("X-Server"), "a.test:%d" % self.origin.port)

    def test_a_resolver_of_the_block(self):
        other = NameServer({"a.test": (["127.0.0.1"], 60)})
        self.addCleanup(other.stop)
        gw = self.gateway("resolver %s ipv6=off; resolver_timeout 2s; server a.test:%d resolve;"
                          % (other.address, self.origin.port))
        self.assertEqual(self.peers(gw, 2), {0: 2})
        self.assertEqual(self.dns.asked, [])

    def test_a_chain_of_aliases(self):
        self.dns.names.update({"a.test": {"cname": "b.test"}, "b.test": {"cname": "c.test"}, "c.test": (["127.0.0.1"], 60)})
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(self.peers(gw, 2), {0: 2})

    def test_a_ring_of_aliases_ends(self):
        self.dns.names.update({"a.test": {"cname": "b.test"}, "b.test": {"cname": "a.test"}})
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(get(gw.ports[0], "/b/1").status, 502)
        self.assertLess(len(self.dns.asked), 200)

    def test_a_cut_answer_comes_over_tcp(self):
        self.dns.names["a.test"] = {"a": ["127.0.0.1"], "cut": True, "ttl": 60}
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(self.peers(gw, 2), {0: 2})

    def test_another_name_server_is_asked_when_one_is_silent(self):
        silent = NameServer({"a.test": "silent"})
        self.addCleanup(silent.stop)
        self.dns.names["a.test"] = (["127.0.0.1"], 60)
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port,
                          resolver="resolver %s @DNS@ ipv6=off; resolver_timeout 2s;" % silent.address)
        self.assertEqual(self.peers(gw, 2), {0: 2})

    def test_services_have_ports_and_weights(self):
        self.dns.names.update({"_web._tcp.s.test": self.srv((1, 3, 0), (1, 1, 1)), "host.test": (["127.0.0.1"], 60)})
        gw = self.gateway("server s.test resolve service=web;")
        self.assertEqual(self.peers(gw, 40), {0: 30, 1: 10})

    def test_services_of_a_lower_priority_are_backups(self):
        self.dns.names.update({"_web._tcp.s.test": self.srv((1, 1, 0), (2, 1, 1)), "host.test": (["127.0.0.1"], 60)})
        gw = self.gateway("server s.test resolve service=_web._tcp;")
        self.assertEqual(self.peers(gw, 6), {0: 6})
        self.dns.names["_web._tcp.s.test"] = self.srv((5, 1, 0), (2, 1, 1))
        wait_for(lambda: self.peers(gw, 1) == {1: 1}, 6, 0.1)

    def test_a_reload_keeps_what_is_known(self):
        self.dns.names["a.test"] = (["127.0.0.1"], 1)
        gw = self.gateway("server a.test:%d resolve;" % self.origin.port)
        self.assertEqual(self.peers(gw, 2), {0: 2})
        self.dns.names["a.test"] = "servfail"
        gw.reload(gw.http.replace(":%d resolve" % self.origins[0].port, ":%d resolve" % self.origins[1].port))
        self.assertEqual(self.peers(gw, 4), {1: 4})


if __name__ == "__main__":
    main()
