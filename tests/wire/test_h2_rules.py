"""RFC 9113 rule by rule: what a client may not send, and how the connection or the stream ends. One row a rule.

Each row is (section and name, what is sent, what comes). What comes is one of
    conn("CODE", ...)    GOAWAY with one of the codes, then the end; nothing reached the upstream
    stream("CODE", ...)  RST_STREAM with one of the codes on the last stream; the connection goes on
    malformed            400 (CONNECT: 405) or RST_STREAM PROTOCOL_ERROR; nothing reached the upstream, others go on
    fine                 the connection goes on
`c` is a connection whose preface has gone out; stream 1 is the first free one."""
import struct

from h2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PRIO,
                       PRIORITY, PUSH, RST, SETTINGS, WINDOW, H2Conn, frame)
from harness import WireTest, main, wait_for

CONFIG = """
    http2 on;
    upstream pool { server @O@; keepalive 16; }
    server { listen @P0@; client_max_body_size 20m;
        location / { proxy_pass http://pool; }
        location /stream/ { proxy_pass http://pool/; proxy_request_buffering off; client_max_body_size 0; }
        location /ok { return 200 ok; }
        location /big { alias @DIR@/big.bin; }
    }
"""


def conn(*codes):
    return ("conn", codes)


def stream(*codes):
    return ("stream", codes)


malformed, fine = ("malformed", ()), ("fine", ())
protocol, size, closed, flow = (conn("PROTOCOL_ERROR"), conn("FRAME_SIZE_ERROR"), conn("STREAM_CLOSED"),
                                conn("FLOW_CONTROL_ERROR"))
compression = conn("COMPRESSION_ERROR")


def u32(value):
    return struct.pack(">I", value)


def setting(key, value):
    return struct.pack(">HI", key, value)


def send(*frames):
    """A row that only sends frames; each is the arguments of frame()."""
    return lambda c: [c.frame(*f) for f in frames]


def opened(*frames, path="/hang", end=False):
    """The same behind a request on stream 1 that is still open."""
    def act(c):
        c.request(path, method="POST", end=end)
        for f in frames:
            c.frame(*f)
    return act


def answered(*frames):
    """The same behind stream 1, which both sides have ended."""
    def act(c):
        c.ask("/ok")
        for f in frames:
            c.frame(*f)
    return act


def block(raw, flags=END_HEADERS | END_STREAM):
    """HEADERS on stream 1 whose block is `raw`, or begins as a good request and ends with it."""
    return lambda c: c.frame(HEADERS, flags, 1, raw(c) if callable(raw) else raw)


def with_request(tail):
    return lambda c: c.block_of(c.fields()) + tail


def fields(*pairs, **options):
    return lambda c: c.request(fields=list(pairs), **options)


def more(*pairs, **options):
    return lambda c: c.request("/echo", more=list(pairs), **options)


def posted(body, *pairs):
    return lambda c: c.request("/echo", method="POST", more=list(pairs), body=body)


def trailers(*pairs, end=True):
    def act(c):
        c.request("/echo", method="POST", body=b"x", end=False)
        c.frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), 1, c.block_of(list(pairs)))
    return act


def refused_stream(c):
    for _ in range(129):
        c.request("/hang", method="POST", end=False)


def smaller_table(c):
    c.ask("/ok")
    c.encoder.header_table_size = 0
    c.ask("/ok")


def window_overrun(c):
    c.request("/stream/hang", method="POST", end=False)
    try:  # at once more than any window that is offered, and than the upstream's sockets take meanwhile
        c.send(frame(DATA, 0, 1, bytes(16384)) * 4000)
    except OSError:
        pass


M, S, P, A = (":method", "GET"), (":scheme", "http"), (":path", "/echo"), (":authority", "localhost")
five, eight = bytes(5), bytes(8)

