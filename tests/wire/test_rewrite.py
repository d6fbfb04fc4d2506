"""set, if, rewrite, return, break: in the order of the file, over internal redirects, and where they loop."""
import os

from harness import WireTest, get, main


class Rewrite(WireTest):
    HTTP = """
    log_format vars "$early $late";
    server {
        listen @P0@;
        rewrite ^/old/(.*)$ /new/$1;
        location /new/ { return 200 "uri=$uri args=$args request_uri=$request_uri"; }

        location /last/ { rewrite ^/last/(.*)$ /target/$1?x=1 last; return 200 never; }
        location /break/ { rewrite ^/break/(.*)$ /target/$1 break; return 200 never; }
        location /go/ { rewrite ^/go/(.*)$ /middle/$1; rewrite ^/middle/(.*)$ /target/$1; }
        location /stay/ { rewrite ^/stay/(.*)$ /target/$1; break; return 200 never; }
        location /target/ { return 200 "target uri=$uri args=$args"; }
        location /drop/ { rewrite ^ /target/?a=b? last; }
        location /empty/ { rewrite ^/empty/(.*)$ $1 last; }
        location /out/ { rewrite ^/out/(.*)$ /target/$arg_p last; }

        location /redirect/ { rewrite ^/redirect/(.*)$ /there/$1 redirect; }
        location /permanent/ { rewrite ^/permanent/(.*)$ /there/$1 permanent; }
        location /absolute/ { rewrite ^/absolute/(.*)$ https://other.example/$1; }
        location /inject/ { rewrite (?s)^/inject/(.*)$ https://other.example/$1; }
        location /scheme/ { rewrite ^/scheme/(.*)$ $scheme://other.example/$1?; }

        location /loop/ { rewrite ^/loop/(.*)$ /loop/$1x last; }
        location /pong/ { error_page 404 /pong/; recursive_error_pages on; return 404; }

        location /named/ { rewrite ^/named/(?<part>[a-z]+)/(?<rest>.*)$ /target/ break; return 200 never; }
        location /groups/ { if ($uri ~ ^/groups/(?<word>[a-z]+)-(\\d+)$) { return 200 "word=$word number=$2"; } return 200 none; }

        location /set/ { set $early a; set $late "$early-b"; set $early c; return 200 "$early $late"; }
        location /unset/ { return 200 "[$early]"; }
        location /args/ { set $args "z=9"; return 200 "$args $arg_z $is_args"; }
        location /inside/ { internal; return 200 inside; }
        location /to-inside/ { rewrite ^ /inside/ last; }
    }
    server {
        listen @P1@;
        if ($http_x_block = yes) { return 403 blocked; }
        set $where server;
        location / { return 200 "where=$where"; }
    }
    """

    def body(self, path, **more):
        return self.get(path, **more).body.decode()

    def test_the_servers_own_rewrite_comes_first(self):
        self.assertEqual(self.body("/old/a%20b?q=1"), "uri=/new/a b args=q=1 request_uri=/old/a%20b?q=1")

    def test_flags(self):
        self.assertEqual(self.body("/last/a?q=2"), "target uri=/target/a args=x=1&q=2")
        self.assertEqual(self.get("/break/a").status, 404)   # stays here: a file below root, which is not there
        self.assertEqual(self.body("/go/a?q=3"), "target uri=/target/a args=q=3")
        self.assertEqual(self.get("/stay/a").status, 404)

    def test_arguments(self):
        self.assertEqual(self.body("/drop/?q=1"), "target uri=/target/ args=a=b")
        self.assertEqual(self.body("/args/?q=1"), "z=9 9 ?")

    def test_redirects(self):
        for path, status, location in [
                ("/redirect/a?q", 302, "http://h:%d/there/a?q" % self.port),
                ("/permanent/a", 301, "http://h:%d/there/a" % self.port),
                ("/absolute/a?q", 302, "https://other.example/a?q"),
                ("/inject/a%20b%0d%0aX:y", 302, "https://other.example/a%20b%0D%0AX:y"),
                ("/scheme/a?q", 302, "http://other.example/a")]:
            with self.subTest(path):
                answer = self.get(path, host="h")
                self.assertEqual((answer.status, answer.get("Location")), (status, location))

    def test_what_no_path_may_become(self):
        self.assertEqual(self.get("/empty/").status, 500)
        self.assertEqual(self.get("/out/?p=../../etc/passwd").status, 500)
        self.assertIn("leaves its root", self.gw.error_log())

    def test_cycles_end(self):
        self.assertEqual(self.get("/loop/").status, 500)
        self.assertIn("cycle", self.gw.error_log())
        self.assertIn(self.get("/pong/").status, (404, 500))

    def test_conditions_capture(self):
        self.assertEqual(self.body("/groups/abc-12"), "word=abc number=12")
        self.assertEqual(self.body("/groups/abc"), "none")

    def test_variables(self):
        self.assertEqual(self.body("/set/"), "c a-b")
        self.assertEqual(self.body("/unset/"), "[]")
        self.assertIn('using uninitialized "early" variable', self.gw.error_log())

    def test_an_internal_location_may_be_rewritten_to(self):
        self.assertEqual(self.body("/to-inside/"), "inside")
        self.assertEqual(self.get("/inside/").status, 404)

    def test_if_in_a_server(self):
        self.assertEqual(get(self.gw.ports[1]).body, b"where=server")
        answer = get(self.gw.ports[1], fields=[("X-Block", "yes")])
        self.assertEqual((answer.status, answer.body), (403, b"blocked"))


