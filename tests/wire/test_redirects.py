"""return, error_page and proxy_redirect: who answers, with which status, Location and body."""
from harness import Conn, WireTest, main, request


class ProxyRedirect(WireTest):
    HTTP = """
    upstream pool { server @O@; }
    server {
        listen @P0@;
        location /one/ { proxy_pass http://pool/two/; }
        location /plain/ { proxy_pass http://pool; }
        location /off/ { proxy_redirect off; proxy_pass http://pool/two/; }
        location /pair/ { proxy_redirect http://inner.example/app/ https://outer.example/;
            proxy_pass http://pool/two/; }
        location /path/ { proxy_redirect /app/ /shop/; proxy_pass http://pool/two/; }
        location /vars/ { proxy_redirect http://inner.example/ $scheme://$host/v/; proxy_pass http://pool/two/; }
        location /re/ { proxy_redirect ~^http://([a-z]+)[.]inner/(.*)$ https://$1.outer/$2;
            proxy_pass http://pool/two/; }
        location /several/ {
            proxy_pass http://pool/two/; proxy_redirect default;
            proxy_redirect http://a/ /A/; proxy_redirect http://b/ /B/;
        }
    }
    """

    def moved(self, path, location, name="Location"):
        upstream = "/plain/x" if path.startswith("/plain/") else "/two/x"

        def answer(link, received):
            link.answer(b"", "302 Found", [(name, location)])
            return True
        self.origin.script(upstream, answer)
        return self.get(path + "x", host="front.example").get(name)

    def own(self, path):
        return "http://front.example:%d%s" % (self.port, path)

    def test_the_default_maps_back(self):
        self.assertEqual(self.moved("/one/", "http://pool/two/login"), self.own("/one/login"))
        self.assertEqual(self.moved("/one/", "http://other/two/login"), "http://other/two/login")

    def test_relative_locations_pass(self):
        self.assertIn(self.moved("/plain/", "/elsewhere"), ("/elsewhere", self.own("/elsewhere")))

    def test_off(self):
        self.assertEqual(self.moved("/off/", "http://pool/two/login"), "http://pool/two/login")

    def test_pairs(self):
        self.assertEqual(self.moved("/pair/", "http://inner.example/app/x?y"), "https://outer.example/x?y")
        self.assertEqual(self.moved("/pair/", "http://pool/two/x"), "http://pool/two/x")
        self.assertIn(self.moved("/path/", "/app/x"), ("/shop/x", self.own("/shop/x")))

    def test_variables_and_regexes(self):
        self.assertEqual(self.moved("/vars/", "http://inner.example/a"), "http://front.example/v/a")
        self.assertEqual(self.moved("/re/", "http://db.inner/a/b"), "https://db.outer/a/b")

    def test_several_the_first_that_fits(self):
        self.assertIn(self.moved("/several/", "http://b/x"), ("/B/x", self.own("/B/x")))
        self.assertEqual(self.moved("/several/", "http://pool/two/x"), self.own("/several/x"))

    def test_refresh_too(self):
        self.assertEqual(self.moved("/one/", "5; url=http://pool/two/x", "Refresh"), "5; url=/one/x")


