"""auth_require: expressions over headers, arguments, cookies, methods and addresses, before a real service."""
from harness import Conn, WireTest, main, request, wait_for


class AuthRequire(WireTest):
    HTTP = """
    log_format why "$uri $status $gateway_reason";
    map $http_x_plan $paid { default 0; gold 1; }
    server {
        listen @P0@;
        access_log why.log why;
        location /headers { auth_require ($http_x_role in ("admin", "sup;port {1}")) error=401; proxy_pass http://@O0@; }
        location /args {
            auth_require ($arg_page == null or number($arg_page) >= 1 and number($arg_page) <= 100);
            proxy_pass http://@O0@;
        }
        location /cookies { auth_require ($cookie_beta=="1" and length($cookie_id ?? "") == 8); proxy_pass http://@O0@; }
        location /methods {
            auth_require ($request_method in ("GET", "HEAD")      # anybody reads
                          or ip_in($remote_addr, "127.0.0.2", "10.0.0.0/8"));
            proxy_pass http://@O0@;
        }
        location /paths { auth_require ($uri ~ "^/paths/\\d{1,3}$" and $uri !~ "13"); proxy_pass http://@O0@; }
        location /plan { auth_require $paid $http_x_user error=402; proxy_pass http://@O0@; }
        location /two {
            auth_require (starts_with($http_x_a, "a")) error=451;
            auth_require (lower($http_x_b) == "b") error=404;
            proxy_pass http://@O0@;
        }
        location /page { auth_require $http_x_a; error_page 403 = @sorry; proxy_pass http://@O0@; }
        location @sorry { return 302 /login; }
        location /slow { auth_require ($http_x_a ~ "^(a+)+(b|c)+$"); proxy_pass http://@O0@; }
    }
    """

    def status(self, target, fields=(), method="GET", **options):
        return request(self.port, method, target, list(fields), **options).status

    def test_headers(self):
        for role, wanted in (("admin", 200), ("sup;port {1}", 200), ("Admin", 401), ("", 401), ("admin, x", 401)):
            with self.subTest(role):
                self.assertEqual(self.status("/headers", [("X-Role", role)]), wanted)
        self.assertEqual(self.status("/headers"), 401)

    def test_arguments(self):
        for query, wanted in (("", 200), ("?page=1", 200), ("?page=100", 200), ("?page=0", 403), ("?page=101", 403),
                              ("?page=1e2", 200), ("?page=01", 403), ("?page=", 403), ("?page=-1", 403),
                              ("?page=nan", 403), ("?page=9e999", 403)):
            with self.subTest(query):
                self.assertEqual(self.status("/args" + query), wanted)

    def test_cookies(self):
        for cookie, wanted in (("beta=1; id=12345678", 200), ("beta=1; id=1234567", 403), ("beta=1", 403),
                               ("id=12345678", 403), ("beta=01; id=12345678", 403)):
            with self.subTest(cookie):
                self.assertEqual(self.status("/cookies", [("Cookie", cookie)]), wanted)

    def test_methods_and_addresses(self):
        self.assertEqual(self.status("/methods"), 200)
        self.assertEqual(self.status("/methods", method="HEAD"), 200)
        self.assertEqual(self.status("/methods", [("Content-Length", "0")], "POST"), 403)
        with Conn(self.port, source="127.0.0.2") as conn:
            self.assertEqual(conn.ask("POST /methods HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status, 200)

    def test_regular_expressions(self):
        for path, wanted in (("/paths/7", 200), ("/paths/999", 200), ("/paths/1000", 403), ("/paths/13", 403),
                             ("/paths/x/../8", 200), ("/paths/", 403)):
            with self.subTest(path):
                self.assertEqual(self.status(path), wanted)

    def test_variables(self):
        self.assertEqual(self.status("/plan", [("X-Plan", "gold"), ("X-User", "u")]), 200)
        self.assertEqual(self.status("/plan", [("X-Plan", "gold"), ("X-User", "0")]), 402)
        self.assertEqual(self.status("/plan", [("X-Plan", "gold")]), 402)
        self.assertEqual(self.status("/plan", [("X-Plan", "free"), ("X-User", "u")]), 402)

    def test_all_lines_hold(self):
        self.assertEqual(self.status("/two", [("X-A", "abc"), ("X-B", "B")]), 200)
        self.assertEqual(self.status("/two", [("X-A", "bc"), ("X-B", "B")]), 451)
        self.assertEqual(self.status("/two", [("X-A", "abc")]), 404)

    def test_error_page(self):
        answer = self.get("/page")
        self.assertEqual((answer.status, answer.get("Location").endswith("/login")), (302, True))

    def test_a_refused_request_does_not_reach_the_service(self):
        self.assertEqual(self.status("/headers", [("X-Role", "x"), ("Content-Length", "0")], "POST"), 401)
        self.assertEqual(self.origin.request_count, 0)

    def test_the_logs_say_why_and_where(self):
        self.assertEqual(self.status("/headers"), 401)
        wait_for(lambda: "/headers 401 auth_require at " in self.gw.read("why.log"))
        wait_for(lambda: "access forbidden by auth_require at " in self.gw.read("error.log"))
        self.assertNotIn("sup;port", self.gw.read("error.log"))

    def test_a_hard_regular_expression_ends(self):
        self.assertEqual(self.status("/slow", [("X-A", "a" * 2000 + "b")]), 200)
        self.assertEqual(self.status("/slow", [("X-A", "a" * 2000 + "!")]), 403)


if __name__ == "__main__":
    main()
