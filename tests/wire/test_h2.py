"""HTTP/2 to clients over plain sockets: what works, with our own frames, with curl, nghttp and h2load."""
import hashlib
import os
import shutil
import signal
import subprocess
import time
import unittest

from h2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PING, PREFACE, PRIO, RST,
                       SETTINGS, WINDOW, H2Conn)
from harness import Conn, WireTest, get, main, wait_for

CONFIG = """
    log_format all '$request $status $http2 $server_protocol $connection_requests $request_length $body_bytes_sent';
    access_log access.log all;
    http2 on;
    client_max_body_size 20m;
    upstream pool { server @O@; keepalive 16; }
    server { listen @P0@; server_name first;
        location / { return 200 "first $request_uri"; }
        location /p/ { proxy_pass http://pool/; }
        location /t/ { proxy_pass http://pool/; proxy_pass_trailers on; }
        location /s/ { proxy_pass http://pool/; proxy_request_buffering off; proxy_buffering off; }
        location /f/ { alias @DIR@/; }
        location /204 { return 204; }
        location /long { add_header X-A $arg_v; add_header X-B $arg_v; add_header X-C $arg_v; return 200 ok; }
        location /cookie { return 200 "$http_cookie|$cookie_b"; }
        location /drop { return 444; }
        location /trailer { add_trailer X-End $host; return 200 body; }
    }
    server { listen @P0@; server_name second; return 200 second; }
    server { listen @P1@ http2; return 200 old; }
"""
BIG = os.urandom(1 << 16) * 40


