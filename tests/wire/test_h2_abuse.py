"""Clients of HTTP/2 that mean no good: floods, bombs, windows, slowness. Each ends with GOAWAY or RST_STREAM, a line in
the error log, bounded memory; meanwhile an honest client, python3-h2, is answered as if nothing happened: a second one,
at a gateway that nobody attacks, shows what the machine and this process cost anybody in the same time.

GH_MEASURED=1 prints what was measured."""
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from h2_client import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PRIORITY, RST,
                       SETTINGS, WINDOW, H2Conn, frame, hpack)
from h2_peer import H2Peer
from harness import FACTOR, SLOW, Closed, Gateway, WireTest, main, wait_for
from raw_origin import RawOrigin

try:
    import h2.config
    import h2.connection
    import h2.events
except ImportError:
    h2 = None

CONFIG = """
    http2 on;
    upstream pool { server @O@; keepalive 64; }
    server { listen @P0@; client_header_timeout 1s; client_body_timeout 1s; send_timeout 2s; keepalive_timeout 30s;
        keepalive_requests 1000000; client_max_body_size 20m;
        location / { proxy_pass http://pool; }
        location /stream/ { proxy_pass http://pool/; proxy_request_buffering off; proxy_buffering off; }
        location /file { alias @DIR@/4m.bin; }
        location /ok { return 200 ok; }
        location /heads { %s return 200 ok; }
    }
"""
CONFIG = CONFIG % " ".join("add_header X-%s $arg_a;" % name for name in "abcde")
FLOOD = 100_000
u32 = struct.Struct(">I").pack