ROWS = [
    # 3.4, 4: the preface and frames in general
    ("4.1 reserved bit of the stream identifier", lambda c: c.frame(PING, 0, 1 << 31, eight), fine),
    ("4.1 unknown flags", send((PING, 0xfe, 0, eight), (SETTINGS, 0xfe, 0, b"")), fine),
    ("4.2 DATA that is too large", opened((DATA, 0, 1, bytes((1 << 20) + 1))), size),
    ("4.2 HEADERS that is too large", send((HEADERS, 5, 1, bytes((1 << 20) + 1))), size),
    ("4.2 SETTINGS that is too large", send((SETTINGS, 0, 0, setting(99, 0) * 2731)), size),
    ("4.2 an unknown frame that is too large", send((0x77, 0, 0, bytes(16385))), size),
    ("4.3 index of no table", block(with_request(b"\xff\xff\x03")), compression),
    ("4.3 index 0", block(b"\x80"), compression),
    ("4.3 a name's index of no table", block(with_request(b"\x7f\xff\x7f\x01x")), compression),
    ("4.3 an integer without end", block(with_request(b"\xff" + b"\xff" * 20)), compression),
    ("4.3 a block that ends in a field", block(with_request(b"\x00\x05ab")), compression),
    ("4.3 a table larger than was said", block(lambda c: b"\x3f\xe2\x1f" + c.block_of(c.fields())), compression),
    ("4.3 a change of the table behind a field", block(with_request(b"\x20")), compression),
    ("4.3 Huffman padding of zeros", block(with_request(b"\x00\x01x\x81\x00")), compression),
    ("4.3 Huffman with EOS", block(with_request(b"\x00\x01x\x84\xff\xff\xff\xff")), compression),
    ("4.3 a smaller table", smaller_table, fine),
    # 5.1: states
    ("5.1 idle: DATA", send((DATA, 0, 1, b"x")), protocol),
    ("5.1 idle: RST_STREAM", send((RST, 0, 1, u32(8))), protocol),
    ("5.1 idle: WINDOW_UPDATE", send((WINDOW, 0, 1, u32(1))), protocol),
    ("5.1 idle: CONTINUATION", send((CONTINUATION, 4, 1, b"")), protocol),
    ("5.1 idle: PRIORITY", send((PRIORITY, 0, 1, five)), fine),
    ("5.1 half-closed: DATA", opened((DATA, 0, 1, b"x"), end=True), closed),
    ("5.1 half-closed: HEADERS", opened((HEADERS, 5, 1, b"\x82"), end=True), closed),
    ("5.1 half-closed: CONTINUATION", opened((CONTINUATION, 4, 1, b""), end=True), protocol),
    ("5.1 half-closed: WINDOW_UPDATE, PRIORITY", opened((WINDOW, 0, 1, u32(1)), (PRIORITY, 0, 1, five), end=True),
     fine),
    ("5.1 reset: DATA", opened((RST, 0, 1, u32(8)), (DATA, 0, 1, b"x")), closed),
    ("5.1 reset: HEADERS", opened((RST, 0, 1, u32(8)), (HEADERS, 5, 1, b"\x82")), conn("STREAM_CLOSED",
                                                                                      "PROTOCOL_ERROR")),
    ("5.1 reset: CONTINUATION", opened((RST, 0, 1, u32(8)), (CONTINUATION, 4, 1, b"")), protocol),
    ("5.1 reset: RST_STREAM again", opened((RST, 0, 1, u32(8)), (RST, 0, 1, u32(8))), fine),
    ("5.1 closed: DATA", answered((DATA, 0, 1, b"x")), closed),
    ("5.1 closed: HEADERS", answered((HEADERS, 5, 1, b"\x82")), conn("STREAM_CLOSED", "PROTOCOL_ERROR")),
    ("5.1 closed: CONTINUATION", answered((CONTINUATION, 4, 1, b"")), protocol),
    ("5.1 closed: WINDOW_UPDATE, PRIORITY, RST_STREAM",
     answered((WINDOW, 0, 1, u32(1)), (PRIORITY, 0, 1, five), (RST, 0, 1, u32(0))), fine),
    ("5.1.1 an even identifier", lambda c: c.request("/echo", stream=2), protocol),
    ("5.1.1 identifiers that go down", lambda c: (c.request("/ok", stream=5), c.request("/echo", stream=3)), protocol),
    ("5.1.2 more streams than allowed", refused_stream, stream("REFUSED_STREAM")),
    ("5.3 a stream that depends on itself", send((PRIORITY, 0, 1, u32(1) + b"\0")), protocol),
    ("5.5 an unknown frame", send((0x77, 0xff, 0, b"what"), (0x78, 0, 99, b"")), fine),
    ("5.5 an unknown frame in a field block", send((HEADERS, 1, 1, b"\x82"), (0x77, 0, 0, b"")), protocol),
    # 6.1 DATA
    ("6.1 on stream 0", send((DATA, 0, 0, b"x")), protocol),
    ("6.1 padding as long as the frame", opened((DATA, PADDED, 1, b"\x02x")), protocol),
    ("6.1 padded, empty", opened((DATA, PADDED, 1, b"")), size),
    ("6.1 padded, nothing but padding", opened((DATA, PADDED, 1, b"\x02xx")), fine),
    # 6.2 HEADERS
    ("6.2 on stream 0", send((HEADERS, 5, 0, b"\x82")), protocol),
    ("6.2 padding longer than the frame", send((HEADERS, 5 | PADDED, 1, b"\x05\x82")), protocol),
    ("6.2 too short for its priority", send((HEADERS, 5 | PRIO, 1, b"\0")), size),
    ("6.2 a block of one stream, HEADERS of another", send((HEADERS, 1, 1, b"\x82"), (HEADERS, 5, 3, b"\x82")),
     protocol),
    # 6.3 PRIORITY, 6.4 RST_STREAM
    ("6.3 on stream 0", send((PRIORITY, 0, 0, five)), protocol),
    ("6.3 of four bytes", opened((PRIORITY, 0, 1, bytes(4))), size),
    ("6.3 in a field block", send((HEADERS, 1, 1, b"\x82"), (PRIORITY, 0, 1, five)), protocol),
    ("6.4 on stream 0", send((RST, 0, 0, u32(8))), protocol),
    ("6.4 of three bytes", opened((RST, 0, 1, bytes(3))), size),
    ("6.4 in a field block", send((HEADERS, 1, 1, b"\x82"), (RST, 0, 1, u32(8))), protocol),
    # 6.5 SETTINGS
    ("6.5 on a stream", opened((SETTINGS, 0, 1, b"")), protocol),
    ("6.5 of five bytes", send((SETTINGS, 0, 0, five)), size),
    ("6.5 an acknowledgement with a payload", send((SETTINGS, ACK, 0, setting(1, 0))), size),
    ("6.5 in a field block", send((HEADERS, 1, 1, b"\x82"), (SETTINGS, 0, 0, b"")), protocol),
    ("6.5.2 ENABLE_PUSH of 2", send((SETTINGS, 0, 0, setting(2, 2))), protocol),
    ("6.5.2 INITIAL_WINDOW_SIZE of 2^31", send((SETTINGS, 0, 0, setting(4, 1 << 31))), flow),
    ("6.5.2 MAX_FRAME_SIZE of 16383", send((SETTINGS, 0, 0, setting(5, 16383))), protocol),
    ("6.5.2 MAX_FRAME_SIZE of 2^24", send((SETTINGS, 0, 0, setting(5, 1 << 24))), protocol),
    ("6.5.2 the least and the most", send((SETTINGS, 0, 0, setting(4, 0x7fffffff) + setting(5, 0xffffff) +
                                           setting(2, 0) + setting(1, 0) + setting(6, 1))), fine),
    ("6.5.2 an unknown one, one twice", send((SETTINGS, 0, 0, setting(0x77, 1) + setting(4, 1) + setting(4, 65535))),
     fine),
    # 6.6 to 6.8
    ("6.6 PUSH_PROMISE of a client", send((PUSH, END_HEADERS, 1, u32(2) + b"\x82")), protocol),
    ("6.7 on a stream", send((PING, 0, 1, eight)), protocol),
    ("6.7 of seven bytes", send((PING, 0, 0, bytes(7))), size),
    ("6.7 an answer to nothing", send((PING, ACK, 0, eight)), fine),
    ("6.8 on a stream", send((GOAWAY, 0, 1, eight)), protocol),
    ("6.8 of seven bytes", send((GOAWAY, 0, 0, bytes(7))), size),
    # 6.9 WINDOW_UPDATE
    ("6.9 of nothing, on the connection", send((WINDOW, 0, 0, u32(0))), protocol),
    ("6.9 of nothing, on a stream", opened((WINDOW, 0, 1, u32(0))), protocol),  # as 5.4.2 allows
    ("6.9 of three bytes", send((WINDOW, 0, 0, bytes(3))), size),
    ("6.9 of five bytes on a stream", opened((WINDOW, 0, 1, five)), size),
    ("6.9.1 the connection's window overflows", send((WINDOW, 0, 0, u32(0x7fffffff))), flow),
    ("6.9.1 a stream's window overflows", opened((WINDOW, 0, 1, u32(0x7fffffff))), stream("FLOW_CONTROL_ERROR")),
    ("6.9.1 the most a window can be", opened((WINDOW, 0, 1, u32(0x7fffffff - 65535))), fine),
    ("6.9.1 DATA beyond the window", window_overrun, stream("FLOW_CONTROL_ERROR")),
    ("6.9.2 a new initial size makes a window overflow",
     opened((WINDOW, 0, 1, u32(1)), (SETTINGS, 0, 0, setting(4, 0x7fffffff))), flow),
    ("6.9.2 a new initial size makes a window negative", 
     opened((SETTINGS, 0, 0, setting(4, 0)), (SETTINGS, 0, 0, setting(4, 65535))), fine),
    # 6.10 CONTINUATION
    ("6.10 on stream 0", send((CONTINUATION, 4, 0, b"")), protocol),
    ("6.10 behind the end of a block", opened((CONTINUATION, 4, 1, b"")), protocol),
    ("6.10 of another stream", send((HEADERS, 1, 1, b"\x82"), (CONTINUATION, 4, 3, b"")), protocol),
    ("6.10 twice to the end", send((HEADERS, 1, 1, b"\x82\x86\x84"), (CONTINUATION, 4, 1, b""),
                                   (CONTINUATION, 4, 1, b"")), protocol),
    ("6.10 behind DATA", opened((DATA, 0, 1, b"x"), (CONTINUATION, 4, 1, b"")), protocol),
    # 8.1 messages
    ("8.1 a second head", trailers(M, S, P, A, end=False), malformed),
    ("8.1 trailers that do not end the stream", trailers(("x", "y"), end=False), malformed),
    ("8.1 trailers with a pseudo-header", trailers((":method", "GET")), malformed),
    ("8.1 trailers with a capital letter", trailers(("X-A", "y")), malformed),
    ("8.1 trailers with Connection", trailers(("connection", "close")), malformed),
    ("8.1.1 less DATA than Content-Length", posted(b"abc", ("content-length", "4")), malformed),
    ("8.1.1 less DATA, to a body that is streamed",
     lambda c: c.request("/stream/echo", method="POST", more=[("content-length", "4")], body=b"abc"), malformed),
    ("8.1.1 more DATA than Content-Length", posted(b"abc", ("content-length", "2")), malformed),
    ("8.1.1 no DATA for Content-Length", more(("content-length", "1")), malformed),
    ("8.1.1 two Content-Lengths", posted(b"abc", ("content-length", "3"), ("content-length", "4")), malformed),
    ("8.1.1 a Content-Length that is no number", posted(b"abc", ("content-length", "+3")), malformed),
    # 8.2 fields
    ("8.2.1 a capital letter", more(("X-Big", "1")), malformed),
    ("8.2.1 an empty name", more(("", "1")), malformed),
    ("8.2.1 a colon in a name", more(("a:b", "1")), malformed),
    ("8.2.1 a blank in a name", more(("a b", "1")), malformed),
    ("8.2.1 a byte above 0x7e in a name", more((b"a\xff", b"1")), malformed),
    ("8.2.1 CR LF in a value", more(("x", "1\r\ny: 2")), malformed),
    ("8.2.1 NUL in a value", more(("x", "1\x002")), malformed),
    ("8.2.1 white space before a value", more(("x", " 1")), malformed),
    ("8.2.1 white space behind a value", more(("x", "1\t")), malformed),
    ("8.2.2 Connection", more(("connection", "keep-alive")), malformed),
    ("8.2.2 Proxy-Connection", more(("proxy-connection", "keep-alive")), malformed),
    ("8.2.2 Keep-Alive", more(("keep-alive", "300")), malformed),
    ("8.2.2 Transfer-Encoding", posted(b"0\r\n\r\n", ("transfer-encoding", "chunked")), malformed),
    ("8.2.2 Upgrade", more(("upgrade", "websocket")), malformed),
    ("8.2.2 TE of gzip", more(("te", "trailers, gzip")), malformed),
    # 8.3 pseudo-headers
    ("8.3 unknown", fields(M, S, P, A, (":what", "1")), malformed),
    ("8.3 of an answer", fields(M, S, P, A, (":status", "200")), malformed),
    ("8.3 behind a field", fields(M, S, ("x", "y"), P, A), malformed),
    ("8.3.1 :method twice", fields(M, M, S, P, A), malformed),
    ("8.3.1 :path twice", fields(M, S, P, P, A), malformed),
    ("8.3.1 :scheme twice", fields(M, S, S, P, A), malformed),
    ("8.3.1 :authority twice", fields(M, S, P, A, A), malformed),
    ("8.3.1 no :method", fields(S, P, A), malformed),
    ("8.3.1 no :scheme", fields(M, P, A), malformed),
    ("8.3.1 no :path", fields(M, S, A), malformed),
    ("8.3.1 an empty :path", fields(M, S, (":path", ""), A), malformed),
    ("8.3.1 a :path without slash", fields(M, S, (":path", "echo"), A), malformed),
    ("8.3.1 CR LF in :path", fields(M, S, (":path", "/echo HTTP/1.1\r\nx: y"), A), malformed),
    ("8.3.1 a blank in :path", fields(M, S, (":path", "/echo HTTP/1.1"), A), malformed),
    ("8.3.1 a fragment in :path", fields(M, S, (":path", "/echo#x"), A), malformed),
    ("8.3.1 a blank in :method", fields((":method", "GET /"), S, P, A), malformed),
    ("8.3.1 an empty :method", fields((":method", ""), S, P, A), malformed),
    ("8.3.1 a scheme that is none", fields(M, (":scheme", "ht tp"), P, A), malformed),
    ("8.3.1 neither :authority nor Host", fields(M, S, P), malformed),
    ("8.3.1 user information in :authority", fields(M, S, P, (":authority", "a@b")), malformed),
    ("8.3.1 CR LF in :authority", fields(M, S, P, (":authority", "a\r\nx: y")), malformed),
    ("8.3.1 Host that is not :authority", fields(M, S, P, A, ("host", "other")), malformed),
    ("8.3.1 two Hosts", fields(M, S, P, ("host", "localhost"), ("host", "localhost")), malformed),
    ("8.5 CONNECT with :path", fields((":method", "CONNECT"), S, P, A), malformed),
    ("8.5 CONNECT without :authority", fields((":method", "CONNECT")), malformed),
]


