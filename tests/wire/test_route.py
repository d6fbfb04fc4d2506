"""`route` blocks: which one answers, what its names stand for, and what reaches the upstream."""
from h2_client import H2Conn
from harness import WireTest, get, main, request

CONFIG = """
log_format path "$request_method|$path_id|$path_rest|$status";
upstream items { server @O0@; }
map $path_id $kind { default other; "a/b" slash; "7" seven; }
server {
    listen @P0@;
    http2 on;
    access_log access.log path;

    route GET /items/:id { return 200 "item $path_id"; }
    route GET /items/new { return 200 "new"; }
    route POST,PUT /items/:id { return 200 "$request_method $path_id"; }
    route GET /items/:id/*rest { return 200 "rest of $path_id: $path_rest"; }
    route * /all { return 200 "all $request_method"; }
    route POST /all { return 200 "post all"; }
    route DELETE /only/:id { return 204; }
    route POST /api/:id { return 200 "route"; }
    route GET /mapped/:id { return 200 "$kind"; }
    route GET /files/*rest { return 200 "[$path_rest] $uri"; }

    route GET /same/:id { proxy_pass http://items; proxy_set_header X-Id $path_id; }
    route GET /to/:id { proxy_pass http://items/v2/$path_id; proxy_set_header X-Id "<$path_id>"; }
    route GET /own/:id { proxy_pass http://items/v2?id=$path_id&x=1; }
    route GET /tail/*rest { proxy_pass http://items/v2/$path_rest; }
    route GET /moved/:id { return 302 /items/$path_id; }
    route GET /rewritten/:id { rewrite ^ /items/new; }
    route GET /broken/:id { error_page 503 = /items/new; return 503; }
    route GET /named/:id { error_page 503 = @sorry; return 503; }
    route GET /guarded/:id { deny all; }
    route POST /sized/:id { client_max_body_size 10; proxy_pass http://items; }

    route GET /beta when ($http_x_beta == "1" and $arg_lang in ("en", "de")) { return 200 beta; }
    route GET /beta when ($arg_lang == "en") { return 200 english; }
    route GET /beta { return 200 stable; }
    route GET /picked/:id when ($path_id == "a/b") { return 200 "this one"; }
    route GET /picky when ($arg_x == "1") { return 200 picked; }

    location /items/ { return 200 "location $uri"; }
    location /admin/ { return 403; }
    location /api/ { return 200 "location"; }
    location @sorry { return 200 "sorry $path_id"; }
}
server {
    listen @P1@;
    merge_slashes off;
    route GET /a/:id { return 200 "id $path_id"; }
    route GET /f/*rest { return 200 "[$path_rest]"; }
}
server {
    listen @P2@;
    rewrite ^/old/(.*)$ /items/$1;
    set $token 7;
    route GET /items/:id when ($token == "7") { return 200 "item $path_id"; }
    location / { return 200 "none"; }
}
"""


