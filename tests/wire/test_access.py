"""Who may pass: allow and deny, auth_basic, auth_request, satisfy, realip, with real services behind them."""
import base64
import hashlib
import socket
import time

from harness import Conn, WireTest, chunk, get, in_parallel, main, not_slow, request, wait_for


def basic(user, password):
    return [("Authorization", "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode())]


class AuthRequest(WireTest):
    ORIGINS = 2  # the service, and who decides
    HTTP = """
    server {
        listen @P0@;
        location / { auth_request /auth; proxy_pass http://@O0@; }
        location /set {
            auth_request /auth;
            auth_request_set $who $upstream_http_x_who;
            proxy_set_header X-Who $who;
            proxy_pass http://@O0@;
        }
        location /hangs { auth_request /auth-hangs; proxy_pass http://@O0@; }
        location /endless { auth_request /auth-endless; proxy_pass http://@O0@; }
        location /dead { auth_request /auth-dead; proxy_pass http://@O0@; }
        location /any { satisfy any; deny all; auth_request /auth; proxy_pass http://@O0@; }
        location /paged { auth_request /auth; error_page 401 = @login; proxy_pass http://@O0@; }
        location @login { return 302 /login; }
        location = /auth {
            internal;
            proxy_pass http://@O1@/decide;
            proxy_set_header X-Original "$request_method $request_uri";
        }
        location = /auth-hangs { proxy_pass http://@O1@/hang; }
        location = /auth-endless { proxy_pass http://@O1@/endless; }
        location = /auth-dead { proxy_pass http://@DEAD@; }
    }
    """

    def setUp(self):
        super().setUp()
        self.decides = self.origins[1]
        self.decide("200 OK")

    def decide(self, status, fields=(), body=b"ignored"):
        def answer(link, asked):
            link.read_body(asked)
            link.answer(body, status, fields, length=not status.startswith("204"))
            return True
        self.decides.script("/decide", answer)

    def test_the_question_has_the_fields_but_no_body(self):
        answer = request(self.port, "POST", "/x?y=1", [("X-Mine", "1")], b"the body")
        self.assertStatus(answer, 200)
        asked, served = self.decides.last, self.origin.last
        self.assertEqual((asked.method, asked.target, asked.body), ("GET", "/decide", b""))
        self.assertEqual(asked.get("X-Original"), "POST /x?y=1")
        self.assertEqual(asked.get("X-Mine"), "1")
        self.assertIsNone(asked.get("Content-Length"))
        self.assertIsNone(asked.get("Transfer-Encoding"))
        self.assertEqual((served.method, served.target, served.body), ("POST", "/x?y=1", b"the body"))
        self.assertNotIn(b"ignored", answer.body)

    def test_bodies_wait_for_the_answer(self):
        body = bytes(range(256)) * 2000
        self.assertEqual(request(self.port, "POST", "/", (), body).status, 200)
        self.assertEqual(self.origin.last.body, body)
        with Conn(self.port) as conn:
            conn.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            conn.send(chunk(b"one", b"two" * 5000, b"three"))
            self.assertEqual(conn.read("POST").status, 200)
            self.assertEqual(self.origin.last.body, b"one" + b"two" * 5000 + b"three")
            self.assertEqual(conn.get("/again").status, 200)

    def test_a_refused_body_does_not_become_a_request(self):
        self.decide("403 Forbidden")
        with Conn(self.port) as conn:
            conn.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\nxxxx")
            self.assertEqual(conn.read("POST").status, 403)
        self.assertEqual(self.origin.request_count, 0)

    def test_one_connection_many_answers(self):
        with Conn(self.port) as conn:
            for status, fields, wanted in (("200 OK", (), 200), ("401 No", [("WWW-Authenticate", "Bearer x")], 401),
                                           ("204 No Content", (), 200), ("403 Forbidden", (), 403),
                                           ("500 Oops", (), 500), ("302 Found", [("Location", "/")], 500),
                                           ("200 OK", (), 200)):
                self.decide(status, fields, b"" if status.startswith("204") else b"text")
                answer = conn.get("/x")
                self.assertEqual((status, answer.status), (status, wanted))
                self.assertEqual(answer.get("WWW-Authenticate"), "Bearer x" if wanted == 401 else None)
                if answer.get("Connection") == "close":
                    conn.close()
                    conn.__init__(self.port)
        self.assertEqual(self.origin.request_count, 3)

    def test_pipelined(self):
        with Conn(self.port) as conn:
            conn.send("".join("GET /p%d HTTP/1.1\r\nHost: h\r\n\r\n" % i for i in range(20)))
            self.assertEqual([conn.read().status for _ in range(20)], [200] * 20)
        self.assertEqual(self.decides.request_count, 20)

    def test_what_the_answer_says_goes_on(self):
        self.decide("204 No Content", [("X-Who", "ann")], b"")
        self.assertStatus(self.get("/set"), 200)
        self.assertEqual(self.origin.last.get("X-Who"), "ann")
        self.decide("204 No Content", (), b"")
        self.assertStatus(self.get("/set", [("X-Who", "spoofed")]), 200)
        self.assertIsNone(self.origin.last.get("X-Who"))

    def test_satisfy_any_and_pages(self):
        self.assertStatus(self.get("/any"), 200)
        self.decide("401 No", [("WWW-Authenticate", "Bearer x")])
        self.assertStatus(self.get("/any"), 401)
        self.assertEqual(self.assertStatus(self.get("/paged"), 302).get("Location").split("/")[-1], "login")

    def test_no_answer_is_an_error(self):
        self.assertStatus(self.get("/dead"), 500)
        self.gw.wait_log(r"auth request unexpected status: 502")

    def test_an_answer_without_an_end(self):
        def endless(link, asked):
            link.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                link.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        self.decides.script("/endless", endless)
        self.assertStatus(self.get("/endless"), 200)

    def test_the_client_leaves_while_it_is_asked(self):
        for leave in (Conn.close, Conn.reset):
            before = self.decides.request_count
            conn = Conn(self.port)
            conn.send("GET /hangs HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: self.decides.request_count > before)
            leave(conn)
        wait_for(lambda: self.decides.active == 0, message="the question goes on without the one who asked")
        self.assertEqual(self.origin.request_count, 0)

    def test_many_at_once(self):
        statuses = in_parallel(16, lambda i: [get(self.port, "/m/%d" % i).status for _ in range(20)])
        self.assertEqual(statuses, [[200] * 20] * 16)

    def test_a_reload_while_it_is_asked(self):
        def slowly(link, asked):
            link.sleep(0.5)
            link.answer(b"")
            return True
        self.decides.script("/decide", slowly)
        with Conn(self.port) as conn:
            conn.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: self.decides.request_count == 1)
            self.gw.reload()
            self.assertEqual(conn.read().status, 200)


class AuthBasic(WireTest):
    # One of them takes a noticeable time on purpose: rounds=300000.
    USERS = ("ann:{PLAIN}secret\n"
             "bob:$6$rounds=300000$saltsalt$i/m8UNjPw5pWacNGGwybfBY9csBfDMvEDbEdNsGnXIulYjGdx9OMxyp0i4vy4vr8KL5U4bwtr/2NOYMAk.zNS/\n")
    HTTP = """
    server {
        listen @P0@;
        auth_basic "inside";
        auth_basic_user_file users;
        location / { proxy_set_header X-User $remote_user; proxy_pass http://@O@; }
        location /open { auth_basic off; proxy_pass http://@O@; }
        location /delayed { auth_delay 300ms; proxy_pass http://@O@; }
    }
    """
    OPTIONS = {"files": {"users": USERS}, "main": "worker_processes 1;"}

    def test_names_and_passwords(self):
        self.assertEqual(self.assertStatus(self.get("/"), 401).get("WWW-Authenticate"), 'Basic realm="inside"')
        self.assertStatus(self.get("/", basic("ann", "secret")), 200)
        self.assertEqual(self.origin.last.get("X-User"), "ann")
        self.assertStatus(self.get("/", basic("ann", "wrong")), 401)
        self.assertStatus(self.get("/", basic("eve", "secret")), 401)
        self.assertStatus(self.get("/", basic("ann", "secret") * 2), 400)
        self.assertStatus(self.get("/open"), 200)
        self.assertNotIn("secret", self.gw.error_log())
        self.assertNotIn("wrong", self.gw.error_log())

    @not_slow
    def test_a_slow_hash_holds_up_nobody_else(self):
        with Conn(self.port) as slow:
            fields = "".join("%s: %s\r\n" % pair for pair in basic("bob", "no"))
            slow.send("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n")
            started = time.monotonic()
            answered = 0
            slow.socket.settimeout(0.001)
            while True:
                self.assertStatus(self.get("/open"), 200)
                answered += 1
                try:
                    if slow.socket.recv(1, socket.MSG_PEEK):
                        break
                except socket.timeout:
                    pass
            self.assertEqual(slow.read().status, 401)
            self.assertGreater(answered, 3, "%.3f s" % (time.monotonic() - started))

    def test_those_who_leave_meanwhile(self):
        fields = "".join("%s: %s\r\n" % pair for pair in basic("bob", "no"))
        for _ in range(200):  # far more than could be computed before the gateway is stopped
            with Conn(self.port) as conn:
                conn.send("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n")
                conn.reset()
        self.assertStatus(self.get("/", basic("ann", "secret")), 200)

    def test_the_delay(self):
        started = time.monotonic()
        self.assertStatus(self.get("/delayed", basic("ann", "wrong")), 401)
        self.assertGreaterEqual(time.monotonic() - started, 0.3)
        started = time.monotonic()
        self.assertStatus(self.get("/delayed", basic("ann", "secret")), 200)

    def test_the_file_may_change(self):
        gw = self.start("server { listen @P0@; location / { auth_basic x; auth_basic_user_file u; proxy_pass http://@O@; } }",
                        files={"u": "ann:{PLAIN}one\n"})
        self.assertEqual(get(gw.ports[0], "/", basic("ann", "one")).status, 200)
        gw.write("u", "ann:{PLAIN}two\n")
        self.assertEqual(get(gw.ports[0], "/", basic("ann", "one")).status, 401)
        self.assertEqual(get(gw.ports[0], "/", basic("ann", "two")).status, 200)


class Addresses(WireTest):
    HTTP = """
    server {
        listen @P0@; listen unix:@DIR@/s.sock;
        add_header X-IP "$remote_addr/$realip_remote_addr" always;
        location / { allow 127.0.0.2; allow unix:; deny all; proxy_pass http://@O@; }
        location /believed {
            set_real_ip_from 127.0.0.2; set_real_ip_from unix:; real_ip_header X-Forwarded-For; real_ip_recursive on;
            deny 192.0.2.66; proxy_pass http://@O@;
        }
    }
    """

    def test_by_address(self):
        self.assertStatus(get(self.port, "/", source="127.0.0.2"), 200)
        self.assertStatus(get(self.port, "/", source="127.0.0.3"), 403)
        self.assertStatus(get(self.gw.path("s.sock"), "/"), 200)

    def test_only_the_proxy_is_believed(self):
        said = [("X-Forwarded-For", "192.0.2.66")]
        self.assertStatus(get(self.port, "/believed", said, source="127.0.0.2"), 403)
        self.assertStatus(get(self.gw.path("s.sock"), "/believed", said), 403)
        answer = self.assertStatus(get(self.port, "/believed", said, source="127.0.0.3"), 200)
        self.assertEqual(answer.get("X-IP"), "127.0.0.3/127.0.0.3")

    def test_each_request_of_a_connection_has_its_own(self):
        with Conn(self.port, source="127.0.0.2") as conn:
            for ip in ("192.0.2.1", "192.0.2.2, 127.0.0.2", ""):
                answer = conn.get("/believed", fields="X-Forwarded-For: %s\r\n" % ip if ip else "")
                self.assertEqual(answer.get("X-IP"), "%s/127.0.0.2" % (ip.split(",")[0] or "127.0.0.2"))


class Links(WireTest):
    HTTP = """
    server {
        listen @P0@; server_name own.example;
        location /f/ {
            secure_link $arg_h,$arg_e;
            secure_link_md5 "$secure_link_expires$uri secret";
            if ($secure_link = "") { return 403; }
            if ($secure_link = "0") { return 410; }
            proxy_pass http://@O@;
        }
        location /img/ {
            valid_referers none blocked server_names *.friend.example;
            if ($invalid_referer) { return 403; }
            proxy_pass http://@O@;
        }
        location /wiki/ {
            limit_except GET { deny 127.0.0.1; }
            proxy_pass http://@O@;
        }
    }
    """

    def link(self, path, ends, secret=" secret"):
        digest = hashlib.md5(("%d%s%s" % (ends, path, secret)).encode()).digest()
        return "%s?h=%s&e=%d" % (path, base64.urlsafe_b64encode(digest).decode().rstrip("="), ends)

    def test_links_that_end(self):
        later, earlier = int(time.time()) + 3600, int(time.time()) - 3600
        self.assertStatus(self.get(self.link("/f/a", later)), 200)
        self.assertStatus(self.get(self.link("/f/a", earlier)), 410)
        self.assertStatus(self.get(self.link("/f/a", later, " guess")), 403)
        self.assertStatus(self.get(self.link("/f/a", later).replace("/f/a", "/f/b")), 403)
        self.assertStatus(self.get("/f/a"), 403)

    def test_referers(self):
        for referer, status in (("http://own.example/x", 200), ("https://www.friend.example", 200), ("-", 200),
                                ("http://other.example/", 403), ("http://own.example.evil.example/", 403)):
            self.assertStatus(self.get("/img/a", [("Referer", referer)]), status, referer)
        self.assertStatus(self.get("/img/a"), 200)

    def test_methods(self):
        self.assertStatus(self.get("/wiki/a"), 200)
        self.assertStatus(request(self.port, "HEAD", "/wiki/a"), 200)
        self.assertStatus(request(self.port, "POST", "/wiki/a", (), b"x"), 403)
        self.assertStatus(request(self.port, "DELETE", "/wiki/a", source="127.0.0.2"), 200)
        self.assertEqual(self.origin.last.method, "DELETE")


class LimitConn(WireTest):
    HTTP = """
    limit_conn_zone $arg_k zone=one:1m;
    limit_conn_zone $server_port zone=all:1m;
    server {
        listen @P0@;
        add_header X-Limit $limit_conn_status always;
        location / { limit_conn one 5; proxy_pass http://@O@; }
        location /both { limit_conn one 100; limit_conn all 3; limit_conn_status 429; proxy_pass http://@O@; }
    }
    """
    OPTIONS = {"main": "worker_processes 4;"}

    def hold(self, target, count):
        """`count` requests that are under way: (those that wait, statuses of those that were refused)."""
        self.origin.forget()
        conns = [Conn(self.port) for _ in range(count)]
        for conn in conns:
            self.addCleanup(conn.close)
            conn.send("GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % target)
        refused, waiting = [], []
        for conn in conns:
            conn.is_open(0.2)  # or something has come
            (refused if conn.buffer else waiting).append(conn)
        return waiting, [conn.read().status for conn in refused]

    def test_exactly_so_many_over_all_workers(self):
        waiting, refused = self.hold("/hang?k=a", 24)
        self.assertEqual((len(waiting), refused), (5, [503] * 19))
        self.assertStatus(self.get("/x?k=a"), 503)
        self.assertStatus(self.get("/x?k=b"), 200)
        for conn in waiting:
            conn.close()
        wait_for(lambda: self.get("/x?k=a").status == 200)
        waiting, refused = self.hold("/hang?k=a", 9)
        self.assertEqual((len(waiting), refused), (5, [503] * 4))

    def test_the_tightest_of_several(self):
        waiting, refused = self.hold("/both/hang?k=c", 8)
        self.assertEqual((len(waiting), refused), (3, [429] * 5))
        for conn in waiting:
            conn.close()

    def test_a_request_counts_until_it_is_over_not_its_connection(self):
        with Conn(self.port) as conn:
            for _ in range(20):
                self.assertEqual(conn.get("/x?k=d").get("X-Limit"), "PASSED")

    def test_it_survives_a_reload(self):
        waiting, refused = self.hold("/hang?k=e", 6)
        self.assertEqual((len(waiting), refused), (5, [503]))
        self.gw.reload()
        self.assertStatus(self.get("/x?k=e"), 503)
        for conn in waiting:
            conn.close()
        wait_for(lambda: self.get("/x?k=e").status == 200)


if __name__ == "__main__":
    main()
