"""A location without a handler serves files, as far as a gateway needs it."""
import os

from harness import Conn, WireTest, get, main, request


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

    def test_entity_tags(self):
        tag = self.get("/a.txt").get("ETag")
        self.assertRegex(tag, r'^(W/)?"[^"]+"$')
        self.assertStatus(self.get("/a.txt", [("If-None-Match", tag)]), 304)
        self.assertIsNone(self.get("/etagless/file").get("ETag"))

    def test_big_files(self):
        self.assertEqual(self.get("/big.bin").body, b"0123456789" * 300000)

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
