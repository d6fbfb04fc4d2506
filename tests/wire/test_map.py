"""map: keys of all sorts, values with variables and captures, what is computed when, and how often."""
from harness import WireTest, beyond_nginx, main


class Map(WireTest):
    HTTP = """
    log_format early "$lang";
    map $arg_k $plain { default none; Foo bar; "two words" spaced; "" empty; \\default escaped; \\~tilde tilde; }
    map $arg_h $names {
        hostnames;
        example.com exact; *.example.com suffix; example.* prefix; .dot.com dot; *.b.example.com longer;
        ~^REGEX[.]ORG$ sensitive; ~*^regex[.]org$ insensitive; default none;
    }
    map "$request_method:$arg_k" $mixed { "GET:x" got; "POST:x" posted; include keys.inc; }
    map $uri $captured { "~^/c/(\\w+)/(?<tail>.*)$" "$1-$tail"; default "no:$arg_k"; }
    map $above $chained { default "<$above>"; }
    map $arg_k $above { default "above:$arg_k"; }
    map $arg_k $nothing { x y; }
    map $http_accept_language $lang { default en; ~^de de; }
    server {
        listen @P0@;
        location / { return 200 "$plain|$names|$mixed|$chained|$nothing|"; }
        location /c/ { return 200 "$captured;$tail;$1"; }
        location ~ ^/(outer)/ { return 200 "$captured;$1"; }
        location /lang { return 200 "$lang"; }
    }
    """
    OPTIONS = {"files": {"keys.inc": '"GET:y" included;\n'}}

    def value(self, query, place=0, **options):
        return self.get("/?" + query, **options).text.split("|")[place]

    def test_exact_keys_without_case(self):
        for key, wanted in (("foo", "bar"), ("FOO", "bar"), ("fo", "none"), ("", "empty"), ("default", "escaped"),
                            ("~tilde", "tilde"), ("x", "none")):
            with self.subTest(key):
                self.assertEqual(self.value("k=" + key), wanted)
        self.assertEqual(self.value("k=two%20words"), "none")  # $arg_ is not decoded

    def test_host_names(self):
        for name, wanted in (("EXAMPLE.com", "exact"), ("example.com.", "exact"), ("a.example.com", "suffix"),
                             ("a.b.example.com", "longer"), ("example.org", "prefix"), ("dot.com", "dot"),
                             ("www.dot.com", "dot"), ("xdot.com", "none"), ("REGEX.ORG", "sensitive"),
                             ("Regex.org", "insensitive"), ("", "none")):
            with self.subTest(name):
                self.assertEqual(self.value("h=" + name, 1), wanted)

    def test_a_source_of_text_and_variables_and_an_included_key(self):
        self.assertEqual(self.value("k=x", 2), "got")
        self.assertEqual(self.value("k=y", 2), "included")
        self.assertEqual(self.value("k=z", 2), "")

    def test_values_with_variables_of_maps_below(self):
        self.assertEqual(self.value("k=v", 3), "<above:v>")

    def test_without_a_default_the_value_is_empty(self):
        self.assertEqual(self.value("k=q", 4), "")
        self.assertEqual(self.value("k=X", 4), "y")

    def test_captures(self):
        self.assertTrue(self.get("/c/abc/d/e").text.startswith("abc-d/e;d/e;"))
        self.assertTrue(self.get("/c/?k=1").text.startswith("no:1;"))

    @beyond_nginx
    def test_the_captures_of_a_location_are_not_overwritten(self):
        self.assertEqual(self.get("/outer/x").text, "no:;outer")
        self.assertEqual(self.get("/c/abc/d").text, "abc-d;d;")

    def test_regexes_on_fields(self):
        self.assertEqual(self.get("/lang", [("Accept-Language", "de-AT")]).text, "de")
        self.assertEqual(self.get("/lang").text, "en")


class MapKept(WireTest):
    HTTP = """
    map $uri $kept { /first 1; /second 2; }
    map $uri $fresh { volatile; /first 1; /second 2; }
    server {
        listen @P0@;
        error_page 404 /second;
        location = /first { if_modified_since off; root @DIR@/$kept$fresh; }
        location = /second { return 200 "$kept$fresh"; }
    }
    """

    def test_a_value_lasts_as_long_as_the_request(self):
        self.assertEqual(self.get("/first").text, "12")
        self.assertEqual(self.get("/second").text, "22")


class MapLimits(WireTest):
    HTTP = """
    map $uri $slow { "~^/(a+)+$" caught; default fallback; }
    server {
        listen @P0@;
        location / { return 200 "$slow"; }
        location ~ ^/b(b+)+$ { return 200 b; }
    }
    """

    def test_a_catastrophic_key_gives_the_default_and_an_error(self):
        self.assertEqual(self.get("/aaa").text, "caught")
        self.assertEqual(self.get("/" + "a" * 60 + "!").text, "fallback")
        self.gw.allowed.append("pcre2_match() failed")  # an alert of nginx
        self.gw.wait_log(r"\[(error|alert)\]")

    @beyond_nginx
    def test_a_catastrophic_location_is_a_500(self):
        self.assertStatus(self.get("/bbb"), 200)
        self.assertStatus(self.get("/" + "b" * 60 + "!"), 500)
        self.gw.wait_log(r"\[error\].*regular expression")
        self.assertEqual(self.get("/aaa").text, "caught")


if __name__ == "__main__":
    main()