class Return(WireTest):
    ORIGINS = 0
    HTTP = """
    server {
        listen @P0@;
        location /text { return 200 "text for $remote_addr\\n"; }
        location /type { default_type application/json; return 201 '{"a":1}'; }
        location /empty { return 200; }
        location /204 { return 204; }
        location /404 { return 404; }
        location /404text { return 404 "not here"; }
        location /599 { return 599 "own"; }
        location /444 { return 444; }
        location /301 { return 301 https://$host$request_uri; }
        location /302 { return 302 /local; }
        location /url { return http://other.example/; }
        location /307 { return 307 http://other.example/; }
        location /308 { return 308 http://other.example/; }
        location /scheme { return $scheme://x.example/; }
        location /dollar { return 200 "${uri}x$arg_a"; }
        location /long { return 200 "@LONG@"; }
        location /status { return 202 "$status"; }
        location /paged { error_page 404 /status; return 404; }
        location /named/ { error_page 418 = /status; return 418; }
    }
    server { listen @P1@; return 301 https://secure.example$request_uri; location / { return 200 never; } }
    """.replace("@LONG@", "0123456789" * 300)

    def test_texts(self):
        answer = self.get("/text")
        self.assertEqual((answer.status, answer.text), (200, "text for 127.0.0.1\n"))
        self.assertIn("text/plain", answer.get("Content-Type"))
        self.assertEqual(answer.get("Content-Length"), str(len(answer.body)))
        answer = self.get("/type")
        self.assertEqual((answer.status, answer.json(), answer.get("Content-Type")), (201, {"a": 1},
                                                                                      "application/json"))
        self.assertEqual((self.get("/empty").status, self.get("/empty").body), (200, b""))
        self.assertEqual(len(self.get("/long").body), 3000)
        self.assertEqual(self.get("/dollar?a=%41").text, "/dollarx%41")

    def test_the_status_is_known_to_the_text(self):
        self.assertEqual((self.get("/status").status, self.get("/status").text), (202, "202"))
        self.assertEqual((self.get("/paged").status, self.get("/paged").text), (404, "404"))
        self.assertEqual((self.get("/named/").status, self.get("/named/").text), (202, "202"))

    def test_codes(self):
        self.assertEqual(self.get("/204").status, 204)
        answer = self.get("/404")
        self.assertEqual(answer.status, 404)
        self.assertIn("404 Not Found", answer.text)
        self.assertEqual(self.get("/404text").text, "not here")
        self.assertEqual((self.get("/599").status, self.get("/599").text), (599, "own"))

    def test_444_closes_without_a_word(self):
        with Conn(self.port) as conn:
            conn.send(b"GET /444 HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertEqual(conn.read_to_close(3), b"")

    def test_locations(self):
        for path, status, location in (
                ("/301?q=1", 301, "https://a.example/301?q=1"), ("/302", 302, "http://a.example:%d/local" % self.port),
                ("/url", 302, "http://other.example/"), ("/307", 307, "http://other.example/"),
                ("/308", 308, "http://other.example/"), ("/scheme", 302, "http://x.example/")):
            with self.subTest(path):
                answer = self.get(path, host="a.example")
                self.assertEqual((answer.status, answer.get("Location")), (status, location))

    def test_at_server_level_it_comes_before_locations(self):
        from harness import get
        answer = get(self.gw.ports[1], "/any?x")
        self.assertEqual((answer.status, answer.get("Location")), (301, "https://secure.example/any?x"))

    def test_head_and_keep_alive(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"HEAD /text HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertEqual((answer.status, answer.body), (200, b""))
            self.assertEqual(answer.get("Content-Length"), "19")
            self.assertEqual(conn.get("/404").status, 404)
            self.assertEqual(conn.get("/text").status, 200)


class ErrorPage(WireTest):
    HTTP = """
    upstream pool { server @O@; }
    server {
        listen @P0@;
        recursive_error_pages off;
        error_page 404 /pages/404;
        location /pages/ { return 200 "page $request_method $uri"; }
        location /own404 { return 404; }
        location /keep { error_page 503 /pages/503; return 503; }
        location /equals { error_page 503 = /pages/503; return 503; }
        location /force { error_page 502 503 =200 /pages/forced; return 503; }
        location /code { error_page 503 =418 /pages/code; return 503; }
        location /named { error_page 404 = @named; return 404; }
        location @named { return 202 "named $request_method $uri"; }
        location /url { error_page 404 https://errors.example/$status; return 404; }
        location /url301 { error_page 404 =301 https://errors.example/x; return 404; }
        location /plain/ { proxy_pass http://pool; }
        location /intercept/ { proxy_intercept_errors on; error_page 500 502 /pages/intercepted;
            proxy_pass http://pool; }
        location /dead/ { error_page 502 504 =500 /pages/dead; proxy_pass http://@DEAD@; }
        location /tonamed/ { error_page 502 = @fallback; proxy_pass http://@DEAD@; }
        location @fallback { proxy_pass http://pool; }
        location /once { error_page 404 /twice; return 404; }
        location /twice { error_page 403 /pages/end; return 403; }
        location /leaves { error_page 404 /pages/$arg_to; return 404; }
        location /proxied404 { error_page 404 /pages-up/x; return 404; }
        location /pages-up/ { proxy_pass http://pool; }
    }
    server {
        listen @P1@;
        recursive_error_pages on;
        location /once { error_page 404 /twice; return 404; }
        location /twice { error_page 403 /end; return 403; }
        location /end { return 200 end; }
        location /loop { error_page 404 /loop; return 404; }
        location /inside { internal; return 200 inside; }
        location /door { error_page 404 =200 /inside; return 404; }
    }
    """

    def check(self, path, status, text, method="GET", port=None):
        answer = request(port or self.port, method, path)
        self.assertEqual((answer.status, answer.text), (status, text))

    def test_the_status_is_kept_without_equals(self):
        self.check("/own404", 404, "page GET /pages/404")
        self.check("/keep", 503, "page GET /pages/503")

    def test_equals_takes_the_targets_or_forces(self):
        self.check("/equals", 200, "page GET /pages/503")
        self.check("/force", 200, "page GET /pages/forced")
        self.check("/code", 418, "page GET /pages/code")

    def test_a_uri_target_becomes_get_a_named_one_keeps_the_method(self):
        self.check("/keep", 503, "page GET /pages/503", "POST")
        self.check("/named", 202, "named POST /named", "POST")

    def test_urls(self):
        answer = self.get("/url")
        self.assertEqual((answer.status, answer.get("Location")), (302, "https://errors.example/404"))
        answer = self.get("/url301")
        self.assertEqual((answer.status, answer.get("Location")), (301, "https://errors.example/x"))

    def test_upstream_errors_pass_unless_intercepted(self):
        self.check("/plain/status/404", 404, "status 404 from origin")
        self.check("/intercept/status/500", 500, "page GET /pages/intercepted")
        self.check("/intercept/status/503", 503, "status 503 from origin")
        self.assertEqual(self.get("/intercept/status/404").status, 404)

    def test_the_gateways_own_errors(self):
        self.check("/dead/x", 500, "page GET /pages/dead")
        answer = self.get("/tonamed/b/4")
        self.assertEqual((answer.status, answer.body), (200, b"0000"))

    def test_a_post_body_goes_to_the_named_fallback(self):
        answer = request(self.port, "POST", "/tonamed/x", body=b"kept")
        self.assertEqual((answer.json()["method"], answer.json()["body"]), ("POST", "kept"))

    def test_an_error_page_from_upstream(self):
        answer = self.get("/proxied404")
        self.assertEqual(answer.status, 404)
        self.assertEqual(answer.json()["target"], "/pages-up/x")

    def test_a_target_that_leaves_the_root_is_refused_and_logged(self):
        self.assertEqual(self.get("/leaves?to=x").status, 404)
        self.assertEqual(self.get("/leaves?to=../../x").status, 500)
        self.gw.wait_log(r'\[error\] .*the URI "/pages/\.\./\.\./x" of an internal redirect leaves its root')

    def test_one_level_unless_recursive(self):
        answer = self.assertStatus(self.get("/once"), 403)
        self.assertIn("403 Forbidden", answer.text)
        self.check("/once", 403, "end", port=self.gw.ports[1])

    def test_internal_locations(self):
        self.assertEqual(request(self.gw.ports[1], "GET", "/inside").status, 404)
        self.check("/door", 200, "inside", port=self.gw.ports[1])

    def test_a_loop_ends(self):
        answer = request(self.gw.ports[1], "GET", "/loop")
        self.assertIn(answer.status, (404, 500))


if __name__ == "__main__":
    main()