class Http2(WireTest):
    HTTP = CONFIG
    OPTIONS = {"files": {"big.bin": BIG}}

    def conn(self, **options):
        conn = H2Conn(self.port, **options)
        self.addCleanup(conn.close)
        return conn

    def test_one_request(self):
        conn = self.conn()
        answer = conn.ask("/a?b=c")
        self.assertEqual((answer.status, answer.text), (200, "first /a?b=c"))
        self.assertEqual(answer.get("content-length"), "12")
        self.assertTrue(answer.get("server").startswith("gatehouse"))
        self.assertEqual([n for n, _ in answer.fields if n != n.lower() or n == "connection"], [])
        self.assertEqual(conn.settings, {3: 128, 4: 65536, 5: 1 << 20})
        self.gw.wait_log(r"^GET /a\?b=c HTTP/2.0 200 h2c HTTP/2.0 1 \d+ 12$", name="access.log")

    def test_both_protocols_on_one_port(self):
        self.assertEqual(get(self.port, "/x").text, "first /x")
        with Conn(self.port) as conn:  # a preface that is none, in two pieces
            conn.send(PREFACE[:18])
            time.sleep(0.05)
            self.assertEqual(conn.ask(b"no more\r\n\r\n", "GET").status, 400)
        conn = self.conn(preface=None)
        for at in range(len(PREFACE)):
            conn.send(PREFACE[at:at + 1])
            time.sleep(0.002)
        conn.frame(SETTINGS)
        self.assertEqual(conn.ask().status, 200)
        old = H2Conn(self.gw.ports[1])
        self.addCleanup(old.close)
        self.assertEqual(old.ask().text, "old")

    def test_many_streams_at_a_time(self):
        conn = self.conn()
        ids = [conn.request("/p/b/%d" % (1000 + i)) for i in range(100)]
        for i, stream in enumerate(ids):
            self.assertEqual(len(conn.answer(stream).body), 1000 + i)
        self.assertEqual(conn.ask("/last").status, 200)

    def test_virtual_servers(self):
        conn = self.conn()
        self.assertEqual(conn.ask("/", authority="second").text, "second")
        self.assertEqual(conn.ask("/", authority=None, more=[("host", "second")]).text, "second")
        self.assertEqual(conn.ask("/", authority="other").text, "first /")

    def test_what_the_upstream_gets(self):
        answer = self.conn().ask("/p/echo", method="POST", body=b"hello", more=[
            ("cookie", "a=1"), ("x-one", "1"), ("te", "trailers"), ("cookie", "b=2")])
        seen = self.origin.requests[-1]
        self.assertEqual(answer.status, 200)
        self.assertEqual(seen.line, "POST /echo HTTP/1.1")
        self.assertEqual((seen.get("cookie"), seen.get("x-one"), seen.get("te")), ("a=1; b=2", "1", None))
        self.assertEqual((seen.body, seen.get("content-length"), seen.get("transfer-encoding")), (b"hello", "5", None))
        self.assertEqual(self.conn().ask("/cookie", more=[("cookie", "a=1"), ("cookie", "b=2")]).text, "a=1; b=2|2")

    def test_bodies_up(self):
        for path in ("/p/echo", "/s/echo"):
            for size in (0, 1, 16384, 200_000, len(BIG)):
                conn = self.conn()
                conn.read_frame()
                stream = conn.request(path, method="POST", end=False)
                sent = 0
                window = lambda: 65536 + conn.windows.get(stream, 0) - sent
                while sent < size:
                    if window() <= 0:
                        conn.until(lambda: window() > 0)
                    piece = BIG[sent:sent + min(16384, window(), size - sent)]
                    conn.frame(DATA, 0, stream, piece)
                    sent += len(piece)
                conn.frame(DATA, END_STREAM, stream)
                self.assertEqual(conn.answer(stream).status, 200)
                self.assertEqual(len(self.origin.requests[-1].body), size)
                self.assertEqual(hashlib.sha256(self.origin.requests[-1].body).digest(),
                                 hashlib.sha256(BIG[:size]).digest())

    def test_bodies_down_and_flow_control(self):
        conn = self.conn()
        stream = conn.request("/f/big.bin")
        self.assertTrue(conn.answer(stream).body == BIG)
        conn = self.conn(settings=[(4, 1000)], manners=False)
        stream = conn.request("/f/big.bin")
        conn.frame(SETTINGS, 1)
        conn.until(lambda: stream in conn.streams and len(conn.streams[stream].body) == 1000)
        self.assertEqual(conn.ask("/small", method="HEAD").status, 200)  # others are not held up
        conn.ping()
        self.assertEqual(len(conn.streams[stream].body), 1000)
        conn.frame(WINDOW, 0, stream, (5000).to_bytes(4, "big"))
        conn.until(lambda: len(conn.streams[stream].body) == 6000)
        conn.frame(SETTINGS, 0, 0, (4).to_bytes(2, "big") + (10_000).to_bytes(4, "big"))
        conn.until(lambda: len(conn.streams[stream].body) == 15_000)

    def test_frames_of_a_body(self):
        conn = self.conn()
        answer = conn.answer(conn.request("/f/big.bin"))
        sizes = {size for kind, _, size in answer.frames if kind == DATA}
        self.assertLessEqual(max(sizes), 8192)  # http2_chunk_size

    def test_frames_as_large_as_the_settings_say(self):
        conn = self.conn()
        conn.until(lambda: conn.settings)  # acknowledged with that
        more = [("x-%d" % i, "v" * 7000) for i in range(4)]
        stream = conn.request("/p/echo", method="POST", more=more, end=False)
        conn.frame(DATA, END_STREAM, stream, BIG[:60_000])
        self.assertEqual(conn.answer(stream).status, 200)
        self.assertEqual(self.origin.requests[-1].body, BIG[:60_000])
        self.assertEqual(self.origin.requests[-1].get("x-3"), "v" * 7000)
        conn.frame(HEADERS, END_HEADERS, conn.next_id, bytes(60_000))  # more than large_client_header_buffers take
        self.assertEqual(conn.goaway(), "ENHANCE_YOUR_CALM")
        for kind, size in ((DATA, (1 << 20) + 1), (PING, 16385), (0x77, 16385)):
            conn = self.conn()
            conn.until(lambda: conn.settings)
            conn.request("/p/hang", method="POST", end=False)
            conn.frame(kind, 0, 1 if kind == DATA else 0, length=size)
            self.assertEqual(conn.goaway(), "FRAME_SIZE_ERROR")

    def test_a_long_head_goes_in_as_few_frames_as_the_client_takes(self):
        value = "Z" * 7000
        for settings, frames in (((), [(HEADERS, 16384), (CONTINUATION, None)]), (((5, 1 << 17),), [(HEADERS, None)]),
                                 (((5, 20_000),), [(HEADERS, 20_000), (CONTINUATION, None)])):
            conn = self.conn(settings=settings)
            for _ in range(2):
                answer = conn.ask("/long?v=" + value)
                self.assertEqual([answer.get("x-" + n) for n in "abc"], [value] * 3)
                self.assertEqual(answer.text, "ok")
                heads = [frame for frame in answer.frames if frame[0] != DATA]
                self.assertEqual([kind for kind, _, _ in heads], [kind for kind, _ in frames])
                self.assertEqual([flags for _, flags, _ in heads], [0] * (len(heads) - 1) + [END_HEADERS])
                for (_, _, size), (_, wanted) in zip(heads, frames):
                    self.assertEqual(size, wanted or size)

    def test_padding_and_priority(self):
        conn = self.conn()
        block = conn.block_of(conn.fields("POST", "/p/echo"))
        payload = b"\x05" + b"\x00\x00\x00\x00\x10" + block + b"\0" * 5
        conn.frame(HEADERS, END_HEADERS | PADDED | PRIO, 1, payload)
        conn.frame(DATA, END_STREAM | PADDED, 1, b"\x03body\0\0\0")
        self.assertEqual(conn.answer(1).status, 200)
        self.assertEqual(self.origin.requests[-1].body, b"body")

    def test_answers_without_a_body(self):
        conn = self.conn()
        head = conn.ask("/f/big.bin", method="HEAD")
        self.assertEqual((head.status, head.body, head.get("content-length")), (200, b"", str(len(BIG))))
        empty = conn.ask("/204")
        self.assertEqual((empty.status, empty.body, [kind for kind, _, _ in empty.frames]), (204, b"", [HEADERS]))
        self.assertEqual(conn.ask("/drop").reset, "CANCEL")
        self.assertEqual(conn.ask("/p/half").reset, "INTERNAL_ERROR")  # cut short by the upstream
        self.assertEqual(conn.ask("/").status, 200)

    def test_trailers(self):
        conn = self.conn()
        self.assertEqual(conn.ask("/trailer").trailers, [("x-end", "localhost")])
        answer = conn.ask("/t/trailers")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.trailers)
        stream = conn.request("/p/echo", method="POST", body=b"with", end=False)
        conn.frame(HEADERS, END_HEADERS | END_STREAM, stream, conn.block_of([("x-check", "sum")]))
        self.assertEqual(conn.answer(stream).status, 200)
        self.assertEqual(self.origin.requests[-1].body, b"with")

    def test_expect_continue(self):
        conn = self.conn()
        stream = conn.request("/p/echo", method="POST", end=False, more=[("expect", "100-continue")])
        conn.until(lambda: stream in conn.streams and conn.streams[stream].heads)
        self.assertEqual(conn.streams[stream].heads, [[(":status", "100")]])
        conn.frame(DATA, END_STREAM, stream, b"now")
        self.assertEqual(conn.answer(stream).status, 200)

    def test_a_body_nobody_reads(self):
        conn = self.conn()
        stream = conn.request("/", method="POST", end=False)
        answer = conn.answer(stream)
        self.assertEqual(answer.status, 200)
        conn.until(lambda: answer.reset)
        self.assertEqual(answer.reset, "NO_ERROR")
        conn.frame(DATA, 0, stream, b"late")  # under way before the reset was seen
        self.assertEqual(conn.ask("/").status, 200)

    def test_a_client_that_resets(self):
        conn = self.conn()
        stream = conn.request("/p/hang")
        wait_for(lambda: self.origin.requests and self.origin.requests[-1].path == "/hang")
        conn.frame(RST, 0, stream, (8).to_bytes(4, "big"))
        self.gw.wait_log(r"^GET /p/hang HTTP/2.0 499", name="access.log")
        self.assertEqual(conn.ask("/").status, 200)

    def test_more_streams_than_allowed(self):
        gw = self.start("http2 on; http2_max_concurrent_streams 2; server { listen @P0@; location / { proxy_pass "
                        "http://@O@; } location /x { return 200 x; } }")
        conn = H2Conn(gw.ports[0])
        self.addCleanup(conn.close)
        conn.read_frame()
        self.assertEqual(conn.settings[3], 2)
        first, second = conn.request("/hang"), conn.request("/wait/0.2")
        self.assertEqual(conn.ask("/x").reset, "REFUSED_STREAM")
        self.assertEqual(conn.answer(second).status, 200)
        self.assertEqual(conn.ask("/x").text, "x")
        self.assertIsNone(conn.streams.get(first))


