"""`keyval_zone` and `keyval`: values from a state file, by whole key, prefix or address; and from a real Redis server."""
import time

from harness import Conn, WireTest, beyond_nginx, get, main, not_slow, wait_for
from redis_server import Liar, Redis


@beyond_nginx
class StateFile(WireTest):
    ORIGINS = 0
    HTTP = """
    keyval $arg_k $text zone=text;
    keyval $arg_k $net zone=net;
    keyval $arg_k $prefix zone=prefix;
    keyval_zone zone=text:1m state=text.json;
    keyval_zone zone=net:1m type=ip state=net.json;
    keyval_zone zone=prefix:1m type=prefix state=prefix.json;
    keyval_zone zone=none:1m state=none.json;
    keyval $arg_k $none zone=none;
    keyval_zone zone=short:1m state=text.json timeout=300ms;
    keyval $arg_k $short zone=short;
    map $text $of_text { "" nothing; default "mapped $text"; }
    server {
        listen @P0@;
        location = /short { return 200 "[$short]"; }
        location / { if ($text = stop) { return 403; } return 200 "$text|$net|$prefix|$none|$of_text"; }
    }
    """
    OPTIONS = {"files": {"text.json": '{"a": "one", "b": "stop", "": "empty", "\\u00e4": "umlaut"}',
                         "net.json": '{"10.0.0.0/8": "net", "10.1.2.3": "host"}',
                         "prefix.json": '{"/a": "short", "/a/b": "long"}'}}

    def ask(self, key):
        return get(self.port, "/?k=" + key)

    def test_whole_keys(self):
        self.assertEqual(self.ask("a").text, "one||||mapped one")
        self.assertEqual(self.ask("x").text, "||||nothing")
        self.assertEqual(self.ask("").text, "empty||||mapped empty")

    def test_in_conditions(self):
        self.assertEqual(self.ask("b").status, 403)

    def test_networks(self):
        self.assertEqual(self.ask("10.1.2.3").text, "|host|||nothing")
        self.assertEqual(self.ask("10.9.9.9").text, "|net|||nothing")

    def test_prefixes(self):
        self.assertEqual(self.ask("/a/c").text, "||short||nothing")
        self.assertEqual(self.ask("/a/bc").text, "||long||nothing")

    def test_reload_reads_the_file_anew(self):
        gw = self.start("""keyval_zone zone=z:1m state=z.json; keyval $arg_k $v zone=z;
                           server { listen @P0@; return 200 "[$v]"; }""", files={"z.json": '{"a": "1"}'})
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[1]")
        gw.write("z.json", '{"a": "2"}')
        gw.reload()
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[2]")

    @not_slow
    def test_entries_go_after_their_time(self):
        self.assertEqual(wait_for(lambda: get(self.port, "/short?k=a").text == "[]"), True)


