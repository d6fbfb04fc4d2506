"""What the gateway's own errors look like: nginx's page by default, or JSON, or RFC 9457, or what Accept asks for."""
from harness import IS_NGINX, Conn, WireTest, beyond_nginx, main, request


class Default(WireTest):
    HTTP = """
    server {
        listen @P0@;
        location / { return 404; }
        location /dead { proxy_pass http://@DEAD@; }
        location /moved { return 301 /x; }
    }
    """

    def test_pages_like_nginx(self):
        answer = self.get("/x")
        self.assertTrue(answer.get("Content-Type").startswith("text/html"))
        self.assertTrue(answer.text.startswith("<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
                                               "<center><h1>404 Not Found</h1></center>\r\n<hr><center>"), answer.text)
        self.assertIn("502 Bad Gateway", self.get("/dead").text)
        self.assertIn("301 Moved Permanently", self.get("/moved").text)

    def test_bad_requests_have_one_too(self):
        answer = self.ask(b"GET /x HTTP/1.1\r\n\r\n")
        self.assertEqual(answer.status, 400)
        self.assertIn("400 Bad Request", answer.text)
        self.assertEqual(answer.get("Connection"), "close")

    def test_head_has_none(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertEqual((answer.status, answer.body), (404, b""))
            self.assertEqual(conn.get("/x").status, 404)


class Formats(WireTest):
    HTTP = """
    error_format json;
    server {
        listen @P0@;
        location / { return 404; }
        location /dead { proxy_pass http://@DEAD@; }
        location /text { return 403 "own text"; }
        location /html { error_format html; return 404; }
        location /problem { error_format problem; return 404; }
        location /auto { error_format auto; return 404; }
        location /passed/ { proxy_pass http://@O@; }
    }
    """

    @classmethod
    def setUpClass(cls):
        if IS_NGINX:
            cls.HTTP = None
        super().setUpClass()

    @beyond_nginx
    def test_json(self):
        answer = self.assertStatus(self.get("/x"), 404)
        self.assertEqual(answer.get("Content-Type").split(";")[0], "application/json")
        self.assertEqual(list(answer.json()), ["error"])
        self.assertEqual(answer.json()["error"], "Not Found")
        answer = self.assertStatus(self.get("/dead"), 502)
        self.assertEqual(answer.json()["error"], "Bad Gateway")

    @beyond_nginx
    def test_bad_requests_too(self):
        answer = self.ask(b"GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n")
        self.assertEqual((answer.status, answer.json()["error"]), (400, "Bad Request"))

    @beyond_nginx
    def test_own_texts_and_upstream_answers_stay(self):
        self.assertEqual(self.get("/text").text, "own text")
        self.assertEqual(self.get("/passed/status/404").text, "status 404 from origin")

    @beyond_nginx
    def test_html_inside(self):
        self.assertTrue(self.get("/html").get("Content-Type").startswith("text/html"))

    @beyond_nginx
    def test_problem(self):
        answer = self.assertStatus(self.get("/problem"), 404)
        self.assertEqual(answer.get("Content-Type").split(";")[0], "application/problem+json")
        data = answer.json()
        self.assertEqual((data["status"], data["title"]), (404, "Not Found"))
        self.assertEqual(data.get("type", "about:blank"), "about:blank")

    @beyond_nginx
    def test_auto(self):
        for accept, wanted in (("application/json", "application/json"), ("text/html", "text/html"),
                               ("application/problem+json", "application/problem+json"),
                               ("text/html;q=0.1, application/json", "application/json")):
            with self.subTest(accept):
                answer = request(self.port, "GET", "/auto", [("Accept", accept)])
                self.assertEqual(answer.get("Content-Type").split(";")[0], wanted)


if __name__ == "__main__":
    main()