class Honest(threading.Thread):
    """Asks one small thing after another with python3-h2 and keeps how long each took."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.asked_enough = threading.Event()
        self.port, self.times, self.failed, self.over = port, [], 0, False

    def run(self):
        conn = h2.connection.H2Connection(config=h2.config.H2Configuration(header_encoding="utf-8"))
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock:
            conn.initiate_connection()
            while not self.over:
                stream, started = conn.get_next_available_stream_id(), time.monotonic()
                conn.send_headers(stream, [(":method", "GET"), (":scheme", "http"), (":authority", "h"),
                                           (":path", "/ok")], end_stream=True)
                if not self.answered(conn, sock, stream):
                    self.failed += 1
                    return
                self.times.append(time.monotonic() - started)
                time.sleep(0.002)

    @staticmethod
    def answered(conn, sock, stream):
        sock.sendall(conn.data_to_send())
        while True:
            data = sock.recv(65536)
            if not data:
                return False
            for event in conn.receive_data(data):
                if isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                    return True
                if isinstance(event, (h2.events.ConnectionTerminated, h2.events.StreamReset)):
                    return False

    def stop(self):
        self.over = True
        self.join(30)
        return sorted(self.times)

    def p99(self):
        times = self.stop()
        return times[int(len(times) * 0.99)]


class Abuse(WireTest):
    HTTP = CONFIG
    OPTIONS = {"files": {"4m.bin": bytes(4 << 20)}, "events": "worker_connections 4096;"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.quiet = Gateway("http2 on; server { listen @P0@; location /ok { return 200 ok; } }")
        cls.addClassCleanup(cls.quiet.stop)

    def setUp(self):
        super().setUp()
        self.conn().ask("/b/100")
        self.log_before = len(self.gw.error_log())
        self.memory_before, self.cpu_before = self.memory(), self.gw.cpu_seconds()
        self.honest = self.control = None
        if h2:
            self.honest, self.control = Honest(self.port), Honest(self.quiet.ports[0])
            for each in (self.honest, self.control):
                each.start()
                self.addCleanup(each.stop)

    def conn(self, **options):
        c = H2Conn(self.port, **options)
        self.addCleanup(c.close)
        return c

    def memory(self):
        """Resident KiB."""
        with open("/proc/%d/statm" % self.gw.process.pid) as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def flood(self, wire, count=FLOOD, before=(), **options):
        """Sends `wire(i)` until it is not taken any more. Returns (how many were sent, the connection)."""
        c = self.conn(**options)
        for step in before:
            step(c)
        sent, end = 0, time.monotonic() + 30 * FACTOR
        while sent < count and not c.goaways and time.monotonic() < end:
            try:
                c.socket.settimeout(5 * FACTOR)
                c.socket.sendall(b"".join(wire(i) for i in range(sent, min(sent + 50, count))))
                sent += 50
                self.read_what_is_there(c)
            except (OSError, Closed):
                break
        return sent, c

    @staticmethod
    def read_what_is_there(c):
        c.manners = False
        while select.select([c.socket], [], [], 0)[0]:
            data = c.socket.recv(65536)
            if not data:
                raise Closed("closed")
            c.buffer += data
        while len(c.buffer) >= 9 and len(c.buffer) >= 9 + int.from_bytes(c.buffer[:3], "big"):
            c.read_frame()

    def check(self, name, most_kib=1024, most_p99=1.0, cpu=10.0, **figures):
        """What it cost, and for how long the honest client was held up: longer than the one that nobody bothers."""
        p99 = control = asked = 0
        if self.honest:
            for each in (self.honest, self.control):
                wait_for(lambda each=each: len(each.times) >= 10 or each.failed, 10)
            p99, control, asked = self.honest.p99(), self.control.p99(), len(self.honest.times)
        grown = self.memory() - self.memory_before
        used = self.gw.cpu_seconds() - self.cpu_before
        if os.environ.get("GH_MEASURED"):
            figures.update(memory_kib=grown, cpu_s=round(used, 2), asked=asked, p99_ms=round(p99 * 1000, 1),
                           control_ms=round(control * 1000, 1))
            print("%-28s %s" % (name, " ".join("%s=%s" % pair for pair in figures.items())), file=sys.stderr)
        if self.honest:
            self.assertEqual(self.honest.failed, 0)
        if not SLOW:
            self.assertLess(grown, most_kib)
            self.assertLess(p99 - control, most_p99)
            self.assertLess(used, cpu)

    def ended(self, c, reason, code="ENHANCE_YOUR_CALM", level="error"):
        """GOAWAY (if the reset behind it has left it to be read), the end, and the line."""
        try:
            self.assertEqual(c.goaway(), code)
        except AssertionError:
            if c.goaways:
                raise
        self.assertTrue(c.ends())
        c.close()
        wait_for(lambda: "[%s]" % level in self.gw.error_log()[self.log_before:] and
                 reason in self.gw.error_log()[self.log_before:], message="no line: " + reason)

    # -- floods -------------------------------------------------------------------------------------------------------

    @staticmethod
    def heads(flags, path="/hang"):
        """The i-th request's HEADERS; all but the first are a few bytes of the table."""
        encoder = hpack.Encoder()
        head = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "h")]
        first, again = encoder.encode(head), encoder.encode(head)
        return lambda i: frame(HEADERS, flags, 2 * i + 1, again if i else first)

    def test_rapid_reset(self):
        before = self.origin.request_count
        head = self.heads(END_HEADERS | END_STREAM)
        sent, c = self.flood(lambda i: head(i) + frame(RST, 0, 2 * i + 1, u32(8)))
        self.ended(c, "too many streams were reset")
        streams = (c.goaways[0][0] + 1) // 2 if c.goaways else sent
        self.assertLessEqual(streams, 1000)
        reached = self.origin.request_count - before
        self.assertLessEqual(reached, 100)
        self.check("rapid reset", streams=streams, backend=reached)

    def test_slow_reset(self):
        """Each stream reaches the backend before it is reset."""
        before, began = self.origin.request_count, time.monotonic()
        c = self.conn()
        with self.assertRaises((Closed, OSError)):
            for _ in range(1000):
                stream = c.request("/hang")
                c.ping()
                c.frame(RST, 0, stream, u32(8))
        self.ended(c, "too many streams were reset")
        reached = self.origin.request_count - before
        self.assertLessEqual(reached, 102 + 10 * (time.monotonic() - began))
        self.check("reset behind a PING", backend=reached)

    def settled_count(self):
        """Requests at the origin, when those of a flood before have all been counted."""
        count, since = self.origin.request_count, time.monotonic()
        while time.monotonic() - since < 0.3:
            if self.origin.request_count != count:
                count, since = self.origin.request_count, time.monotonic()
            time.sleep(0.02)
        return count

    def test_streams_that_we_have_to_reset(self):
        """The client breaks a rule on each stream, so that it is us who reset it."""
        for name, broken in (("window", lambda s: frame(WINDOW, 0, s, u32(0x7fffffff))),
                             ("length", lambda s: frame(DATA, 0, s, b"too much"))):
            with self.subTest(name):
                before, began = self.settled_count(), time.monotonic()
                c = self.conn()
                with self.assertRaises((Closed, OSError)):
                    for _ in range(1000):
                        stream = c.request("/stream/hang", method="POST", end=False, more=[("content-length", "3")])
                        c.ping()
                        c.send(broken(stream))
                self.ended(c, "too many streams had to be reset")
                self.assertLessEqual(self.origin.request_count - before, 102 + 10 * (time.monotonic() - began))
        self.check("made-you-reset")

    def test_streams_above_the_limit(self):
        before = self.origin.request_count
        sent, c = self.flood(self.heads(END_HEADERS))
        self.ended(c, "too many streams had to be reset")
        self.assertLessEqual(self.origin.request_count - before, 128)
        self.check("streams above the limit", most_kib=4096, sent=sent,
                   backend=self.origin.request_count - before)

    def test_control_frames(self):
        u16u32 = struct.Struct(">HI").pack
        open_post = lambda c: c.request("/hang", method="POST", end=False)
        for name, wire, reason, before in (
                ("PING", lambda i: frame(PING, 0, 0, bytes(8)), "too many control frames", ()),
                ("PING ACK", lambda i: frame(PING, 1, 0, bytes(8)), "too many control frames", ()),
                ("SETTINGS", lambda i: frame(SETTINGS, 0, 0, u16u32(3, i)), "too many control frames", ()),
                ("SETTINGS, many in one", lambda i: frame(SETTINGS, 0, 0, u16u32(1, i % 4096) * 2000),
                 "too many setting entries", ()),
                ("PRIORITY", lambda i: frame(PRIORITY, 0, 2 * i + 1, bytes(5)), "too many control frames", ()),
                ("WINDOW_UPDATE", lambda i: frame(WINDOW, 0, 0, u32(1)), "too many control frames", ()),
                ("WINDOW_UPDATE of a stream", lambda i: frame(WINDOW, 0, 1, u32(1)), "too many control frames",
                 (open_post,)),
                ("unknown frames", lambda i: frame(0x77, 0, 0, b"x" * 100), "too many control frames", ()),
                ("empty DATA", lambda i: frame(DATA, 0, 1, b""), "too many empty frames", (open_post,)),
                ("DATA of padding", lambda i: frame(DATA, PADDED, 1, b"\xff" + bytes(255)), "too many empty frames",
                 (open_post,)),
                ("CONTINUATION, empty", lambda i: frame(CONTINUATION, 0, 1, b""), "a field block of too many parts",
                 (lambda c: c.frame(HEADERS, END_STREAM, 1, b"\x82"),)),
                ("CONTINUATION", lambda i: frame(CONTINUATION, 0, 1, b"\x00\x01x\x01y" * 100),
                 "a field block of too many parts", (lambda c: c.frame(HEADERS, END_STREAM, 1, b"\x82"),))):
            with self.subTest(name):
                self.log_before, began = len(self.gw.error_log()), time.monotonic()
                cpu, memory = self.gw.cpu_seconds(), self.memory()
                sent, c = self.flood(wire, before=before)
                self.ended(c, reason)  # however much of the flood fitted into the sockets' buffers meanwhile
                if os.environ.get("GH_MEASURED"):
                    print("  %-26s sent=%d seconds=%.2f cpu_s=%.2f memory_kib=%d" % (
                        name, sent, time.monotonic() - began, self.gw.cpu_seconds() - cpu, self.memory() - memory),
                        file=sys.stderr)
        self.check("control frames, all")

    def test_hpack_bomb(self):
        """One large field in the table, named by single bytes."""
        before = self.origin.request_count
        c = self.conn()
        c.ask("/ok", more=[("x-bomb", "b" * 3900)])
        good = c.block_of(c.fields())
        try:
            c.frame(HEADERS, END_STREAM, c.next_id, good + b"\xbe" * 15_000)
            for _ in range(3):
                c.frame(CONTINUATION, 0, c.next_id, b"\xbe" * 16_000)
        except OSError:
            pass
        self.ended(c, "request fields are too large")
        self.assertEqual(self.origin.request_count, before)
        self.check("HPACK bomb", most_kib=256)

    def test_many_fields(self):
        c = self.conn()
        c.frame(HEADERS, END_HEADERS | END_STREAM, 1, c.block_of(c.fields()) + b"\x00\x01x\x01y" * 3000)
        answer = c.answer(1)
        self.assertIn(answer.status, (400, 431))
        c.close()
        self.check("3,000 fields", most_kib=512)

    # -- windows and slowness -----------------------------------------------------------------------------------------

    def test_windows_of_nothing(self):
        """100 answers of 4 MiB that may not be sent: each is reset after send_timeout, and does not wait in memory."""
        for path in ("/file", "/b/4194304", "/stream/b/4194304"):
            with self.subTest(path):
                before = self.memory()
                c = self.conn(settings=[(4, 0)])
                streams = [c.request(path) for _ in range(100)]
                c.until(lambda: len([s for s in streams if s in c.streams and c.streams[s].fields]) == 100, 20)
                began = time.monotonic()
                most = self.memory() - before
                c.until(lambda: all(c.streams[s].reset for s in streams), 10)
                took = time.monotonic() - began
                self.assertEqual({c.streams[s].body for s in streams}, {b""})
                self.assertLess(took, 4 * FACTOR)
                self.assertEqual(c.ask("/ok", method="HEAD").status, 200)
                c.close()
                if os.environ.get("GH_MEASURED"):
                    print("  window 0, %-17s took=%.1f most_kib=%d after_kib=%d" % (path, took, most,
                                                                                  self.memory() - before),
                          file=sys.stderr)
                if not SLOW:
                    self.assertLess(most, 1024)
        self.check("100 windows of nothing", most_kib=2048)

    def test_windows_that_open_later(self):
        """What waits for a window goes on when it opens, the stream's own or all of them, and none starves."""
        for path in ("/file", "/b/4194304", "/stream/b/4194304"):
            for opens in ("each", "all"):
                with self.subTest(path, opens=opens):
                    c = self.conn(settings=[(4, 0)], manners=False)
                    streams = [c.request(path) for _ in range(8)]
                    c.until(lambda: len([s for s in streams if s in c.streams and c.streams[s].fields]) == 8, 20)
                    if opens == "each":
                        c.send(b"".join(frame(WINDOW, 0, s, u32(1 << 20)) for s in streams))
                    else:
                        c.frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 20))
                    got = lambda: sum(len(c.streams[s].body) for s in streams)
                    allowed = 65535
                    while got() < 8 << 20:  # the connection's window is the narrow one
                        c.until(lambda: got() == min(allowed, 8 << 20), 20)
                        sizes = [len(c.streams[s].body) for s in streams]
                        if path == "/file":  # of the others the origin's own pace decides
                            self.assertLessEqual(max(sizes) - min(sizes), 200_000, sizes)
                        c.frame(WINDOW, 0, 0, u32(65536))
                        allowed += 65536
                    self.assertEqual({len(c.streams[s].body) for s in streams}, {1 << 20})
                    self.assertFalse(any(c.streams[s].over for s in streams))
                    c.close()

    def test_windows_that_open_byte_by_byte(self):
        c = self.conn(settings=[(4, 1)], manners=False)
        stream, began = c.request("/file"), time.monotonic()
        c.until(lambda: stream in c.streams and c.streams[stream].fields)
        while time.monotonic() - began < 12 * FACTOR and not c.streams[stream].reset:
            c.frame(WINDOW, 0, stream, u32(1))
            time.sleep(0.1)
            self.read_what_is_there(c)
        self.assertIsNotNone(c.streams[stream].reset)
        self.assertLess(time.monotonic() - began, 10 * FACTOR)
        self.check("windows byte by byte", seconds=round(time.monotonic() - began, 1))

    def test_slow_heads(self):
        conns = [self.conn(manners=False) for _ in range(200)]
        for c in conns:
            c.frame(HEADERS, END_STREAM, 1, b"\x82\x86")
        began = time.monotonic()
        for c in conns:
            c.until(lambda: c.streams.get(1) and c.streams[1].reset)
            self.assertEqual(c.streams[1].reset, "PROTOCOL_ERROR")
        self.assertLess(time.monotonic() - began, 3 * FACTOR)
        conns[0].send(frame(CONTINUATION, END_HEADERS, 1, b"\x84") + frame(PING, 0, 0, bytes(8)))  # late, but allowed
        conns[0].until(lambda: conns[0].pings)
        self.check("200 slow heads", most_kib=4096, seconds=round(time.monotonic() - began, 1))

    def test_slow_bodies(self):
        c = self.conn()
        streams = [c.request("/stream/echo", method="POST", end=False) for _ in range(50)]
        began = time.monotonic()
        for stream in streams:
            answer = c.answer(stream)
            self.assertEqual(answer.status, 408)
            c.until(lambda: answer.reset)
        self.assertLess(time.monotonic() - began, 3 * FACTOR)
        self.assertEqual(c.ask("/ok").status, 200)
        self.check("50 bodies that do not come", most_kib=4096, seconds=round(time.monotonic() - began, 1))

    def test_bodies_byte_by_byte(self):
        """Each byte comes in time; the rate as a whole is too low."""
        c = self.conn()
        streams = [c.request("/stream/echo", method="POST", end=False) for _ in range(20)]
        began, stop = time.monotonic(), threading.Event()

        def dribble():
            while not stop.wait(0.4):
                try:
                    c.send(b"".join(frame(DATA, 0, s, b"x") for s in streams))
                except OSError:
                    return
        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        try:
            c.until(lambda: all(s in c.streams and c.streams[s].over for s in streams), 10)
        finally:
            stop.set()
            thread.join()
        self.assertEqual({c.streams[s].status for s in streams}, {408})
        self.check("20 bodies byte by byte", most_kib=4096, seconds=round(time.monotonic() - began, 1))

    def test_a_client_that_does_not_read(self):
        c = self.conn(rcvbuf=4096, settings=[(4, 0x7fffffff)], manners=False)
        c.frame(WINDOW, 0, 0, u32(0x7fffffff - 65535))
        for _ in range(50):
            c.request("/file")
        began = time.monotonic()
        time.sleep(0.3)
        most = self.memory() - self.memory_before
        self.gw.wait_log(r"client timed out", seconds=10)
        wait_for(lambda: "client timed out" in self.gw.error_log()[self.log_before:], 10)
        self.check("50 answers that are not read", most_kib=24 * 1024, most_kib_then=most,
                   seconds=round(time.monotonic() - began, 1))

    def test_heads_that_are_not_read(self):
        """Heads of several frames stop in their midst while other connections get theirs: all come whole."""
        conns = [self.conn(rcvbuf=4096) for _ in range(4)]
        asked = [(c, [(c.request("/heads?a=" + chr(97 + i) * 7000), i) for i in range(20)]) for c in conns]
        for i in range(20):
            answer = self.conn().ask("/heads?a=" + chr(97 + i) * 7000)
            self.assertEqual({answer.get("x-" + name) for name in "abcde"}, {chr(97 + i) * 7000})
        for c, streams in asked:
            for stream, i in streams:
                answer = c.answer(stream)
                self.assertEqual({answer.get("x-" + name) for name in "abcde"}, {chr(97 + i) * 7000})
        self.check("heads that are not read", most_kib=8 * 1024)

    def test_idle_connections(self):
        """Preface and SETTINGS, nothing more: client_header_timeout holds for the first request."""
        conns = [self.conn() for _ in range(100)]
        began = time.monotonic()
        for c in conns:
            self.assertTrue(c.ends(4))
        self.assertLess(time.monotonic() - began, 3 * FACTOR)
        self.check("100 idle connections", most_kib=4096)


