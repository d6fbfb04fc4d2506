"""cors: preflights are answered by the gateway before anything else asks, answers and errors carry the fields, origins
that are not named get none; judged by a browser's own rules (cors_browser.py), before a service that has ideas of its
own about CORS."""
from cors_browser import Blocked, Page
from harness import Conn, WireTest, main, request

SHOP, OTHER = "https://shop.example", "https://evil.example"


class Cors(WireTest):
    HTTP = """
    limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/h;
    server {
        listen @P0@;
        cors {
            origins https://shop.example https://*.shop.example:8443;
            origins ~^https://pr-[0-9]+\\.preview\\.example$ http://localhost:*;
            methods GET post DELETE;
            headers Authorization Content-Type X-Trace;
            expose X-Total Retry-After;
            credentials on;
            max_age 10m;
        }
        location / { proxy_pass http://@O0@; }
        location /open { cors on; proxy_pass http://@O0@; }
        location /off { cors off; proxy_pass http://@O0@; }
        location /named { cors { origins https://shop.example null; } proxy_pass http://@O0@; }
        location /everybody { cors { origins *; methods *; headers *; expose *; } proxy_pass http://@O0@; }
        location /private { cors { origins https://shop.example; private_network on; } proxy_pass http://@O0@; }
        location /staff { auth_basic "r"; auth_basic_user_file users; proxy_pass http://@O0@; }
        location /limited { limit_req zone=slow; limit_req_status 429; proxy_pass http://@O0@; }
        location /down { proxy_pass http://@DEAD@; }
        location /page { cors { origins https://shop.example; } error_page 403 /text; deny all; }
        location /text { cors off; return 200 "sorry"; }
        location /given { add_header Access-Control-Allow-Origin "*" always; proxy_pass http://@O0@; }
        location /get { limit_except GET { deny all; } proxy_pass http://@O0@; }
        location /files/ { root @DIR@; }
        route POST,DELETE /items/:id { auth_basic "r"; auth_basic_user_file users; proxy_pass http://@O0@; }
    }
    server {
        listen @P1@;
        route POST /open/:id { cors on; proxy_pass http://@O0@; }
        route POST /plain/:id { proxy_pass http://@O0@; }
    }
    """
    OPTIONS = {"files": {"users": "u:{PLAIN}p\n", "files/a.txt": "a"}}

    def service_says(self, path, *fields):
        head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\n" % "".join("%s\r\n" % f for f in fields)
        self.origin.script(path, head.encode() + b"ok")

    def preflight(self, target, origin=SHOP, method="GET", names=None, fields=(), **options):
        sent = [("Origin", origin), ("Access-Control-Request-Method", method), *fields]
        if names:
            sent.append(("Access-Control-Request-Headers", names))
        return request(self.port, "OPTIONS", target, sent, **options)

    def cors_fields(self, answer):
        return {n.lower(): v for n, v in answer.fields if n.lower().startswith("access-control-")}

    def assertBlocked(self, page, *args, **options):
        with self.assertRaises(Blocked):
            page.fetch(*args, **options)

    def test_s102_a_page_of_a_named_origin(self):
        page = Page(self.port, SHOP, credentials=True)
        self.service_says("/b", "X-Total: 7", "X-Secret: 1")
        answer = page.fetch("/b")
        self.assertEqual((answer.status, answer.text, answer.get("X-Total"), answer.get("X-Secret")),
                         (200, "ok", "7", None))
        self.assertIsNone(page.preflight)
        answer = page.fetch("/b", "DELETE", [("Authorization", "Bearer x"), ("X-Trace", "1")])
        self.assertEqual((answer.status, page.preflight.status), (200, 204))
        self.assertEqual(self.cors_fields(page.preflight), {
            "access-control-allow-origin": SHOP, "access-control-allow-credentials": "true",
            "access-control-allow-methods": "GET, POST, DELETE", "access-control-max-age": "600",
            "access-control-allow-headers": "Authorization, Content-Type, X-Trace"})
        self.assertEqual(page.fetch("/b", "POST", [("Content-Type", "application/json")], b"{}").status, 200)
        self.assertBlocked(page, "/b", "PUT")
        self.assertBlocked(page, "/b", "GET", [("X-Other", "1")])

    def test_s102_the_preflight_is_not_forwarded(self):
        answer = self.preflight("/b", method="DELETE")
        self.assertEqual((answer.status, answer.body, self.origin.request_count), (204, b"", 0))
        self.assertEqual(answer.all("Content-Length") + answer.all("Transfer-Encoding"), [])

    def test_s102_other_origins_get_no_fields(self):
        page = Page(self.port, OTHER, credentials=True)
        self.service_says("/b", "Access-Control-Allow-Origin: " + OTHER, "Access-Control-Allow-Credentials: true")
        self.assertBlocked(page, "/b")
        self.assertBlocked(page, "/b", "DELETE")
        for answer in (page.preflight, self.get("/b", [("Origin", OTHER)])):
            self.assertEqual(self.cors_fields(answer), {})
            self.assertIn("Origin", answer.get("Vary"))
        self.assertEqual(page.preflight.status, 204)

    def test_s102_origins(self):
        for origin, allowed in (
                ("https://shop.example", True), ("http://shop.example", False), ("https://shop.example:443", False),
                ("https://SHOP.example", False), ("https://shop.example.evil.test", False), ("shop.example", False),
                ("https://a.shop.example:8443", True), ("https://a.b.shop.example:8443", True),
                ("https://a.shop.example", False), ("https://shop.example:8443", False),
                ("https://.shop.example:8443", False), ("https://evil.test/.shop.example:8443", False),
                ("https://evil.test#.shop.example:8443", False), ("https://u@a.shop.example:8443", False),
                ("https://pr-12.preview.example", True), ("https://pr-.preview.example", False),
                ("https://pr-1.preview.example.evil.test", False), ("https://xhttps://pr-1.preview.example", False),
                ("http://localhost", True), ("http://localhost:3000", True), ("http://localhost:x", False),
                ("http://localhost:", False), ("http://localhost:3000:1", False), ("http://localhost.evil:1", False),
                ("null", False), ("*", False), ("https://shop.example https://shop.example", False)):
            with self.subTest(origin):
                answer = self.get("/b", [("Origin", origin)])
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.all("Access-Control-Allow-Origin"), [origin] if allowed else [])
        answer = self.get("/b", [("Origin", SHOP), ("Origin", SHOP)])
        self.assertEqual(self.cors_fields(answer), {})
        self.assertEqual(self.get("/named", [("Origin", "null")]).get("Access-Control-Allow-Origin"), "null")

    def test_s102_on_is_for_everybody_without_credentials(self):
        page = Page(self.port, OTHER)
        self.assertEqual(page.fetch("/open").status, 200)
        self.assertEqual(page.fetch("/open", "PUT", [("Authorization", "Bearer x"), ("X-Any", "1")]).status, 200)
        self.assertBlocked(Page(self.port, OTHER, credentials=True), "/open")
        answer = self.get("/open", [("Origin", OTHER)])
        self.assertEqual(self.cors_fields(answer), {"access-control-allow-origin": "*"})
        self.assertIsNone(answer.get("Vary"))

    def test_s102_wildcards(self):
        page = Page(self.port, OTHER)
        self.service_says("/everybody", "X-Total: 7")
        answer = page.fetch("/everybody", "PROPFIND", [("X-Any", "1")])
        self.assertEqual((answer.status, answer.get("X-Total")), (200, "7"))
        answer = self.preflight("/everybody", method="GET", names="x-a, b@d")
        self.assertIsNone(answer.get("Access-Control-Allow-Headers"))

    def test_s102_off(self):
        self.service_says("/off", "Access-Control-Allow-Origin: " + OTHER, "Vary: Accept")
        self.assertEqual(Page(self.port, OTHER).fetch("/off").status, 200)
        self.preflight("/off")
        self.assertEqual(self.origin.requests[-1].method, "OPTIONS")

    def test_s102_the_service_has_no_say(self):
        self.service_says("/b", "Access-Control-Allow-Origin: *", "access-control-allow-headers: x",
                          "Access-Control-Expose-Headers: X-Mine", "Vary: Accept-Encoding", "X-Total: 7")
        answer = self.get("/b", [("Origin", SHOP)])
        self.assertEqual(self.cors_fields(answer), {
            "access-control-allow-origin": SHOP, "access-control-allow-credentials": "true",
            "access-control-expose-headers": "X-Total, Retry-After"})
        self.assertEqual([n.lower() for n, _ in answer.fields].count("access-control-allow-origin"), 1)
        self.assertEqual(sorted(", ".join(answer.all("Vary")).split(", ")), ["Accept-Encoding", "Origin"])
        self.service_says("/b", "Vary: origin")
        self.assertEqual(self.get("/b", [("Origin", SHOP)]).all("Vary"), ["origin"])
        self.assertEqual(self.cors_fields(self.get("/given", [("Origin", OTHER)])), {})
        self.assertEqual(self.get("/given", [("Origin", SHOP)]).all("Access-Control-Allow-Origin"), [SHOP])

    def test_s102_vary_is_there_without_an_origin_too(self):
        answer = self.get("/b/1")
        self.assertEqual((answer.status, answer.get("Vary"), self.cors_fields(answer)), (200, "Origin", {}))
        vary = self.preflight("/b").get("Vary")
        self.assertEqual(vary, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")

    def test_s102_before_authentication_and_limits(self):
        page = Page(self.port, SHOP, credentials=True)
        self.assertEqual(page.fetch("/staff", "POST", [("Authorization", "Basic dTpw")], b"").status, 200)
        answer = page.fetch("/staff", "DELETE")
        self.assertEqual((answer.status, page.preflight.status), (401, 204))
        for status in (200, 429, 429):
            self.assertEqual(page.fetch("/limited", "DELETE").status, status)
            self.assertEqual(page.preflight.status, 204)

    def test_s102_errors_can_be_read(self):
        page = Page(self.port, SHOP, credentials=True)
        self.assertEqual(page.fetch("/down").status, 502)
        self.assertEqual(page.fetch("/files/none").status, 404)
        self.assertEqual(page.fetch("/files/a.txt").text, "a")
        self.assertEqual(Page(self.port, SHOP).fetch("/page").text, "sorry")
        answer = page.fetch("/b", "POST", [("Content-Type", "text/plain")], b"x" * 1100000)
        self.assertEqual(answer.status, 413)

    def test_s102_options_that_are_no_preflight(self):
        for fields in ([], [("Origin", SHOP)], [("Access-Control-Request-Method", "GET")]):
            with self.subTest(fields):
                before = self.origin.request_count
                self.assertEqual(request(self.port, "OPTIONS", "/b/1", fields).status, 200)
                self.assertEqual(self.origin.request_count, before + 1)

    def test_s102_routes_and_limit_except(self):
        page = Page(self.port, SHOP, credentials=True)
        answer = page.fetch("/items/7", "DELETE", [("Authorization", "Basic dTpw")])
        self.assertEqual((answer.status, page.preflight.status), (200, 204))
        self.assertEqual(page.fetch("/items/7", "DELETE").status, 401)
        asks = [("Origin", SHOP), ("Access-Control-Request-Method", "POST")]
        self.assertEqual(request(self.gw.ports[1], "OPTIONS", "/open/1", asks).status, 204)
        self.assertEqual(request(self.gw.ports[1], "OPTIONS", "/plain/1", asks).status, 405)
        asks[1] = ("Access-Control-Request-Method", "PUT")
        self.assertEqual(request(self.gw.ports[1], "OPTIONS", "/open/1", asks).status, 405)
        self.assertEqual(self.preflight("/get", method="GET").status, 204)
        self.assertEqual(page.fetch("/get").status, 200)
        self.assertEqual(page.fetch("/get", "DELETE").status, 403)

    def test_s102_private_networks(self):
        asks = [("Access-Control-Request-Private-Network", "true")]
        name = "Access-Control-Allow-Private-Network"
        self.assertEqual(self.preflight("/private", fields=asks).get(name), "true")
        self.assertIsNone(self.preflight("/private").get(name))
        self.assertIsNone(self.preflight("/private", OTHER, fields=asks).get(name))
        self.assertIsNone(self.preflight("/b", fields=asks).get(name))

    def test_s102_a_preflight_keeps_the_connection(self):
        with Conn(self.port) as conn:
            for _ in range(3):
                answer = conn.ask("OPTIONS /b HTTP/1.1\r\nHost: h\r\nOrigin: %s\r\n"
                                  "Access-Control-Request-Method: GET\r\n\r\n" % SHOP)
                self.assertEqual(answer.status, 204)
            self.assertEqual(conn.get("/b/3").status, 200)


if __name__ == "__main__":
    main()
