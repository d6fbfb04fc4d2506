"""mirror: copies of requests that never delay, change or end the answer."""
import time

from harness import Conn, WireTest, beyond_nginx, get, main, request, wait_for


class Mirrors(WireTest):
    ORIGINS = 2
    HTTP = """
    log_format copy "$request_uri $uri $args $request_method";
    server {
        listen @P0@;
        client_max_body_size 8m;
        location / {
            mirror /copy;
            proxy_pass http://@O0@;
        }
        location /many {
            mirror /copy/1;
            mirror /copy/2;
            proxy_pass http://@O0@;
            location /many/none { mirror off; proxy_pass http://@O0@; }
        }
        location /nobody {
            mirror /copy;
            mirror_request_body off;
            proxy_pass http://@O0@;
        }
        location /streamed {
            mirror /copy;
            proxy_request_buffering off;
            proxy_pass http://@O0@;
        }
        location /dead { mirror /todead; proxy_pass http://@O0@; }
        location /hang { mirror /tohang; proxy_pass http://@O0@/x; }
        location /again { mirror /again; proxy_pass http://@O0@; }
        location /gone { mirror /nowhere; proxy_pass http://@O0@; }
        location /refused { mirror /copy; return 403; }
        location /copy {
            internal;
            proxy_set_header X-Original $request_uri;
            proxy_set_header X-Args $args;
            proxy_pass http://@O1@;
        }
        location /todead { internal; proxy_pass http://@DEAD@; }
        location /tohang { internal; proxy_read_timeout 3s; proxy_pass http://@O1@/hang; }
        location /nowhere { internal; return 500; }
    }
    """

    def copies(self, count):
        """The requests that the mirror's origin got since the last call."""
        def arrived():
            return [r for r in self.origins[1].requests if r.target.startswith("/copy")]
        wait_for(lambda: len(arrived()) - self.seen >= count, 5, message="too few copies")
        got = arrived()[self.seen:]
        self.seen += len(got)
        return got

    def setUp(self):
        super().setUp()
        self.seen = 0

    def test_a_copy_has_method_arguments_body_and_the_original_uri(self):
        body = b"x" * 5000
        answer = request(self.port, "PUT", "/a%20b?q=1", [("X-Own", "1")], body)
        self.assertEqual(answer.json()["target"], "/a%20b?q=1")
        copy, = self.copies(1)
        self.assertEqual((copy.method, copy.target, copy.body), ("PUT", "/copy?q=1", body))
        self.assertEqual(copy.get("X-Original"), "/a%20b?q=1")
        self.assertEqual((copy.get("X-Args"), copy.get("X-Own")), ("q=1", "1"))

    def test_a_body_in_a_file_reaches_both(self):
        body = b"0123456789abcdef" * (3 << 16)
        answer = request(self.port, "POST", "/big", body=body)
        self.assertEqual(answer.json()["length"], len(body))
        copy, = self.copies(1)
        wait_for(lambda: copy.body == body, 5, message="the copy's body is not whole")

    def test_several_and_off(self):
        self.assertStatus(get(self.port, "/many?1"), 200)
        self.assertEqual(sorted(c.target for c in self.copies(2)), ["/copy/1?1", "/copy/2?1"])
        self.assertStatus(get(self.port, "/many/none?2"), 200)
        self.assertStatus(get(self.port, "/many?3"), 200)
        self.assertEqual(sorted(c.target for c in self.copies(2)), ["/copy/1?3", "/copy/2?3"])

    def test_mirror_request_body_off(self):
        answer = request(self.port, "POST", "/nobody", body=b"hello")
        self.assertEqual(answer.json()["body"], "hello")
        copy, = self.copies(1)
        self.assertEqual((copy.method, copy.body), ("POST", b""))

    def test_the_body_is_read_first_although_it_would_stream(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /streamed HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
            self.assertTrue(conn.is_open())
            conn.send(b"cd")
            self.assertEqual(conn.read().json()["body"], "abcd")
        copy, = self.copies(1)
        self.assertEqual(copy.body, b"abcd")

    def test_dead_slow_and_failing_mirrors_do_not_show(self):
        for path in ("/dead", "/gone"):
            self.assertStatus(request(self.port, "POST", path, body=b"x"), 200)
        start = time.monotonic()
        self.assertStatus(get(self.port, "/hang", close=True), 200)
        self.assertLess(time.monotonic() - start, 10)

    @beyond_nginx
    def test_a_connection_goes_on_while_its_mirror_hangs(self):
        with Conn(self.port) as conn:
            for _ in range(3):
                self.assertStatus(conn.get("/hang"), 200)
            self.assertStatus(conn.get("/many/none"), 200)

    def test_a_client_that_leaves_takes_no_copy_with_it(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /wait/1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            copy, = self.copies(1)
            conn.reset()
        self.assertEqual(copy.body, b"abc")

    def test_a_copy_is_not_copied(self):
        before = len(self.origins[0].requests)
        self.assertStatus(get(self.port, "/again"), 200)
        wait_for(lambda: len(self.origins[0].requests) - before >= 2, 5)
        self.assertStatus(get(self.port, "/many/none"), 200)
        self.assertEqual(len(self.origins[0].requests) - before, 3)

    def test_what_is_answered_before_content_has_no_copy(self):
        self.assertStatus(get(self.port, "/refused"), 403)
        self.assertStatus(get(self.port, "/many?last"), 200)
        self.assertEqual(len(self.copies(2)), 2)


if __name__ == "__main__":
    main()