class Ends(WireTest):
    HTTP = CONFIG

    def test_a_reload_cuts_nothing(self):
        conn = H2Conn(self.port)
        self.addCleanup(conn.close)
        conn.manners = False  # the PING behind the first GOAWAY is answered below
        waiting = conn.request("/p/wait/0.5")
        self.assertEqual(conn.ask("/").status, 200)
        self.gw.reload(CONFIG.replace('"first $', '"new $'))
        conn.until(lambda: conn.pings_in)
        self.assertEqual(conn.goaways, [((1 << 31) - 1, "NO_ERROR")])
        for _ in range(20):  # a client that goes on opening streams
            self.assertEqual(conn.ask("/").text, "new /")
        last = conn.request("/p/wait/0.2")
        conn.frame(PING, ACK, 0, conn.pings_in[0])
        conn.until(lambda: len(conn.goaways) == 2)
        self.assertEqual(conn.goaways[1], (last, "NO_ERROR"))
        late = conn.request("/")
        self.assertEqual((conn.answer(waiting).status, conn.answer(last).status), (200, 200))
        self.assertTrue(conn.ends())
        self.assertNotIn(late, conn.streams)

    def test_a_reload_ends_idle_connections(self):
        conn = H2Conn(self.port)
        self.addCleanup(conn.close)
        self.assertEqual(conn.ask("/").status, 200)
        self.gw.reload(CONFIG)
        self.assertTrue(conn.ends())
        self.assertEqual(conn.goaways, [((1 << 31) - 1, "NO_ERROR"), (1, "NO_ERROR")])

    def test_a_reload_does_not_wait_for_a_client_without_pings(self):
        conn = H2Conn(self.port, manners=False)
        self.addCleanup(conn.close)
        self.assertEqual(conn.ask("/").status, 200)
        self.gw.reload(CONFIG)
        self.assertTrue(conn.ends())
        self.assertEqual(conn.goaways, [((1 << 31) - 1, "NO_ERROR"), (1, "NO_ERROR")])

    def test_an_idle_connection_costs_nothing(self):
        conns = [H2Conn(self.port) for _ in range(10)]
        for conn in conns:
            self.addCleanup(conn.close)
            self.assertEqual(conn.ask("/").status, 200)
        before = self.gw.cpu_seconds()
        time.sleep(1)
        self.assertLess(self.gw.cpu_seconds() - before, 0.1)

    def test_keepalive_requests(self):
        gw = self.start("http2 on; keepalive_requests 2; server { listen @P0@; return 200 x; }")
        conn = H2Conn(gw.ports[0])
        self.addCleanup(conn.close)
        self.assertEqual(conn.ask().status, 200)
        self.assertEqual(conn.goaways, [])
        self.assertEqual(conn.ask().status, 200)
        conn.until(lambda: conn.goaways)
        self.assertEqual(conn.goaways, [(3, "NO_ERROR")])
        self.assertTrue(conn.ends())

    def test_idle_connections_end(self):
        gw = self.start("http2 on; keepalive_timeout 1s; server { listen @P0@; return 200 x; }")
        conn = H2Conn(gw.ports[0])
        self.addCleanup(conn.close)
        self.assertEqual(conn.ask().status, 200)
        self.assertTrue(conn.ends(3))
        self.assertEqual(conn.goaways, [(1, "NO_ERROR")])

    def test_drain_lets_streams_finish(self):
        gw = self.start(CONFIG)
        conn = H2Conn(gw.ports[0])
        self.addCleanup(conn.close)
        waiting = conn.request("/p/wait/0.5")
        conn.ping()
        gw.signal(signal.SIGQUIT)
        conn.until(lambda: conn.goaways)
        self.assertEqual(conn.goaways[0], ((1 << 31) - 1, "NO_ERROR"))
        conn.until(lambda: len(conn.goaways) == 2)
        self.assertEqual(conn.goaways[1], (waiting, "NO_ERROR"))
        self.assertEqual(conn.answer(waiting).status, 200)
        self.assertTrue(conn.ends())
        wait_for(lambda: gw.process.poll() is not None)


