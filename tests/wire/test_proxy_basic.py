"""A request goes to the origin and its answer comes back: methods, targets, heads, statuses, connections."""
import unittest

from harness import IS_NGINX, Conn, WireTest, beyond_nginx, get, main, request


class ProxyBasic(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    server {
        listen @P0@;
        location / { proxy_pass http://pool; }
        location /direct/ { proxy_pass http://@O@; }
        location /down { proxy_pass http://@DEAD@; }
        location /method { proxy_method PUT; proxy_pass http://pool; }
        location /no-fields { proxy_pass_request_headers off; proxy_pass http://pool; }
        location /no-body { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://pool; }
        location /set-body { proxy_set_body "own:$request_method"; proxy_pass http://pool; }
        location /v10 { proxy_http_version 1.0; proxy_pass http://pool; }
        location /nothing { return 204; }
    }
    """

    def test_a_get_goes_through_byte_for_byte(self):
        answer = self.assertStatus(self.get("/a/b?x=1&y=%20", [("X-One", "1"), ("x-two", "a, b")]), 200)
        echo = answer.json()
        self.assertEqual(echo["line"], "GET /a/b?x=1&y=%20 HTTP/1.1")
        self.assertIn(["X-One", "1"], echo["fields"])
        self.assertIn(["x-two", "a, b"], [[n.lower(), v] for n, v in echo["fields"]])
        self.assertEqual(echo["body"], "")
        self.assertEqual(echo["framing"], "none")

    def test_host_sent_upstream_is_the_name_in_proxy_pass(self):
        self.get("/x", host="shop.example")
        self.assertEqual(self.origin.last.all("Host"), ["pool"])
        self.get("/direct/x", host="shop.example")
        self.assertEqual(self.origin.last.all("Host"), [self.origin.address])

    def test_every_common_method_passes(self):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "MKCOL", "COPY", "MOVE",
                       "LOCK", "UNLOCK"):
            with self.subTest(method):
                body = b"data" if method in ("POST", "PUT", "PATCH") else None
                answer = self.assertStatus(request(self.port, method, "/m", body=body), 200)
                self.assertEqual(self.origin.last.method, method)
                self.assertEqual(self.origin.last.body, body or b"")
                self.assertEqual(answer.body == b"", method == "HEAD")

    def test_statuses_and_reasons_come_back_as_they_are(self):
        for code in (200, 201, 202, 203, 206, 300, 400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 451, 500, 501, 502,
                     503, 504, 599):
            with self.subTest(code):
                answer = self.assertStatus(self.get("/status/%d" % code), code)
                self.assertEqual(answer.body, b"status %d from origin" % code)
                self.assertEqual(answer.reason, "Reason Of Origin")

    def test_204_and_304_have_no_body_and_keep_the_connection(self):
        with Conn(self.port) as conn:
            for code in (204, 304):
                answer = conn.get("/status/%d" % code)
                self.assertEqual(answer.status, code)
                self.assertIsNone(answer.get("Transfer-Encoding"))
            self.assertEqual(conn.get("/b/5").body, b"0000000\n"[:5])

    def test_the_date_and_server_of_a_proxied_answer_are_there_once(self):
        answer = self.get("/b/1")
        self.assertEqual(len(answer.all("Date")), 1)
        self.assertEqual(len(answer.all("Server")), 1)
        self.assertEqual(len(answer.all("Content-Length")), 1)

    def test_a_connection_serves_many_requests(self):
        with Conn(self.port) as conn:
            for i in range(50):
                answer = conn.get("/k/%d" % i)
                self.assertEqual(answer.json()["target"], "/k/%d" % i)
        self.assertLessEqual(self.origin.connection_count, 2)

    def test_pipelined_requests_are_answered_in_order(self):
        with Conn(self.port) as conn:
            conn.send(b"".join(b"GET /p/%d HTTP/1.1\r\nHost: h\r\n\r\n" % i for i in range(20)))
            for i in range(20):
                self.assertEqual(conn.read().json()["target"], "/p/%d" % i)

    def test_pipelined_posts_keep_their_bodies_apart(self):
        with Conn(self.port) as conn:
            conn.send(b"".join(b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nbody%d" % i for i in range(8)))
            for i in range(8):
                self.assertEqual(conn.read().json()["body"], "body%d" % i)

    def test_a_request_that_comes_byte_by_byte(self):
        with Conn(self.port) as conn:
            conn.send_slowly(b"POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", pause=0.001)
            self.assertEqual(conn.read().json()["body"], "abc")

    def test_connection_close_is_honoured(self):
        with Conn(self.port) as conn:
            answer = conn.get("/x", fields="Connection: close\r\n")
            self.assertEqual(answer.get("Connection", "").lower(), "close")
            self.assertTrue(conn.is_closed())

    def test_http_10_closes_by_itself(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"GET /x HTTP/1.0\r\n\r\n")
            self.assertEqual(answer.status, 200)
            self.assertTrue(conn.is_closed())

    def test_http_10_keeps_when_asked_to(self):
        with Conn(self.port) as conn:
            for _ in range(3):
                answer = conn.ask(b"GET /b/10 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assertEqual(answer.get("Connection", "").lower(), "keep-alive")
                self.assertEqual(len(answer.body), 10)

    def test_http_10_clients_get_no_chunks(self):
        answer = self.ask(b"GET /chunked/30000 HTTP/1.0\r\nHost: h\r\n\r\n")
        self.assertIsNone(answer.get("Transfer-Encoding"))
        self.assertEqual(len(answer.body), 30000)

    def test_a_client_that_closes_its_side_still_gets_the_answer(self):
        with Conn(self.port) as conn:
            conn.send(b"GET /b/100 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            self.assertEqual(len(conn.read().body), 100)

    def test_a_dead_upstream_is_502(self):
        answer = self.assertStatus(self.get("/down"), 502)
        self.assertIn("text/html", answer.get("Content-Type"))
        self.gw.wait_log(r"\[error\].*[Cc]onnection refused")

    def test_an_upstream_that_closes_or_resets_is_502(self):
        for path in ("/close", "/rst", "/garbage"):
            with self.subTest(path):
                if path == "/garbage" and IS_NGINX:  # passed on as HTTP/0.9
                    continue
                self.assertStatus(self.get(path), 502)

    def test_an_answer_cut_short_closes_the_client_connection(self):
        with Conn(self.port) as conn:
            answer = conn.get("/half")
            self.assertEqual(answer.status, 200)
            self.assertFalse(answer.complete)
            self.assertEqual(len(answer.body), 500)
            self.assertTrue(conn.is_closed())
        self.gw.wait_log(r"\[error\].*upstream")

    def test_proxy_method(self):
        self.get("/method")
        self.assertEqual(self.origin.last.method, "PUT")

    def test_request_fields_and_bodies_can_be_left_out(self):
        request(self.port, "POST", "/no-fields", [("X-A", "b")], body=b"12345")
        self.assertIsNone(self.origin.last.get("X-A"))
        self.assertEqual(self.origin.last.body, b"12345")
        request(self.port, "POST", "/no-body", body=b"12345")
        self.assertEqual(self.origin.last.body, b"")
        self.assertEqual(self.origin.last.all("Content-Length"), [])

    def test_proxy_set_body(self):
        request(self.port, "POST", "/set-body", body=b"client's own")
        self.assertEqual(self.origin.last.body, b"own:POST")
        self.assertEqual(self.origin.last.all("Content-Length"), ["8"])

    def test_upstream_spoken_to_in_http_10(self):
        self.assertStatus(self.get("/v10"), 200)
        self.assertTrue(self.origin.last.line.endswith(" HTTP/1.0"), self.origin.last.line)
        self.assertEqual(self.origin.last.all("Transfer-Encoding"), [])

    def test_an_absolute_target_is_taken_and_its_host_counts(self):
        answer = self.ask(b"GET http://other.example/abs?q HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        self.assertEqual(answer.json()["target"], "/abs?q")

    def test_options_star(self):
        answer = self.ask(b"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        self.assertIn(answer.status, (200, 204, 400, 405))  # never passed on as a path
        for seen in self.origin.requests:
            self.assertIn(seen.target, ("*", "/*"))

    def test_leading_empty_lines_are_ignored(self):
        self.assertStatus(self.ask(b"\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), 200)

    def test_location_without_upstream_answers_too(self):
        self.assertStatus(self.get("/nothing"), 204)


class UpstreamKeepAliveByDefault(WireTest):
    HTTP = "upstream pool { server @O@; } server { listen @P0@; location / { proxy_pass http://pool; } }"

    @beyond_nginx
    def test_connections_to_an_upstream_are_kept_without_asking(self):
        for _ in range(10):
            self.get("/x")
        self.assertLessEqual(self.origin.connection_count, 2)
        self.assertEqual(self.origin.last.line, "GET /x HTTP/1.1")
        self.assertIn(self.origin.last.get("Connection", ""), ("", "keep-alive"))


class UnixListener(WireTest):
    HTTP = "server { listen unix:@DIR@/front.sock; listen @P0@; location / { proxy_pass http://@O@; } }"

    def test_a_unix_socket_serves_like_a_port(self):
        with Conn(self.gw.path("front.sock")) as conn:
            for i in range(3):
                self.assertEqual(conn.get("/u%d" % i).json()["target"], "/u%d" % i)
        self.assertStatus(get(self.port, "/x"), 200)


if __name__ == "__main__":
    main()