@beyond_nginx
class InStore(WireTest):
    CONFIG = """
    store shared { url %s; timeout 200ms; reconnect 20ms max=50ms; on_error %s; }
    keyval_zone zone=names:1m store=shared fresh=%s;
    keyval $arg_k $name zone=names;
    keyval $arg_j $other zone=names;
    server {
        listen @P0@;
        gateway_reason_header $arg_reason;
        if ($name = stop) { return 403; }
        location / { return 200 "[$name][$other]"; }
    }
    """

    def setUp(self):
        super().setUp()
        self.redis = Redis()
        self.addCleanup(self.redis.stop)

    def gateway(self, on_error="local", fresh="0", url=None, **options):
        return self.start(self.CONFIG % (url or self.redis.url, on_error, fresh), **options)

    def test_values_come_from_the_store(self):
        gw = self.gateway()
        self.redis.ask("SET", "keyval:names:a", "one")
        self.redis.ask("SET", "keyval:names:b", "stop")
        self.redis.ask("SET", "keyval:names:raw", b"\x00\r\n")
        self.assertEqual(get(gw.ports[0], "/?k=a&j=x").text, "[one][]")
        self.assertEqual(get(gw.ports[0], "/?k=b").status, 403)
        self.assertEqual(get(gw.ports[0], "/?j=a").text, "[][one]")
        self.assertEqual(get(gw.ports[0], "/?k=raw").body, b"[\x00\r\n][]")
        self.redis.ask("SET", "keyval:names:a", "two")
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[two][]")
        self.redis.ask("DEL", "keyval:names:a")
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[][]")

    def test_copies_are_used_while_fresh(self):
        gw = self.gateway(fresh="1h")
        self.redis.ask("SET", "keyval:names:a", "one")
        for _ in range(5):
            self.assertEqual(get(gw.ports[0], "/?k=a").text, "[one][]")
        self.redis.ask("SET", "keyval:names:a", "two")
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[one][]")
        self.assertIn("cmdstat_get:calls=1,", self.redis.ask("INFO", "commandstats").decode())

    def test_what_is_known_stays_without_the_store(self):
        gw = self.gateway()
        self.redis.ask("SET", "keyval:names:a", "one")
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[one][]")
        self.redis.kill()
        self.assertEqual(get(gw.ports[0], "/?k=a").text, "[one][]")
        self.assertEqual(get(gw.ports[0], "/?k=z").text, "[][]")
        self.redis.start()
        self.redis.ask("SET", "keyval:names:a", "new")
        wait_for(lambda: get(gw.ports[0], "/?k=a").text == "[new][]")

    def test_deny(self):
        gw = self.gateway("deny")
        self.assertEqual(get(gw.ports[0], "/?k=a").status, 200)
        self.redis.pause()
        self.assertEqual(get(gw.ports[0], "/?k=a").status, 503)
        answer = get(gw.ports[0], "/?k=a&reason=1")
        self.assertEqual((answer.status, answer.get("Retry-After")), (503, "1"))
        self.assertRegex(answer.get("X-Gateway-Reason"), r"^keyval at \S+:\d+: without store shared$")
        self.redis.go_on()
        wait_for(lambda: get(gw.ports[0], "/?k=a").status == 200)

    def test_clients_that_leave(self):
        gw = self.gateway()
        self.assertEqual(get(gw.ports[0], "/?k=a").status, 200)
        self.redis.pause()
        for _ in range(5):
            with Conn(gw.ports[0]) as conn:
                conn.send("GET /?k=a&j=b HTTP/1.1\r\nHost: h\r\n\r\n")
                time.sleep(0.01)
                conn.reset()
        self.redis.go_on()
        wait_for(lambda: get(gw.ports[0], "/?k=a").status == 200)

    USES = """
    store shared { url %s; timeout 200ms; reconnect 20ms max=50ms; on_error deny; }
    keyval_zone zone=names:1m store=shared fresh=0;
    keyval $arg_k $name zone=names;
    keyval $arg_k $unused zone=names;
    keyval $arg_j $in_log zone=names;
    map $name $of_name { "" none; default "m $name"; }
    map $arg_none $in_value { default "v $of_name"; }
    log_format told "$request_uri [$in_log]";
    access_log told.log told;
    limit_req_zone $of_name zone=by:1m rate=1000r/s;
    upstream ring { hash $name; server @O@; }
    server {
        listen @P0@;
        location / { return 200 plain; }
        location /map { return 200 "$in_value"; }
        location /if { if ($name = one) { return 200 yes; } return 200 no; }
        location /in_if { if ($arg_k) { return 200 "[$name]"; } return 200 no; }
        location /expr { auth_require ($name != "two"); return 204; }
        location /limit { limit_req zone=by; return 200 limit; }
        location /ring { proxy_pass http://ring; }
        location /set { set $x "${name}!"; return 200 $x; }
        location /outer { add_header X-Name $name; location /outer/in { return 200 in; } }
        location /jump { error_page 404 @named; return 404; }
        location @named { return 200 "[$name]"; }
    }
    server {
        listen @P1@;
        if ($name = stop) { return 403; }
        location / { return 200 plain; }
    }
    server {
        listen @P2@;
        route GET /:id when ($name == "one") { return 200 route; }
        location / { return 200 plain; }
    }
    server { listen @P3@; return 200 plain; }
    """

    def test_only_who_uses_a_value_asks_for_it(self):
        gw = self.start(self.USES % self.redis.url)
        self.redis.ask("SET", "keyval:names:one", "one")
        self.assertEqual(get(gw.ports[0], "/?k=one").text, "plain")
        self.assertEqual(get(gw.ports[3], "/?k=one").text, "plain")
        self.assertNotIn("cmdstat_get", self.redis.ask("INFO", "commandstats").decode())
        for path, text in (("/map", "v m one"), ("/if", "yes"), ("/in_if", "[one]"), ("/limit", "limit"),
                           ("/set", "one!"), ("/outer/in", "in"), ("/jump", "[one]")):
            with self.subTest(path):
                self.assertEqual(get(gw.ports[0], path + "?k=one").text, text)
        self.assertEqual(get(gw.ports[0], "/outer/in?k=one").get("X-Name"), "one")
        self.assertEqual(get(gw.ports[2], "/x?k=one").text, "route")
        self.assertIn("cmdstat_get:calls=9,", self.redis.ask("INFO", "commandstats").decode())

    def test_only_who_uses_a_value_is_refused(self):
        gw = self.start(self.USES % self.redis.url)
        self.redis.ask("LPUSH", "keyval:names:bad", "no text")
        for port, path, status in ((0, "/", 200), (3, "/", 200), (1, "/", 503), (2, "/x", 503), (0, "/map", 503),
                                   (0, "/if", 503), (0, "/in_if", 503), (0, "/expr", 503), (0, "/limit", 503),
                                   (0, "/ring", 503), (0, "/set", 503), (0, "/outer/in", 503), (0, "/jump", 503)):
            with self.subTest(port=port, path=path):
                self.assertEqual(get(gw.ports[port], path + "?k=bad").status, status)

    def test_a_value_of_the_log_alone_refuses_nobody(self):
        gw = self.start(self.USES % self.redis.url)
        self.redis.ask("SET", "keyval:names:one", "one")
        self.redis.ask("LPUSH", "keyval:names:bad", "no text")
        self.assertEqual(get(gw.ports[0], "/?j=bad").status, 200)
        self.assertEqual(get(gw.ports[0], "/?j=one").status, 200)
        gw.wait_log(r"^/\?j=bad \[-?\]$", name="told.log")
        gw.wait_log(r"^/\?j=one \[one\]$", name="told.log")
        self.redis.pause()
        self.assertEqual(get(gw.ports[0], "/?j=one").status, 200)
        self.redis.go_on()

    def test_impostors(self):
        for answer in (b":1\r\n", b"*1\r\n$1\r\na\r\n", b"+OK\r\n", b"$99999999999\r\n", b"-WRONGTYPE x\r\n", None, False):
            with self.subTest(answer):
                liar = Liar(lambda words, answer=answer: answer)
                self.addCleanup(liar.stop)
                gw = self.gateway(url=liar.url)
                self.assertEqual(get(gw.ports[0], "/?k=a").text, "[][]")


if __name__ == "__main__":
    main()
