"""`store`: limits that gateways share through a real Redis server: exact to the unit, killed, paused, restarted, behind
TLS and passwords, and impostors that lie, hang or hang up. Rows S42, S56 and trap T15."""
import os
import signal
import time

from harness import Conn, WireTest, beyond_nginx, get, in_parallel, main, not_slow, wait_for
from redis_server import Liar, Redis
from tls_client import certificate

ZONE = "limit_count_zone $arg_k zone=%s:1m rate=%s store=shared prefix=rate_limit: %s;"


def config(url, more="", zones=(("z", "10r/h", ""),), inside=""):
    """A store, zones in it, and for each a location."""
    http = "store shared { url %s; %s }\n" % (url, more)
    http += "\n".join(ZONE % zone for zone in zones)
    locations = "".join("location /%s { limit_count zone=%s; proxy_pass http://@O@; }" % (zone[0], zone[0]) for zone in zones)
    return http + "server { listen @P0@; keepalive_requests 1000000; %s %s }" % (locations, inside)


def statuses(port, path, count):
    with Conn(port) as conn:
        conn.send("".join("GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % path for _ in range(count)))
        return [conn.read().status for _ in range(count)]


class StoreTest(WireTest):

    def redis(self, **options):
        server = Redis(**options)
        self.addCleanup(server.stop)
        return server

    def liar(self, say, **options):
        liar = Liar(say, **options)
        self.addCleanup(liar.stop)
        return liar


@beyond_nginx
class Shared(StoreTest):
    """One server for all; keys come from the query, so tests stay apart."""
    ZONES = (("hour", "10r/h", ""), ("fixed", "10r/h", "window=fixed"), ("day", "10r/day", ""),
             ("month", "10r/month", ""), ("gcra", "10r/h", "window=gcra"), ("burst", "100r/s", "burst=20"),
             ("second", "20r/s", ""), ("s50", "50r/h", ""), ("large", "200000r/h", ""),
             ("wide_gcra", "1000000r/d", "window=gcra"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        from harness import Gateway
        cls.server = Redis()
        cls.addClassCleanup(cls.server.stop)
        inside = """
            gateway_reason_header $arg_k;
            location /both { limit_count zone=hour; limit_count zone=s50; proxy_pass http://@O@; }
            location /cost { limit_count zone=fixed cost=3; proxy_pass http://@O@; }
            location /asked { limit_count zone=s50 cost=($arg_c); proxy_pass http://@O@; }
            location /req { limit_req zone=req burst=4 nodelay; proxy_pass http://@O@; }
            location /turn { limit_req zone=req20 burst=10; proxy_pass http://@O@; }
            location /two { limit_req zone=req burst=4 nodelay; limit_req zone=req20; proxy_pass http://@O@; }
            location /mixed { limit_count zone=local; limit_count zone=hour; proxy_pass http://@O@; }
        """
        http = config(cls.server.url, zones=cls.ZONES, inside=inside)
        http = """limit_count_zone $arg_k zone=local:1m rate=20r/h;
            limit_req_zone $arg_k zone=req:1m rate=1r/m store=shared prefix=rate_limit:;
            limit_req_zone $arg_k zone=req20:1m rate=20r/s store=shared;
        """ + http
        cls.gws = [Gateway(http, cls.origins, main="worker_processes 2;") for _ in range(2)]
        for gw in cls.gws:
            cls.addClassCleanup(gw.stop)
        cls.ports = [gw.ports[0] for gw in cls.gws]
        cls.port = cls.ports[0]

    def count(self, path, clients=10, each=6):
        """Both gateways are asked at once, by several clients each; how many passed."""
        found = in_parallel(clients, lambda i: statuses(self.ports[i % 2], path, each))
        return sum(found, []).count(200)

    def test_s42_two_gateways_count_together_to_the_unit(self):
        for zone in ("hour", "fixed", "day", "month", "gcra"):
            with self.subTest(zone):
                self.assertEqual(self.count("/%s?k=together" % zone), 10)

    def test_s42_under_concurrency(self):
        self.assertEqual(self.count("/s50?k=many", clients=20, each=10), 50)

    def test_s56_keys_with_their_prefix_go_by_themselves(self):
        self.assertEqual(statuses(self.port, "/hour?k=10.1.2.3", 1), [200])
        self.assertEqual(statuses(self.port, "/day?k=10.1.2.3", 1), [200])
        found = [key for key in self.server.keys() if "10.1.2.3" in key]
        self.assertEqual(found, ["rate_limit:{10.1.2.3}:day:d", "rate_limit:{10.1.2.3}:hour:s3600000"])
        self.assertTrue(0 < self.server.ask("PTTL", found[1]) <= 4000000)
        self.assertTrue(0 < self.server.ask("PTTL", found[0]) <= 86401000)

    def test_what_clients_are_told(self):
        with Conn(self.port) as conn:
            answers = [conn.get("/hour?k=told") for _ in range(12)]
        self.assertEqual([a.status for a in answers], [200] * 10 + [429] * 2)
        self.assertEqual([int(a.get("RateLimit-Remaining")) for a in answers], list(range(9, -1, -1)) + [0, 0])
        self.assertTrue(3590 <= int(answers[0].get("RateLimit-Reset")) <= 3601)
        self.assertEqual(answers[0].get("RateLimit-Policy"), "10;w=3600")
        self.assertTrue(3360 <= int(answers[11].get("Retry-After")) <= 3601)
        self.assertIsNone(answers[0].get("Retry-After"))

    def test_limit_req_in_a_store(self):
        """One at once and four of the burst, on both gateways together."""
        self.assertEqual(self.count("/req?k=req"), 5)
        self.assertIn("rate_limit:{req}:req:r", self.server.keys())
        self.assertIn(503, [get(port, "/req?k=req").status for port in self.ports])

    def test_limit_req_in_a_store_waits_for_its_turn(self):
        begin = time.monotonic()
        found = in_parallel(6, lambda i: get(self.ports[i % 2], "/turn?k=turn").status)
        self.assertEqual(found, [200] * 6)
        self.assertGreaterEqual(time.monotonic() - begin, 0.24)

    def test_limit_req_refused_counts_in_none(self):
        found = statuses(self.port, "/two?k=two", 5)
        self.assertEqual(found[0], 200)
        passed = found.count(200)
        self.assertEqual(self.count("/req?k=two"), 5 - passed)

    def test_several_limits_are_decided_together(self):
        self.assertEqual(self.count("/both?k=both"), 10)
        # Those that the stricter one refused have used up nothing of the other.
        self.assertEqual(get(self.port, "/s50?k=both").get("RateLimit-Remaining"), "39")

    def test_with_a_limit_of_this_node(self):
        self.assertEqual(statuses(self.ports[0], "/mixed?k=mixed", 8).count(200), 8)
        self.assertEqual(statuses(self.ports[1], "/mixed?k=mixed", 8).count(200), 2)
        # Six were given back: 18 are left of the 20, and the store has none.
        self.assertEqual(statuses(self.ports[1], "/mixed?k=mixed", 30).count(200), 0)

    def test_cost(self):
        self.assertEqual(statuses(self.port, "/cost?k=cost", 5), [200, 200, 200, 429, 429])
        self.assertEqual(statuses(self.port, "/fixed?k=cost", 2), [200, 429])
        self.assertEqual(statuses(self.port, "/asked?k=asked&c=50", 1), [200])
        self.assertEqual(statuses(self.port, "/asked?k=asked&c=0", 3), [200] * 3)
        self.assertEqual(statuses(self.port, "/asked?k=asked&c=1", 1), [429])
        self.assertEqual(statuses(self.port, "/asked?k=more&c=51", 1), [429])

    def test_a_cost_that_never_fits(self):
        for used in (0, 50):
            self.assertEqual(get(self.port, "/asked?k=never&c=%d" % used).status, 200)
            answer = get(self.port, "/asked?k=never&c=51")
            self.assertEqual((answer.status, answer.get("Retry-After")), (429, None))
        self.assertGreater(int(get(self.port, "/asked?k=never&c=1").get("Retry-After")), 0)

    def test_the_line_of_the_limit_that_refuses(self):
        lines = self.gws[0].read("gateway.conf").splitlines()
        at = next(i for i, line in enumerate(lines) if "location /both" in line) + 1
        for _ in range(12):
            answer = get(self.port, "/both?k=reason")
        self.assertEqual(answer.status, 429)
        self.assertRegex(answer.get("X-Gateway-Reason", ""), r"^limit_count at \S+:%d: zone hour$" % at)

    def test_large_amounts(self):
        answer = get(self.port, "/large?k=large")
        self.assertEqual((answer.status, answer.get("RateLimit-Remaining")), (200, "199999"))
        answer = get(self.port, "/wide_gcra?k=large")
        self.assertEqual((answer.status, answer.get("RateLimit-Remaining")), (200, "999999"))

    def test_hostile_keys(self):
        """Braces would choose another node of a cluster, and long keys fill it."""
        for key in ("a%7Bb%7Dc", "x" * 3000, "%00%0d%0a", "%2A1%0D%0A"):
            with self.subTest(key[:10]):
                self.assertEqual(statuses(self.port, "/hour?k=" + key, 12).count(200), 10)
        self.assertTrue(all(len(key) < 250 for key in self.server.keys()))

    @not_slow
    def test_sliding_never_one_too_many(self):
        """For two seconds as many as will pass: no window of a second has more than 20."""
        passed, end = [], time.monotonic() + 2.2
        with Conn(self.ports[0]) as a, Conn(self.ports[1]) as b:
            while time.monotonic() < end:
                for conn in (a, b):
                    before = time.monotonic()
                    if conn.get("/second?k=slide").status == 200:
                        passed.append((before, time.monotonic()))
        self.assertGreater(len(passed), 20)
        for begin, _ in passed:  # surely within one second: asked for after `begin`, answered within it
            self.assertLessEqual(sum(1 for b, e in passed if begin <= b and e < begin + 0.999), 20)

    @not_slow
    def test_gcra_flows_back(self):
        self.assertEqual(self.count("/burst?k=flow", clients=4, each=10) >= 20, True)
        time.sleep(0.1)
        begin = time.monotonic()
        passed = statuses(self.port, "/burst?k=flow", 40).count(200)
        self.assertGreaterEqual(passed, 8)
        self.assertLessEqual(passed, 20 + 100 * (time.monotonic() - begin) + 1)  # a full bucket, and what flows meanwhile

    def test_a_script_that_is_gone_is_loaded_again(self):
        self.assertEqual(statuses(self.port, "/hour?k=flush", 2), [200, 200])
        self.server.ask("SCRIPT", "FLUSH")
        self.assertEqual(statuses(self.port, "/hour?k=flush", 10).count(200), 8)
        self.assertNotIn("down", self.gws[0].error_log())

    def test_another_one_writes_under_our_key(self):
        """WRONGTYPE is the server's answer to the script: this request is counted here."""
        self.server.ask("LPUSH", "rate_limit:{list}:hour:s3600000", "x")
        self.assertEqual(statuses(self.port, "/hour?k=list", 1), [200])
        self.gws[0].wait_log(r'store "shared" answers with errors: .*WRONGTYPE')
        self.server.ask("SET", "rate_limit:{text}:hour:s3600000", "rubbish")
        self.assertEqual(statuses(self.port, "/hour?k=text", 11).count(200), 10)
        self.gws[0].wait_log(r'store "shared" answers rightly again')

    def test_the_server_closes_idle_connections(self):
        self.assertEqual(statuses(self.port, "/hour?k=idle", 1), [200])
        self.server.ask("CLIENT", "KILL", "TYPE", "normal")
        time.sleep(0.05)
        self.assertEqual(statuses(self.port, "/hour?k=idle", 11).count(200), 9)

    def test_one_connection_a_worker(self):
        in_parallel(20, lambda i: statuses(self.ports[0], "/hour?k=c%d" % i, 5))
        lines = self.server.ask("CLIENT", "LIST").decode().splitlines()
        self.assertLessEqual(len([line for line in lines if "cmd=evalsha" in line or "cmd=eval" in line]), 4)


@beyond_nginx
class Failures(StoreTest):
    def test_a_store_is_not_needed_to_start(self):
        server = self.redis(start=False)
        gw = self.start(config(server.url, "reconnect 20ms max=50ms;"))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 12).count(200), 10)  # counted here
        gw.wait_log(r'\[error\].*store "shared" is down: cannot connect to 127.0.0.1:\d+: connection refused')
        server.start()
        gw.wait_log(r'\[notice\].*store "shared" is back')
        self.assertEqual(statuses(gw.ports[0], "/z?k=b", 1), [200])
        self.assertEqual(server.keys(), ["rate_limit:{a}:z:s3600000", "rate_limit:{b}:z:s3600000"])  # it was told
        other = self.start(config(server.url))
        self.assertEqual(statuses(other.ports[0], "/z?k=a", 1), [429])

    def each_on_error(self, break_it, restore, server, seconds=5, more=""):
        """`server` works, is broken, and works again: what each on_error does."""
        wanted = {"local": [200] * 10 + [429] * 2, "allow": [200] * 12, "deny": [503] * 12}
        gws = {word: self.start(config(server.url, "timeout 150ms; reconnect 20ms max=100ms; on_error %s; %s"
                                       % (word, more), zones=((word, "10r/h", ""),)), main="worker_processes 2;")
               for word in wanted}
        for word, gw in gws.items():
            self.assertEqual(statuses(gw.ports[0], "/%s?k=before" % word, 1), [200])
        break_it()
        for word, gw in gws.items():
            with self.subTest(word):
                self.assertEqual(statuses(gw.ports[0], "/%s?k=during" % word, 12), wanted[word])
                refused = get(gw.ports[0], "/%s?k=during" % word)
                if word == "deny":
                    self.assertTrue(1 <= int(refused.get("Retry-After")) <= 5)
                if word == "allow":
                    self.assertIsNone(refused.get("RateLimit-Remaining"))
        restore()
        for word, gw in gws.items():
            gw.wait_log(r'store "shared" is back')
            wait_for(lambda: statuses(gw.ports[0], "/%s?k=after%d" % (word, time.monotonic_ns()), 1) == [200])
            self.assertEqual(len([line for line in gw.error_log().splitlines() if "is down" in line]),
                             len([line for line in gw.error_log().splitlines() if "is back" in line]))
        return gws

    def passed(self, gws, count, each=1000, pause=0.002, until=lambda passed: False):
        """Clients that ask again and again, one for each of `gws`, until each has asked so often."""
        total = []

        def client(i):
            with Conn(gws[i].ports[0]) as conn:
                for _ in range(each):
                    if until(len(total)):
                        return
                    if conn.get("/s?k=stall").status == 200:
                        total.append(i)
                    time.sleep(pause)

        in_parallel(count, client)
        return len(total)

    @not_slow
    def test_a_stall_lets_none_too_many_through(self):
        """One gateway, two workers: what it let pass while the store stalled is told to the store when it is back."""
        server = self.redis()
        gw = self.start(config(server.url, "timeout 100ms; reconnect 20ms max=50ms;", zones=(("s", "300r/h", ""),)),
                        main="worker_processes 2;")
        before = self.passed([gw] * 4, 4, until=lambda passed: passed >= 100)
        server.pause()
        during = self.passed([gw] * 4, 4, until=lambda passed: passed >= 80)
        server.go_on()
        after = self.passed([gw] * 4, 4, each=150)
        self.assertGreaterEqual(during, 80)
        self.assertLessEqual(before + during + after, 300)
        self.assertGreater(after, 0)
        self.assertEqual(self.passed([gw] * 4, 4, each=20), 0)

    @not_slow
    def test_a_stall_with_two_gateways(self):
        """Each begins with what the store has said last: at most what was left, once for each of them."""
        server = self.redis()
        more = "timeout 100ms; reconnect 20ms max=50ms;"
        gws = [self.start(config(server.url, more, zones=(("s", "300r/h", ""),))) for _ in range(2)]
        before = sum(self.passed([gw], 1, each=1, pause=0) for gw in gws * 125)
        self.assertEqual(before, 250)
        server.pause()
        during = self.passed(gws * 2, 4, each=200, pause=0)
        server.go_on()
        self.assertLessEqual(during, 102)
        self.assertGreaterEqual(during, 50)
        for gw in gws:
            gw.wait_log(r'store "shared" is back')
        self.assertEqual(self.passed(gws, 2, each=30), 0)

    def test_killed_and_restarted(self):
        server = self.redis()
        gws = self.each_on_error(server.kill, server.start, server)
        for gw in gws.values():
            self.assertEqual(len([line for line in gw.error_log().splitlines() if "is down" in line]), 1)

    def test_paused(self):
        """A dead store that still takes connections: the first requests wait for `timeout`, later ones do not."""
        server = self.redis()
        self.each_on_error(server.pause, server.go_on, server)

    @not_slow
    def test_no_request_waits_for_a_dead_store_again(self):
        server = self.redis()
        gw = self.start(config(server.url, "timeout 200ms; reconnect 10s; connect_timeout 60s;"))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 1), [200])
        server.pause()
        begin = time.monotonic()
        self.assertEqual(statuses(gw.ports[0], "/z?k=b", 1), [200])
        self.assertTrue(0.15 <= time.monotonic() - begin <= 1, time.monotonic() - begin)
        begin = time.monotonic()
        for i in range(50):
            self.assertEqual(get(gw.ports[0], "/z?k=n%d" % i).status, 200)
        self.assertLess(time.monotonic() - begin, 1)
        server.go_on()

    def test_dies_with_requests_under_way(self):
        server = self.redis()
        gw = self.start(config(server.url, "timeout 5s; reconnect 20ms; on_error deny;"), main="worker_processes 2;")
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 1), [200])
        server.pause()
        conns = [Conn(gw.ports[0]) for _ in range(20)]
        for conn in conns:
            conn.send("GET /z?k=b HTTP/1.1\r\nHost: h\r\n\r\n")
        time.sleep(0.1)
        for conn in conns[:5]:
            conn.reset()     # clients that leave while they wait
        server.kill()
        for conn in conns[5:]:
            self.assertEqual(conn.read().status, 503)
            conn.close()
        server.start()
        gw.wait_log(r'store "shared" is back')
        wait_for(lambda: statuses(gw.ports[0], "/z?k=c", 1) == [200])

    def test_clients_that_leave_are_counted_and_nothing_breaks(self):
        server = self.redis()
        gw = self.start(config(server.url, "timeout 5s;"))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 1), [200])
        server.pause()
        for _ in range(4):
            with Conn(gw.ports[0]) as conn:
                conn.send("GET /z?k=left HTTP/1.1\r\nHost: h\r\n\r\n")
                time.sleep(0.02)
                conn.reset()
        server.go_on()
        self.assertEqual(statuses(gw.ports[0], "/z?k=left", 11).count(200), 6)

    def test_local_knows_what_it_has_let_pass(self):
        server = self.redis()
        gw = self.start(config(server.url, "reconnect 10s;"))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 7), [200] * 7)
        server.kill()
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 7).count(200), 3)

    def test_reload_and_end_while_requests_wait(self):
        server = self.redis()
        gw = self.start(config(server.url, "timeout 300ms;"))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 1), [200])
        server.pause()
        with Conn(gw.ports[0]) as conn:
            conn.send("GET /z?k=b HTTP/1.1\r\nHost: h\r\n\r\n")
            gw.reload(config(server.url, "timeout 310ms; on_error allow;"))
            self.assertEqual(conn.read().status, 200)
        server.go_on()
        wait_for(lambda: server.ask("EXISTS", "rate_limit:{c}:z:s3600000") or statuses(gw.ports[0], "/z?k=c", 1) and 0)
        gw.reload("server { listen @P0@; return 204; }")
        self.assertEqual(get(gw.ports[0]).status, 204)