class Conditions(WireTest):
    HTTP = """
    upstream one { server @O@; }
    server {
        listen @P0@;
        root @DIR@/files;
        location /ops/ {
            set $said "";
            if ($arg_v) { set $said "${said}true "; }
            if ($arg_v = a) { set $said "${said}equal "; }
            if ($arg_v != a) { set $said "${said}unequal "; }
            if ($arg_v ~ ^A$) { set $said "${said}match "; }
            if ($arg_v ~* ^A$) { set $said "${said}imatch "; }
            if ($arg_v !~ ^a$) { set $said "${said}nomatch "; }
            if ($arg_v !~* "^a$") { set $said "${said}noimatch "; }
            return 200 $said;
        }
        location /files/ {
            set $said "";
            if (-f $document_root/$arg_f) { set $said "${said}file "; }
            if (-d $document_root/$arg_f) { set $said "${said}folder "; }
            if (-e $document_root/$arg_f) { set $said "${said}exists "; }
            if (-x $document_root/$arg_f) { set $said "${said}executable "; }
            if (!-f $document_root/$arg_f) { set $said "${said}nofile "; }
            return 200 $said;
        }
        location /headers/ {
            add_header X-Outer yes;
            if ($arg_inner) { add_header X-Inner yes; return 204; }
            return 204;
        }
        location /proxied/ {
            proxy_pass http://one/base/;
            if ($arg_other) { add_header X-Where inner; }
            if ($arg_both) { add_header X-Last first; }
            if ($arg_both) { add_header X-Last second; }
        }
        location ~ ^/cap/(?<name>[a-z]+)$ {
            if ($arg_x) { return 200 "name=$name one=$1"; }
            return 200 "plain $name";
        }
        location /pages/ {
            if ($arg_fail) { error_page 500 =200 /page; return 500; }
            return 200 fine;
        }
        location = /page { return 200 "the page"; }
    }
    """

    OPTIONS = {"files": {"files/plain": "x", "files/run": "x", "files/sub/inner": "x"}}

    def setUp(self):
        super().setUp()
        os.chmod(self.gw.path("files/run"), 0o755)

    def said(self, path):
        return self.get(path).body.decode().split()

    def test_comparisons(self):
        self.assertEqual(self.said("/ops/?v=a"), ["true", "equal", "imatch"])
        self.assertEqual(self.said("/ops/?v=A"), ["true", "unequal", "match", "imatch", "nomatch"])
        self.assertEqual(self.said("/ops/?v=0"), ["unequal", "nomatch", "noimatch"])
        self.assertEqual(self.said("/ops/"), ["unequal", "nomatch", "noimatch"])

    def test_files(self):
        self.assertEqual(self.said("/files/?f=plain"), ["file", "exists"])
        self.assertEqual(self.said("/files/?f=run"), ["file", "exists", "executable"])
        self.assertEqual(self.said("/files/?f=sub"), ["folder", "exists", "executable", "nofile"])
        self.assertEqual(self.said("/files/?f=nothing"), ["nofile"])

    def test_settings_of_the_block_replace_those_around_it(self):
        outer, inner = self.get("/headers/"), self.get("/headers/?inner=1")
        self.assertEqual((outer.get("X-Outer"), outer.get("X-Inner")), ("yes", None))
        self.assertEqual((inner.get("X-Outer"), inner.get("X-Inner")), (None, "yes"))

    def test_the_content_handler_goes_with_it(self):
        answer = self.get("/proxied/a?other=1")
        self.assertEqual((answer.status, answer.get("X-Where")), (200, "inner"))
        self.assertEqual(self.origin.last.target, "/base/a?other=1")
        self.assertIsNone(self.get("/proxied/a").get("X-Where"))

    def test_the_last_block_that_holds_wins(self):
        self.assertEqual(self.get("/proxied/a?both=1").get("X-Last"), "second")

    def test_captures_of_the_location_stay(self):
        self.assertEqual(self.get("/cap/abc?x=1").body, b"name=abc one=abc")
        self.assertEqual(self.get("/cap/abc").body, b"plain abc")

    def test_error_pages_of_the_block(self):
        answer = self.get("/pages/?fail=1")
        self.assertEqual((answer.status, answer.body), (200, b"the page"))


class DecodedArguments(WireTest):
    """What a rule takes decoded from a path and puts into the query must not end the request-target upstream."""
    HTTP = """
    server {
        listen @P0@;
        location ~ ^/set/(.*)$ { set $args "q=$1"; proxy_pass http://@O@; }
        location ~ ^/error/(.*)$ { error_page 404 = /to/?q=$1; return 404; }
        location /try/ { try_files /none /to/?q=$uri; }
        location /to/ { proxy_pass http://@O@/up/; }
        location /plain/ { proxy_pass http://@O@/up/; }
    }
    """

    def test_they_are_encoded_again(self):
        for asked, wanted in (
                ("/set/a%20HTTP/1.0", "/set/a%20HTTP/1.0?q=a%20HTTP/1.0"),
                ("/set/a%09b%23c", "/set/a%09b%23c?q=a%09b%23c"),
                ("/set/%C3%A9", "/set/%C3%A9?q=%C3%A9"),
                ("/error/a%20b", "/up/?q=a%20b"),
                ("/try/a%20b", "/up/?q=/try/a%20b"),
                ("/plain/a?x=%20&y={|}", "/up/a?x=%20&y={|}")):
            with self.subTest(asked):
                self.assertEqual(self.get(asked).status, 200)
                self.assertEqual(self.origin.last.line, "GET %s HTTP/1.1" % wanted)


if __name__ == "__main__":
    main()
