"""Server-sent events and long polls: each event arrives when it was sent, whatever is done to it on the way, and whoever
leaves is not waited for. Origin and client go in step: the next event is sent when the last one has arrived."""
import queue
import select
import threading
import time
import zlib

from decoders import DECODERS
from harness import FACTOR, IS_NGINX, Conn, WireTest, beyond_nginx, main, wait_for
from raw_origin import RawOrigin

EVENTS = [b"data: event %d of http://inside/\n\n" % i for i in range(6)] + [b": heartbeat\n\n", b"data: " + b"x" * 70000 +
                                                                            b"\n\n", b"id: 9\n\n"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"


def plain():
    return lambda data: data


def decoding(coding):
    """What each piece adds to the decoded text."""
    def begin():
        whole = {"in": b"", "out": 0}

        def decode(data):
            whole["in"] += data
            text = DECODERS[coding](whole["in"], partial=True)
            new, whole["out"] = text[whole["out"]:], len(text)
            return new
        return decode
    return begin


class Streams(WireTest):
    ORIGINS = 0

    def setUp(self):
        super().setUp()
        self.steps = queue.Queue()
        self.gone = threading.Event()

    def gateway(self, settings="", serve=None, http="", **options):
        if IS_NGINX and "proxy_buffering" not in settings:
            settings += " proxy_buffering off;"   # without it, its clients get what fills a buffer
        self.raw = RawOrigin(serve or self.in_step)
        self.addCleanup(self.raw.stop)
        return self.start("%s server { listen @P0@; location / { proxy_pass http://@O@; %s } }" % (http, settings),
                          [self.raw], **options)

    head, last = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"

    def frame(self, data):
        return b"%x\r\n%s\r\n" % (len(data), data)

    def in_step(self, peer):
        """Sends what the test puts into the queue; None ends the stream."""
        peer.send(self.head)
        while True:
            event = self.steps.get(timeout=20)
            if event is None:
                break
            peer.send(self.frame(event))
        if self.last:
            peer.send(self.last)

    def assertInStep(self, gw, fields="Accept-Encoding: gzip, br, zstd\r\n", version="1.1", change=lambda event: event,
                     coding=None, decode=plain, encode=lambda data: data, end=None):
        with Conn(gw.ports[0]) as conn:
            conn.send("GET /events HTTP/%s\r\nHost: a\r\nConnection: close\r\n%s\r\n" % (version, fields))
            self.steps.put(encode(EVENTS[0]))
            response = conn.read_head()
            self.assertEqual((response.status, response.get("Content-Type")), (200, "text/event-stream"))
            self.assertEqual(response.get("Content-Encoding"), coding)
            body, decoded, decoder = Body(conn, response), b"", decode()
            for i, event in enumerate(EVENTS):
                if i > 0:
                    self.steps.put(encode(event))
                wanted = change(event)
                while len(decoded) < len(wanted):
                    decoded += decoder(body.some())
                self.assertEqual(decoded == wanted, True, "%r, not %r" % (decoded[:80], wanted[:80]))
                decoded = b""
            if end:
                self.steps.put(end())
            self.steps.put(None)
            if coding or decode is not plain:
                conn.read_to_close()
            else:
                self.assertTrue(body.ends())
        self.raw.check()


class Body:
    """A response's body as it comes."""

    def __init__(self, conn, response):
        self.conn, self.chunked = conn, response.get("Transfer-Encoding") == "chunked"
        self.left = int(response.get("Content-Length", "-1"))

    def some(self):
        if not self.chunked:
            if not self.conn.buffer:
                assert self.conn._fill(), "closed"
            data, self.conn.buffer = self.conn.buffer, b""
            self.left -= len(data)
            return data
        size = int(self.conn._until(b"\r\n"), 16)
        assert size > 0, "ended"
        data, whole = self.conn._exactly(size + 2)
        assert whole and data.endswith(b"\r\n")
        return data[:-2]

    def ends(self):
        if self.chunked:
            return self.conn._until(b"\r\n\r\n") == b"0"
        return self.left == 0 or self.conn.read_to_close() == b""


class Events(Streams):
    def test_as_they_come(self):
        self.assertInStep(self.gateway("proxy_buffering off;"))
        self.head = self.head.replace(b"Cache", b"X-Accel-Buffering: no\r\nCache")
        self.assertInStep(self.gateway("proxy_buffering on;"))

    @beyond_nginx
    def test_as_they_come_when_buffered(self):
        for settings in ("proxy_buffering on;", "proxy_buffering on; proxy_buffers 4 4k;"):
            self.assertInStep(self.gateway(settings))

    def test_for_a_client_of_http_1_0(self):
        self.assertInStep(self.gateway(), version="1.0")

    def test_to_the_end_of_the_connection(self):
        self.head, self.last = HEAD + b"\r\n", b""
        self.frame = lambda data: data
        for settings in ("", "proxy_http_version 1.0;", "proxy_buffering off;"):
            self.assertInStep(self.gateway(settings))

    def test_of_a_known_length(self):
        length = sum(len(event) for event in EVENTS)
        self.head, self.last = HEAD + b"Content-Length: %d\r\n\r\n" % length, b""
        self.frame = lambda data: data
        self.assertInStep(self.gateway())
        self.assertInStep(self.gateway("proxy_buffering off;"))

    def test_the_head_does_not_wait_for_the_first_event(self):
        for settings in ("", "gzip on; gzip_types *;", "sub_filter inside outside; sub_filter_types *;",
                         "limit_rate 1m;", "proxy_buffering off;"):
            gw = self.gateway(settings)
            with Conn(gw.ports[0]) as conn:
                conn.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
                self.assertEqual(conn.read_head().status, 200, settings)
                self.steps.put(None)

    def test_a_byte_at_a_time(self):
        gw = self.gateway("proxy_buffering off;")
        with Conn(gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            body = Body(conn, conn.read_head())
            for byte in b"data: slow\n\n":
                self.steps.put(bytes([byte]))
                self.assertEqual(body.some(), bytes([byte]))
            self.steps.put(None)
            self.assertTrue(body.ends())


@beyond_nginx   # nginx gathers what it buffers, whatever its type
class Encoded(Streams):
    def test_encoded(self):
        for coding, name in (("gzip", "gzip"), ("br", "brotli"), ("zstd", "zstd")):
            for settings in ("proxy_buffering on;", "proxy_buffering off;"):
                gw = self.gateway("%s on; %s_types text/event-stream; %s_min_length 1; %s" % (name, name, name, settings))
                self.assertInStep(gw, coding=coding, decode=decoding(coding))

    def test_asked_for_by_the_upstream(self):
        self.head = self.head.replace(b"text/event-stream\r\n", b"text/event-stream\r\nX-Accel-Buffering: no\r\n")
        gw = self.gateway("gzip on; gzip_types *; gzip_min_length 1;")
        self.assertInStep(gw, coding="gzip", decode=decoding("gzip"))

    def test_decoded(self):
        stream = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        self.head = self.head.replace(b"Cache", b"Content-Encoding: gzip\r\nCache")
        self.assertInStep(self.gateway("gunzip on;"), fields="",
                          encode=lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH),
                          end=lambda: stream.flush())

    def test_substituted(self):
        for more in ("", "proxy_buffering off;", "gzip on; gzip_types *; gzip_min_length 1;"):
            gw = self.gateway("sub_filter http://inside/ https://outside.example/; sub_filter_once off;"
                              "sub_filter_types text/event-stream; " + more)
            gzipped = "gzip" in more
            self.assertInStep(gw, change=lambda e: e.replace(b"http://inside/", b"https://outside.example/"),
                              coding="gzip" if gzipped else None, decode=decoding("gzip") if gzipped else plain)

    def test_with_a_rate(self):
        self.assertInStep(self.gateway("limit_rate 10m;"))
        self.assertInStep(self.gateway("proxy_limit_rate 10m;"))


class Time(Streams):
    def test_heartbeats_keep_it_alive(self):
        """proxy_read_timeout and send_timeout count from the last event, not from the first."""
        gw = self.gateway("proxy_read_timeout 1s; send_timeout 1s; proxy_buffering off;")
        with Conn(gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            body = Body(conn, conn.read_head())
            started = time.monotonic()
            for _ in range(6):
                time.sleep(0.4)
                self.steps.put(b": heartbeat\n\n")
                self.assertEqual(body.some(), b": heartbeat\n\n")
            self.assertGreater(time.monotonic() - started, 2.3)
            # No heartbeat any more: the answer is cut, and looks it.
            self.assertNotIn(b"0\r\n\r\n", conn.read_to_close(4))
        gw.wait_log(r"upstream timed out \(110: Connection timed out\) while reading upstream")
        self.steps.put(None)

    def test_a_client_that_only_listens_is_not_too_slow(self):
        """client_body_timeout, the least rates and keepalive_timeout are not about a client that waits for events."""
        gw = self.gateway("client_body_timeout 300ms; keepalive_timeout 300ms; send_timeout 300ms;")
        with Conn(gw.ports[0]) as conn:
            conn.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            body = Body(conn, conn.read_head())
            time.sleep(1)
            self.steps.put(b"data: late\n\n")
            self.assertEqual(body.some(), b"data: late\n\n")
            self.steps.put(None)
            self.assertTrue(body.ends())

    def test_a_slow_reader_does_not_hold_up_the_others(self):
        ready, events = threading.Semaphore(0), 30
        more = threading.Event()

        def serve(peer):
            peer.send(self.head)
            ready.release()
            more.wait(20)
            try:
                for i in range(events):
                    peer.send(self.frame(b"data: %06d %s\n\n" % (i, b"y" * 100000)))
            except OSError:
                return
            peer.send(self.last)
        gw = self.gateway(serve=serve)
        stuck = Conn(gw.ports[0], rcvbuf=4096)
        self.addCleanup(stuck.close)
        conns = [stuck] + [Conn(gw.ports[0]) for _ in range(5)]
        for conn in conns:
            self.addCleanup(conn.close)
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in conns:
            self.assertTrue(ready.acquire(timeout=10))
        more.set()
        for conn in conns[1:]:
            response = conn.read()
            self.assertEqual((response.complete, len(response.body)), (True, events * 100015))


class Leaving(Streams):
    def waiting(self, head):
        """An origin that says no more, and sees when its connection ends."""
        def serve(peer):
            if head:
                peer.send(self.head + self.frame(EVENTS[0]))
            peer.rest()
            self.gone.set()
        return serve

    def leave(self, gw, how, head, ask="GET / HTTP/1.1\r\nHost: a\r\n\r\n"):
        self.gone.clear()
        conn = Conn(gw.ports[0])
        conn.send(ask)
        if head:
            Body(conn, conn.read_head()).some()
        else:
            wait_for(lambda: self.raw.peers and self.raw.peers[-1].head)
        started = time.monotonic()
        how(conn)
        self.assertTrue(self.gone.wait(5 * FACTOR))
        self.assertLess(time.monotonic() - started, 1 * FACTOR)
        conn.close()
        self.raw.forget()

    def test_the_upstream_is_free_at_once(self):
        for head in (True, False):
            for settings in ("", "proxy_buffering off;", "gzip on; gzip_types *; gzip_min_length 1;"):
                gw = self.gateway(settings, self.waiting(head))
                for how in (Conn.close, Conn.reset):
                    self.leave(gw, how, head)
                self.leave(gw, Conn.close, head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")

    def test_what_the_log_says(self):
        gw = self.gateway("access_log t.log t;", self.waiting(True), "log_format t '$status $request_completion.';")
        self.leave(gw, Conn.close, True)
        gw.wait_log(r"^200 \.$", name="t.log")
        self.raw.serve = self.waiting(False)
        self.leave(gw, Conn.close, False)
        gw.wait_log(r"^499 \.$", name="t.log")

    def test_its_peer_may_take_the_next(self):
        http = "upstream u { zone u 64k; server @O@ max_conns=1; } " \
               "server { listen @P1@; location / { proxy_pass http://u; } }"
        gw = self.gateway("", self.waiting(True), http)
        for _ in range(5):
            with Conn(gw.ports[1]) as conn:
                conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(conn.read_head().status, 200)
                with Conn(gw.ports[1]) as second:
                    self.assertEqual(second.get("/").status, 502)
            self.assertTrue(self.gone.wait(5))
            self.gone.clear()

    def test_an_upstream_that_must_finish_does(self):
        got = []

        def serve(peer):
            peer.send(self.head)
            got.append(self.steps.get(timeout=20))
            peer.send(self.frame(b"data: still here\n\n") + self.last)
            got.append(peer.rest())
        gw = self.gateway("proxy_ignore_client_abort on; keepalive_timeout 0;", serve)
        with Conn(gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            conn.read_head()
        self.assertFalse(select.select([self.raw.peers[0].socket], [], [], 0.3)[0])
        self.steps.put(b"go")
        wait_for(lambda: got)

    def test_the_peer_leaves(self):
        """The end of a stream without its last chunk is a cut answer."""
        self.last = b""
        gw = self.gateway()
        with Conn(gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.steps.put(b"data: one\n\n")
            body = Body(conn, conn.read_head())
            self.assertEqual(body.some(), b"data: one\n\n")
            self.steps.put(None)
            self.assertEqual(conn.read_to_close(), b"")


class LongPolls(Streams):
    def test_the_answer_comes_when_there_is_one(self):
        """Many wait on one gateway; each gets its own answer, at once, and asks again on the same connection."""
        turns = [queue.Queue() for _ in range(40)]

        def serve(peer):
            while True:
                number = int(peer.path.split("/")[2])
                data = turns[number].get(timeout=20)
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data))
                if not peer.read_head():
                    return
        gw = self.gateway("proxy_buffering off;", serve)
        conns = [Conn(gw.ports[0]) for _ in turns]
        for conn in conns:
            self.addCleanup(conn.close)
        for turn in range(3):
            for i, conn in enumerate(conns):
                conn.send("GET /poll/%d/%d HTTP/1.1\r\nHost: a\r\n\r\n" % (i, turn))
            for i in reversed(range(len(conns))):
                turns[i].put(b"%d of %d" % (turn, i))
                response = conns[i].read()
                self.assertEqual((response.status, response.body), (200, b"%d of %d" % (turn, i)))

    def test_none_in_time(self):
        gw = self.gateway("proxy_read_timeout 300ms;", lambda peer: peer.rest())
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.get("/").status, 504)

    def test_uploads_and_answers_at_the_same_time(self):
        """proxy_request_buffering off: each piece of the request is answered before the next one is sent."""
        def serve(peer):
            peer.send(self.head)
            while True:
                while b"\r\n" not in peer.buffer:
                    if not peer.fill():
                        return
                line, _, peer.buffer = peer.buffer.partition(b"\r\n")
                size = int(line, 16)
                data = peer.exactly(size + 2)[:-2]
                peer.send(self.frame(b"got " + data) if size else self.last)
                if not size:
                    return
        gw = self.gateway("proxy_request_buffering off; proxy_buffering off;", serve)
        with Conn(gw.ports[0]) as conn:
            conn.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            body = None
            for i in range(20):
                conn.send(b"5\r\n%05d\r\n" % i)
                body = body or Body(conn, conn.read_head())
                self.assertEqual(body.some(), b"got %05d" % i)
            conn.send(b"0\r\n\r\n")
            self.assertTrue(body.ends())


if __name__ == "__main__":
    main()
