"""early_hints: an upstream's 103 on its way to the client."""
import subprocess
import threading

from harness import Conn, WireTest, beyond_nginx, main
from raw_origin import RawOrigin

HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n"
FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nSEE-THIS"
LINK = ("Link", "</style.css>; rel=preload; as=style")


@beyond_nginx   # that of Debian 12 knows nothing of it
class EarlyHints(WireTest):
    ORIGINS = 0

    def gateway(self, serve, settings="early_hints 1;", http="", **options):
        self.raw = RawOrigin(serve)
        self.addCleanup(self.raw.stop)
        return self.start("%s server { listen @P0@; location / { proxy_pass http://@O@; %s } }" % (http, settings),
                          [self.raw], **options)

    def answers(self, *parts):
        """The origin answers so on one connection after the other, each part in a write of its own."""
        def serve(peer):
            for part in parts:
                peer.send(part)
            if peer.read_head():
                serve(peer)
        return serve

    def hints(self, response):
        return [(one.status, one.reason, one.fields) for one in response.interim]

    def test_it_comes_before_the_answer(self):
        release = threading.Event()

        def held(peer):
            peer.send(HINT)
            release.wait(10)
            peer.send(FINAL)
        gw = self.gateway(held)
        with Conn(gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            early = conn.read_head()
            self.assertEqual((early.status, early.reason, early.fields), (103, "Early Hints", [LINK]))
            release.set()
            answer = conn.read()
            self.assertEqual((answer.status, answer.text), (200, "SEE-THIS"))
            self.assertEqual(answer.all("Link"), [])

    def test_on_a_kept_connection_and_with_pipelining(self):
        gw = self.gateway(self.answers(HINT, FINAL))
        with Conn(gw.ports[0]) as conn:
            conn.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
            for _ in range(5):
                answer = conn.read()
                self.assertEqual((answer.status, self.hints(answer)), (200, [(103, "Early Hints", [LINK])]))

    def test_several_and_in_one_write_with_the_answer(self):
        second = HINT.replace(b"style", b"other")
        gw = self.gateway(self.answers(HINT + second + FINAL))
        with Conn(gw.ports[0]) as conn:
            answer = conn.get("/")
            self.assertEqual([one.get("Link") for one in answer.interim],
                             [LINK[1], LINK[1].replace("style", "other")])
            self.assertEqual(answer.text, "SEE-THIS")

    def test_byte_by_byte(self):
        gw = self.gateway(self.answers(*[bytes([b]) for b in HINT + FINAL]))
        with Conn(gw.ports[0]) as conn:
            answer = conn.get("/")
            self.assertEqual((len(answer.interim), answer.text), (1, "SEE-THIS"))

    def assertNone(self, gw, fields="", version="1.1"):
        with Conn(gw.ports[0]) as conn:
            answer = conn.ask("GET / HTTP/%s\r\nHost: a\r\n%s\r\n" % (version, fields))
            self.assertEqual((answer.status, answer.interim), (200, []))
            self.assertEqual(answer.text, "SEE-THIS")

    def test_not_by_default(self):
        self.assertNone(self.gateway(self.answers(HINT, FINAL), ""))

    def test_not_when_off(self):
        self.assertNone(self.gateway(self.answers(HINT, FINAL), 'early_hints 0 "" $arg_none;', "early_hints 1;"))

    def test_not_for_http_1_0(self):
        self.assertNone(self.gateway(self.answers(HINT, FINAL)), version="1.0")

    def test_conditions(self):
        gw = self.gateway(self.answers(HINT, FINAL), "early_hints $arg_none 0; early_hints $wanted;",
                          "map $http_sec_fetch_mode $wanted { navigate 1; }")
        self.assertNone(gw)
        self.assertNone(gw, "Sec-Fetch-Mode: cors\r\n")
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(len(conn.get("/", fields="Sec-Fetch-Mode: navigate\r\n").interim), 1)

    def test_other_interim_answers_end_here(self):
        gw = self.gateway(self.answers(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\nA: b\r\n\r\n",
                                       b"HTTP/1.1 104 Upload\r\n\r\n", b"HTTP/1.1 199 X\r\n\r\n", HINT, FINAL))
        with Conn(gw.ports[0]) as conn:
            self.assertEqual([one.status for one in conn.get("/").interim], [103])

    def test_a_hint_alone_is_no_answer(self):
        gw = self.gateway(lambda peer: peer.send(HINT))
        with Conn(gw.ports[0]) as conn:
            answer = conn.get("/")
            self.assertEqual((answer.status, len(answer.interim)), (502, 1))

    def test_which_fields_pass(self):
        hint = (b"HTTP/1.1 103 \r\nLink: </a>\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
                b"Upgrade: h2c\r\nServer: secret\r\nDate: x\r\nX-Accel-Expires: 5\r\nX-Hidden: 1\r\nX-Other: yes\r\n"
                b"Location: http://inside/\r\nSet-Cookie: a=1; Domain=inside\r\nLink: </b>\r\n\r\n")
        gw = self.gateway(self.answers(hint, FINAL),
                          "early_hints 1; proxy_hide_header X-Hidden; proxy_cookie_domain inside outside;"
                          "add_header X-Added 1 always;")
        with Conn(gw.ports[0]) as conn:
            answer = conn.get("/")
            self.assertEqual(self.hints(answer), [(103, "Early Hints", [
                ("Link", "</a>"), ("X-Other", "yes"), ("Set-Cookie", "a=1; Domain=outside"), ("Link", "</b>")])])
            self.assertEqual(answer.get("X-Added"), "1")

    def test_bad_hints_are_bad_answers(self):
        for bad in (b"HTTP/1.1 103 E\r\nLink : </a>\r\n\r\n", b"HTTP/1.1 103 E\r\nLink: a\x00b\r\n\r\n",
                    b"HTTP/1.1 103 E\r\nA: b\r\n folded\r\n\r\n", b"HTTP/1.1 103 E\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
                    HINT * 17):
            gw = self.gateway(self.answers(bad, FINAL))
            with Conn(gw.ports[0]) as conn:
                answer = conn.get("/")
                self.assertEqual(answer.status, 502, bad[:40])
                self.assertLessEqual(len(answer.interim), 16)
                for one in answer.interim:
                    self.assertEqual(one.fields, [LINK])

    def test_the_next_server_may_answer(self):
        def failing(peer):
            peer.send(HINT)
        first = RawOrigin(failing)
        self.addCleanup(first.stop)
        second = RawOrigin(self.answers(HINT.replace(b"style", b"other"), FINAL))
        self.addCleanup(second.stop)
        gw = self.start("upstream u { server @O0@; server @O1@ backup; } server { listen @P0@; location / {"
                        "early_hints 1; proxy_pass http://u; } }", [first, second])
        with Conn(gw.ports[0]) as conn:
            answer = conn.get("/")
            self.assertEqual((answer.status, len(answer.interim)), (200, 2))

    def test_a_subrequest_has_none(self):
        gw = self.gateway(self.answers(HINT, b"HTTP/1.1 204 No Content\r\n\r\n"), "early_hints 1;",
                          "server { listen @P1@; auth_request /check; location = /check { early_hints 1;"
                          "proxy_pass http://@O@; } location / { stub_status; } }")
        with Conn(gw.ports[1]) as conn:
            answer = conn.get("/")
            self.assertEqual((answer.status, answer.interim), (200, []))

    def test_what_the_log_counts(self):
        gw = self.gateway(self.answers(HINT, FINAL), "early_hints 1; access_log t.log t;",
                          "log_format t '$status $body_bytes_sent $bytes_sent';")
        with Conn(gw.ports[0]) as conn:
            answer = conn.get("/")
            heads = len(answer.raw_head) + sum(len(one.raw_head) for one in answer.interim)
        gw.wait_log("200 8 %d$" % (heads + 8), name="t.log")

    def test_curl_takes_it(self):
        gw = self.gateway(self.answers(HINT, FINAL))
        done = subprocess.run(["curl", "-s", "-i", "http://127.0.0.1:%d/" % gw.ports[0]], stdout=subprocess.PIPE,
                              timeout=30)
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: "), done.stdout)
        self.assertTrue(done.stdout.endswith(b"SEE-THIS"), done.stdout)


if __name__ == "__main__":
    main()
