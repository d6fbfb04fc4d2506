"""Which peer is asked, what happens when it fails, and how connections to it are kept."""
import time
from collections import Counter

from harness import FACTOR, IS_NGINX, Conn, WireTest, beyond_nginx, get, in_parallel, main, request, wait_for
from origin import Origin


class Balancing(WireTest):
    ORIGINS = 3
    HTTP = """
    upstream plain { server @O0@; server @O1@; server @O2@; }
    upstream weighted { server @O0@ weight=3; server @O1@ weight=2; }
    upstream least { least_conn; server @O0@; server @O1@; }
    upstream leastw { least_conn; server @O0@ weight=3; server @O1@; }
    upstream byip { ip_hash; server @O0@; server @O1@; server @O2@; }
    upstream hashed { hash $arg_k; server @O0@; server @O1@; server @O2@; }
    upstream consistent { hash $arg_k consistent; server @O0@; server @O1@; server @O2@; }
    upstream consistent2 { hash $arg_k consistent; server @O0@; server @O1@; server @O2@ down; }
    upstream randomly { random; server @O0@; server @O1@; }
    upstream randomtwo { random two least_conn; server @O0@; server @O1@; server @O2@; }
    upstream backup { server @DEAD@ max_fails=0; server @O0@ backup; }
    upstream downed { server @O0@ down; server @O1@; }
    upstream alldown { server @O0@ down; server @O1@ down; }
    upstream limited { server @O0@ max_conns=1; server @O1@; }
    upstream limitedone { server @O0@ max_conns=1; }
    server {
        listen @P0@;
        location ~ ^/(?<to>[a-z0-9]+)/ { proxy_pass http://$to; add_header X-Peer $upstream_addr; }
    }
    """

    def peers(self, name, count, query="/x"):
        answers = []
        with Conn(self.port) as conn:
            for i in range(count):
                answers.append(self.assertStatus(conn.get("/%s%s" % (name, query.replace("@i", str(i)))), 200)
                               .get("X-Peer"))
        numbers = {o.address: i for i, o in enumerate(self.origins)}
        return [numbers[a.split(", ")[-1]] for a in answers]

    def test_round_robin(self):
        seen = self.peers("plain", 30)
        self.assertEqual(Counter(seen), {0: 10, 1: 10, 2: 10})
        self.assertEqual(len(set(seen[:3])), 3)

    def test_weights_60_40_and_smooth(self):
        seen = self.peers("weighted", 100)
        self.assertEqual(Counter(seen), {0: 60, 1: 40})
        for i in range(0, 100, 5):
            self.assertEqual(Counter(seen[i:i + 5]), {0: 3, 1: 2})
        self.assertNotIn([0, 0, 0], [seen[i:i + 3] for i in range(0, 5)])

    def test_least_conn_counts_active_requests(self):
        wait_for(lambda: sum(o.active for o in self.origins) == 0, 5)
        with Conn(self.port) as busy:
            busy.send(b"GET /least/wait/1.5 HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: self.origins[0].active + self.origins[1].active == 1, 3)
            occupied = 0 if self.origins[0].active else 1
            self.assertEqual(set(self.peers("least", 8)), {1 - occupied})

    def test_least_conn_weighs(self):
        seen = self.peers("leastw", 40)
        self.assertEqual(Counter(seen), {0: 30, 1: 10})

    def test_ip_hash_is_stable(self):
        for source in ("127.0.0.1", "127.1.0.1", "127.2.0.1", "127.9.9.9"):
            seen = {get(self.port, "/byip/x", source=source).get("X-Peer") for _ in range(8)}
            self.assertEqual(len(seen), 1, source)
        peers = {get(self.port, "/byip/x", source="127.%d.0.1" % i).get("X-Peer") for i in range(40)}
        self.assertEqual(len(peers), 3)
        same24 = {get(self.port, "/byip/x", source="127.5.0.%d" % i).get("X-Peer") for i in range(1, 20)}
        self.assertEqual(len(same24), 1, "IPv4 addresses count without their last byte")

    def test_hash(self):
        for name in ("hashed", "consistent"):
            with self.subTest(name):
                first = self.peers(name, 60, "/x?k=@i")
                self.assertEqual(first, self.peers(name, 60, "/x?k=@i"))
                self.assertEqual(set(first), {0, 1, 2})

    def test_consistent_hash_moves_little(self):
        before, after = self.peers("consistent", 200, "/x?k=@i"), self.peers("consistent2", 200, "/x?k=@i")
        for a, b in zip(before, after):
            if a != 2:
                self.assertEqual(a, b)
        self.assertNotIn(2, after)

    def test_random(self):
        self.assertEqual(set(self.peers("randomly", 60)), {0, 1})
        self.assertEqual(set(self.peers("randomtwo", 80)), {0, 1, 2})

    def test_backup_and_down(self):
        self.assertEqual(set(self.peers("backup", 5)), {0})
        self.assertEqual(set(self.peers("downed", 6)), {1})
        self.assertStatus(self.get("/alldown/x"), 502)
        self.gw.wait_log(r"\[error\].*no live upstreams")

    def test_max_conns(self):
        with Conn(self.port) as busy:
            busy.send(b"GET /limitedone/wait/3 HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: self.origins[0].active == 1, 3)
            self.assertStatus(self.get("/limitedone/x"), 502)
            self.assertEqual(busy.read().status, 200)
        self.assertStatus(self.get("/limitedone/x"), 200)
        wait_for(lambda: self.origins[0].active == 0, 5)
        self.origins[0].forget()
        answers = in_parallel(6, lambda i: get(self.port, "/limited/wait/0.4").status)
        self.assertEqual(set(answers), {200})
        self.assertEqual(self.origins[0].most_active, 1)


class Failing(WireTest):
    ORIGINS = 2
    HTTP = """
    upstream pair { server @O0@ max_fails=0; server @O1@ max_fails=0; }
    upstream deadfirst { server @DEAD@; server @O0@; }
    upstream marked { server @O0@ max_fails=2 fail_timeout=1s; server @O1@ backup; }
    upstream one { server @O0@ max_fails=1 fail_timeout=10s; }
    server {
        listen @P0@;
        location /pair/ { proxy_pass http://pair; proxy_next_upstream error timeout http_503 http_404;
            proxy_read_timeout 400ms; }
        location /default/ { proxy_pass http://pair; proxy_read_timeout 400ms; }
        location /offnext/ { proxy_next_upstream off; proxy_pass http://pair; }
        location /nonidem/ { proxy_next_upstream error timeout http_503 non_idempotent; proxy_pass http://pair; }
        location /tries/ { proxy_next_upstream error http_503; proxy_next_upstream_tries 1; proxy_pass http://pair; }
        location /time/ { proxy_next_upstream error timeout; proxy_read_timeout 300ms;
            proxy_next_upstream_timeout 200ms; proxy_pass http://pair; }
        location /header/ { proxy_next_upstream invalid_header; proxy_pass http://pair; }
        location /deadfirst/ { proxy_pass http://deadfirst; }
        location /marked/ { proxy_next_upstream error timeout http_500; proxy_pass http://marked; }
        location /one/ { proxy_pass http://one; }
        location /stream/ { proxy_request_buffering off; proxy_pass http://pair; }
        add_header X-Tried "$upstream_addr" always;
        add_header X-Statuses "$upstream_status" always;
    }
    """

    def both(self, path, answer):
        for origin in self.origins:
            origin.script(path, answer)

    def first_fails(self, path, failure):
        """The peer asked first runs `failure`, the other one answers."""
        asked = []

        def answer(link, received):
            asked.append(link.origin)
            link.read_body(received)
            if len(asked) == 1:
                return failure(link)
            link.answer(b"second")
            return True
        self.both(path, answer)
        return asked

    @staticmethod
    def unavailable(link):
        link.answer(b"busy", "503 Busy")
        return True

    def test_conditions_that_are_named(self):
        cases = (("/pair/close", lambda link: False), ("/pair/503", self.unavailable), ("/pair/rst",
                                                                                        lambda link: link.reset()),
                 ("/pair/silent", lambda link: link.sleep(3)))
        for path, failure in cases:
            with self.subTest(path):
                asked = self.first_fails(path, failure)
                answer = self.assertStatus(self.get(path), 200)
                self.assertEqual((answer.body, len(asked)), (b"second", 2))
                self.assertEqual(len(answer.get("X-Tried").split(", ")), 2)

    def test_the_default_is_error_and_timeout(self):
        asked = self.first_fails("/default/503", self.unavailable)
        self.assertStatus(self.get("/default/503"), 503)
        self.assertEqual(len(asked), 1)
        self.first_fails("/default/close", lambda link: False)
        self.assertStatus(self.get("/default/close"), 200)

    def test_off(self):
        asked = self.first_fails("/offnext/close", lambda link: False)
        self.assertStatus(self.get("/offnext/close"), 502)
        self.assertEqual(len(asked), 1)

    def test_when_all_fail_the_last_answer_goes_out(self):
        self.both("/pair/all", lambda link, received: self.unavailable(link))
        answer = self.assertStatus(self.get("/pair/all"), 503)
        self.assertEqual((answer.body, answer.get("X-Statuses")), (b"busy", "503, 503"))

    def test_posts_are_not_repeated_once_sent(self):
        for path in ("/pair/post", "/stream/post"):
            with self.subTest(path):
                asked = self.first_fails(path, lambda link: False)
                self.assertStatus(request(self.port, "POST", path, body=b"order"), 502)
                self.assertEqual(len(asked), 1)
        asked = self.first_fails("/pair/patch", lambda link: False)
        self.assertStatus(request(self.port, "PATCH", "/pair/patch", body=b"order"), 502)
        self.assertEqual(len(asked), 1)
        asked = self.first_fails("/pair/put", lambda link: False)
        self.assertStatus(request(self.port, "PUT", "/pair/put", body=b"idempotent"), 200)
        self.assertEqual(len(asked), 2)

    def test_non_idempotent_lets_them(self):
        asked = self.first_fails("/nonidem/post", lambda link: False)
        self.assertStatus(request(self.port, "POST", "/nonidem/post", body=b"again"), 200)
        self.assertEqual(len(asked), 2)

    def test_a_post_goes_on_when_nothing_was_sent(self):
        """Connection refused: no byte reached anybody, so the next peer may have it."""
        for _ in range(4):
            self.assertStatus(request(self.port, "POST", "/deadfirst/x", body=b"safe"), 200)

    def test_the_body_is_sent_again_whole(self):
        got = []

        def answer(link, received):
            link.read_body(received)
            got.append(received.body)
            if len(got) == 1:
                return False
            link.answer(b"ok")
            return True
        self.both("/pair/body", answer)
        body = b"0123456789" * 5000
        self.assertStatus(request(self.port, "PUT", "/pair/body", body=body), 200)
        self.assertEqual(got, [body, body])

    def test_tries(self):
        asked = self.first_fails("/tries/x", lambda link: False)
        self.assertStatus(self.get("/tries/x"), 502)
        self.assertEqual(len(asked), 1)

    def test_time(self):
        asked = self.first_fails("/time/x", lambda link: link.sleep(2))
        self.assertStatus(self.get("/time/x"), 504)
        self.assertEqual(len(asked), 1)

    def test_invalid_header(self):
        def garbage(link):
            link.send(b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n")
            return False
        self.first_fails("/header/x", garbage)
        self.assertStatus(self.get("/header/x"), 200)

    def test_a_started_answer_is_never_repeated(self):
        self.both("/pair/half", lambda link, received: link.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"))
        answer = self.get("/pair/half")
        self.assertEqual((answer.complete, sum(o.request_count for o in self.origins)), (False, 1))

    def test_max_fails_and_the_way_back(self):
        self.origins[0].script("/marked/x", lambda link, received: (link.answer(b"", "500 Broken"), True)[1])
        for _ in range(4):
            self.assertStatus(self.get("/marked/x"), 200)  # the backup answers
        asked = self.origins[0].request_count
        self.assertEqual(asked, 2, "two failures, then out")
        self.origins[0].script("/marked/x", lambda link, received: (link.answer(b"back"), True)[1])
        wait_for(lambda: self.get("/marked/x").body == b"back", 5, 0.1)

    def test_a_single_peer_is_always_tried(self):
        self.origins[0].script("/one/bad", lambda link, received: False)
        for _ in range(3):
            self.assertStatus(self.get("/one/bad"), 502)
        self.assertStatus(self.get("/one/b/1"), 200)

    def test_variables_tell_the_story(self):
        self.first_fails("/pair/story", self.unavailable)
        answer = self.get("/pair/story")
        self.assertRegex(answer.get("X-Tried"), r"^127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$")


class KeepAlive(WireTest):
    HTTP = """
    upstream kept { server @O@; keepalive 4; }
    upstream framings { server @O@; keepalive 4; }
    upstream three { server @O@; keepalive 4; keepalive_requests 3; }
    upstream brief { server @O@; keepalive 4; keepalive_timeout 300ms; }
    upstream none { server @O@; @NONE@ }
    upstream shortlived { server @O@; keepalive 4; keepalive_time 300ms; }
    server {
        listen @P0@;
        location /kept/ { proxy_pass http://kept; }
        location /framings/ { proxy_pass http://framings/kept/; }
        location /three/ { proxy_pass http://three; }
        location /brief/ { proxy_pass http://brief; }
        location /none/ { proxy_pass http://none; }
        location /shortlived/ { proxy_pass http://shortlived; }
        location /bound/ { proxy_bind 127.0.0.77; proxy_pass http://none; }
        location /unbound/ { proxy_bind off; proxy_pass http://none; }
        location /probed/ { proxy_socket_keepalive on; proxy_pass http://none; }
        location /close/ { proxy_set_header Connection close; proxy_pass http://kept; }
    }
    """.replace("@NONE@", "" if IS_NGINX else "keepalive 0;")

    def test_connections_are_used_again(self):
        for _ in range(10):
            self.assertStatus(self.get("/kept/x"), 200)
        self.assertLessEqual(self.origin.connection_count, 1)
        self.assertEqual(len({r.connection for r in self.origin.requests}), 1)

    def test_after_answers_of_every_framing(self):
        """An upstream of its own: one whose peers were seen to close early would get POSTs on new connections."""
        self.get("/framings/x")
        base = self.origin.connection_count
        for path in ("b/0", "b/100000", "chunked/100000", "status/204", "status/304", "status/404", "trailers"):
            self.get("/framings/" + path)
        request(self.port, "HEAD", "/framings/b/500")
        request(self.port, "POST", "/framings/x", body=b"a" * 50000)
        self.get("/framings/x")
        self.assertEqual(self.origin.connection_count, base)

    def test_not_after_a_close(self):
        for _ in range(3):
            self.assertStatus(self.get("/kept/closing"), 200)
        self.assertEqual(len({r.connection for r in self.origin.requests if "closing" in r.path}), 3)

    def test_keepalive_requests(self):
        for _ in range(9):
            self.get("/three/x")
        self.assertEqual(self.origin.connection_count, 3)

    def test_keepalive_timeout(self):
        self.get("/brief/x")
        time.sleep(0.7 * FACTOR)
        self.get("/brief/x")
        self.assertEqual(self.origin.connection_count, 2)

    def test_keepalive_time(self):
        self.get("/shortlived/x")
        time.sleep(0.5)
        self.get("/shortlived/x")  # older than allowed when it ends: not kept again
        self.get("/shortlived/x")
        self.assertEqual(self.origin.connection_count, 2)

    def test_proxy_bind(self):
        self.get("/bound/x")
        self.assertEqual(self.origin.last.peer[0], "127.0.0.77")
        self.get("/unbound/x")
        self.assertEqual(self.origin.last.peer[0], "127.0.0.1")

    def test_proxy_socket_keepalive(self):
        """The kernel's table says which timer runs on a socket: 02 is TCP keep-alive."""
        def timer_of(path):
            with Conn(self.port) as conn:
                conn.send("GET %s/wait/0.5 HTTP/1.1\r\nHost: h\r\n\r\n" % path)
                peer = wait_for(lambda: self.origin.requests and self.origin.last.path.startswith(path)
                                and self.origin.last.peer, 3)
                with open("/proc/net/tcp") as table:
                    rows = [line.split() for line in table.readlines()[1:]]
                ports = (":%04X" % peer[1], ":%04X" % self.origin.port)
                return next(row[5].split(":")[0] for row in rows
                            if row[1].endswith(ports[0]) and row[2].endswith(ports[1]) and row[3] == "01")
        self.assertEqual(timer_of("/probed"), "02")
        self.assertEqual(timer_of("/none"), "00")

    def test_without_keepalive_each_request_connects(self):
        for _ in range(4):
            self.get("/none/x")
        self.assertEqual(self.origin.connection_count, 4)

    def test_no_more_idle_ones_than_said(self):
        origin = Origin()  # that nobody else has connections to
        self.addCleanup(origin.stop)
        gw = self.start("upstream few { server @O@; keepalive 1; } "
                        "server { listen @P0@; location / { proxy_pass http://few; } }", [origin])
        in_parallel(6, lambda i: get(gw.ports[0], "/wait/0.2"))
        wait_for(lambda: len(origin.links) <= 1, 3)
        before = origin.connection_count
        in_parallel(2, lambda i: get(gw.ports[0], "/wait/0.2"))
        self.assertGreaterEqual(origin.connection_count, before + 1)

    def test_a_connection_closed_while_idle_costs_nobody(self):
        for _ in range(10):
            self.assertStatus(self.get("/kept/x"), 200)
            self.origin.drop_connections()
            time.sleep(0.01)

    def test_get_survives_the_race(self):
        """The origin closes 0-3 ms after each answer: a GET is sent again, a POST is not and may be lost."""
        with Conn(self.port) as conn:
            for _ in range(200):
                self.assertStatus(conn.get("/kept/race"), 200)

    @beyond_nginx
    def test_few_posts_are_lost_in_the_race_and_none_is_doubled(self):
        lost = 0
        with Conn(self.port) as conn:
            for i in range(300):
                answer = conn.ask(b"POST /kept/race?%d HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi" % i)
                lost += answer.status != 200
        self.assertLessEqual(lost, 60)
        seen = Counter(r.target for r in self.origin.requests)
        self.assertLessEqual(max(seen.values()), 1)


class DyingPeer(WireTest):
    ORIGINS = 2
    HTTP = """
    upstream pool { server @O0@ fail_timeout=1s; server @O1@ fail_timeout=1s; keepalive 8; }
    server { listen @P0@; keepalive_requests 1000000; location / { proxy_connect_timeout 1s; proxy_pass http://pool; } }
    """

    def test_one_of_two_dies_and_returns_under_load(self):
        stop, counts = [], Counter()
        port = self.origins[1].port

        def load(i):
            with Conn(self.port) as conn:
                while not stop:
                    counts[conn.get("/x").status] += 1

        def trouble(_):
            time.sleep(0.3)
            self.origins[1].stop()
            time.sleep(0.8)
            self.origins[1] = type(self).origins[1] = Origin(port=port)
            time.sleep(0.8)
            stop.append(1)
        in_parallel(5, lambda i: trouble(i) if i == 0 else load(i))
        self.assertEqual(set(counts), {200}, counts)
        self.addCleanup(self.origins[1].stop)
        for _ in range(20):
            self.get("/x")
        wait_for(lambda: self.get("/x") and self.origins[1].request_count > 0, 5, 0.05)


if __name__ == "__main__":
    main()
