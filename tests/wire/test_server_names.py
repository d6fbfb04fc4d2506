"""Which server answers: the socket first, then the name (LANGUAGE.md 5)."""
from harness import Conn, WireTest, get, main


class ServerNames(WireTest):
    ORIGINS = 0
    HTTP = """
    server { listen @P0@; server_name first.example; return 200 first; }
    server { listen @P0@; server_name exact.example www.exact.example; return 200 "exact $server_name"; }
    server { listen @P0@; server_name *.w.test; return 200 "*.w.test"; }
    server { listen @P0@; server_name *.deep.w.test; return 200 "*.deep.w.test"; }
    server { listen @P0@; server_name one.w.test; return 200 "one.w.test"; }
    server { listen @P0@; server_name b.*; return 200 "b.*"; }
    server { listen @P0@; server_name b.long.*; return 200 "b.long.*"; }
    server { listen @P0@; server_name .dot.test; return 200 ".dot.test"; }
    server { listen @P0@; server_name ~^b\\.; return 200 "regex b"; }
    server { listen @P0@; server_name "~^(?<sub>[a-z]{2,5})\\.re\\.test$"; return 200 "sub $sub"; }
    server { listen @P0@; server_name ~^x.*\\.re\\.test$; return 200 "second regex"; }
    server { listen @P0@; server_name ""; return 200 "no host"; }
    server { listen @P0@ default_server; server_name _; return 200 "default $host"; }
    server { listen @P1@; server_name one; return 200 "1 one"; }
    server { listen @P1@; server_name two; return 200 "1 two"; }
    server { listen @PORT2@; server_name any; return 200 "any address"; }
    server { listen @P2@; server_name local; return 200 "127.0.0.1"; }
    """

    def check(self, cases, port=0):
        for host, wanted in cases:
            with self.subTest(host):
                self.assertEqual(get(self.gw.ports[port], host=host).text, wanted)

    def test_exact_names(self):
        self.check([("exact.example", "exact exact.example"), ("www.exact.example", "exact exact.example"),
                    ("EXACT.Example", "exact exact.example"), ("exact.example.", "exact exact.example"),
                    ("exact.example:8080", "exact exact.example"), ("first.example", "first")])

    def test_wildcards_before_and_behind(self):
        self.check([("two.w.test", "*.w.test"), ("one.w.test", "one.w.test"), ("x.deep.w.test", "*.deep.w.test"),
                    ("a.b.w.test", "*.w.test"), ("b.w.test", "*.w.test"), ("b.example", "b.*"),
                    ("b.long.example", "b.long.*"), ("b.x.y.example", "b.*"), ("w.test", "default w.test")])

    def test_a_leading_dot_is_both(self):
        self.check([("dot.test", ".dot.test"), ("a.dot.test", ".dot.test"), ("a.b.dot.test", ".dot.test")])

    def test_regexes_come_last_and_bind(self):
        self.check([("abc.re.test", "sub abc"), ("xyz.re.test", "sub xyz"), ("xtoolong.re.test", "second regex")])

    def test_the_default_server(self):
        self.check([("unknown.example", "default unknown.example"), ("_", "default _"), ("127.0.0.1",
                                                                                         "default 127.0.0.1")])

    def test_a_missing_host(self):
        with Conn(self.port) as conn:
            self.assertEqual(conn.ask(b"GET / HTTP/1.0\r\n\r\n").text, "no host")

    def test_without_default_server_the_first_one_answers(self):
        self.check([("two", "1 two"), ("three", "1 one")], port=1)

    def test_an_exact_address_beats_any(self):
        self.check([("any", "127.0.0.1"), ("local", "127.0.0.1")], port=2)

    def test_the_authority_of_an_absolute_target_beats_host(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"GET http://first.example/ HTTP/1.1\r\nHost: exact.example\r\n\r\n")
            self.assertEqual(answer.text, "first")

    def test_host_and_server_name_variables(self):
        gw = self.start("""server { listen @P0@; server_name a.test b.test;
                                    return 200 "$host|$http_host|$server_name"; }""")
        self.assertEqual(get(gw.ports[0], host="B.test:81").text, "b.test|B.test:81|a.test")
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.ask(b"GET / HTTP/1.0\r\n\r\n").text, "a.test||a.test")


class Many(WireTest):
    ORIGINS = 0

    def test_a_thousand_names(self):
        names = " ".join("n%d.example" % i for i in range(1000))
        gw = self.start("server_names_hash_max_size 8192; server { listen @P0@; return 200 other; }"
                        "server { listen @P0@; server_name %s; return 200 $host; }" % names)
        for i in (0, 1, 500, 999):
            self.assertEqual(get(gw.ports[0], host="n%d.example" % i).text, "n%d.example" % i)
        self.assertEqual(get(gw.ports[0], host="n1000.example").text, "other")


if __name__ == "__main__":
    main()
