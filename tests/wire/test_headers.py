"""Fields in both directions: what is set, hidden, added, dropped, and how it is inherited."""
from harness import IS_NGINX, Conn, WireTest, beyond_nginx, main, request


class RequestFields(WireTest):
    HTTP = """
    upstream pool { server @O@; }
    server {
        listen @P0@; server_name shop.example;
        location /default/ { proxy_pass http://pool; }
        proxy_set_header X-Outer outer;
        location /inherits/ { proxy_pass http://pool; }
        location /replaces/ { proxy_set_header X-Inner inner; proxy_pass http://pool; }
        location /usual/ {
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Port $server_port;
            proxy_pass http://pool;
        }
        location /remove/ { proxy_set_header Accept-Encoding ""; proxy_set_header Cookie ""; proxy_pass http://pool; }
        location /templates/ {
            proxy_set_header X-All "m=$request_method u=$uri a=$args q=$arg_q h=$http_x_thing s=${scheme}x";
            proxy_set_header X-Cookie "c=$cookie_id";
            proxy_set_header X-Empty "$arg_none";
            proxy_pass http://pool;
        }
        location /host/ { proxy_set_header Host $http_host; proxy_pass http://pool; }
        location /conn/ { proxy_set_header Connection "keep-alive"; proxy_pass http://pool; }
    }
    server { listen @P1@; underscores_in_headers on; location / { proxy_pass http://pool; } }
    server { listen @P2@; ignore_invalid_headers off; location / { proxy_pass http://pool; } }
    """

    def seen(self, target, fields=(), **options):
        self.assertStatus(self.get(target, fields, **options), 200)
        return self.origin.last

    def test_the_usual_set(self):
        seen = self.seen("/usual/x", [("X-Forwarded-For", "10.0.0.1"), ("X-Real-IP", "6.6.6.6")],
                         host="shop.example:81")
        self.assertEqual(seen.all("Host"), ["shop.example"])
        self.assertEqual(seen.all("X-Real-IP"), ["127.0.0.1"])
        self.assertEqual(seen.all("X-Forwarded-For"), ["10.0.0.1, 127.0.0.1"])
        self.assertEqual(seen.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(seen.all("X-Forwarded-Port"), [str(self.port)])
        self.assertEqual(self.seen("/usual/x").all("X-Forwarded-For"), ["127.0.0.1"])

    def test_sets_are_inherited_or_replaced_whole(self):
        self.assertEqual(self.seen("/inherits/").get("X-Outer"), "outer")
        seen = self.seen("/replaces/")
        self.assertEqual((seen.get("X-Outer"), seen.get("X-Inner")), (None, "inner"))

    def test_an_empty_value_removes_the_clients_field(self):
        seen = self.seen("/remove/", [("Accept-Encoding", "gzip"), ("Cookie", "a=b"), ("Accept", "x/y")])
        self.assertEqual((seen.get("Accept-Encoding"), seen.get("Cookie"), seen.get("Accept")), (None, None, "x/y"))

    def test_templates(self):
        seen = self.seen("/templates/a%20b?q=1&r=2", [("Cookie", "x=y; id=42"), ("X-Thing", "th ing")])
        self.assertEqual(seen.get("X-All"), "m=GET u=/templates/a b a=q=1&r=2 q=1 h=th ing s=httpx")
        self.assertEqual(seen.get("X-Cookie"), "c=42")
        self.assertEqual(seen.all("X-Empty"), [])

    def test_a_field_that_is_set_replaces_all_copies(self):
        seen = self.seen("/usual/x", [("x-real-ip", "1"), ("X-REAL-IP", "2")])
        self.assertEqual(seen.all("X-Real-IP"), ["127.0.0.1"])

    def test_host_as_sent(self):
        self.assertEqual(self.seen("/host/", host="Shop.Example:8080").all("Host"), ["Shop.Example:8080"])

    def test_repeated_fields_pass_in_order(self):
        seen = self.seen("/default/", [("X-Many", "1"), ("Other", "o"), ("X-Many", "2"), ("x-many", "3")])
        self.assertEqual(seen.all("X-Many"), ["1", "2", "3"])

    def test_hop_by_hop_fields_stay_here(self):
        seen = self.seen("/default/", [("Keep-Alive", "timeout=5"), ("TE", "trailers"), ("Upgrade", "h2c"),
                                       ("Proxy-Connection", "keep-alive"), ("X-End", "1")])
        for name in ("Keep-Alive", "TE", "Upgrade", "Expect") + (() if IS_NGINX else ("Proxy-Connection",)):
            self.assertEqual(seen.all(name), [], name)
        self.assertEqual(seen.get("X-End"), "1")

    @beyond_nginx
    def test_fields_named_in_connection_stay_here(self):
        with Conn(self.port) as conn:
            conn.get("/default/", fields="Connection: X-Private , keep-alive\r\nX-Private: a\r\nX-Public: b\r\n"
                                         "Connection: x-second\r\nX-Second: c\r\n")
        seen = self.origin.last
        self.assertEqual((seen.get("X-Private"), seen.get("X-Second"), seen.get("X-Public")), (None, None, "b"))

    def test_connection_cannot_remove_what_the_gateway_sets(self):
        with Conn(self.port) as conn:
            conn.get("/usual/", fields="Connection: keep-alive, X-Real-IP, Host\r\nX-Real-IP: 6.6.6.6\r\n")
        seen = self.origin.last
        self.assertEqual((seen.get("X-Real-IP"), seen.get("Host")), ("127.0.0.1", "localhost"))

    def test_underscores(self):
        self.assertIsNone(self.seen("/default/", [("X_Under", "1")]).get("X_Under"))
        request(self.gw.ports[1], "GET", "/", [("X_Under", "1")])
        self.assertEqual(self.origin.last.get("X_Under"), "1")

    def test_ignore_invalid_headers_off(self):
        """What nginx calls invalid is what tokens allow beyond letters, digits, hyphen and underscore."""
        self.assertIsNone(self.seen("/default/", [("X.Dot", "1")]).get("X.Dot"))
        answer = request(self.gw.ports[2], "GET", "/", [("X.Dot", "1")])
        if answer.status == 200:  # nginx passes it on; refusing is what our own row says
            self.assertEqual(self.origin.last.get("X.Dot"), "1")
        else:
            self.assertEqual((answer.status, self.origin.request_count), (400, 1))

    @beyond_nginx
    def test_values_cannot_split_the_head(self):
        """A decoded CR LF in a variable must not become a line."""
        self.get("/templates/%0d%0aX-Injected:%20yes?q=1")
        for seen in self.origin.requests:
            self.assertIsNone(seen.get("X-Injected"))


class ResponseFields(WireTest):
    HTTP = """
    upstream pool { server @O@; }
    server {
        listen @P0@;
        add_header X-Outer outer;
        location / { proxy_pass http://pool; }
        location /inner/ { add_header X-Inner inner; proxy_pass http://pool; }
        location /always/ { add_header X-Always yes always; add_header X-Only-Good yes; proxy_pass http://pool; }
        location /cut/ { add_header X-Nothing ""; proxy_pass http://pool; }
        location /vars/ { add_header X-Vars "$request_method $status $upstream_status $upstream_http_x_tag";
            proxy_pass http://pool; }
        location /return { add_header X-Ret "$uri"; return 200 ok; }
        location /hide/ { proxy_hide_header X-Secret; proxy_hide_header X-Other; proxy_pass http://pool; }
        location /pass/ { proxy_pass_header Server; proxy_pass_header Date; proxy_pass http://pool; }
        location /ignore/ { proxy_ignore_headers X-Accel-Expires; proxy_pass http://pool; }
        location /trailer/ { add_trailer X-Sum "t$status"; proxy_pass http://pool; }
        location /tokens/ { server_tokens off; return 404; }
    }
    """

    def script(self, path, *fields, body=b"ok", status="200 OK"):
        def answer(link, received):
            link.read_body(received)
            link.answer(body, status, fields)
            return True
        self.origin.script(path, answer)
        return self.get(path)

    def test_add_header_is_inherited_replaced_and_cut(self):
        self.assertEqual(self.get("/b/1").get("X-Outer"), "outer")
        inner = self.get("/inner/b/1")
        self.assertEqual((inner.get("X-Outer"), inner.get("X-Inner")), (None, "inner"))
        cut = self.get("/cut/b/1")
        self.assertEqual((cut.get("X-Outer"), cut.all("X-Nothing")), (None, []))

    def test_always_and_the_good_codes(self):
        for code in (200, 201, 204, 206, 301, 302, 303, 304, 307, 308):
            with self.subTest(code):
                answer = self.get("/always/status/%d" % code)
                self.assertEqual((answer.get("X-Always"), answer.get("X-Only-Good")), ("yes", "yes"))
        for code in (202, 300, 400, 404, 500, 503):
            with self.subTest(code):
                answer = self.get("/always/status/%d" % code)
                self.assertEqual((answer.get("X-Always"), answer.get("X-Only-Good")), ("yes", None))

    def test_variables(self):
        answer = self.script("/vars/x", ("X-Tag", "tagged"))
        self.assertEqual(answer.get("X-Vars"), "GET 200 200 tagged")

    def test_on_own_answers(self):
        self.assertEqual(self.get("/return").get("X-Ret"), "/return")

    def test_add_header_adds_and_does_not_replace(self):
        self.assertEqual(sorted(self.script("/x-outer", ("X-Outer", "origin")).all("X-Outer")), ["origin", "outer"])

    def test_hide(self):
        answer = self.script("/hide/x", ("x-secret", "1"), ("X-Other", "2"), ("X-Shown", "3"))
        self.assertEqual((answer.get("X-Secret"), answer.get("X-Other"), answer.get("X-Shown")), (None, None, "3"))

    def test_what_is_hidden_by_default(self):
        answer = self.script("/y", ("X-Accel-Expires", "1"), ("X-Accel-Buffering", "no"), ("X-Pad", "p"),
                             ("Server", "origin/1"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"))
        for name in ("X-Accel-Expires", "X-Accel-Buffering", "X-Pad"):
            self.assertIsNone(answer.get(name), name)
        self.assertNotEqual(answer.get("Server"), "origin/1")
        self.assertNotIn("1970", answer.get("Date"))

    def test_pass_header_lets_them_through(self):
        answer = self.script("/pass/x", ("Server", "origin/1"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"))
        self.assertEqual(answer.all("Server"), ["origin/1"])
        self.assertEqual(answer.all("Date"), ["Thu, 01 Jan 1970 00:00:00 GMT"])

    def test_several_cookies_stay_several(self):
        answer = self.script("/cookies", ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"))
        self.assertEqual(answer.all("Set-Cookie"), ["a=1; Path=/", "b=2"])

    def test_add_trailer(self):
        with Conn(self.port) as conn:
            answer = conn.get("/trailer/chunked/100")
            self.assertEqual((len(answer.body), answer.trailer("X-Sum")), (100, "t200"))
            answer = conn.get("/trailer/b/100")
            self.assertEqual(len(answer.body), 100)
            self.assertEqual(conn.get("/b/1").body, b"0")

    def test_server_tokens_off_says_no_version(self):
        answer = self.get("/tokens/")
        self.assertNotRegex(answer.get("Server"), r"\d")
        self.assertNotRegex(answer.text, r"[a-z]/\d")


class Merge(WireTest):
    HTTP = """
    upstream pool { server @O@; }
    server {
        listen @P0@;
        add_header X-Outer outer;
        proxy_set_header X-Up outer;
        location /merge/ { add_header_inherit merge; add_header X-Inner inner; proxy_pass http://pool; }
        location /off/ { add_header_inherit off; proxy_pass http://pool; }
        add_trailer X-T-Outer outer;
        location /trailers-merge/ { add_trailer_inherit merge; add_trailer X-T-Inner inner; proxy_pass http://pool; }
        location /up/ { proxy_set_header_inherit merge; proxy_set_header X-Down inner; proxy_pass http://pool; }
    }
    """

    @classmethod
    def setUpClass(cls):
        if IS_NGINX:
            cls.HTTP = None  # came with 1.29.3
        super().setUpClass()

    @beyond_nginx
    def test_add_header_inherit(self):
        answer = self.get("/merge/b/1")
        self.assertEqual((answer.get("X-Outer"), answer.get("X-Inner")), ("outer", "inner"))
        self.assertIsNone(self.get("/off/b/1").get("X-Outer"))

    @beyond_nginx
    def test_add_trailer_inherit(self):
        with Conn(self.port) as conn:
            answer = conn.get("/trailers-merge/chunked/10")
            self.assertEqual((answer.trailer("X-T-Outer"), answer.trailer("X-T-Inner")), ("outer", "inner"))

    @beyond_nginx
    def test_proxy_set_header_inherit(self):
        self.get("/up/x")
        self.assertEqual((self.origin.last.get("X-Up"), self.origin.last.get("X-Down")), ("outer", "inner"))


if __name__ == "__main__":
    main()
