"""A location without a handler serves files, as far as a gateway needs it."""
import os
import re
import time

from harness import Conn, WireTest, beyond_nginx, get, main, request


class Static(WireTest):
    HTTP = """
    server {
        listen @P0@;
        root @DIR@/www;
        location / { index index.html; }
        location /other/ { root @DIR@/second; }
        location /noindex/ { index none.html; }
        location /aka/ { alias @DIR@/www/sub/; }
        location = /aka-file { alias @DIR@/www/a.txt; }
        location /etagless/ { etag off; root @DIR@/second/other/..; }
        location /few/ { alias @DIR@/www/; max_ranges 2; }
        location /none/ { alias @DIR@/www/; max_ranges 0; }
        location /before/ { alias @DIR@/www/; if_modified_since before; }
        location /open { alias @DIR@/www/sub/; }
        location ~ ^/taken(.*)$ { alias @DIR@/www/sub/$1; }
        location /never/ { alias @DIR@/www/; if_modified_since off; }
        default_type text/plain;
        types { text/html html; application/json json; }
    }
    """
    OPTIONS = {"files": {"www/index.html": "home", "www/a.txt": "text", "www/sub/index.html": "sub",
                         "www/data.json": "{}",
                         "www/big.bin": b"0123456789" * 300000, "www/with space.txt": "space", "www/noindex/x": "x",
                         "second/other/file": "second", "second/etagless/file": "x", "secret.txt": "secret",
                         "www/empty": ""}}

    def test_files(self):
        answer = self.get("/a.txt")
        self.assertEqual((answer.status, answer.text, answer.get("Content-Length")), (200, "text", "4"))
        self.assertTrue(answer.get("Content-Type").startswith("text/plain"))
        self.assertTrue(self.get("/data.json").get("Content-Type").startswith("application/json"))
        self.assertEqual(self.get("/with%20space.txt").text, "space")
        self.assertEqual(self.get("/other/file").text, "second")
        self.assertEqual(self.get("/empty").body, b"")

    def test_alias(self):
        self.assertEqual(self.get("/aka/index.html").text, "sub")
        self.assertEqual(self.get("/aka/").text, "sub")
        self.assertEqual(self.get("/aka-file").text, "text")
        self.assertStatus(self.get("/aka/nowhere"), 404)

    @beyond_nginx
    def test_no_way_out_of_an_alias(self):
        """`location /open` with `alias .../sub/`: "/open../a.txt" names sub/../a.txt, a file outside of the alias."""
        self.assertEqual(self.get("/open/index.html").text, "sub")
        self.assertEqual(self.get("/taken/index.html").text, "sub")
        for path in ("/open../a.txt", "/open..", "/open../", "/open..%2fa.txt", "/taken../a.txt", "/taken..%2fa.txt"):
            with self.subTest(path):
                self.assertStatus(self.get(path), 404)
        self.gw.allowed += ["outside"]

    def test_entity_tags(self):
        tag = self.get("/a.txt").get("ETag")
        self.assertRegex(tag, r'^(W/)?"[^"]+"$')
        self.assertStatus(self.get("/a.txt", [("If-None-Match", tag)]), 304)
        self.assertIsNone(self.get("/etagless/file").get("ETag"))

    def test_times(self):
        modified = self.get("/a.txt").get("Last-Modified")
        later, earlier = "Wed, 08 Jul 2037 22:53:52 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"
        for path, date, status in (("/a.txt", modified, 304), ("/a.txt", later, 200), ("/a.txt", "no date", 200),
                                   ("/before/a.txt", later, 304), ("/before/a.txt", earlier, 200),
                                   ("/before/a.txt", "Wednesday, 08-Jul-37 22:53:52 GMT", 304),
                                   ("/before/a.txt", "Wed Jul  8 22:53:52 2037", 304),
                                   ("/never/a.txt", modified, 200)):
            with self.subTest((path, date)):
                self.assertStatus(self.get(path, [("If-Modified-Since", date)]), status)
        self.assertStatus(self.get("/a.txt", [("If-Unmodified-Since", earlier)]), 412)
        self.assertStatus(self.get("/a.txt", [("If-Unmodified-Since", modified)]), 200)

    def test_preconditions(self):
        tag = self.get("/a.txt").get("ETag")
        for value, status in ((tag, 200), ("*", 200), ('"x", ' + tag, 200), ('"x"', 412), ("W/" + tag, 412)):
            with self.subTest(value):
                self.assertStatus(self.get("/a.txt", [("If-Match", value)]), status)
        self.assertStatus(self.get("/nowhere", [("If-Match", '"x"')]), 404)

    def test_ranges(self):
        self.assertEqual(self.get("/a.txt").get("Accept-Ranges"), "bytes")
        size = 3000000
        for value, first, last in (("0-9", 0, 9), ("5-5", 5, 5), ("2999995-", size - 5, size - 1),
                                   ("-7", size - 7, size - 1), ("2999999-4000000", size - 1, size - 1),
                                   ("-4000000", 0, size - 1), ("9000000-, 3-4", 3, 4)):
            with self.subTest(value):
                answer = self.get("/big.bin", [("Range", "bytes=" + value)])
                self.assertEqual((answer.status, answer.get("Content-Range")),
                                 (206, "bytes %d-%d/%d" % (first, last, size)))
                self.assertEqual(answer.body, (b"0123456789" * 300000)[first:last + 1])
        for value in ("lines=0-9", "bytes=", "bytes=0-2999999,0-0"):
            self.assertEqual(len(self.get("/big.bin", [("Range", value)]).body), size)
        for value in ("3000000-", "-0", "9-3", "x", "1-2-3", ","):
            with self.subTest(value):
                answer = self.get("/big.bin", [("Range", "bytes=" + value)])
                self.assertEqual((answer.status, answer.get("Content-Range")), (416, "bytes */%d" % size))
                self.assertIsNone(answer.get("ETag"))

    def parts_of(self, answer):
        """(Content-Type, Content-Range, bytes) of each part."""
        boundary = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer.get("Content-Type")).group(1).encode()
        self.assertEqual(len(answer.body), int(answer.get("Content-Length")))
        first, *parts, end = answer.body.split(b"\r\n--" + boundary)
        self.assertEqual((first, end), (b"", b"--\r\n"))
        found = []
        for part in parts:
            head, _, body = part.partition(b"\r\n\r\n")
            fields = dict(line.split(": ") for line in head.decode().strip().split("\r\n"))
            found.append((fields.get("Content-Type"), fields["Content-Range"], body))
        return found

    def test_several_ranges(self):
        size, whole = 3000000, b"0123456789" * 300000
        answer = self.get("/big.bin", [("Range", "bytes=5-7, -2, 0-199999, 9000000-,1000000-1900000")])
        self.assertStatus(answer, 206)
        self.assertEqual(self.parts_of(answer),
                         [("text/plain", "bytes %d-%d/%d" % (a, b, size), whole[a:b + 1])
                          for a, b in ((5, 7), (size - 2, size - 1), (0, 199999), (1000000, 1900000))])
        self.assertIsNone(answer.get("Content-Range"))
        with Conn(self.port) as conn:  # and the connection goes on
            conn.get("/data.json", fields="Range: bytes=0-0,1-1\r\n")
            self.assertEqual(conn.get("/a.txt").text, "text")
        self.assertStatus(self.get("/few/a.txt", [("Range", "bytes=0-0,1-1")]), 206)
        self.assertStatus(self.get("/few/a.txt", [("Range", "bytes=0-0,1-1,2-2")]), 200)
        none = self.get("/none/a.txt", [("Range", "bytes=0-0")])
        self.assertEqual((none.status, none.get("Accept-Ranges")), (200, None))

    def test_a_range_only_if_nothing_changed(self):
        whole = self.get("/a.txt")
        for value, status in ((whole.get("ETag"), 206), (whole.get("Last-Modified"), 206), ('"x"', 200),
                              ("W/" + whole.get("ETag"), 200), ("Sun, 06 Nov 1994 08:49:37 GMT", 200)):
            with self.subTest(value):
                self.assertStatus(self.get("/a.txt", [("Range", "bytes=0-1"), ("If-Range", value)]), status)

    def test_big_files(self):
        self.assertEqual(self.get("/big.bin").body, b"0123456789" * 300000)

    def test_a_client_that_reads_slowly_gets_all_of_it(self):
        whole = b"0123456789" * 300000
        with Conn(self.port, rcvbuf=4096) as conn:
            conn.send(b"GET /big.bin HTTP/1.1\r\nHost: h\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n")
            time.sleep(0.2)  # its buffers are full by now, or not: it must get all of it in either case
            self.assertEqual(conn.read().body, whole)
            self.assertEqual(conn.read().text, "text")

    def test_a_file_that_becomes_shorter(self):
        path = self.gw.path("www/shrinks.bin")
        with open(path, "wb") as f:
            f.truncate(64 << 20)
        with Conn(self.port, rcvbuf=4096) as conn:
            conn.send(b"GET /shrinks.bin HTTP/1.1\r\nHost: h\r\n\r\n")
            conn.socket.recv(1)
            os.truncate(path, 1000)
            left = 1
            while left:  # the rest of the promised bytes never comes: the connection ends
                left = len(conn.socket.recv(1 << 20))
        self.gw.allowed += ["became shorter"]

    def test_index(self):
        answer = self.get("/")
        self.assertEqual(answer.text, "home")
        self.assertTrue(answer.get("Content-Type").startswith("text/html"))
        self.assertEqual(self.get("/sub/").text, "sub")

    def test_folders_get_their_slash(self):
        answer = self.get("/sub", host="a.example")
        self.assertEqual((answer.status, answer.get("Location")), (301, "http://a.example:%d/sub/" % self.port))

    def test_what_is_not_there(self):
        self.assertStatus(self.get("/nowhere"), 404)
        self.assertStatus(self.get("/noindex/"), 403)
        self.assertStatus(self.get("/a.txt/more"), 404)

    def test_methods(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"HEAD /a.txt HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertEqual((answer.status, answer.get("Content-Length")), (200, "4"))
            self.assertEqual(conn.get("/a.txt").text, "text")
        self.assertStatus(request(self.port, "POST", "/a.txt", body=b"x"), 405)

    def test_nobody_climbs_out(self):
        for target in ("/../secret.txt", "/sub/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
                       "/a.txt%00.html",
                       "/sub/%2e%2e/%2e%2e/secret.txt", "//../secret.txt", "/.../secret.txt", "/..\\secret.txt"):
            with self.subTest(target):
                answer = get(self.port, target)
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn("secret", answer.text)

    def test_unreadable_files(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        path = self.gw.path("www/locked")
        open(path, "w").close()
        os.chmod(path, 0)
        self.assertStatus(self.get("/locked"), 403)


if __name__ == "__main__":
    main()
