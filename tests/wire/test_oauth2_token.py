"""proxy_oauth2_token: the gateway's own token goes upstream (S30; RFC 6749 4.4)."""
import time

from harness import Conn, WireTest, beyond_nginx, get, main, request, wait_for
from idp import Provider


@beyond_nginx
class UpstreamToken(WireTest):
    @classmethod
    def setUpClass(cls):
        cls.idp = Provider()
        cls.addClassCleanup(cls.idp.stop)
        url = cls.idp.issuer + "/token"
        # The names of the locations make a source of its own for each.
        cls.NAMES = ("one", "many", "renew", "again", "bad", "hang", "late", "short", "sub")
        places = "".join('location /%s/ { proxy_oauth2_token %s client=web secret=env:S "scope=read %s" timeout=%s; '
                         'proxy_pass http://@O@; }' % (name, url, name, "200ms" if name == "hang" else "5s")
                         for name in cls.NAMES)
        cls.OPTIONS = {"env": {"S": Provider.SECRET}}
        cls.HTTP = """server {
            listen @P0@; %s
            location /own/ { proxy_oauth2_token %s client=web secret=env:S; proxy_set_header Authorization mine;
                             proxy_pass http://@O@; }
            location /one/off/ { proxy_oauth2_token off; proxy_pass http://@O@; }
            location /mail/ { proxy_oauth2_token %s client=web secret=env:S auth=post audience=mail;
                              proxy_pass http://@O@; }
        }""" % (places, url, url)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.idp.reset()

    def sent(self):
        return [r.get("Authorization") for r in self.origin.requests]

    def test_s30_tokens_of_the_gateway(self):
        for i in range(5):
            self.assertStatus(get(self.port, "/one/%d" % i, [("Authorization", "Bearer of-the-client")]), 200)
        self.assertEqual(len(set(self.sent())), 1)
        self.assertRegex(self.sent()[0], r"^Bearer [\w-]{16,}$")
        self.assertEqual(self.idp.count("/token"), 1)
        fields, form = self.idp.asked["/token"][0]
        self.assertEqual(form, {"grant_type": "client_credentials", "scope": "read one"})
        self.assertStatus(get(self.port, "/one/off/", [("Authorization", "Bearer mine")]), 200)
        self.assertEqual(self.sent()[-1], "Bearer mine")
        self.assertNotIn(self.sent()[0][7:], self.gw.error_log() + self.gw.read("access.log"))

    def test_proxy_set_header_wins(self):
        self.assertStatus(get(self.port, "/own/"), 200)
        self.assertEqual(self.origin.last.all("Authorization"), ["mine"])

    def test_the_client_in_the_form(self):
        self.assertStatus(get(self.port, "/mail/"), 200)
        self.assertEqual(self.idp.asked["/token"][0][1],
                         {"grant_type": "client_credentials", "audience": "mail", "client_id": Provider.CLIENT,
                          "client_secret": Provider.SECRET})

    def test_one_question_for_all(self):
        self.idp.mode["/token"] = "hold"
        conns = [Conn(self.port) for _ in range(16)]
        for conn in conns:
            conn.send("GET /many/ HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(lambda: self.idp.count("/token") == 1)
        self.assertTrue(conns[3].is_open(0.1))
        self.idp.release()
        for conn in conns:
            self.assertStatus(conn.read(), 200)
            conn.close()
        self.assertEqual(self.idp.count("/token"), 1)
        self.assertEqual(len(set(self.sent())), 1)

    def test_renewed_before_its_end(self):
        self.idp.expires_in = 10  # renewed after 8 s ...
        self.assertStatus(get(self.port, "/renew/"), 200)
        self.assertStatus(get(self.port, "/renew/"), 200)
        self.assertEqual(self.idp.count("/token"), 1)
        end = time.monotonic() + 12
        while self.idp.count("/token") == 1 and time.monotonic() < end:
            self.assertStatus(get(self.port, "/renew/"), 200)  # ... while the old one is used
            time.sleep(0.05)
        self.assertEqual(self.idp.count("/token"), 2)
        wait_for(lambda: get(self.port, "/renew/").status == 200 and len(set(self.sent())) == 2)

    def test_a_token_that_the_service_does_not_take(self):
        self.assertStatus(get(self.port, "/again/"), 200)
        first = self.sent()[-1]

        def judge(link, received):
            link.read_body(received)
            is_old = received.get("Authorization") == first
            status = b"401 Unauthorized" if is_old else b"200 OK"
            link.socket.sendall(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)
            return True
        self.origin.script("/again/x", judge)
        # A token that has just been made is not the reason: the 401 goes to the client.
        wait_for(lambda: get(self.port, "/again/x").status == 200, 5)
        self.assertEqual(self.idp.count("/token"), 2)
        answer = request(self.port, "POST", "/again/x", body=b"x" * 70000)
        self.assertStatus(answer, 200)

    def test_the_body_is_sent_again(self):
        self.assertStatus(get(self.port, "/late/"), 200)
        first = self.sent()[-1]
        bodies = []

        def judge(link, received):
            link.read_body(received)
            bodies.append(received.body)
            is_old = received.get("Authorization") == first
            status = b"401 Unauthorized" if is_old else b"200 OK"
            link.socket.sendall(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)
            return True
        self.origin.script("/late/x", judge)
        wait_for(lambda: request(self.port, "POST", "/late/x", body=b"y" * 70000).status == 200, 5)
        self.assertEqual(set(bodies), {b"y" * 70000})
        self.origin.script("/late/always", b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        before = self.idp.count("/token")
        self.assertStatus(get(self.port, "/late/always"), 401)
        self.assertLessEqual(self.idp.count("/token"), before + 1)

    def test_failures(self):
        for mode in (500, b"nonsense", "close"):
            self.idp.mode["/token"] = mode
            self.assertStatus(get(self.port, "/bad/"), 503)
        self.assertEqual(len(self.origin.requests), 0)
        self.idp.mode = {}
        wait_for(lambda: get(self.port, "/bad/").status == 200, 5)  # after a pause
        self.idp.mode["/token"] = "hang"
        self.assertStatus(get(self.port, "/hang/"), 503)
        self.idp.mode = {}
        self.idp.tokens = lambda said: dict(said, token_type="mac")
        self.assertStatus(get(self.port, "/short/"), 503)
        self.gw.wait_log("its token is not of the type Bearer")
        self.assertNotIn(Provider.SECRET, self.gw.error_log())


if __name__ == "__main__":
    main()
