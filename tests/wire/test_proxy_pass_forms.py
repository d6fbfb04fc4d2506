"""What reaches the upstream for each form of proxy_pass (LANGUAGE.md 9)."""
import unittest

from harness import IS_NGINX, Conn, WireTest, main
from origin import Origin


class FormTest(WireTest):
    def check(self, cases, fields=()):
        for sent, wanted in cases:
            with self.subTest(sent):
                answer = self.assertStatus(self.get(sent, fields), 200)
                self.assertEqual(answer.json()["target"], wanted)


class Forms(FormTest):
    ORIGINS = 2
    HTTP = """
    upstream pool { server @O0@; }
    upstream socket { server unix:@DIR@/origin.sock; }
    server {
        listen @P0@;
        location /u/ { proxy_pass http://pool/v1/; }
        location /w { proxy_pass http://pool/v1/; }
        location /same/ { proxy_pass http://pool/; }
        location /cut/ { proxy_pass http://pool/v; }
        location = /exact { proxy_pass http://pool/elsewhere; }
        location /query/ { proxy_pass http://pool/q; }
        location /raw/ { proxy_pass http://pool; }
        location /addr/ { proxy_pass http://@O1@; }
        location /unix/ { proxy_pass http://unix:@DIR@/origin.sock:/base/; }
        location /unixraw/ { proxy_pass http://unix:@DIR@/origin.sock; }
        location /unixpool/ { proxy_pass http://socket; }
        location ~ ^/re/(.*)$ { proxy_pass http://pool; }
        location ~ ^/recap/(.*)$ { proxy_pass http://pool/cap/$1$is_args$args; }
        location /var/ { proxy_pass http://$http_x_to; }
        location /varuri/ { proxy_pass http://$http_x_to/fixed/; }
        location /varall/ { proxy_pass http://$http_x_to/fixed$is_args$args; }
        location /whole/ { proxy_pass $http_x_to; }
        location @fallback { proxy_pass http://pool; }
        location /named/ { error_page 404 = @fallback; return 404; }
        location /slash/ { proxy_pass http://pool; }
        location = /slash/inner { return 200 inner; }
    }
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unix = Origin(unix=cls.gw.path("origin.sock"), name="unix")
        cls.addClassCleanup(cls.unix.stop)

    def test_the_prefix_is_replaced_when_there_is_a_uri(self):
        self.check([("/u/x", "/v1/x"), ("/u/", "/v1/"), ("/u/x?a=1&b=%20", "/v1/x?a=1&b=%20"), ("/same/x/y", "/x/y"),
                    ("/cut/x", "/vx"), ("/exact", "/elsewhere"), ("/exact?q=1", "/elsewhere?q=1")])

    def test_the_rest_is_encoded_again_from_its_normal_form(self):
        self.check([("/u/a%2Fb?x=1", "/v1/a/b?x=1"), ("/u/a%20b", "/v1/a%20b"), ("/u//a/./b", "/v1/a/b"),
                    ("/u/%e4%bd%a0", "/v1/%E4%BD%A0"), ("/u/a%25b", "/v1/a%25b"), ("/u/a%3Fb", "/v1/a%3Fb"),
                    ("/u/a%23b", "/v1/a%23b"), ("/u/a+b", "/v1/a+b"), ("/u/a:b@c;d=e,f", "/v1/a:b@c;d=e,f")])

    def test_slashes_are_not_mended(self):
        self.check([("/w/foo", "/v1//foo"), ("/wfoo", "/v1/foo")])

    def test_without_a_uri_the_target_goes_out_as_it_came(self):
        self.check([("/raw/a%2Fb//c/../d", "/raw/a%2Fb//c/../d"), ("/raw/%61?x=%41&&", "/raw/%61?x=%41&&"),
                    ("/raw/?", "/raw/?"), ("/x/../raw/y", "/x/../raw/y"), ("//raw/x", "//raw/x"), ("/addr/x",
                                                                                                   "/addr/x")])

    def test_literal_addresses_go_to_their_origin(self):
        self.get("/addr/x")
        self.assertEqual(self.origins[1].request_count, 1)
        self.assertEqual(self.origins[0].request_count, 0)

    def test_unix_sockets(self):
        self.check([("/unix/x", "/base/x"), ("/unixraw/a%2Fb", "/unixraw/a%2Fb"), ("/unixpool/x", "/unixpool/x")])
        self.assertGreaterEqual(self.unix.request_count, 3)
        self.get("/unix/x")
        self.assertEqual(self.unix.last.get("Host"), "localhost")
        self.get("/unixpool/x")
        self.assertEqual(self.unix.last.get("Host"), "socket")

    def test_regex_locations(self):
        self.check([("/re/a%2Fb", "/re/a%2Fb"), ("/recap/x/y?z=1", "/cap/x/y?z=1"), ("/recap/", "/cap/")])

    def test_variables(self):
        self.check([("/var/a%2Fb?c", "/var/a%2Fb?c"), ("/varuri/rest?lost=1", "/fixed/"), ("/varall/rest", "/fixed"),
                    ("/varall/rest?kept=1", "/fixed?kept=1")], [("X-To", "pool")])
        self.get("/whole/x", [("X-To", "http://" + self.origins[1].address)])
        self.assertEqual(self.origins[1].last.target, "/whole/x")
        self.get("/var/y", [("X-To", self.origins[1].address)])
        self.assertEqual(self.origins[1].last.target, "/var/y")

    def test_variables_that_lead_nowhere(self):
        self.assertIn(self.get("/var/x").status, (500, 502))
        self.assertIn(self.get("/whole/x", [("X-To", "ftp://x")]).status, (500, 502))
        self.assertEqual(self.get("/var/x", [("X-To", "no-such-name.invalid")]).status, 502)

    def test_named_locations(self):
        self.check([("/named/x?y", "/named/x?y")])

    def test_a_prefix_with_a_slash_sends_the_slashless_there(self):
        answer = self.get("/u?a=b", host="shop.example")
        self.assertEqual(answer.status, 301)
        self.assertRegex(answer.get("Location"), r"^http://shop\.example(:\d+)?/u/\?a=b$")
        self.assertEqual(self.get("/slash/inner").text, "inner")

    def test_absolute_targets_go_out_in_origin_form(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"GET http://a.example/raw/x%2Fy?z HTTP/1.1\r\nHost: a.example\r\n\r\n")
            self.assertEqual(answer.json()["target"], "/raw/x%2Fy?z")

    def test_a_bare_absolute_target(self):
        with Conn(self.port) as conn:
            self.assertEqual(conn.ask(b"GET http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n").status, 404)


@unittest.skipUnless(IS_NGINX, "rewrite, set and if are not served yet")
class AfterRewrite(FormTest):
    ORIGINS = 2
    HTTP = """
    upstream pool { server @O0@; }
    server {
        listen @P0@;
        location /set/ { set $b pool; proxy_pass http://$b; }
        location /rw/ { rewrite ^/rw/(.*)$ /new/$1; rewrite ^ $uri break; proxy_pass http://pool; }
        location /rwbreak/ { rewrite ^/rwbreak/(.*)$ /new/$1 break; proxy_pass http://pool/ignored/; }
        location /rwspace/ { rewrite ^/rwspace/(.*)$ "/new path/$1" break; proxy_pass http://pool; }
        location /if/ { if ($arg_to = two) { proxy_pass http://@O1@; } proxy_pass http://@O0@; }
    }
    """

    def test_a_set_variable(self):
        self.check([("/set/a%2Fb?c", "/set/a%2Fb?c")])

    def test_after_a_rewrite_the_new_path_goes_out_encoded(self):
        self.check([("/rw/x", "/new/x"), ("/rwbreak/x", "/new/x"), ("/rwbreak/x?q=1", "/new/x?q=1"),
                    ("/rwspace/x", "/new%20path/x"), ("/rwbreak/a%20b", "/new/a%20b")])

    def test_proxy_pass_in_if(self):
        self.get("/if/x?to=two")
        self.assertEqual(self.origins[1].request_count, 1)
        self.get("/if/x?to=one")
        self.assertEqual(self.origins[0].request_count, 1)


class SlashRedirects(WireTest):
    HTTP = """
    server { listen @P0@; location /u/ { proxy_pass http://@O@; } }
    server { listen @P1@; absolute_redirect off; location /u/ { proxy_pass http://@O@; } }
    server { listen @P2@; port_in_redirect off; server_name named.example; server_name_in_redirect on;
             location /u/ { proxy_pass http://@O@; } }
    server { listen @P3@; location /u/ { proxy_pass http://@O@; } location = /u { return 200 exact; } }
    """

    def test_the_forms_of_location(self):
        from harness import get
        ports = self.gw.ports
        self.assertEqual(get(ports[0], "/u", host="a.example").get("Location"), "http://a.example:%d/u/" % ports[0])
        self.assertEqual(get(ports[1], "/u", host="a.example").get("Location"), "/u/")
        self.assertEqual(get(ports[2], "/u", host="a.example").get("Location"), "http://named.example/u/")
        self.assertEqual(get(ports[3], "/u").text, "exact")


if __name__ == "__main__":
    main()
