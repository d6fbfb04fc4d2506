"""$gateway_reason and gateway_reason_header: each answer of the gateway's own says which directive made it, and where.
"""
import re

from harness import Conn, WireTest, chunk, get, main, request, wait_for


class GatewayReason(WireTest):
    HTTP = """
    log_format why escape=json '{"uri":"$request_uri","status":$status,"reason":"$gateway_reason"}';
    limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/h;
    limit_req_zone $binary_remote_addr zone=wide:1m rate=1000r/s;
    limit_conn_zone $binary_remote_addr zone=one:1m;
    limit_count_zone $binary_remote_addr zone=two:1m rate=1r/d;
    upstream down { server @DEAD@; }
    gateway_reason_header (ip_in($remote_addr, "127.0.0.1"));
    server {
        listen @P0@;
        access_log why.log why;
        client_header_timeout 1s;
        root @DIR@/files;
        location /pass { proxy_pass http://@O0@; }
        location /return { return 403; }
        location /text { return 200 "hello"; }
        location /moved { return 301 /text; }
        location /if { if ($arg_a) { return 402; } return 404; }
        location /rewrite { rewrite ^ /text redirect; }
        location /deny {
            allow 10.0.0.0/8;
            deny 127.0.0.0/8;
            deny all;
            proxy_pass http://@O0@;
        }
        location /basic { auth_basic "r"; auth_basic_user_file users; proxy_pass http://@O0@; }
        location /any { satisfy any; deny all; auth_basic "r"; auth_basic_user_file users; proxy_pass http://@O0@; }
        location /several {
            satisfy any;
            auth_basic "r";
            auth_basic_user_file users;
            auth_request /judge;
            proxy_pass http://@O0@;
        }
        location /asked { auth_request /judge; proxy_pass http://@O0@; }
        location = /judge { internal; return 403; }
        location /broken { auth_request /judge500; proxy_pass http://@O0@; }
        location = /judge500 { internal; return 500; }
        location /require {
            auth_require ($arg_a == "1");
            auth_require ($arg_b == "1") error=409;
            proxy_pass http://@O0@;
        }
        location /req {
            limit_req zone=wide burst=50 nodelay;
            limit_req zone=slow;
            proxy_pass http://@O0@;
        }
        location /conn { limit_conn one 1; proxy_pass http://@O0@/hang; }
        location /count { limit_count zone=two; proxy_pass http://@O0@; }
        location /body { client_max_body_size 10; proxy_pass http://@O0@; }
        location /body/default { proxy_pass http://@O0@; }
        location /methods { limit_except GET { deny all; } proxy_pass http://@O0@; }
        route GET /routed/:id { proxy_pass http://@O0@; }
        location /down { proxy_pass http://down; }
        location /slow { proxy_read_timeout 100ms; proxy_pass http://@O0@/hang; }
        location /bad { proxy_pass http://@O0@/garbage; }
        location /intercepted { proxy_intercept_errors on; error_page 404 /text; proxy_pass http://@O0@/status/404; }
        location /spare { error_page 502 = @spare; proxy_pass http://@DEAD@; }
        location @spare { proxy_pass http://@O0@; }
        location /page { error_page 403 /text; deny all; }
        location /inner { internal; }
        location /tried { try_files /nothing =410; }
        location /folder/ { proxy_pass http://@O0@; }
        location /closed { return 444; }
        location /none { gateway_reason_header off; return 403; }
        location /other { gateway_reason_header $arg_trusted name=X-Why; return 403; }
        location /said { gateway_reason_header $arg_trusted name=X-Said; proxy_pass http://@O0@/said; }
    }
    """
    OPTIONS = {"files": {"users": "u:{PLAIN}secret\n", "files/a.txt": "a", "files/dir/b": "b"}}

    def setUp(self):
        super().setUp()
        self.config = self.gw.read("gateway.conf").splitlines()

    def line(self, text, block=None):
        """The number of the first line that holds `text`, from that with `block` on."""
        start = 0 if block is None else next(i for i, line in enumerate(self.config) if block in line)
        return next(i + 1 for i, line in enumerate(self.config) if i >= start and text in line)

    def logged(self, target):
        wanted = '"uri":"%s"' % target
        line = wait_for(lambda: next((x for x in self.gw.read("why.log").splitlines() if wanted in x), None))
        match = re.search(r'"status":(\d+),"reason":"(.*)"}$', line)
        return int(match[1]), match[2].replace('\\"', '"')

    def assertReason(self, target, status, directive, text, detail="", block=None, method="GET", fields=(), body=None):
        answer = request(self.port, method, target, list(fields), body)
        self.check(answer, target, status, directive, text, detail, block)

    def check(self, answer, target, status, directive, text, detail="", block=None):
        self.assertEqual(answer.status, status)
        wanted = "%s at %s:%d" % (directive, self.gw.path("gateway.conf"), self.line(text, block))
        reason = answer.get("X-Gateway-Reason", "")
        self.assertTrue(reason == wanted or reason.startswith(wanted + ": "), "%r, not %r" % (reason, wanted))
        self.assertIn(detail, reason)
        self.assertEqual(self.logged(target), (status, reason))

    def test_s115_answers_of_an_upstream_have_none(self):
        answer = self.get("/pass")
        self.assertEqual((answer.status, answer.get("X-Gateway-Reason")), (200, None))
        self.assertEqual(self.logged("/pass"), (200, ""))
        answer = self.get("/spare")
        self.assertEqual((answer.status, answer.get("X-Gateway-Reason")), (200, None))

    def test_s115_rewriting(self):
        self.assertReason("/return", 403, "return", "location /return")
        self.assertReason("/text", 200, "return", "location /text")
        self.assertReason("/moved", 301, "return", "location /moved")
        self.assertReason("/if?a=1", 402, "return", "location /if")
        self.assertReason("/rewrite", 302, "rewrite", "location /rewrite")
        self.assertReason("/page", 403, "deny", "location /page")
        self.assertReason("/folder", 301, "location", "location /folder/")

    def test_s115_access(self):
        self.assertReason("/deny", 403, "deny", "deny 127.0.0.0/8")
        self.assertReason("/methods", 403, "deny", "limit_except GET", method="DELETE")
        self.assertReason("/basic", 401, "auth_basic", "location /basic", "no user and password")
        self.assertReason("/basic?1", 401, "auth_basic", "location /basic", "wrong password",
                          fields=[("Authorization", "Basic dTp3cm9uZw==")])
        self.assertReason("/any", 401, "auth_basic", "location /any")
        self.assertReason("/several", 401, "auth_basic", 'auth_basic "r";', "no user and password", "location /several")
        self.assertReason("/asked", 403, "auth_request", "location /asked", "the answer of /judge is 403")
        self.assertReason("/broken", 500, "auth_request", "location /broken", "500")
        self.assertReason("/require", 403, "auth_require", '$arg_a == "1"')
        self.assertReason("/require?a=1", 409, "auth_require", '$arg_b == "1"')
        self.assertEqual(self.get("/require?a=1&b=1").get("X-Gateway-Reason"), None)
        self.assertNotIn("wrong", self.gw.read("why.log").replace("wrong password", ""))

    def test_s115_limits(self):
        self.assertEqual(self.get("/req").status, 200)
        self.assertReason("/req?2", 503, "limit_req", "limit_req zone=slow", "zone slow", "location /req ")
        self.assertEqual(self.get("/count").status, 200)
        self.assertReason("/count?2", 429, "limit_count", "limit_count zone=two")
        with Conn(self.port) as conn:
            conn.send("GET /conn HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: get(self.port, "/conn?2").status == 503)
            self.assertReason("/conn?3", 503, "limit_conn", "limit_conn one 1", "zone one")

    def test_s115_bodies(self):
        self.assertReason("/body", 413, "client_max_body_size", "client_max_body_size 10", "11 bytes", method="POST",
                          body=b"x" * 11)
        answer = self.ask(b"POST /body?chunked HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                          + chunk(b"x" * 11))
        self.check(answer, "/body?chunked", 413, "client_max_body_size", "client_max_body_size 10")
        answer = self.ask("POST /body/default HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n")
        self.assertEqual((answer.status, answer.get("X-Gateway-Reason")),
                         (413, "client_max_body_size (default): 9999999 bytes"))

    def test_s115_files(self):
        self.assertReason("/nowhere", 404, "root", "root ", "no such file")
        self.assertReason("/a.txt", 200, "root", "root ")
        self.assertReason("/dir/", 403, "root", "root ", "a folder without an index")
        self.assertReason("/dir", 301, "root", "root ")
        self.assertReason("/a.txt?post", 405, "root", "root ", method="POST", body=b"")
        self.assertReason("/inner", 404, "internal", "location /inner")
        self.assertReason("/tried", 410, "try_files", "location /tried")

    def test_s115_routes(self):
        self.assertReason("/routed/1", 405, "route", "route GET /routed", "no route for this method", method="DELETE")

    def test_s115_upstreams(self):
        self.assertReason("/down", 502, "proxy_pass", "location /down", "connect")
        self.assertReason("/slow", 504, "proxy_pass", "location /slow", "proxy_read_timeout: upstream timed out")
        self.assertReason("/bad", 502, "proxy_pass", "location /bad", "upstream sent an invalid header")
        self.assertReason("/intercepted", 404, "proxy_intercept_errors", "location /intercepted", "upstream answered 404")

    def test_s115_bad_requests(self):
        for data, status, reason in (
                ("GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
                 r"bad request: .+"),
                ("GET /x HTTP/1.1\r\n\r\n", 400, r"bad request: .+"),
                ("GET /../.. HTTP/1.1\r\nHost: h\r\n\r\n", 400, r"bad request: invalid request target"),
                ("GET /x HTTP/1.1\r\nHost: h\r\nX: " + "y" * 40000, 400,
                 r"large_client_header_buffers \(default\): bad request: header line too large"),
                ("GET /" + "y" * 40000, 414, r"large_client_header_buffers \(default\): bad request: request line .+"),
                ("TRACE /x HTTP/1.1\r\nHost: h\r\n\r\n", 405, r"CONNECT and TRACE are not served"),
                ("GET /x HTTP/1.1\r\nHost", 408, r"client_header_timeout at .+gateway\.conf:\d+: .+")):
            with self.subTest(data[:60]):
                with Conn(self.port) as conn:
                    conn.send(data)
                    answer = conn.read("GET")
                self.assertEqual(answer.status, status)
                self.assertRegex(answer.get("X-Gateway-Reason", ""), "^(%s)$" % reason)

    def test_s115_an_answer_that_is_none(self):
        with Conn(self.port) as conn:
            conn.send("GET /closed HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertTrue(conn.is_closed())
        self.assertEqual(self.logged("/closed"),
                         (444, "return at %s:%d" % (self.gw.path("gateway.conf"), self.line("location /closed"))))
        with Conn(self.port) as conn:
            conn.send("GET /slow?left HTTP/1.1\r\nHost: h\r\n\r\n")
            conn.reset()
        self.assertEqual(self.logged("/slow?left"), (499, "client closed the connection"))

    def test_s115_the_field_is_for_the_trusted(self):
        with Conn(self.port, source="127.0.0.2") as conn:
            answer = conn.ask("GET /return?untrusted HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual((answer.status, answer.get("X-Gateway-Reason")), (403, None))
        self.assertEqual(self.logged("/return?untrusted")[1].split(" ")[0], "return")
        self.assertIsNone(self.get("/none").get("X-Gateway-Reason"))
        self.assertIsNone(self.get("/other").get("X-Why"))
        self.assertIsNone(self.get("/other?trusted=0").get("X-Why"))
        self.assertRegex(self.get("/other?trusted=1").get("X-Why"), "^return at ")
        self.origin.script("/said", b"HTTP/1.1 200 OK\r\nX-Said: return at x:1\r\nContent-Length: 0\r\n\r\n")
        answer = self.get("/said?trusted=1")
        self.assertEqual((answer.status, answer.get("X-Said")), (200, None))


if __name__ == "__main__":
    main()