class Rules(WireTest):
    HTTP = CONFIG
    OPTIONS = {"files": {"big.bin": b"x" * 100_000}}

    def conn(self, **options):
        c = H2Conn(self.port, **options)
        self.addCleanup(c.close)
        return c

    def judge(self, c, kind, codes):
        if kind == "conn":
            self.assertIn(c.goaway(), codes)
            self.assertTrue(c.ends())
            return
        if kind == "stream":
            last = max(c.next_id - 2, 1)
            c.until(lambda: c.streams.get(last) and c.streams[last].reset)
            self.assertIn(c.streams[last].reset, codes)
        if kind == "malformed":
            answer = c.answer(1)
            if answer.reset != "PROTOCOL_ERROR":
                self.assertEqual(answer.status, 405 if "8.5 CONNECT with :path" in self.row else 400, answer)
        c.ping()
        self.assertEqual(c.goaways, [])
        if c.next_id < 200:  # there is room for another one
            answer = c.answer(c.request("/ok", stream=max(c.next_id, 11)))
            self.assertEqual((answer.status, answer.text), (200, "ok"))

    def test_rules(self):
        for name, act, (kind, codes) in ROWS:
            self.row = name
            with self.subTest(name):
                self.origin.forget()
                c = self.conn()
                try:
                    act(c)
                except OSError:
                    self.assertEqual(kind, "conn")
                self.judge(c, kind, codes)
                if kind in ("malformed", "conn"):
                    seen = [r.line for r in self.origin.requests if "/hang" not in r.line]
                    # A body that turns out wrong only at its end may have begun to go on; it is never whole there.
                    self.assertEqual(seen, [], name)
                c.close()

    def test_the_log_says_what_ended_a_connection(self):
        """One line, and none about a request that the client never finished."""
        for act, line in ((opened((WINDOW, 0, 0, u32(0x7fffffff))), "the connection's window became too large"),
                          (send((HEADERS, 5, 1, b"\xbf")), "a field block that cannot be decoded"),
                          (send((HEADERS, 1, 1, b"\x82"), (CONTINUATION, 4, 1, b"\xbf"), (HEADERS, 5, 3, b"\x82")),
                           "a field block that cannot be decoded")):
            with self.subTest(line):
                before = len(self.gw.error_log())
                c = self.conn()
                act(c)
                self.assertTrue(c.ends())
                wait_for(lambda: "broke the rules" in self.gw.error_log()[before:])
                log = self.gw.error_log()[before:]
                self.assertRegex(log, r"client broke the rules of HTTP/2: %s \(" % line)
                self.assertNotIn("invalid request", log)
                c.close()

    def test_what_is_acknowledged(self):
        c = self.conn()
        c.frame(PING, 0, 0, b"12345678")
        c.until(lambda: c.pings)
        self.assertEqual(c.pings, [b"12345678"])  # RFC 9113 6.7
        c.until(lambda: c.acks >= 1)
        c.frame(SETTINGS, 0, 0, setting(3, 7))
        c.until(lambda: c.acks >= 2)              # RFC 9113 6.5.3

    def test_windows_that_become_negative(self):
        """RFC 9113 6.9.2: a smaller initial size counts for streams that run."""
        c = self.conn(settings=[(4, 10_000)], manners=False)
        c.frame(SETTINGS, ACK)
        s = c.request("/big")
        c.until(lambda: s in c.streams and len(c.streams[s].body) == 10_000)
        c.frame(SETTINGS, 0, 0, setting(4, 4_000))    # now at -6,000
        c.frame(WINDOW, 0, s, u32(6_000))             # now at 0
        c.ping()
        self.assertEqual(len(c.streams[s].body), 10_000)
        c.frame(WINDOW, 0, s, u32(1))
        c.until(lambda: len(c.streams[s].body) == 10_001)

    def test_the_preface(self):
        for first in (frame(PING, 0, 0, eight), frame(HEADERS, 5, 1, b"\x82"), frame(WINDOW, 0, 0, u32(1)),
                      frame(0x77, 0, 0, b""), b"GET / HTTP/1.1\r\n\r\n"):
            with self.subTest(first):
                c = self.conn(preface=None)
                c.send(PREFACE + first)
                self.assertIn(c.goaway(), ("PROTOCOL_ERROR", "FRAME_SIZE_ERROR"))
                self.assertTrue(c.ends())

    def test_goaway_names_the_last_stream(self):
        """RFC 9113 5.4.1, 6.8."""
        c = self.conn()
        self.assertEqual([c.ask("/ok").status for _ in range(3)], [200] * 3)
        c.frame(DATA, 0, 0, b"x")
        self.assertEqual(c.goaway(), "PROTOCOL_ERROR")
        self.assertEqual(c.goaways, [(5, "PROTOCOL_ERROR")])


if __name__ == "__main__":
    main()