@beyond_nginx
class Impostors(StoreTest):
    """Whatever it says, the request is treated as on_error says, at once or after `timeout`, and nobody crashes."""
    ANSWERS = {
        "rubbish": b"HTTP/1.1 400 Bad Request\r\n\r\n",
        "status": b"+OK\r\n",
        "nil": b"$-1\r\n",
        "an integer": b":1\r\n",
        "too few": b"*2\r\n:1\r\n:1\r\n",
        "too many": b"*6\r\n" + b":1\r\n" * 6,
        "texts": b"*5\r\n" + b"$1\r\n1\r\n" * 5,
        "negative": b"*5\r\n:1\r\n:-1\r\n:0\r\n:0\r\n:0\r\n",
        "contradiction": b"*5\r\n:1\r\n:0\r\n:9\r\n:9\r\n:0\r\n",
        "huge numbers": b"*5\r\n:1\r\n:9223372036854775807\r\n:0\r\n:0\r\n:0\r\n",
        "nested": b"*1\r\n" * 20,
        "bomb": b"*2147483647\r\n",
        "long": b"$1073741824\r\n" + b"x" * 2000000,
        "error": b"-LOADING Redis is loading the dataset in memory\r\n",
        "noscript": b"-NOSCRIPT No matching script\r\n",
        "twice": b"*5\r\n:1\r\n:5\r\n:0\r\n:0\r\n:0\r\n" * 2,
        "silence": None,
        "half": b"*5\r\n:1\r\n:5\r",
        "close": False,
    }

    def test_they_are_not_believed(self):
        for name, answer in self.ANSWERS.items():
            with self.subTest(name):
                liar = self.liar(lambda words, answer=answer: answer)
                gw = self.start(config(liar.url, "timeout 200ms; on_error deny; reconnect 10ms max=50ms;"))
                first = get(gw.ports[0], "/z?k=a").status
                self.assertEqual(first, 200 if name == "twice" else 503)
                for _ in range(3):
                    self.assertIn(get(gw.ports[0], "/z?k=a").status, (503, 200) if name == "twice" else (503,))

    def test_no_greeting(self):
        for answer in (None, b"-NOAUTH Authentication required.\r\n", b"+WHAT\r\n", False, b"\x00" * 100):
            with self.subTest(answer):
                liar = self.liar(lambda words, answer=answer: answer, greets=False)
                gw = self.start(config(liar.url, "timeout 100ms; connect_timeout 200ms; on_error local;"))
                self.assertEqual(statuses(gw.ports[0], "/z?k=a", 12).count(200), 10)
                gw.wait_log(r'store "shared" is down')

    def test_at_most_so_many_wait(self):
        liar = self.liar(lambda words: None)
        gw = self.start(config(liar.url, "timeout 400ms; pending 5; on_error deny; reconnect 10s;"))
        found = in_parallel(12, lambda i: get(gw.ports[0], "/z?k=%d" % i).status)
        self.assertEqual(found, [503] * 12)
        self.assertLessEqual(len(liar.asked), 5)