class Uploads(WireTest):
    """Bodies that no upstream takes: what is held of them is bounded, whatever windows the client could fill."""
    ORIGINS = 0
    STREAMS, MOST = 40, 4 << 20

    def hold(self, origin, settings, path="/"):
        """KiB by which the gateway grows when a client sends as much as it may on 40 streams."""
        self.addCleanup(origin.stop)
        gw = self.start("server { listen @P0@; http2 on; location / { %s } location /ok { return 200; } }" % settings,
                        [origin])
        memory = lambda: Abuse.memory(self)
        self.gw = gw
        with H2Conn(gw.ports[0]) as c:
            self.assertEqual(c.ask("/ok").status, 200)
            before = memory()
            fields = [("content-type", "application/grpc"), ("te", "trailers")]
            streams = [c.request(path, "POST", end=False, more=fields) for _ in range(self.STREAMS)]
            sent = dict.fromkeys(streams, 0)
            quiet_since = time.monotonic()
            while time.monotonic() - quiet_since < 1 * FACTOR:
                c.ping()
                time.sleep(0.02)  # no flood
                for s in streams:
                    room = min(c.settings.get(4, 65535) + c.windows.get(s, 0) - sent[s], self.MOST - sent[s],
                               65535 + c.windows.get(0, 0) - sum(sent.values()))
                    if room <= 0 or (s in c.streams and c.streams[s].over):
                        continue
                    for at in range(0, room, 16384):
                        c.frame(DATA, 0, s, bytes(min(16384, room - at)))
                    sent[s] += room
                    quiet_since = time.monotonic()
            self.assertGreaterEqual(min(sent.values()), 65535)
            self.assertEqual(c.ask("/ok").status, 200)
            return memory() - before

    def check(self, kib):
        if os.environ.get("GH_MEASURED"):
            print("  held of 40 bodies that nobody takes: %d KiB" % kib, file=sys.stderr)
        if not SLOW:
            self.assertLess(kib, 16 * 1024)

    def test_an_http2_upstream_that_opens_no_window(self):
        done = threading.Event()
        self.addCleanup(done.set)

        def serve(conn):
            conn.begin()
            while len(conn.streams) < self.STREAMS:
                conn.read_frame()
            done.wait(30 * FACTOR)
        self.check(self.hold(H2Peer(serve), "grpc_pass grpc://@O@;"))
        done.set()

    def test_an_http1_upstream_that_does_not_read(self):
        done = threading.Event()
        self.addCleanup(done.set)
        self.check(self.hold(RawOrigin(lambda peer: done.wait(30 * FACTOR)),
                             "client_max_body_size 0; proxy_request_buffering off; proxy_pass http://@O@;"))
        done.set()

    def test_one_that_takes_slowly_gets_all(self):
        body = os.urandom(3 << 20)
        got = []

        def serve(peer):
            time.sleep(0.2)
            got.append(peer.exactly(len(body)))
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        origin = RawOrigin(serve)
        self.addCleanup(origin.stop)
        gw = self.start("server { listen @P0@; http2 on; client_max_body_size 0; location / {"
                        "proxy_request_buffering off; proxy_pass http://@O@; } }", [origin])
        done = subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{http_code}",
                               "--data-binary", "@-", "http://127.0.0.1:%d/" % gw.ports[0]], input=body,
                              stdout=subprocess.PIPE, timeout=60 * FACTOR)
        self.assertEqual(done.stdout, b"200")
        self.assertEqual(got, [body])


class Leaving(WireTest):
    HTTP = "server { listen @P0@; http2 on; location / { return 200 ok; } }"

    def test_behind_the_goaway_of_the_client_the_connection_ends(self):
        for before in (0, 2):
            with H2Conn(self.port) as c:
                for _ in range(before):
                    self.assertEqual(c.ask("/").status, 200)
                c.frame(GOAWAY, 0, 0, bytes(8))
                c.request("/")
                began = time.monotonic()
                c.ends(10)
                self.assertLess(time.monotonic() - began, 2 * FACTOR)


if __name__ == "__main__":
    main()
