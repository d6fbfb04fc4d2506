"""expires: Expires and Cache-Control, also in the place of those that an upstream sent."""
import email.utils
import time

from harness import WireTest, main


class Expires(WireTest):
    HTTP = """
    server {
        listen @P0@;
        root @DIR@/www;
        expires 1h;
        location /off/ { expires off; alias @DIR@/www/; }
        location /max/ { expires max; alias @DIR@/www/; }
        location /past/ { expires -1; alias @DIR@/www/; }
        location /day/ { expires @12h; alias @DIR@/www/; }
        location /var/ { expires $arg_e; alias @DIR@/www/; }
        location /both/ { expires 5; add_header Cache-Control public; alias @DIR@/www/; }
        location /proxy/ { proxy_pass http://@O@; expires modified 10; }
    }
    """
    OPTIONS = {"files": {"www/a": "a"}}

    def test_from_now_on(self):
        answer = self.get("/a")
        self.assertEqual(answer.all("Cache-Control"), ["max-age=3600"])
        at = email.utils.parsedate_to_datetime(answer.get("Expires")).timestamp()
        self.assertAlmostEqual(at, time.time() + 3600, delta=30)
        self.assertIsNone(self.get("/none").get("Expires"))
        self.assertEqual(self.get("/a", [("If-None-Match", "*")]).get("Cache-Control"), "max-age=3600")

    def test_forms(self):
        self.assertIsNone(self.get("/off/a").get("Cache-Control"))
        self.assertEqual(self.get("/max/a").get("Expires"), "Thu, 31 Dec 2037 23:55:55 GMT")
        self.assertEqual(self.get("/past/a").get("Cache-Control"), "no-cache")
        self.assertIn(":00:00 GMT", self.get("/day/a").get("Expires"))
        self.assertEqual(self.get("/var/a?e=7").get("Cache-Control"), "max-age=7")
        self.assertIsNone(self.get("/var/a?e=nonsense").get("Cache-Control"))
        self.assertEqual(self.get("/both/a").all("Cache-Control"), ["max-age=5", "public"])

    def test_upstream_fields_give_way(self):
        self.origin.script("/proxy/x", b"HTTP/1.1 200 OK\r\nCache-Control: private\r\nExpires: 0\r\n"
                           b"Cache-Control: x\r\nLast-Modified: Mon, 28 Sep 1970 06:00:00 GMT\r\n"
                           b"Content-Length: 1\r\n\r\nx")
        answer = self.get("/proxy/x")
        self.assertEqual(answer.all("Expires"), ["Mon, 28 Sep 1970 06:00:10 GMT"])
        self.assertEqual(answer.all("Cache-Control"), ["no-cache"])


if __name__ == "__main__":
    main()
