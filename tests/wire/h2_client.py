"""A raw HTTP/2 client: it sends the frames that a test names, legal or not, and sorts what comes back by stream.

Frames are packed here; HPACK is python3-hpack's. Answers to SETTINGS and PING and window updates are sent while frames
are awaited, unless the test does that itself (`manners=False`)."""
import struct
import sys
import time

try:
    import hpack
except ImportError:  # another python3 than Debian's comes first on PATH; the package is pure Python
    sys.path.append("/usr/lib/python3/dist-packages")
    import hpack

from harness import Closed, Conn, deadline

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIO = 0x1, 0x1, 0x4, 0x8, 0x20
CODES = ("NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
         "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM").split()


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Stream:
    """What has come on one stream. `fields` is the final head, in wire order."""

    def __init__(self):
        self.heads, self.fields, self.trailers, self.frames = [], None, None, []
        self.body, self.ended, self.reset = b"", False, None

    @property
    def status(self):
        return int(dict(self.fields)[":status"]) if self.fields else None

    @property
    def text(self):
        return self.body.decode("latin-1")

    @property
    def over(self):
        return self.ended or self.reset is not None

    def get(self, name):
        return next((v for n, v in self.fields if n == name), None)

    def all(self, name):
        return [v for n, v in self.fields if n == name]

    def __repr__(self):
        return "<stream %s %r%s>" % (self.status, self.body[:80], " reset: " + self.reset if self.reset else "")


class H2Conn(Conn):
    def __init__(self, where, settings=(), preface=PREFACE, manners=True, **options):
        super().__init__(where, **options)
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.streams, self.settings, self.pings, self.windows = {}, {}, [], {}
        self.goaways, self.manners, self.next_id, self.block, self.acks = [], manners, 1, None, 0
        self.pings_in = []
        if preface is not None:
            payload = b"".join(struct.pack(">HI", key, value) for key, value in settings)
            self.send(preface + frame(SETTINGS, 0, 0, payload))

    # -- sending ------------------------------------------------------------------------------------------------------
    def frame(self, *args, **kwargs):
        return self.send(frame(*args, **kwargs))

    def fields(self, method="GET", path="/", authority="localhost", more=(), scheme="http"):
        head = [(":method", method), (":scheme", scheme), (":path", path), (":authority", authority)]
        return [pair for pair in head if pair[1] is not None] + list(more)

    def block_of(self, fields):
        return self.encoder.encode(fields, huffman=False)

    def request(self, path="/", method="GET", body=None, end=True, fields=None, stream=None, **kwargs):
        """Sends a request and returns its stream's id. `end=False` leaves it open."""
        if stream is None:
            stream, self.next_id = self.next_id, self.next_id + 2
        if fields is None:
            fields = self.fields(method, path, **kwargs)
        flags = END_HEADERS | (END_STREAM if end and body is None else 0)
        wire = frame(HEADERS, flags, stream, self.block_of(fields))
        if body is not None:
            pieces = [body[i:i + 16384] for i in range(0, len(body), 16384)] or [b""]
            for i, piece in enumerate(pieces):
                wire += frame(DATA, END_STREAM if end and i == len(pieces) - 1 else 0, stream, piece)
        self.send(wire)
        return stream

    # -- reading ------------------------------------------------------------------------------------------------------
    def read_frame(self, timeout=None):
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            if not self._fill(timeout):
                raise Closed("closed; goaway %r" % self.goaways)
        length = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
        payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
        self.take(kind, flags, stream & 0x7fffffff, payload)
        return kind, flags, stream, payload

    def take(self, kind, flags, stream, payload):
        known = self.streams.setdefault(stream, Stream()) if stream else None
        if known:
            known.frames.append((kind, flags, len(payload)))
        if kind in (HEADERS, CONTINUATION):
            self.block = payload if kind == HEADERS else self.block + payload
            if kind == HEADERS and flags & END_STREAM:
                known.ended = True
            if flags & END_HEADERS:
                self.take_head(known, self.decoder.decode(self.block))
        elif kind == DATA:
            known.body += payload
            known.ended = known.ended or bool(flags & END_STREAM)
            if self.manners and payload:
                more = struct.pack(">I", len(payload))
                self.frame(WINDOW, 0, 0, more)
                if not known.ended:
                    self.frame(WINDOW, 0, stream, more)
        elif kind == RST:
            known.reset = CODES[struct.unpack(">I", payload)[0]]
        elif kind == SETTINGS and flags & ACK:
            self.acks += 1
        elif kind == SETTINGS:
            for at in range(0, len(payload), 6):
                key, value = struct.unpack(">HI", payload[at:at + 6])
                self.settings[key] = value
            if self.manners:
                self.frame(SETTINGS, ACK)
        elif kind == PING and flags & ACK:
            self.pings.append(payload)
        elif kind == PING:
            self.pings_in.append(payload)
            if self.manners:
                self.frame(PING, ACK, 0, payload)
        elif kind == GOAWAY:
            last, code = struct.unpack(">II", payload[:8])
            self.goaways.append((last, CODES[code]))
        elif kind == WINDOW:
            self.windows[stream] = self.windows.get(stream, 0) + struct.unpack(">I", payload)[0]

    @staticmethod
    def take_head(stream, fields):
        if stream.fields is not None:
            stream.trailers = fields
        elif dict(fields)[":status"].startswith("1"):
            stream.heads.append(fields)
        else:
            stream.fields = fields

    def until(self, what, seconds=5):
        """Reads frames until `what()` is true."""
        end = deadline(seconds)
        while not what():
            left = end - time.monotonic()
            assert left > 0, "not so within %s s: %r, goaway %r" % (seconds, self.streams, self.goaways)
            self.read_frame(left)
        return what()

    def answer(self, stream, seconds=10):
        """The whole answer on a stream, or how it was reset."""
        known = self.streams.setdefault(stream, Stream())
        self.until(lambda: known.over, seconds)
        return known

    def ask(self, path="/", **kwargs):
        return self.answer(self.request(path, **kwargs))

    def ping(self, seconds=5):
        """Everything sent so far has been read when this returns."""
        count = len(self.pings)
        self.frame(PING, 0, 0, b"are-you?")
        self.until(lambda: len(self.pings) > count, seconds)

    def goaway(self, seconds=5):
        """The code of the GOAWAY behind which the connection ends."""
        try:
            self.until(lambda: any(code != "NO_ERROR" for _, code in self.goaways), seconds)
        except (Closed, OSError):
            pass
        assert self.goaways, "closed without GOAWAY"
        return self.goaways[-1][1]

    def ends(self, seconds=5):
        """Reads to the end of the connection."""
        end = deadline(seconds)
        try:
            while True:
                assert end > time.monotonic(), "not closed within %s s" % seconds
                self.read_frame(max(end - time.monotonic(), 0.01))
        except (Closed, ConnectionError):
            return True
