"""Silence ends: each timeout does what its name says, at its time."""
import signal
import time

from harness import FACTOR, IS_NGINX, Conn, WireTest, beyond_nginx, main, not_slow, wait_for


def timed(work):
    started = time.monotonic()
    result = work()
    return result, time.monotonic() - started


class Upstream(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    server {
        listen @P0@;
        location / { proxy_read_timeout 2s; proxy_pass http://pool; }
        location /short/ { proxy_read_timeout 500ms; proxy_pass http://pool; }
        location /refused { proxy_pass http://@DEAD@; }
        location /nowhere { proxy_connect_timeout 500ms; proxy_pass http://192.0.2.1:9; }
        location /send/ { proxy_send_timeout 500ms; proxy_read_timeout 20s; client_max_body_size 0;
            proxy_pass http://pool; }
    }
    """

    @not_slow
    def test_silence_is_504_at_its_time(self):
        answer, took = timed(lambda: self.get("/hang"))
        self.assertStatus(answer, 504)
        self.assertGreaterEqual(took, 1.95)
        self.assertLessEqual(took, 2.15)
        self.gw.wait_log(r"\[error\].*timed out")

    @not_slow
    def test_broken_upstreams_are_502_at_once(self):
        for path in ("/close", "/rst", "/refused"):
            with self.subTest(path):
                best = min(timed(lambda: self.assertStatus(self.get(path), 502))[1] for _ in range(5))
                self.assertLess(best, 0.02)

    def test_the_read_timeout_counts_between_reads(self):
        """A body that trickles slowly, never silent for 500 ms, is no timeout."""
        self.assertEqual(len(self.get("/short/slow-body/1.5").body), 1000)

    def test_silence_in_the_body_cuts_the_answer(self):
        def stall(link, request):
            link.answer(b"", fields=[("Content-Length", 100)], length=False)
            link.send(b"some")
            link.sleep(30)
        self.origin.script("/short/stall", stall)
        answer, took = timed(lambda: self.get("/short/stall"))
        self.assertEqual((answer.status, answer.complete), (200, False))
        self.assertLess(took, 1.5 * FACTOR)

    def test_an_upstream_that_does_not_read(self):
        def deaf(link, request):
            link.sleep(20)
        self.origin.script("/send/deaf", deaf)
        data = b"x" * 20000000
        with Conn(self.port, timeout=10) as conn:
            conn.send(b"POST /send/deaf HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(data))
            conn.send(data)
            self.assertEqual(conn.read().status, 504)


class Client(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    server {
        listen @P0@;
        client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s; send_timeout 1s;
        keepalive_requests 3;
        location / { proxy_pass http://pool; }
        location /stream/ { proxy_request_buffering off; proxy_pass http://pool; }
        location /unbuffered/ { proxy_buffering off; proxy_pass http://pool; }
    }
    server { listen @P1@; keepalive_timeout 0; location / { return 200 ok; } }
    server { listen @P3@; keepalive_time 300ms; location / { return 200 ok; } }
    server { listen @P2@; keepalive_timeout 20s 15s; location / { return 200 ok; } }
    """

    @not_slow
    def test_a_head_that_never_ends(self):
        """client_header_timeout is for the whole head: trickling does not help."""
        def trickle():
            conn = Conn(self.port)
            conn.send(b"GET /x HTTP/1.1\r\n")
            started = time.monotonic()
            sent = conn.send_slowly(b"X-Endless: " + b"a" * 100, pause=0.1)
            return conn, sent, time.monotonic() - started
        conn, sent, took = trickle()
        self.assertLess(took, 3, "still took bytes after %d of them" % sent)
        received = conn.read_to_close(3)
        conn.close()
        self.assertTrue(received == b"" or b" 408 " in received.split(b"\r\n")[0], received)
        self.assertEqual(self.origin.request_count, 0)

    def test_a_head_begun_and_left(self):
        def silent():
            with Conn(self.port) as conn:
                conn.send(b"GET /x HTTP/1.1\r\nHost:")
                return conn.read_to_close(4)
        received, took = timed(silent)
        if not IS_NGINX:
            self.assertIn(b" 408 ", received.split(b"\r\n")[0])
        self.assertGreater(took, 0.8)

    def test_a_connection_that_says_nothing_is_closed_without_a_word(self):
        with Conn(self.port) as conn:
            self.assertEqual(conn.read_to_close(4), b"")

    @beyond_nginx  # nginx logs 408 and closes without a word
    def test_a_body_that_does_not_come_is_408(self):
        for path in (b"/x", b"/stream/x"):
            with self.subTest(path), Conn(self.port) as conn:
                conn.send(b"POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart" % path)
                received = conn.read_to_close(4)
                self.assertIn(b" 408 ", received.split(b"\r\n")[0])
        self.gw.wait_log(r"timed out")

    def test_idle_connections_are_closed_after_keepalive_timeout(self):
        with Conn(self.port) as conn:
            conn.get("/x")
            _, took = timed(lambda: self.assertTrue(conn.is_closed(3)))
            self.assertGreater(took, 0.8)

    def test_keepalive_requests(self):
        with Conn(self.port) as conn:
            for _ in range(2):
                self.assertNotEqual(conn.get("/x").get("Connection", "").lower(), "close")
            self.assertEqual(conn.get("/x").get("Connection", "").lower(), "close")
            self.assertTrue(conn.is_closed())

    def test_keepalive_timeout_0_closes(self):
        with Conn(self.gw.ports[1]) as conn:
            self.assertEqual(conn.get("/x").get("Connection", "").lower(), "close")
            self.assertTrue(conn.is_closed())

    def test_the_keep_alive_field(self):
        with Conn(self.gw.ports[2]) as conn:
            answer = conn.get("/x")
            self.assertEqual(answer.get("Keep-Alive"), "timeout=15")

    def test_keepalive_time(self):
        with Conn(self.gw.ports[3]) as conn:
            self.assertNotEqual(conn.get("/x").get("Connection", "").lower(), "close")
            time.sleep(0.5)
            self.assertEqual(conn.get("/x").get("Connection", "").lower(), "close")
            self.assertTrue(conn.is_closed())

    def test_a_client_that_does_not_read_is_ended(self):
        def endless(link, request):
            link.answer(fields=[("Content-Length", 100000000)], length=False)
            for _ in range(1000):
                link.send(b"x" * 100000)
            return True
        self.origin.script("/unbuffered/big", endless)
        with Conn(self.port, rcvbuf=4096) as conn:
            conn.send(b"GET /unbuffered/big HTTP/1.1\r\nHost: h\r\n\r\n")
            self.gw.wait_log(r"client.*timed out|timed out.*client", 8)

    @beyond_nginx
    def test_the_log_says_which_silence(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart")
            conn.read_to_close(4)
        self.gw.wait_log(r"client.*body|body.*client|reading client request body")


class KeepaliveRules(WireTest):
    ORIGINS = 0
    HTTP = """
    log_subrequest on;
    server {
        listen @P0@;
        location / { return 200; }
        location /safari { keepalive_disable msie6 safari; return 200; }
        location /none { keepalive_disable none; return 200; }
        location /spared { keepalive_min_timeout 400ms; return 200; }
    }
    """

    def kept(self, path, agent, method=b"GET"):
        head = b"%s %s HTTP/1.1\r\nHost: h\r\nUser-Agent: %s\r\n\r\n" % (method, path, agent)
        with Conn(self.port) as conn:
            return conn.ask(head).get("Connection") == "keep-alive"

    def test_keepalive_disable(self):
        old, safari = b"Mozilla/4.0 (compatible; MSIE 6.0; X)", b"Mozilla/5.0 (Macintosh; Mac OS X) Safari/533"
        self.assertFalse(self.kept(b"/", old, b"POST"))
        self.assertTrue(self.kept(b"/", old))
        self.assertTrue(self.kept(b"/none", old, b"POST"))
        self.assertTrue(self.kept(b"/", b"x MSIE 6.0; SV1)", b"POST"))
        self.assertTrue(self.kept(b"/", b"x MSIE 7.0; y", b"POST"))
        self.assertTrue(self.kept(b"/", old + b" Opera", b"POST"))
        self.assertTrue(self.kept(b"/", safari))
        self.assertFalse(self.kept(b"/safari", safari))
        self.assertTrue(self.kept(b"/safari", safari + b" Chrome/1"))

    def test_keepalive_min_timeout(self):
        gw = self.start(self.HTTP)
        with Conn(gw.ports[0]) as spared, Conn(gw.ports[0]) as other:
            spared.get("/spared")
            other.get("/")
            gw.signal(signal.SIGQUIT)
            self.assertTrue(other.is_closed())
            self.assertStatus(spared.get("/"), 200)
        self.assertEqual(gw.wait_exit(), 0)


class RetiredByReload(WireTest):
    HTTP = "server { listen @P0@; location / { proxy_pass http://@O@; } }"
    OPTIONS = {"main": "worker_shutdown_timeout 200ms;"}

    def test_worker_shutdown_timeout_after_a_reload(self):
        with Conn(self.port) as silent, Conn(self.port) as busy, Conn(self.port) as idle:
            idle.get("/b/10")
            busy.send(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: len(self.origin.requests) == 2, 5)
            self.gw.reload()
            self.assertTrue(silent.is_closed(5))
            self.assertTrue(busy.is_closed(5))
            self.assertStatus(idle.get("/b/10"), 200)


class Lingering(WireTest):
    HTTP = """server { listen @P0@; client_max_body_size 1; lingering_time 2s; lingering_timeout 1s;
                       location / { proxy_pass http://@O@; } }
              server { listen @P1@; client_max_body_size 1; lingering_close off; location / { proxy_pass http://@O@;
                  } }"""

    @beyond_nginx
    def test_lingering_close_off(self):
        with Conn(self.gw.ports[1]) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            self.assertEqual(conn.read().status, 413)
            _, took = timed(lambda: conn.read_to_close(5))
            self.assertLess(took, 0.5 * FACTOR)

    def test_lingering_ends(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            self.assertEqual(conn.read().status, 413)
            _, took = timed(lambda: conn.read_to_close(5))
            self.assertLess(took, 4 * FACTOR)


if __name__ == "__main__":
    main()