@beyond_nginx
class Access(StoreTest):
    def test_password_from_the_environment(self):
        server = self.redis(password="open sesame")
        gw = self.start(config(server.url, "password env:STORE_PASSWORD;"), env={"STORE_PASSWORD": "open sesame"})
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 11).count(200), 10)
        self.assertEqual(server.keys(), ["rate_limit:{a}:z:s3600000"])

    def test_a_wrong_password_is_not_told(self):
        server = self.redis(password="right")
        gw = self.start(config(server.url, "password file:secret; on_error deny;"), files={"secret": "very wrong\n"})
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 2), [503, 503])
        gw.wait_log(r'store "shared" is down: .* answers AUTH with "WRONGPASS')
        self.assertNotIn("very wrong", gw.error_log())
        self.assertNotIn("very wrong", gw.tool("-T")[1])

    def test_user_and_database(self):
        server = self.redis(acl=["default on nopass ~* &* +@all", "app on >word ~rate_limit:* &* +@all"])
        gw = self.start(config(server.url + "/3", "username app; password env:WORD;"), env={"WORD": "word"})
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 11).count(200), 10)
        self.assertEqual(server.keys(), [])
        client = server.client()
        client("SELECT", 3)
        self.assertEqual(client("KEYS", "*"), [b"rate_limit:{a}:z:s3600000"])
        client.close()

    def test_unix_socket(self):
        server = self.redis()
        gw = self.start(config("redis+unix://" + server.path))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 11).count(200), 10)
        self.assertEqual(len(server.keys()), 1)

    def test_a_name(self):
        server = self.redis()
        gw = self.start(config("redis://localhost:%d" % server.port))
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 11).count(200), 10)
        self.assertEqual(len(server.keys()), 1)

    def test_tls_with_verification(self):
        authority = certificate("authority", is_ca=True)
        server = self.redis(tls=certificate("redis.test", issuer=authority), password="p")
        more = "ssl_trusted_certificate ca.pem; password env:P; on_error deny;"
        options = {"files": {"ca.pem": authority.pem}, "env": {"P": "p"}}
        gw = self.start(config(server.url, more), **options)
        self.assertEqual(statuses(gw.ports[0], "/z?k=a", 11).count(200), 10)
        named = self.start(config(server.url, more + "ssl_name redis.test;"), **options)
        self.assertEqual(statuses(named.ports[0], "/z?k=a", 1), [429])
        for wrong, text in ((more + "ssl_name other.test;", 'does not match "other.test"'),
                            ("password env:P; on_error deny;", "certificate verify error"),
                            ("ssl_trusted_certificate other.pem; password env:P; on_error deny;",
                             "certificate verify error")):
            with self.subTest(wrong):
                other = {"ca.pem": authority.pem, "other.pem": certificate("other", is_ca=True).pem}
                refused = self.start(config(server.url, wrong), files=other, env={"P": "p"})
                self.assertEqual(statuses(refused.ports[0], "/z?k=b", 1), [503])
                refused.wait_log('is down: no TLS to .*' + text)
        loose = self.start(config(server.url, "ssl_verify off; password env:P; on_error deny;"), env={"P": "p"})
        self.assertEqual(statuses(loose.ports[0], "/z?k=c", 1), [200])
        server.kill()
        self.assertEqual(statuses(gw.ports[0], "/z?k=d", 1), [503])
        server.start()
        gw.wait_log(r'store "shared" is back')
        wait_for(lambda: statuses(gw.ports[0], "/z?k=e", 1) == [200])


@beyond_nginx
class Plans(StoreTest):
    def test_plans_and_quotas_in_a_store(self):
        server = self.redis()
        http = """
        store shared { url %s; }
        plan free { rate 5r/h; quota 8r/day; }
        plan paid { rate 10r/h; }
        limit_count_zone $arg_k zone=plans:1m plan=$arg_p default=free store=shared;
        server { listen @P0@; location / { limit_count zone=plans; proxy_pass http://@O@; } }
        """ % server.url
        gws = [self.start(http) for _ in range(2)]
        found = in_parallel(4, lambda i: statuses(gws[i % 2].ports[0], "/?k=a&p=paid", 5))
        self.assertEqual(sum(found, []).count(200), 10)
        self.assertEqual(statuses(gws[0].ports[0], "/?k=a&p=free", 6).count(200), 5)
        self.assertEqual(len([key for key in server.keys() if key.startswith("limit:{a}:plans/")]), 3)


if __name__ == "__main__":
    main()
