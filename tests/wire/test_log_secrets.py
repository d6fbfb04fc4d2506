"""Keys and tokens in a query are in no log, whoever answers and whether services get them or not."""
import hashlib

from harness import Conn, WireTest, beyond_nginx, main, request
from tokens import signed

KEY = "sha256:" + hashlib.sha256(b"acme-key").hexdigest()
SECRET = "for-this-file-alone-0123456789abcdef"


@beyond_nginx
class LogSecrets(WireTest):
    HTTP = """
    consumer acme { key %s; }
    limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;
    log_format all '$status|$request|$request_uri|$args|$query_string|$http_referer';
    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    access_log all.log all;
    server {
        listen @P0@;
        auth_key shop query=api_key;
        location / { proxy_pass http://@O0@; proxy_set_header X-Asked $request; proxy_set_header X-Args $args; }
        location /hides { auth_key shop query=api_key hide; proxy_pass http://@O0@; }
        location /returns { return 200 "hello"; }
        location /moves { return 301 /other; }
        location /slow { limit_req zone=slow; proxy_pass http://@O0@; }
        location /small { client_max_body_size 1; proxy_pass http://@O0@; }
        location /rewrites { rewrite_log on; rewrite ^ /to last; }
        location /dead { proxy_pass http://@DEAD@; }
        location /101 { proxy_pass http://@O0@; proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade; }
    }
    server { listen @P1@; return 301 https://$host$request_uri; }
    server {
        listen @P2@;
        auth_jwt shop token=$arg_access_token;
        auth_jwt_secret env:SECRET algorithms=HS256;
        location / { proxy_pass http://@O0@; }
        location /early { return 204; }
    }
    """ % KEY
    OPTIONS = {"env": {"SECRET": SECRET}, "level": "info"}

    def ask(self, target, port=0, method="GET", fields=(), body=None):
        return request(self.gw.ports[port], method, target, list(fields), body)

    def line(self, pattern):
        """The access log's line; no log holds the secrets."""
        found = self.gw.wait_log(pattern, name="all.log")[0]
        for secret in ("acme-key", "wrong-key", "eyJ"):
            self.assertNotIn(secret, self.gw.read("all.log"))
            self.assertNotIn(secret, self.gw.error_log())
        return found

    def test_services_get_what_logs_do_not_show(self):
        answer = self.ask("/pass?a=1&api_key=acme-key&b=2")
        self.assertEqual(answer.json()["target"], "/pass?a=1&api_key=acme-key&b=2")
        self.assertEqual(self.origin.last.get("X-Asked"), "GET /pass?a=1&api_key=acme-key&b=2 HTTP/1.1")
        self.assertEqual(self.origin.last.get("X-Args"), "a=1&api_key=acme-key&b=2")
        self.assertEqual(self.line(r"^200\|GET /pass.*"),
                         "200|GET /pass?a=1&api_key=***&b=2 HTTP/1.1|/pass?a=1&api_key=***&b=2|a=1&api_key=***&b=2|"
                         "a=1&api_key=***&b=2|-")
        self.assertEqual(self.ask("/hides?api_key=acme-key&b=2").json()["target"], "/hides?b=2")
        self.assertEqual(self.line(r"^200\|GET /hides.*"), "200|GET /hides?b=2 HTTP/1.1|/hides?b=2|b=2|b=2|-")

    def test_answers_before_the_key_is_asked_for(self):
        self.assertEqual(self.ask("/returns?api_key=acme-key").status, 200)
        self.line(r"^200\|GET /returns\?api_key=\*\*\* HTTP/1.1\|/returns\?api_key=\*\*\*\|api_key=\*\*\*\|")
        self.assertEqual(self.ask("/moves?API_KEY=acme-key").status, 301)
        self.line(r"^301\|GET /moves\?API_KEY=\*\*\* ")
        self.ask("/slow?api_key=acme-key")
        self.assertEqual(self.ask("/slow?api_key=acme-key").status, 503)
        self.line(r"^503\|GET /slow\?api_key=\*\*\* ")
        self.gw.wait_log(r'limiting requests.* request: "GET /slow\?api_key=\*\*\* HTTP/1.1"')
        self.assertEqual(self.ask("/small?api_key=acme-key", method="POST", body=b"too much").status, 413)
        self.line(r"^413\|POST /small\?api_key=\*\*\* ")
        self.ask("/rewrites?api_key=acme-key")
        self.line(r"\|GET /rewrites\?api_key=\*\*\* ")
        self.gw.wait_log(r'rewritten data: "/to", args: "api_key=\*\*\*"')

    def test_faults(self):
        self.assertEqual(self.ask("/x?api_key=wrong-key").status, 401)
        self.line(r"^401\|GET /x\?api_key=\*\*\* ")
        self.gw.wait_log(r'belongs to no consumer.*request: "GET /x\?api_key=\*\*\* ')
        self.assertEqual(self.ask("/dead?api_key=acme-key").status, 502)
        self.line(r"^502\|GET /dead\?api_key=\*\*\* ")
        self.gw.wait_log(r'upstream: "http://[^"]*/dead\?api_key=\*\*\*"')
        with Conn(self.gw.ports[0]) as conn:
            answer = conn.ask("GET /odd?api_key=acme-key HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
            self.assertEqual(answer.status, 400)
        self.line(r"^400\|GET /odd\?api_key=\*\*\* ")

    def test_another_server_that_only_redirects(self):
        answer = self.ask("/home?api_key=acme-key", port=1)
        self.assertEqual((answer.status, answer.get("Location")), (301, "https://localhost/home?api_key=acme-key"))
        self.line(r"^301\|GET /home\?api_key=\*\*\* ")

    def test_a_page_that_had_the_key(self):
        self.ask("/returns", fields=[("Referer", "https://shop.example/?api_key=acme-key&x=1")])
        self.line(r"\|https://shop\.example/\?api_key=\*\*\*&x=1$")

    def test_tokens_of_arguments(self):
        good = signed(SECRET)
        self.assertEqual(self.ask("/jwt?access_token=" + good, port=2).status, 200)
        self.assertIn(good, self.origin.last.target)
        self.line(r"^200\|GET /jwt\?access_token=\*\*\* ")
        self.assertEqual(self.ask("/early?access_token=" + good, port=2).status, 204)
        self.line(r"^204\|GET /early\?access_token=\*\*\* ")
        self.assertEqual(self.ask("/bad?access_token=%sx" % good, port=2).status, 401)
        self.line(r"^401\|GET /bad\?access_token=\*\*\* ")

    def test_a_tunnel(self):
        with Conn(self.gw.ports[0]) as conn:
            answer = conn.ask("GET /101?api_key=acme-key HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            self.assertEqual(answer.status, 101)
        self.line(r"^101\|GET /101\?api_key=\*\*\* HTTP/1.1\|/101\?api_key=\*\*\*\|")


if __name__ == "__main__":
    main()