class Tools(WireTest):
    """Clients that others wrote."""
    HTTP = CONFIG + "keepalive_requests 100000;"
    OPTIONS = {"files": {"big.bin": BIG}}

    def run_tool(self, *command):
        done = subprocess.run(command, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-500:])
        return done.stdout

    @unittest.skipUnless(shutil.which("curl"), "curl is missing")
    def test_curl(self):
        url = "http://127.0.0.1:%d" % self.port
        out = self.run_tool("curl", "-s", "--http2-prior-knowledge", "-w", "%{http_version} %{http_code}", url + "/c")
        self.assertEqual(out, b"first /c2 200")
        self.assertEqual(self.run_tool("curl", "-s", "--http2-prior-knowledge", url + "/f/big.bin"), BIG)
        self.run_tool("curl", "-s", "--http2-prior-knowledge", "-T", self.gw.path("big.bin"), url + "/s/echo")
        self.assertTrue(self.origin.requests[-1].body == BIG)

    @unittest.skipUnless(shutil.which("nghttp"), "nghttp is missing")
    def test_nghttp(self):
        out = self.run_tool("nghttp", "-v", "-m", "5", "http://127.0.0.1:%d/p/b/100000" % self.port).decode("latin-1")
        self.assertEqual(out.count(":status: 200"), 5)

    @unittest.skipUnless(shutil.which("h2load"), "h2load is missing")
    def test_h2load(self):
        out = self.run_tool("h2load", "-n", "3000", "-c", "8", "-m", "16", "http://127.0.0.1:%d/p/b/300" % self.port)
        self.assertRegex(out.decode(), r"3000 succeeded, 0 failed, 0 errored")


if __name__ == "__main__":
    main()
