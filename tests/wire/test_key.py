"""auth_key: API keys of consumers before a real service: who passes, what the service sees, plans and groups. Rows S20,
S25, S27, S28, S64 and trap T06."""
import base64
import hashlib
import http.client
import urllib.parse

from harness import WireTest, beyond_nginx, main, request


def digest(key):
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


CONSUMERS = """
    plan gold { rate 10r/h; }
    plan basic { rate 2r/h; }
    consumer acme { key %s; key %s; plan gold; group partners ops; basic_user ann; }
    consumer tiny { key %s; group partners; }
    consumer count { key %s; plan gold; }
    limit_count_zone $consumer zone=plans:1m plan=$consumer_plan default=basic;
    limit_count_zone $http_x_api_key zone=by_key:1m plan=$consumer_plan default=basic;
""" % tuple(digest(key) for key in ("acme-key", "acme key+2&", "tiny-key", "count-key"))


@beyond_nginx
class Keys(WireTest):
    HTTP = CONSUMERS + """
    log_format who "$uri|$status|$consumer|$consumer_plan|$consumer_group|$request";
    server {
        listen @P0@;
        access_log who.log who;
        error_format json;
        auth_key "partners" header=X-API-Key query=apikey cookie=key hide;
        identity_header X-Consumer $consumer;
        location / { proxy_pass http://@O0@; }
        location /rest/ { proxy_pass http://@O0@/other/; }
        location /ops { auth_require ("ops" in $consumer_group); proxy_pass http://@O0@; }
        location /login { auth_key off; proxy_pass http://@O0@; }
        location /shown { auth_key partners; proxy_pass http://@O0@; }
        location /limited { limit_count zone=plans; proxy_pass http://@O0@; }
        location /any { satisfy any; auth_basic staff; auth_basic_user_file users; proxy_pass http://@O0@; }
        location /both { auth_basic staff; auth_basic_user_file users; proxy_pass http://@O0@; }
        location /net { satisfy any; allow 127.0.0.9; deny all; proxy_pass http://@O0@; }
        location /strict { validate query=query.json; proxy_pass http://@O0@; }
        location /by-key { limit_count zone=by_key; proxy_pass http://@O0@; }
        location /index { try_files /none @next; }
        location @next { proxy_pass http://@O0@; }
        location /page { error_page 404 = @next; return 404; }
    }
    """
    OPTIONS = {"main": "worker_processes 2;",
               "files": {"users": "ann:{PLAIN}secret\nbob:{PLAIN}secret\n",
                         "query.json": '{"type": "object", "properties": {"x": {}}, "additionalProperties": false}'}}

    def ask(self, target, *fields, **options):
        return request(self.port, "GET", target, list(fields), **options)

    def test_s20_no_key_is_401_with_json_and_a_challenge_before_any_upstream(self):
        before = self.origin.request_count
        refused = self.ask("/api")
        self.assertStatus(refused, 401)
        self.assertEqual(refused.json(), {"error": "Unauthorized"})
        self.assertEqual(refused.get("WWW-Authenticate"), 'Key realm="partners"')
        for key in ("acme-kez", "ACME-KEY", digest("acme-key"), "acme-key x"):
            with self.subTest(key):
                self.assertStatus(self.ask("/api", ("X-API-Key", key)), 401)
        self.assertStatus(self.ask("/api", ("X-API-Key", "acme-key"), ("X-API-Key", "tiny-key")), 401)
        self.assertEqual(self.origin.request_count, before)

    def test_s27_a_key_in_a_field_an_argument_or_a_cookie(self):
        quoted = urllib.parse.quote("acme key+2&", safe="")
        for target, fields in (("/f", [("X-API-Key", "acme-key")]), ("/q?apikey=acme-key", []),
                               ("/q?a=1&apikey=" + quoted, []), ("/c", [("Cookie", "a=b; key=acme-key; c=d")])):
            with self.subTest(target):
                self.assertStatus(self.ask(target, *fields), 200)
                self.assertEqual(self.origin.last.get("X-Consumer"), "acme")

    def test_s27_by_the_standard_library_client(self):
        """An independent client, as users write it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/lib?" + urllib.parse.urlencode({"apikey": "tiny-key"}))
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_hidden_from_the_service_and_the_log(self):
        self.assertStatus(self.ask("/a%2Fb?x=1&apikey=acme-key&y=2", ("Cookie", "s=1; key=tiny")), 401)
        self.assertStatus(self.ask("/a%2Fb?x=1&apikey=acme-key&y=2", ("Cookie", "s=1")), 200)
        self.assertEqual(self.origin.last.target, "/a%2Fb?x=1&y=2")
        self.assertStatus(self.ask("/rest/b?apikey=acme-key"), 200)
        self.assertEqual(self.origin.last.target, "/other/b")
        self.assertStatus(self.ask("/h", ("X-API-Key", "acme-key"), ("Cookie", "s=1")), 200)
        self.assertIsNone(self.origin.last.get("X-API-Key"))
        self.assertEqual(self.origin.last.get("Cookie"), "s=1")
        self.assertStatus(self.ask("/h", ("Cookie", "s=1; key=acme-key; t=2")), 200)
        self.assertEqual(self.origin.last.get("Cookie"), "s=1; t=2")
        self.gw.wait_log(r"/h\|200\|acme\|gold\|partners,ops\|GET /h HTTP", name="who.log")
        self.gw.wait_log(r"/rest/b\|200\|acme\|gold\|partners,ops\|GET /rest/b HTTP", name="who.log")
        self.assertStatus(self.ask("/shown?x=1", ("X-API-Key", "acme-key")), 200)
        self.assertEqual(self.origin.last.get("X-API-Key"), "acme-key")

    def test_escaped_names_are_hidden_too(self):
        for name in ("ap%69key", "%61pikey", "APIKEY", "%41%50%49%4b%45%59"):
            self.assertStatus(self.ask("/escaped?x=1&%s=acme-key" % name), 200)
            self.assertEqual(self.origin.last.target, "/escaped?x=1")
            self.assertStatus(self.ask("/escaped?%s=other-key&apikey=acme-key" % name), 401)  # which one would count?
        self.assertStatus(self.ask("/escaped?x%=1&apikey%=2&apikey%2=3&xapikey=4", ("X-API-Key", "acme-key")), 200)
        self.assertEqual(self.origin.last.target, "/escaped?x%=1&apikey%=2&apikey%2=3&xapikey=4")
        self.assertNotIn("other-key", self.gw.read("who.log") + self.gw.error_log())

    def test_a_key_that_is_refused_is_in_no_log(self):
        for query in ("apikey=one-that-was-withdrawn", "apikey=acme-key&apikey=one-that-was-withdrawn"):
            self.assertStatus(self.ask("/withdrawn?x=1&" + query), 401)
        self.gw.wait_log(r"the API key belongs to no consumer.*GET /withdrawn\?x=1&apikey=\*\*\*[^ ]* HTTP")
        self.gw.wait_log(r"/withdrawn\|401\|.*GET /withdrawn\?x=1&apikey=\*\*\*[^ ]* HTTP", name="who.log")
        for log in (self.gw.error_log(), self.gw.read("who.log")):
            self.assertNotIn("one-that-was-withdrawn", log)

    def test_hidden_also_when_another_check_let_it_pass(self):
        self.assertStatus(self.ask("/net?apikey=acme-key", source="127.0.0.9"), 200)
        self.assertEqual(self.origin.last.target, "/net")

    def test_hidden_before_the_query_is_judged_and_behind_limits_by_key(self):
        self.assertStatus(self.ask("/strict?x=1&apikey=acme-key"), 200)
        self.assertStatus(self.ask("/strict?y=1&apikey=acme-key"), 400)
        statuses = [self.ask("/by-key", ("X-API-Key", "tiny-key")).status for _ in range(4)]
        self.assertEqual(statuses, [200, 200, 429, 429])

    def test_s25_the_identity_is_the_gateways(self):
        self.assertStatus(self.ask("/id", ("X-API-Key", "tiny-key"), ("X-Consumer", "acme")), 200)
        self.assertEqual(self.origin.last.all("X-Consumer"), ["tiny"])
        self.assertStatus(self.ask("/login", ("X-Consumer", "acme")), 200)
        self.assertIsNone(self.origin.last.get("X-Consumer"))

    def test_s28_groups_decide_what_may_be_reached(self):
        self.assertStatus(self.ask("/ops", ("X-API-Key", "acme-key")), 200)
        self.assertStatus(self.ask("/ops", ("X-API-Key", "tiny-key")), 403)
        self.assertStatus(self.ask("/ops"), 401)

    def test_t06_login_is_open_where_it_says_so(self):
        self.assertStatus(self.ask("/login"), 200)

    def test_s64_each_consumer_has_the_limit_of_its_plan(self):
        for key, passes in (("count-key", 10), ("tiny-key", 2)):
            with self.subTest(key):
                statuses = [self.ask("/limited", ("X-API-Key", key)).status for _ in range(passes + 2)]
                self.assertEqual(statuses, [200] * passes + [429] * 2)
        self.assertStatus(self.ask("/limited", ("X-API-Key", "nobody")), 401)

    def test_satisfy(self):
        ann = ("Authorization", "Basic " + base64.b64encode(b"ann:secret").decode())
        bob = ("Authorization", "Basic " + base64.b64encode(b"bob:secret").decode())
        key = ("X-API-Key", "tiny-key")
        refused = self.ask("/any")
        self.assertStatus(refused, 401)
        self.assertEqual(refused.all("WWW-Authenticate"), ['Key realm="partners"', 'Basic realm="staff"'])
        for fields, consumer in (([ann], "acme"), ([bob], None), ([key], "tiny"), ([key, ann], "tiny")):
            with self.subTest(fields):
                self.assertStatus(self.ask("/any", *fields), 200)
                self.assertEqual(self.origin.last.get("X-Consumer"), consumer)
        self.assertStatus(self.ask("/both", ann), 401)
        self.assertStatus(self.ask("/both", key), 401)
        self.assertStatus(self.ask("/both", key, ann), 200)

    def test_internal_redirects_find_the_key_hidden_and_pass(self):
        for target in ("/index", "/page"):
            with self.subTest(target):
                self.assertStatus(self.ask(target, ("X-API-Key", "acme-key")), 200)
                self.assertEqual(self.origin.last.get("X-Consumer"), "acme")
                self.assertIsNone(self.origin.last.get("X-API-Key"))

    def test_odd_requests(self):
        for target, fields in (("/?apikey=%00", []), ("/?apikey=%zz", []), ("/?" + "apikey=&" * 500, []),
                               ("/", [("X-API-Key", "x" * 6000)]), ("/", [("Cookie", ";;=;key;key==;" * 100)])):
            with self.subTest(target[:20]):
                self.assertStatus(self.ask(target, *fields), 401)


@beyond_nginx
class Reload(WireTest):
    def test_keys_come_and_go_with_a_reload(self):
        config = "consumer a { %s } server { listen @P0@; auth_key x; location / { proxy_pass http://@O@; } }"
        gw = self.start(config % ("key %s;" % digest("old")))
        ask = lambda key: request(gw.ports[0], "GET", "/", [("X-API-Key", key)]).status
        self.assertEqual((ask("old"), ask("new")), (200, 401))
        gw.reload(config % ("key %s; key %s;" % (digest("old"), digest("new"))))
        self.assertEqual((ask("old"), ask("new")), (200, 200))
        gw.reload(config % ("key %s;" % digest("new")))
        self.assertEqual((ask("old"), ask("new")), (401, 200))


if __name__ == "__main__":
    main()
