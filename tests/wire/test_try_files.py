"""try_files: what is looked for, and where a request goes on when nothing is there."""
from harness import WireTest, main


class TryFiles(WireTest):
    HTTP = """
    server {
        listen @P0@;
        root @DIR@/www;
        location / { try_files $uri $uri/ /front?path=$uri; }
        location = /front { return 200 "front $args"; }
        location /static/ { try_files $uri =404; }
        location /app/ { try_files $uri @app; }
        location @app { proxy_pass http://@O@; }
        location /gone/ { try_files /none =410; error_page 410 =200 /a.txt; }
        location /aka/ { alias @DIR@/www/sub/; try_files $uri $uri.html =404; }
        location ~ ^/re/ { alias @DIR@/www/sub; try_files /b.html =404; }
        location /arg/ { try_files /$arg_name =404; }
        location /loop/ { try_files /none /loop/; }
    }
    """
    OPTIONS = {"files": {"www/a.txt": "a", "www/sub/b.html": "b", "www/sub/index.html": "index", "secret": "secret",
                         "www/static/x": "x"}}

    def test_the_first_that_is_there(self):
        self.assertEqual(self.get("/a.txt").text, "a")
        self.assertEqual(self.get("/sub/").text, "index")
        self.assertStatus(self.get("/sub"), 301)
        self.assertEqual(self.get("/none?x=1").text, "front path=/none")
        self.assertEqual(self.get("/static/x").text, "x")
        self.assertStatus(self.get("/static/y"), 404)

    def test_named_locations_get_what_was_asked_for(self):
        self.assertStatus(self.get("/app/x%20y?z=1"), 200)
        self.assertEqual(self.origin.last.target, "/app/x%20y?z=1")

    def test_codes_go_through_error_page(self):
        answer = self.get("/gone/x")
        self.assertEqual((answer.status, answer.text), (200, "a"))

    def test_aliases(self):
        self.assertEqual(self.get("/aka/b").text, "b")
        self.assertEqual(self.get("/aka/b.html").text, "b")
        self.assertEqual(self.get("/re/whatever").text, "b")

    def test_no_way_out(self):
        self.assertEqual(self.get("/arg/?name=a.txt").text, "a")
        for name in ("../secret", "..%2fsecret", "sub/../../secret", "sub/.."):
            with self.subTest(name):
                answer = self.get("/arg/?name=" + name)
                self.assertStatus(answer, 404)
                self.assertNotIn("secret", answer.text)
        self.gw.allowed += ["does not look for"]

    def test_a_circle_ends(self):
        self.assertStatus(self.get("/loop/"), 500)


if __name__ == "__main__":
    main()
