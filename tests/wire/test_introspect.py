"""auth_introspect: opaque tokens are shown to the server that gave them out (S26, S29; RFC 7662, RFC 6750)."""
import threading
import time

from harness import Conn, WireTest, beyond_nginx, get, main, wait_for
from idp import Provider


def bearer(token):
    return [("Authorization", "Bearer " + token)]


@beyond_nginx
class Introspect(WireTest):
    @classmethod
    def setUpClass(cls):
        cls.idp = Provider()
        cls.addClassCleanup(cls.idp.stop)
        url = cls.idp.issuer + "/introspect"
        who = "client=web secret=env:INTRO"
        cls.OPTIONS = {"main": "worker_processes 4;", "env": {"INTRO": Provider.SECRET, "WRONG": "x" * 20},
                       "files": {"users": "bob:{PLAIN}b\n"}}
        cls.HTTP = """
        server {
            listen @P0@;
            identity_header X-User-Id $introspect_claim_sub;
            identity_header X-Scope $introspect_claim_scope;
            location / { auth_introspect %(url)s %(who)s cache=60s; proxy_pass http://@O@; }
            location /fresh/ { auth_introspect %(url)s %(who)s cache=0; proxy_pass http://@O@; }
            location /post/ { auth_introspect %(url)s?post %(who)s auth=post; proxy_pass http://@O@; }
            location /quick/ { auth_introspect %(url)s?quick %(who)s timeout=150ms error=504 cache=0;
                               proxy_pass http://@O@; }
            location /cookie/ { auth_introspect %(url)s %(who)s token=$cookie_at; proxy_pass http://@O@; }
            location /wrong/ { auth_introspect %(url)s?wrong client=web secret=env:WRONG; proxy_pass http://@O@; }
            location /dead/ { auth_introspect http://@DEAD@/ client=web secret=env:INTRO; proxy_pass http://@O@; }
            location /free/ { auth_introspect off; proxy_pass http://@O@; }
            location /rule/ { auth_introspect %(url)s %(who)s; auth_require ($introspect_claim_level > 2);
                              proxy_pass http://@O@; }
            location /either/ { satisfy any; auth_introspect %(url)s %(who)s "realm=our shop";
                                auth_basic shop; auth_basic_user_file users; proxy_pass http://@O@; }
        }""" % {"url": url, "who": who}
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.idp.reset()
        self.idp.known = {name: {"active": True, "sub": "ann", "scope": "read write", "level": 3}
                          for name in self.tokens()}

    def tokens(self):
        return [self.token("t%d" % i) for i in range(20)]

    def token(self, name):
        return "%s-%s" % (self.id().rpartition(".")[2], name)

    def status(self, path, fields=()):
        return get(self.port, path, fields).status

    def test_s26_opaque_tokens(self):
        answer = get(self.port, "/a", bearer(self.token("t0")) + [("X-User-Id", "root")])
        self.assertStatus(answer, 200)
        self.assertEqual(self.origin.last.all("X-User-Id"), ["ann"])
        self.assertEqual(self.origin.last.get("X-Scope"), "read write")
        fields, form = self.idp.asked["/introspect"][0]
        self.assertEqual(form, {"token": self.token("t0"), "token_type_hint": "access_token"})
        self.assertTrue(fields["authorization"].startswith("Basic "))
        self.assertNotIn(self.token("t0"), self.gw.error_log())

    def test_the_client_in_the_form(self):
        self.assertStatus(get(self.port, "/post/", bearer(self.token("t0"))), 200)
        self.assertEqual(self.origin.last.get("X-User-Id"), "ann")
        fields, form = self.idp.asked["/introspect"][0]
        self.assertNotIn("authorization", fields)
        self.assertEqual((form["client_id"], form["client_secret"]), (Provider.CLIENT, Provider.SECRET))

    def test_challenges(self):
        for fields, challenge in (([], 'Bearer realm="restricted"'),
                                  ([("Authorization", "Basic eDp5")], 'Bearer realm="restricted"'),
                                  (bearer("unknown"), 'Bearer realm="restricted", error="invalid_token"'),
                                  (bearer("a b"), 'Bearer realm="restricted", error="invalid_token"'),
                                  (bearer("x" * 7000), 'Bearer realm="restricted", error="invalid_token"')):
            answer = get(self.port, "/a", fields)
            self.assertStatus(answer, 401)
            self.assertEqual(answer.all("WWW-Authenticate"), [challenge])
        self.assertEqual(self.idp.count("/introspect"), 2)  # what cannot be a token is not asked about
        self.assertEqual(len(self.origin.requests), 0)

    def test_known_ones_are_not_asked_about_again(self):
        for _ in range(5):
            self.assertEqual(self.status("/a", bearer(self.token("t0"))), 200)
            self.assertEqual(self.status("/a", bearer(self.token("other"))), 401)
        self.assertEqual(self.idp.count("/introspect"), 2)
        for _ in range(3):
            self.assertEqual(self.status("/fresh/", bearer(self.token("t0"))), 200)
        self.assertEqual(self.idp.count("/introspect"), 5)

    def test_one_question_for_all_who_wait(self):
        self.idp.mode["/introspect"] = "hold"
        conns = [Conn(self.port) for _ in range(16)]
        for conn in conns:
            conn.send("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n" % self.token("t3"))
        wait_for(lambda: self.idp.count("/introspect") >= 1)
        conns[0].close()  # who began it leaves
        self.assertTrue(conns[1].is_open(0.1))
        self.idp.release()
        for conn in conns[1:]:
            self.assertStatus(conn.read(), 200)
            conn.close()
        self.assertEqual(self.idp.count("/introspect"), 1)

    def test_an_end_that_the_server_says(self):
        self.idp.known[self.token("t0")]["exp"] = int(time.time()) + 2
        self.idp.known[self.token("t1")]["exp"] = int(time.time()) - 1
        self.idp.known[self.token("t2")]["exp"] = "soon"
        self.idp.known[self.token("t3")]["nbf"] = int(time.time()) + 60
        self.assertEqual(self.status("/a", bearer(self.token("t0"))), 200)
        for name in ("t1", "t2", "t3"):
            self.assertEqual(self.status("/a", bearer(self.token(name))), 401)
        del self.idp.known[self.token("t0")]
        wait_for(lambda: self.status("/a", bearer(self.token("t0"))) == 401, 10)

    def test_answers_that_are_none(self):
        answers = [500, b"nonsense", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]",
                   b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                   b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"active":"true"',
                   b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"active":"true"}',
                   b'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"active":true, "active":true}',
                   b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "close",
                   b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"]
        for answer in answers:
            self.idp.mode["/introspect"] = answer
            self.assertEqual(self.status("/a", bearer(self.token("t9"))), 503, answer)
        self.idp.mode = {}
        self.assertEqual(self.status("/a", bearer(self.token("t9"))), 200)  # failures are not kept
        self.gw.wait_log(r'introspection at "127.0.0.1:\d+" failed: it answers 500: server_error')

    def test_servers_that_hang_or_are_gone(self):
        self.idp.mode["/introspect"] = "hang"
        begun = time.monotonic()
        self.assertEqual(self.status("/quick/", bearer(self.token("t8"))), 504)
        self.assertLess(time.monotonic() - begun, 3)
        self.assertEqual(self.status("/dead/", bearer(self.token("t8"))), 503)
        self.idp.mode = {}
        self.assertEqual(self.status("/wrong/", bearer(self.token("t8"))), 503)
        self.gw.wait_log("it answers 401: invalid_client")
        self.assertNotIn(Provider.SECRET, self.gw.error_log())

    def test_other_sources_of_the_token(self):
        self.assertEqual(self.status("/cookie/", [("Cookie", "at=" + self.token("t4"))]), 200)
        self.assertEqual(self.status("/cookie/", bearer(self.token("t4"))), 401)
        two = "at=%s; at=%s" % (self.token("t4"), self.token("t5"))
        answer = get(self.port, "/cookie/", [("Cookie", two)])
        self.assertStatus(answer, 401)
        self.assertIn('error="invalid_token"', answer.get("WWW-Authenticate"))
        self.gw.wait_log("the token is refused: it is sent twice")
        self.assertEqual(self.status("/free/"), 200)

    def test_claims_keep_their_type(self):
        self.idp.known[self.token("t6")]["level"] = 2
        self.idp.known[self.token("t7")]["level"] = "3"
        self.assertEqual(self.status("/rule/", bearer(self.token("t5"))), 200)
        self.assertEqual(self.status("/rule/", bearer(self.token("t6"))), 403)
        self.assertEqual(self.status("/rule/", bearer(self.token("t7"))), 403)

    def test_satisfy_any(self):
        basic = [("Authorization", "Basic Ym9iOmI=")]
        self.assertEqual(self.status("/either/", bearer(self.token("t0"))), 200)
        self.assertEqual(self.status("/either/", basic), 200)
        answer = get(self.port, "/either/")
        self.assertStatus(answer, 401)
        self.assertEqual(answer.all("WWW-Authenticate"), ['Basic realm="shop"', 'Bearer realm="our shop"'])

    def test_many_tokens_at_once(self):
        def ask(token, results):
            results.append(self.status("/a", bearer(token)))
        results, threads = [], []
        for token in self.tokens() * 3:
            threads.append(threading.Thread(target=ask, args=(token, results)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [200] * 60)
        self.assertEqual(self.idp.count("/introspect"), 20)

    def test_reload_keeps_what_is_known(self):
        self.assertEqual(self.status("/a", bearer(self.token("t0"))), 200)
        self.gw.reload()
        self.assertEqual(self.status("/a", bearer(self.token("t0"))), 200)
        self.assertEqual(self.idp.count("/introspect"), 1)


if __name__ == "__main__":
    main()
