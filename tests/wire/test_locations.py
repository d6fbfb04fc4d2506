"""Which location answers: LANGUAGE.md 6, each rule with the requests that tell it from its neighbours."""
from harness import WireTest, main



class Locations(WireTest):
    ORIGINS = 0
    HTTP = """
    server {
        listen @P0@;
        location = / { return 200 "exact /"; }
        location / { return 200 "/"; }
        location /api { return 200 "/api"; }
        location /api/v1/ { return 200 "/api/v1/"; }
        location = /api/v1/one { return 200 "exact one"; }
        location ^~ /static/ { return 200 "^~ /static/"; }
        location /images/ { return 200 "/images/"; }
        location ~ ^/images/.*[.]gif$ { return 200 "gif: $uri"; }
        location ~* [.]JPG$ { return 200 "jpg"; }
        location ~ ^/id/([0-9]+)/(?<name>[a-z]+)$ { return 200 "id $1 $name"; }
        location ~^/glued/ { return 200 "glued ~"; }
        location =/glued-exact { return 200 "glued ="; }
        location "/quoted {x}" { return 200 "quoted"; }
        location ~ "^/v[0-9]{1,2}/" { return 200 "quantifier"; }
        location /first { return 200 "prefix first"; }
        location ~ /first { return 200 "regex 1"; }
        location ~ /first/longer { return 200 "regex 2"; }
    }
    server {
        listen @P1@;
        location / {
            return 200 "outer /";
            location /a/ {
                return 200 "/a/";
                location /a/b/ { return 200 "/a/b/"; location = /a/b/exact { return 200 "nested exact"; } }
                location ~ [.]in$ { return 200 "nested regex"; }
                location ^~ /a/caret/ { return 200 "nested ^~"; }
            }
        }
        location ^~ /stop/ {
            return 200 "/stop/";
            location /stop/deep/ { return 200 "/stop/deep/"; }
            location ~ [.]in$ { return 200 "stop regex"; }
        }
        location ~ [.](in|out)$ { return 200 "outer regex"; }
        location /in-regex/ { return 200 "/in-regex/"; }
        location ~ ^/host/ {
            return 200 "host regex";
            location ~ ^/host/inner/ { return 200 "inner regex"; }
        }
    }
    server {
        listen @P2@;
        location = /only { return 200 only; }
        location /merge/ { return 200 "$uri|$request_uri|$args|$is_args|$query_string"; }
        location /a { return 200 "a:$uri"; }
    }
    server {
        listen @P3@;
        merge_slashes off;
        location /merge/ { return 200 "$uri"; }
        location / { return 200 "other $uri"; }
    }
    """
    OPTIONS = {"ports": 4}

    def check(self, port, cases):
        from harness import get
        for target, wanted in cases:
            with self.subTest(target):
                self.assertEqual(get(self.gw.ports[port], target).text, wanted)

    def test_exact_then_longest_prefix(self):
        self.check(0, [("/", "exact /"), ("/x", "/"), ("/api", "/api"), ("/apifoo", "/api"), ("/api/v", "/api"),
                       ("/api/v1", "/api"), ("/api/v1/", "/api/v1/"), ("/api/v1/two", "/api/v1/"),
                       ("/api/v1/one", "exact one"), ("/api/v1/one/", "/api/v1/"), ("/?q", "exact /"),
                       ("/api/v1/one?q=1", "exact one"), ("/API", "/")])

    def test_regexes_beat_prefixes_but_not_caret(self):
        self.check(0, [("/images/a.gif", "gif: /images/a.gif"), ("/images/a.png", "/images/"), ("/images/a.jpg", "jpg"),
                       ("/any/B.JpG", "jpg"), ("/static/a.jpg", "^~ /static/"), ("/other/a.gif", "/")])

    def test_regexes_in_file_order(self):
        self.check(0, [("/first", "regex 1"), ("/first/longer", "regex 1")])

    def test_captures(self):
        self.check(0, [("/id/42/bob", "id 42 bob"), ("/id/x/bob", "/")])

    def test_spellings(self):
        self.check(0, [("/glued/x", "glued ~"), ("/glued-exact", "glued ="), ("/quoted%20%7Bx%7D", "quoted"),
                       ("/v1/x", "quantifier"), ("/v12/x", "quantifier"), ("/v123/x", "/")])

    def test_nested_prefixes(self):
        self.check(1, [("/x", "outer /"), ("/a/x", "/a/"), ("/a/b/x", "/a/b/"), ("/a/b/exact", "nested exact")])

    def test_a_nested_regex_beats_the_outer_regex(self):
        self.check(1, [("/a/x.in", "nested regex"), ("/x.in", "outer regex")])

    def test_an_outer_regex_beats_a_nested_prefix(self):
        self.check(1, [("/a/b/x.out", "outer regex"), ("/a/x.out", "outer regex")])

    def test_a_nested_caret_does_not_stop_the_outer_regexes(self):
        self.check(1, [("/a/caret/x", "nested ^~"), ("/a/caret/x.out", "outer regex")])

    def test_an_outer_caret_does(self):
        self.check(1, [("/stop/x.out", "/stop/"), ("/stop/x.in", "stop regex"), ("/stop/deep/x.out", "/stop/deep/")])

    def test_regexes_nested_in_a_regex(self):
        self.check(1, [("/host/x", "host regex"), ("/host/inner/x", "inner regex")])

    def test_the_path_is_normalised_before_matching(self):
        self.check(0, [("/x/../api/v1/y", "/api/v1/"), ("/api/./v1/y", "/api/v1/"), ("//api//v1//y", "/api/v1/"),
                       ("/%61pi/v1/y", "/api/v1/"), ("/api%2Fv1/y", "/api/v1/"), ("/images/x/../a.gif",
                                                                                  "gif: /images/a.gif"),
                       ("/static/../api", "/api"), ("/api/v1/%6fne", "exact one"), ("/a/..", "exact /"),
                       ("/static%2f..%2fapi", "/api")])

    def test_uri_variables(self):
        self.check(2, [("/merge/a%20b//c/./d?x=%20&y", "/merge/a b/c/d|/merge/a%20b//c/./d?x=%20&y|x=%20&y|?|x=%20&y"),
                       ("/merge/", "/merge/|/merge/|||"), ("/merge/?", "/merge/|/merge/?|||")])

    def test_merge_slashes_off(self):
        self.check(3, [("/merge//a///b", "/merge//a///b"), ("//merge/a", "other //merge/a")])

    def test_no_location_is_404(self):
        from harness import get
        self.assertStatus(get(self.gw.ports[2], "/nowhere"), 404)


class ManyLocations(WireTest):
    ORIGINS = 0

    def test_ten_thousand(self):
        blocks = "\n".join('location /l%d/ { return 200 "%d"; }' % (i, i) for i in range(10000))
        gw = self.start("server { listen @P0@; %s location ~ ^/r([0-9]+)$ { return 200 \"re $1\"; } }" % blocks)
        from harness import Conn
        with Conn(gw.ports[0]) as conn:
            for i in list(range(0, 10000, 997)) + [9999]:
                self.assertEqual(conn.get("/l%d/x" % i).text, str(i))
            self.assertEqual(conn.get("/r77").text, "re 77")
            self.assertEqual(conn.get("/none").status, 404)


if __name__ == "__main__":
    main()
