"""The access log and the error log: formats, conditions, levels, reopening, and what a peer cannot write into them."""
import gzip
import json
import os
import re
import signal
import socket

from harness import Conn, WireTest, beyond_nginx, get, main, request, wait_for


class AccessLog(WireTest):
    HTTP = """
    log_format short "$remote_addr $request_method $uri $status $body_bytes_sent";
    log_format upstreams '$uri "$upstream_addr" "$upstream_status" $upstream_response_time $upstream_header_time '
                         '$upstream_connect_time $upstream_response_length $request_time';
    log_format js escape=json '{"uri":"$uri","agent":"$http_user_agent","request":"$request","none":"$http_none"}';
    log_format raw escape=none '$http_user_agent';
    log_format def escape=default '$http_user_agent';
    log_format sizes '$uri $request_length $bytes_sent $body_bytes_sent $connection_requests $pipe';
    log_format ids '$connection $request_id $msec $time_iso8601 $pid $hostname $server_port $server_protocol';
    upstream pool { server @O@; }
    server {
        listen @P0@;
        location / { access_log main.log; proxy_pass http://pool; }
        location /short/ { access_log short.log short; proxy_pass http://pool; }
        location /combined/ { access_log combined.log combined; return 200 hello; }
        location /up/ { access_log up.log upstreams; proxy_pass http://pool; }
        location /dead/ { access_log up.log upstreams; proxy_pass http://@DEAD@; }
        location /js/ { access_log js.log js; return 200; }
        location /esc/ { access_log raw.log raw; access_log def.log def; return 200; }
        location /if/ { access_log if.log short if=$arg_log; return 200; }
        location /two/ { access_log a.log short; access_log b.log short; return 200; }
        location /named/ { root @DIR@; access_log named_$arg_name.log short; return 200; }
        location /rootless/ { root @DIR@/not-there; access_log rootless_$arg_name.log short; return 200; }
        location /off/ { access_log off; return 200; }
        location /sizes/ { access_log sizes.log sizes; return 200 0123456789; }
        location /ids/ { access_log ids.log ids; return 200; }
        location /inherit/ { return 200; }
        access_log server.log short;
    }
    """

    def line(self, name, pattern="."):
        return self.gw.wait_log("^.*" + pattern + ".*$", name=name)[0]

    def test_combined_is_the_default(self):
        self.get("/x/combined?q=1", [("Referer", "http://ref/"), ("User-Agent", "agent/1")])
        self.assertRegex(self.line("main.log", "/x/combined"),
                         r'^127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] '
                         r'"GET /x/combined\?q=1 HTTP/1\.1" 200 \d+ "http://ref/" "agent/1"$')
        self.get("/combined/")
        self.assertRegex(self.line("combined.log"), r'"GET /combined/ HTTP/1\.1" 200 5 "-" "-"$')

    def test_a_file_that_the_request_names(self):
        self.get("/named/x?name=one")
        self.get("/named/y?name=two")
        self.assertRegex(self.line("named_one.log"), "/named/x 200")
        self.assertRegex(self.line("named_two.log"), "/named/y 200")
        self.get("/rootless/x?name=one")
        self.get("/named/x?name=/../../up")
        self.gw.wait_log("path of an access log")
        self.assertFalse(os.path.exists(self.gw.path("rootless_one.log")))

    def test_own_formats(self):
        self.get("/short/b/10")
        self.assertEqual(self.line("short.log", "/b/10"), "127.0.0.1 GET /short/b/10 200 10")
        self.get("/short/status/404")
        self.assertRegex(self.line("short.log", "404"), r"^127.0.0.1 GET /short/status/404 404 \d+$")

    def test_upstream_variables(self):
        self.get("/up/b/10")
        fields = self.line("up.log", "/up/").split()
        self.assertEqual(fields[:3], ["/up/b/10", '"%s"' % self.origin.address, '"200"'])
        for value in fields[3:6] + fields[7:8]:
            self.assertRegex(value, r"^\d+\.\d{3}$")
        self.assertEqual(fields[6], "10")
        self.get("/dead/")
        fields = self.line("up.log", "/dead/").split()
        self.assertEqual(fields[1:3], ['"%s"' % self.gw.dead.address, '"502"'])

    def test_escape_json(self):
        self.get("/js/%22x", [("User-Agent", 'quo"te back\\slash\ttab \xe4')])
        data = json.loads(self.line("js.log", "quo").encode("latin-1").decode("utf-8", "replace"))
        self.assertEqual(data["uri"], '/js/"x')
        self.assertIn('quo"te back\\slash\ttab', data["agent"])
        self.assertEqual(data["none"], "")

    def test_escape_default_and_none(self):
        self.get("/esc/", [("User-Agent", 'a"b\\c\xe4')])
        self.assertEqual(self.line("def.log"), r"a\x22b\x5Cc\xE4")
        self.assertEqual(self.line("raw.log"), 'a"b\\c\xe4')

    def test_if(self):
        for query in ("", "?log=0", "?log=1"):
            self.get("/if/x" + query)
        self.assertEqual(self.line("if.log"), "127.0.0.1 GET /if/x 200 0")
        self.get("/if/last?log=yes")
        self.line("if.log", "last")
        self.assertEqual(len(self.gw.access_log("if.log")), 2)

    def test_several_logs(self):
        self.get("/two/x")
        self.assertEqual(self.line("a.log"), self.line("b.log"))

    def test_inheritance_and_off(self):
        self.get("/off/x")
        self.get("/inherit/x")
        self.assertEqual(self.line("server.log", "/inherit/"), "127.0.0.1 GET /inherit/x 200 0")
        self.assertNotIn("/off/", self.gw.read("server.log") + self.gw.read("access.log"))

    def test_sizes(self):
        with Conn(self.port) as conn:
            conn.get("/sizes/x")
            answer = conn.ask(b"POST /sizes/y HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        fields = self.line("sizes.log", "/sizes/y").split()
        head = len(b"POST /sizes/y HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n")
        self.assertIn(fields[1], (str(head), str(head + 3)))  # nginx does not count a body that nobody wanted
        self.assertEqual(fields[2], str(len(answer.raw_head) + 10))
        self.assertEqual(fields[3:5], ["10", "2"])

    def test_identities(self):
        self.get("/ids/")
        self.assertRegex(self.line("ids.log"), r"^\d+ [0-9a-f]{32} \d+\.\d{3} "
                         r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d \d+ \S+ %d HTTP/1\.1$" % self.port)

    def test_bad_requests_are_logged(self):
        self.ask(b"GET /x HTTP/1.1\r\n\r\n")
        wait_for(lambda: re.search(r" 400 ", self.gw.read("server.log") + self.gw.read("access.log")), 5)

    def test_order_of_requests_on_a_connection(self):
        with Conn(self.port) as conn:
            conn.send(b"".join(b"GET /short/o%d HTTP/1.1\r\nHost: h\r\n\r\n" % i for i in range(10)))
            for _ in range(10):
                conn.read()
        self.line("short.log", "/short/o9")
        seen = re.findall(r"/short/o(\d)", self.gw.read("short.log"))
        self.assertEqual(seen, [str(i) for i in range(10)])

    def test_nobody_forges_a_line(self):
        self.get("/short/a%0a127.0.0.9%20GET%20/forged%20200%201", [("User-Agent", "x")])
        self.line("short.log", "forged")
        for line in self.gw.access_log("short.log"):
            self.assertTrue(line.startswith("127.0.0.1 "), line)


class Reopen(WireTest):
    ORIGINS = 0
    HTTP = "server { listen @P0@; access_log one.log; location / { return 200; } }"
    OPTIONS = {"main": "worker_processes 2;"}

    def test_usr1(self):
        self.get("/before")
        self.gw.wait_log("/before", name="one.log")
        for name in ("one.log", "error.log"):
            os.rename(self.gw.path(name), self.gw.path(name + ".1"))
        self.gw.signal(signal.SIGUSR1)
        wait_for(lambda: os.path.exists(self.gw.path("one.log")) and os.path.exists(self.gw.path("error.log")), 5)
        # A worker may still hold the old file for a moment: ask until every new line lands in the new one.
        wait_for(lambda: self.get("/after") and "/after" in self.gw.read("one.log"), 5)
        self.get("/last")
        self.gw.wait_log("/last", name="one.log")
        self.assertIn("/before", self.gw.read("one.log.1"))
        self.assertNotIn("/before", self.gw.read("one.log"))


class ErrorLog(WireTest):
    HTTP = """
    server {
        listen @P0@;
        location / { proxy_pass http://@DEAD@; }
        location /own/ { error_log own.log error; proxy_pass http://@DEAD@; }
        location /two/ { error_log first.log error; error_log second.log error; proxy_pass http://@DEAD@; }
        location /quiet/ { error_log quiet.log crit; proxy_pass http://@DEAD@; }
        location /missing/ { root @DIR@; }
        location /nolog/ { log_not_found off; root @DIR@; }
    }
    """

    def test_the_form_of_a_line(self):
        self.get("/x?q", host="shop.example")
        self.gw.wait_log(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ .*client: 127\.0\.0\.1, "
                         r"server: .*, request: \"GET /x\?q HTTP/1\.1\", "
                         r"upstream: \"http://127\.0\.0\.1:\d+/x\?q\", host: \"shop\.example\"")

    def test_levels_and_places(self):
        for path in ("/own/x", "/two/x", "/quiet/x"):
            self.get(path)
        for name in ("own.log", "first.log", "second.log"):
            self.gw.wait_log(r"\[error\].*refused", name=name)
        self.assertEqual(self.gw.read("quiet.log"), "")
        self.assertNotIn("/own/x", self.gw.error_log())

    def test_missing_files(self):
        self.get("/missing/file")
        self.gw.wait_log(r"\[error\].*/missing/file")
        self.get("/nolog/file")
        self.get("/missing/last")
        self.gw.wait_log(r"/missing/last")
        self.assertNotIn("/nolog/file", self.gw.error_log())

    def test_nobody_forges_a_line(self):
        self.gw.allowed.append("forged")
        request(self.port, "GET", "/%0a2020/01/01%2000:00:00%20[alert]%201#1:%20forged")
        self.gw.wait_log("forged")
        for line in self.gw.error_log().splitlines():
            self.assertFalse(line.startswith("2020/01/01"), line)

    @beyond_nginx
    def test_control_bytes_of_an_origin_are_escaped(self):
        gw = self.start("server { listen @P0@; location / { proxy_pass http://@O@; } }")
        self.origin.script("/raw", b"HTTP/1.1 200 OK\r\nBad\x1b[31m\x07name: x\r\n\r\n")
        self.assertEqual(get(gw.ports[0], "/raw").status, 502)
        gw.wait_log(r"\[error\]")
        self.assertNotRegex(gw.error_log(), r"[\x00-\x08\x0b-\x1f]")


class Buffers(WireTest):
    ORIGINS = 0
    OPTIONS = {"main": "worker_processes 1;"}
    HTTP = """
    log_format u $uri;
    server {
        listen @P0@;
        location / { return 200; }
        location /held/ { access_log held.log u buffer=64k; return 200; }
        location /timed/ { access_log timed.log u buffer=64k flush=100ms; return 200; }
        location /packed/ { access_log packed.log u gzip=9 buffer=64k flush=100ms; return 200; }
        location /named/ { root @DIR@; open_log_file_cache max=2 inactive=10s min_uses=1 valid=1m;
            access_log named_$arg_n.log u; return 200; }
    }
    """

    def test_flush_and_gzip(self):
        for path in ("/timed/a", "/packed/a"):
            self.get(path)
        self.gw.wait_log("^/timed/a$", name="timed.log")
        name = self.gw.path("packed.log")
        wait_for(lambda: os.path.getsize(name) > 0, 5)
        self.get("/packed/b")
        wait_for(lambda: open(name, "rb").read().count(b"\x1f\x8b\x08") == 2, 5)
        with gzip.open(name, "rt") as packed:
            self.assertEqual(packed.read(), "/packed/a\n/packed/b\n")

    def test_reopen_and_the_end_write_what_is_held(self):
        gw = self.start(self.HTTP)
        get(gw.ports[0], "/held/1")
        get(gw.ports[0], "/timed/1")
        gw.wait_log("^/timed/1$", name="timed.log")
        self.assertEqual(gw.read("held.log"), "")
        os.rename(gw.path("held.log"), gw.path("old.log"))
        gw.signal(signal.SIGUSR1)
        gw.wait_log("^/held/1$", name="old.log")
        wait_for(lambda: os.path.exists(gw.path("held.log")), 5)
        get(gw.ports[0], "/held/2")
        gw.signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        self.assertEqual(gw.read("held.log"), "/held/2\n")

    def test_files_that_stay_open(self):
        self.get("/named/1?n=x")
        self.gw.wait_log("^/named/1$", name="named_x.log")
        os.rename(self.gw.path("named_x.log"), self.gw.path("moved.log"))
        self.get("/named/2?n=x")
        self.gw.wait_log("^/named/2$", name="moved.log")
        self.assertFalse(os.path.exists(self.gw.path("named_x.log")))


class Syslog(WireTest):
    ORIGINS = 0
    FORM = r"^<%d>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d %s%s: %s$"

    def setUp(self):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind(("127.0.0.1", 0))
        self.server.settimeout(5)
        self.gw = self.start("""
        log_format u $uri;
        server {
            listen @P0@;
            location / { access_log syslog:server=%(at)s u; return 200; }
            location /own { access_log syslog:server=%(at)s,tag=gate,facility=user,severity=alert,nohostname u;
                return 200; }
            location /if { access_log syslog:server=%(at)s u if=$arg_log; return 200; }
            location /error { error_log syslog:server=%(at)s,severity=debug; access_log off; root @DIR@; }
            location /unix { access_log syslog:server=unix:@DIR@/log.sock,nohostname u; return 200; }
        }
        """ % {"at": "127.0.0.1:%d" % self.server.getsockname()[1]})
        self.gw.allowed.append("to syslog server")

    def tearDown(self):
        self.server.close()

    def take(self, server=None):
        return (server or self.server).recv(8192).decode()

    def test_access_log(self):
        get(self.gw.ports[0], "/x")
        self.assertRegex(self.take(), self.FORM % (190, re.escape(socket.gethostname().lower()) + " ", "nginx", "/x"))
        get(self.gw.ports[0], "/own")
        self.assertRegex(self.take(), self.FORM % (9, "", "gate", "/own"))
        for path in ("/if?log=0", "/if", "/if?log=1"):
            get(self.gw.ports[0], path)
        self.assertRegex(self.take(), "/if$")
        get(self.gw.ports[0], "/last")
        self.assertRegex(self.take(), "/last$")

    def test_error_log_has_the_severity_of_the_line(self):
        get(self.gw.ports[0], "/error/none")
        self.assertRegex(self.take(), r"^<187>.* nginx: \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] .*none")

    def test_a_server_that_is_away(self):
        self.assertStatus(get(self.gw.ports[0], "/unix"), 200)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(self.gw.path("log.sock"))
            os.chmod(self.gw.path("log.sock"), 0o777)
            server.settimeout(5)
            get(self.gw.ports[0], "/unix/back")
            self.assertRegex(self.take(server), "nginx: /unix/back$")


class MemoryLog(WireTest):
    ORIGINS = 0
    HTTP = "server { listen @P0@; error_log memory:64k debug; location / { root @DIR@; } }"

    @beyond_nginx
    def test_s_log_prints_it(self):
        self.get("/not/there")
        code, text = self.gw.tool("-s", "log")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"\[error\].*/not/there")


if __name__ == "__main__":
    main()
