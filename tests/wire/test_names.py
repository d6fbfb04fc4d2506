"""Names are resolved without blocking, kept by TTL, and a dead name is a down peer (a DNS server of our own
answers)."""
import time

from name_server import NameServer
from harness import FACTOR, Conn, WireTest, beyond_nginx, get, main, wait_for


class NameTest(WireTest):
    ORIGINS = 1

    @classmethod
    def setUpClass(cls):
        cls.dns = NameServer({"origin.test": (["127.0.0.1"], 300), "short.test": (["127.0.0.1"], 1),
                              "quiet.test": "silent",
                              "broken.test": "garbage", "fail.test": "servfail", "two.test": (["127.0.0.1",
                                                                                               "127.0.0.2"], 300),
                              "moves.test": (["127.0.0.9"], 1)})
        cls.addClassCleanup(cls.dns.stop)
        super_http = cls.HTTP
        cls.HTTP = super_http and super_http.replace("@DNS@", cls.dns.address)
        super().setUpClass()


class AtRunTime(NameTest):
    """proxy_pass with a variable: resolved when asked, through `resolver`."""
    HTTP = """
    resolver @DNS@ ipv6=off; resolver_timeout 1s;
    server { listen @P0@; proxy_connect_timeout 1s; location / { proxy_pass http://$http_x_to; } location /static {
        return 200 ok; } }
    """

    def ask_for(self, name, path="/b/3"):
        return self.get(path, [("X-To", "%s:%d" % (name, self.origin.port))])

    def test_a_name(self):
        self.assertStatus(self.ask_for("origin.test"), 200)
        self.assertEqual(self.origin.last.get("Host").split(":")[0], "origin.test")

    def test_answers_are_kept(self):
        for _ in range(5):
            self.ask_for("origin.test")
        self.assertEqual(self.dns.count("origin.test"), 1)

    def test_for_their_ttl(self):
        self.assertStatus(self.ask_for("short.test"), 200)
        before = self.dns.count("short.test")
        time.sleep(2.1)
        self.assertStatus(self.ask_for("short.test"), 200)
        self.assertEqual(self.dns.count("short.test"), before + 1)

    def test_names_that_do_not_resolve(self):
        for name in ("nowhere.test", "fail.test"):
            with self.subTest(name):
                self.assertStatus(self.ask_for(name), 502)
        self.gw.wait_log(r"\[error\].*nowhere\.test")

    def test_a_silent_server_blocks_nobody(self):
        with Conn(self.port) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: h\r\nX-To: quiet.test\r\n\r\n")
            started = time.monotonic()
            self.assertStatus(self.get("/static"), 200)
            self.assertLess(time.monotonic() - started, 0.5 * FACTOR)
            self.assertIn(conn.read().status, (502, 504))

    def test_garbage(self):
        self.assertIn(self.ask_for("broken.test").status, (502, 504))

    def test_literal_addresses_need_no_server(self):
        before = len(self.dns.asked)
        self.assertStatus(self.ask_for("127.0.0.1"), 200)
        self.assertEqual(len(self.dns.asked), before)


class InUpstreams(NameTest):
    HTTP = None

    @beyond_nginx
    def test_a_dead_name_does_not_stop_the_start(self):
        gw = self.start("resolver %s ipv6=off; upstream pool { server nowhere.test:80; server @O@; }"
                        "server { listen @P0@; location / { proxy_pass http://pool; } }" % self.dns.address)
        for _ in range(4):
            self.assertEqual(get(gw.ports[0], "/b/1").status, 200)

    @beyond_nginx
    def test_names_are_asked_again_by_ttl(self):
        http = ("resolver %s ipv6=off; upstream pool { zone pool 64k; server moves.test:%d resolve; }"
                "server { listen @P0@; location / { proxy_connect_timeout 300ms; proxy_pass http://pool; } }"
                % (self.dns.address, self.origin.port))
        gw = self.start(http)
        self.assertEqual(get(gw.ports[0], "/b/1").status, 502)  # nobody listens on 127.0.0.9
        self.dns.names["moves.test"] = (["127.0.0.1"], 1)
        wait_for(lambda: get(gw.ports[0], "/b/1").status == 200, 6, 0.1)

    def test_localhost(self):
        gw = self.start("server { listen @P0@; location / { proxy_pass http://localhost:%d; } }" % self.origin.port)
        self.assertEqual(get(gw.ports[0], "/b/1").status, 200)


if __name__ == "__main__":
    main()
