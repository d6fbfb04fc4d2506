"""limit_conn with zones in a store: gateways count together what is under way, a killed one's counts go by themselves."""
import signal
import time

from harness import FACTOR, Conn, Gateway, WireTest, beyond_nginx, get, in_parallel, main, not_slow, wait_for
from raw_origin import RawOrigin
from redis_server import Liar, Redis

CONFIG = """
    store shared { url %s; timeout 200ms; reconnect 20ms max=50ms; on_error %s; }
    limit_conn_zone $arg_k zone=one:1m store=shared lease=%s prefix=open:;
    limit_conn_zone $arg_j zone=two:1m store=shared lease=%s;
    log_format told '$uri $arg_k $status "$limit_conn_status" "$gateway_reason"';
    server {
        listen @P0@; access_log told.log told;
        location / { limit_conn one 5; proxy_pass http://@O@; }
        location /both { limit_conn one 5; limit_conn two 2; proxy_pass http://@O@/hang; }
        location /dry { limit_conn one 1; limit_conn_dry_run on; proxy_pass http://@O@/hang; }
    }
"""


class StoreTest(WireTest):
    def setUp(self):
        super().setUp()
        self.redis = Redis()
        self.addCleanup(self.redis.stop)
        self.open = []

    def gateways(self, count=2, on_error="local", lease="1s", url=None):
        config = CONFIG % (url or self.redis.url, on_error, lease, lease)
        made = [self.start(config, main="worker_processes 2;") for _ in range(count)]
        self.addCleanup(self.close)
        return made

    def close(self):
        for conn in self.open:
            conn.close()
        self.open = []

    def hold(self, gateways, count, target="/hang?k=a", seconds=0.5):
        """`count` requests at once: how many are under way after `seconds`, and the statuses of the others."""
        conns = [Conn(gateways[i % len(gateways)].ports[0]) for i in range(count)]
        for conn in conns:
            conn.send("GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % target)
        before = len(self.open)
        said, end = [], time.monotonic() + seconds * FACTOR
        for conn in conns:
            conn.is_open(max(end - time.monotonic(), 0.001))  # or something has come
            if conn.buffer:
                said.append(conn.read().status)
                conn.close()
            else:
                self.open.append(conn)
        return len(self.open) - before, said

    def count(self, key="open:{a}:one:c"):
        return self.redis.ask("ZCARD", key)


@beyond_nginx
class Together(StoreTest):
    def test_never_one_too_many(self):
        gws = self.gateways()
        self.assertEqual(self.hold(gws, 24), (5, [503] * 19))
        self.assertEqual(self.count(), 5)
        self.assertEqual([get(gw.ports[0], "/x?k=a").status for gw in gws], [503, 503])
        self.assertEqual([get(gw.ports[0], "/x?k=b").status for gw in gws], [200, 200])
        gws[1].wait_log(r'limiting connections by zone "one"')
        gws[1].wait_log(r'/x a 503 "REJECTED" "limit_conn at \S+: zone one"', name="told.log")
        self.close()
        wait_for(lambda: self.redis.keys() == [])
        self.assertEqual(self.hold(gws, 12)[0], 5)

    def test_many_short_ones(self):
        """Each ends before the next one of its client; twelve clients, five at a time."""
        gws = self.gateways()

        def client(i):
            with Conn(gws[i % 2].ports[0]) as conn:
                return [conn.get("/x?k=a").status for _ in range(40)]

        said = sum(in_parallel(5, client), [])
        self.assertEqual(said, [200] * 200)
        wait_for(lambda: self.redis.keys() == [])

    @not_slow
    def test_leases_are_renewed(self):
        gws = self.gateways()
        self.assertEqual(self.hold(gws, 5)[0], 5)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            self.assertEqual(self.count(), 5)
            self.assertEqual(get(gws[0].ports[0], "/x?k=a").status, 503)
            time.sleep(0.05)

    def test_what_a_killed_gateway_had_goes(self):
        doomed = Gateway(CONFIG % (self.redis.url, "local", "1s", "1s"), self.origins)
        self.addCleanup(doomed.discard)
        gws = [doomed] + self.gateways(count=1)
        self.assertEqual(self.hold(gws[:1], 3)[0], 3)
        self.assertEqual(self.hold(gws[1:], 5), (2, [503] * 3))
        doomed.kill()
        begin = time.monotonic()
        wait_for(lambda: get(gws[1].ports[0], "/x?k=a").status == 200, 5)
        self.assertLess(time.monotonic() - begin, 3 * FACTOR)
        self.assertEqual(self.hold(gws[1:], 9), (3, [503] * 6))  # its own two still count

    def test_a_refused_one_counts_in_none(self):
        gws = self.gateways()
        self.assertEqual(self.hold(gws, 8, "/both?k=a&j=b"), (2, [503] * 6))
        self.assertEqual((self.count(), self.count("limit:{b}:two:c")), (2, 2))
        self.assertEqual(self.hold(gws, 8, "/both?k=a"), (3, [503] * 5))
        gws[0].wait_log(r'/both a 503 "REJECTED" "limit_conn at \S+: zone two"', name="told.log")

    def test_dry_run(self):
        gws = self.gateways()
        self.assertEqual(self.hold(gws, 4, "/dry?k=a"), (4, []))
        self.assertEqual(self.count(), 1)

    def test_a_gateway_that_ends_takes_back_what_it_had(self):
        gws = self.gateways(lease="1h")
        self.assertEqual(self.hold(gws[:1], 3)[0], 3)
        gws[0].signal(signal.SIGTERM)
        wait_for(lambda: self.redis.keys() == [])

    def test_a_reload_keeps_what_counts(self):
        gws = self.gateways(count=1, lease="1h")
        self.assertEqual(self.hold(gws, 3)[0], 3)
        gws[0].reload("server { listen @P0@; return 200; }")
        self.assertEqual(self.count(), 3)
        self.close()
        wait_for(lambda: self.redis.keys() == [])

    @not_slow
    def test_a_tunnel_counts_until_its_end(self):
        def serve(peer):
            peer.send(b"HTTP/1.1 101 Switching\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n")
            peer.echo()

        raw = RawOrigin(serve)
        self.addCleanup(raw.stop)
        config = CONFIG % (self.redis.url, "local", "1s", "1s")
        upgrade = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection Upgrade; proxy_http_version 1.1;"
        gw = self.start(config.replace("limit_conn one 5;", "limit_conn one 1; " + upgrade), origins=[raw])
        with Conn(gw.ports[0]) as conn:
            head = conn.ask("GET /up?k=a HTTP/1.1\r\nHost: h\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n", "GET")
            self.assertEqual(head.status, 101)
            gw.reload("server { listen @P0@; return 200; }")
            time.sleep(1.2)  # longer than its lease
            self.assertEqual(self.count(), 1)
            conn.send("still there")
            self.assertEqual(conn._exactly(11), (b"still there", True))
        wait_for(lambda: self.redis.keys() == [])

    def test_keys_have_a_time_to_live(self):
        gws = self.gateways(lease="10s")
        self.assertEqual(self.hold(gws, 2)[0], 2)
        self.assertTrue(0 < self.redis.ask("PTTL", "open:{a}:one:c") <= 10000)

    def test_clients_that_leave_while_the_store_is_asked(self):
        gws = self.gateways(on_error="allow", lease="1h")
        self.assertEqual(get(gws[0].ports[0], "/x?k=a").status, 200)
        self.redis.pause()
        conns = [Conn(gws[0].ports[0]) for _ in range(5)]
        for conn in conns:
            conn.send("GET /hang?k=a HTTP/1.1\r\nHost: h\r\n\r\n")
        for conn in conns:
            conn.reset()
        self.redis.go_on()
        wait_for(lambda: get(gws[0].ports[0], "/x?k=a").status == 200 and self.redis.keys() == [])


@beyond_nginx
class Failures(StoreTest):
    def test_local(self):
        """Each for itself, beginning with what it has; the store is told when it is back."""
        gws = self.gateways()
        self.assertEqual(self.hold(gws[:1], 4)[0], 4)
        self.redis.kill()
        self.assertEqual(self.hold(gws[:1], 3), (1, [503] * 2))
        self.assertEqual(self.hold(gws[1:], 7), (5, [503] * 2))
        self.redis.start()
        wait_for(lambda: self.count() == 10)
        self.assertEqual([get(gw.ports[0], "/x?k=a").status for gw in gws], [503, 503])
        self.close()
        wait_for(lambda: self.redis.keys() == [])

    def test_allow(self):
        gws = self.gateways(count=1, on_error="allow")
        self.redis.kill()
        self.assertEqual(self.hold(gws, 8), (8, []))

    def test_deny(self):
        gws = self.gateways(count=1, on_error="deny")
        self.redis.kill()
        answer = get(gws[0].ports[0], "/x?k=a")
        self.assertEqual((answer.status, answer.get("Retry-After")), (503, "1"))
        gws[0].wait_log(r'"limit_conn at \S+:\d+: without store shared"', name="told.log")
        self.redis.start()
        wait_for(lambda: get(gws[0].ports[0], "/x?k=a").status == 200)

    def test_a_store_that_stalls(self):
        gws = self.gateways(count=1, lease="1h")
        self.assertEqual(self.hold(gws, 2)[0], 2)
        self.redis.pause()
        self.assertEqual(self.hold(gws, 6, seconds=1)[0], 3)
        self.redis.go_on()
        wait_for(lambda: self.count() == 5)
        self.close()
        wait_for(lambda: self.redis.keys() == [])

    def test_another_one_writes_under_our_key(self):
        gws = self.gateways(count=1)
        self.redis.ask("SET", "open:{a}:one:c", "x")
        self.assertEqual(self.hold(gws, 7), (5, [503] * 2))
        gws[0].wait_log(r'store "shared" answers with errors: .*WRONGTYPE')

    def test_impostors(self):
        for answer in (b":-1\r\n", b":7\r\n", b"$1\r\na\r\n", b"*0\r\n", b"+OK\r\n", b"-ERR no\r\n", b"?", None, False):
            with self.subTest(answer):
                liar = Liar(lambda words, answer=answer: answer)
                self.addCleanup(liar.stop)
                gws = self.gateways(count=1, url=liar.url)
                self.assertEqual([get(gws[0].ports[0], "/x?k=a").status for _ in range(3)], [200] * 3)
                self.close()


if __name__ == "__main__":
    main()