class Routes(WireTest):
    ORIGINS = 1
    HTTP = CONFIG
    OPTIONS = {"ports": 3}

    def ask_both(self, target, method="GET", fields=()):
        """The same over HTTP/1.1 and HTTP/2."""
        one = request(self.port, method, target, fields)
        conn = H2Conn(self.port)
        two = conn.answer(conn.request(target, method, fields=conn.fields(method, target, more=[
            (n.lower(), v) for n, v in fields])))
        conn.close()
        self.assertEqual((one.status, one.text), (two.status, two.text), target)
        return one

    def check(self, cases, **options):
        for target, wanted in cases:
            with self.subTest(target):
                answer = self.ask_both(target, **options)
                self.assertEqual((answer.status, answer.text), (200, wanted))

    def test_literals_before_names_before_the_rest(self):
        self.check([("/items/new", "new"), ("/items/7", "item 7"), ("/items/7?x=1", "item 7"), ("/items/news", "item news"),
                    ("/items/7/", "rest of 7: "), ("/items/new/x", "rest of new: x"), ("/items/7/a/b", "rest of 7: a/b")])

    def test_methods(self):
        self.check([("/items/new", "POST new"), ("/all", "post all")], method="POST")
        self.check([("/items/7", "PUT 7"), ("/all", "all PUT")], method="PUT")
        self.check([("/all", "all PATCH")], method="PATCH")
        head = request(self.port, "HEAD", "/items/7")
        self.assertEqual((head.status, head.get("Content-Length"), head.body), (200, "6", b""))

    def test_a_path_of_other_methods(self):
        answer = self.ask_both("/only/7")
        self.assertEqual((answer.status, answer.get("Allow")), (405, "DELETE"))
        answer = self.ask_both("/beta", method="POST")
        self.assertEqual((answer.status, answer.get("Allow")), (405, "GET, HEAD"))
        self.assertEqual(self.ask_both("/api/7").text, "location")
        self.assertEqual(self.ask_both("/items/7", method="DELETE").text, "location /items/7")
        self.assertEqual(self.ask_both("/only/7/x").status, 404)
        self.assertEqual(self.ask_both("/picky").status, 404)  # its condition does not hold: nothing is wrong with GET

    def test_normal_forms(self):
        self.check([("//items///7", "item 7"), ("/x/../items/./7", "item 7"), ("/%69tems/%37", "item 7"),
                    ("/items/a%2Fb", "item a/b"), ("/items/%2F", "item /"), ("/items/a%2fb/c%2Fd/e", "rest of a/b: c/d/e"),
                    ("/items/a%252Fb", "item a%2Fb"), ("/items/%E4%BD%A0", "item \xe4\xbd\xa0"),
                    ("/x%2Fy/../items/7", "item 7"), ("/x/%2e%2e/items/7", "item 7"), ("/mapped/a%2Fb", "slash"),
                    ("/mapped/7", "seven"), ("/files", "[] /files"), ("/files/", "[] /files/"),
                    ("/files/a//b/", "[a/b/] /files/a/b/")])

    def test_encoded_slashes_that_hide_a_dot_segment_fit_no_route(self):
        for target, status in [("/items/..%2Fadmin%2Fx", 403), ("/files/..%2f..%2fadmin/", 400),
                               ("/files/%2e%2e%2Fadmin/x", 403), ("/items/a%2F..%2Fb", 200)]:
            with self.subTest(target):
                answer = self.ask_both(target)
                self.assertEqual(answer.status, status)
                self.assertNotIn("item", answer.text.replace("location /items", ""))

    def test_slashes_that_are_kept(self):
        port = self.gw.ports[1]
        self.assertEqual(get(port, "/a/7").text, "id 7")
        self.assertEqual(get(port, "/a//7").status, 404)
        self.assertEqual(get(port, "/a//").status, 404)
        self.assertEqual(get(port, "/f//x/").text, "[/x/]")

    def upstream(self, target, fields=()):
        answer = self.assertStatus(self.get(target, fields), 200)
        return answer.json()["target"], self.origins[0].last.get("X-Id")

    def test_what_the_upstream_gets(self):
        for sent, wanted, header in [
                ("/same/a%2Fb?x=1", "/same/a%2Fb?x=1", "a/b"), ("/to/7", "/v2/7", "<7>"), ("/to/7?x=1", "/v2/7?x=1", "<7>"),
                ("/to/a%2Fb", "/v2/a%2Fb", "<a/b>"), ("/to/a%3Fb%23c%25d", "/v2/a%3Fb%23c%25d", "<a?b#c%d>"),
                ("/to/%C3%A4%20x", "/v2/%C3%A4%20x", "<\xc3\xa4 x>"), ("/to/a&b=c", "/v2/a%26b%3Dc", "<a&b=c>"),
                ("/own/a&b?lost=1", "/v2?id=a%26b&x=1", None), ("/tail/a/b%2Fc/d?q", "/v2/a/b%2Fc/d?q", None),
                ("/tail/", "/v2/", None)]:
            with self.subTest(sent):
                self.assertEqual(self.upstream(sent), (wanted, header))

    def test_nothing_breaks_out_of_a_field_or_a_url(self):
        self.assertEqual(self.upstream("/to/a%0d%0aX-Evil:%201"), ("/v2/a%0D%0AX-Evil%3A%201", "<a%0D%0AX-Evil: 1>"))
        self.assertIsNone(self.origins[0].last.get("X-Evil"))
        answer = self.ask_both("/moved/a%2Fb%0d%0ac")
        self.assertTrue(answer.get("Location").endswith("/items/a%2Fb%0D%0Ac"), answer.fields)

    def test_a_route_is_not_entered_again(self):
        self.check([("/rewritten/7", "location /items/new"), ("/broken/7", "location /items/new"),
                    ("/named/7", "sorry 7")])

    def test_the_body_of_a_route_acts(self):
        self.assertEqual(self.ask_both("/guarded/7").status, 403)
        self.assertEqual(request(self.port, "POST", "/sized/7", body=b"x" * 11).status, 413)
        self.assertEqual(request(self.port, "POST", "/sized/7", body=b"x" * 10).status, 200)

    def test_conditions(self):
        self.check([("/beta", "stable"), ("/beta?lang=en", "english"), ("/beta?lang=de", "stable"),
                    ("/picked/a%2Fb", "this one"), ("/picky?x=1", "picked")])
        self.check([("/beta", "stable"), ("/beta?lang=en", "beta"), ("/beta?lang=de", "beta"), ("/beta?lang=fr", "stable")],
                   fields=[("X-Beta", "1")])
        self.assertEqual(self.ask_both("/picked/b").status, 404)

    def test_the_servers_rewrite_comes_first(self):
        port = self.gw.ports[2]
        self.assertEqual(get(port, "/old/7").text, "item 7")
        self.assertEqual(get(port, "/items/8").text, "item 8")

    def test_names_in_the_log(self):
        get(self.port, "/items/logged/some/rest")
        self.gw.wait_log(r"^GET\|logged\|some/rest\|200$", name="access.log")
        get(self.port, "/admin/without")
        self.gw.wait_log(r"^GET\|-\|-\|403$", name="access.log")

    def test_the_tool_says_where_a_request_goes(self):
        code, text = self.gw.tool("route", "GET", "http://localhost:%d/items/a%%2Fb" % self.port)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"(?m)^route +GET /items/:id \(.*gateway[.]conf:\d+\)$")
        self.assertIn('$path_id = "a/b"', text)


if __name__ == "__main__":
    main()
