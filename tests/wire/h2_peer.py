"""An HTTP/2 server of raw frames: each connection runs a test's own function, which says what goes out, legal or not."""
import socket
import struct

import hpack

from h2_client import ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, RST, SETTINGS, H2Conn, Stream
from harness import Closed, deadline
from listener import Listener


class PeerConn(H2Conn):
    """The server's side of one connection. `streams[id].fields` are requests."""

    def __init__(self, accepted, number):
        self.socket, self.timeout, self.number = accepted, 10, number
        self.socket.settimeout(10)
        self.buffer, self.eof = b"", False
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.streams, self.settings, self.pings, self.windows = {}, {}, [], {}
        self.goaways, self.manners, self.block, self.acks = [], True, None, 0
        self.taken = set()

    @staticmethod
    def take_head(stream, fields):
        if stream.fields is None:
            stream.fields = fields
        else:
            stream.trailers = fields

    def block_of(self, fields):
        # The other side allows no dynamic table.
        self.encoder.header_table_size = 0
        return self.encoder.encode([hpack.NeverIndexedHeaderTuple(n, v) for n, v in fields], huffman=False)

    def begin(self, settings=()):
        """The preface both ways."""
        preface, whole = self._exactly(len(PREFACE))
        if not whole:
            raise Closed("no preface")
        assert preface == PREFACE, preface
        self.frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in settings))

    def next_request(self, whole=True):
        """The id of a stream whose request has come (with its body, if `whole`)."""
        def ready():
            for number, stream in sorted(self.streams.items()):
                if number not in self.taken and stream.fields is not None and (stream.ended or not whole):
                    return number
            return None
        while ready() is None:
            self.read_frame()
        number = ready()
        self.taken.add(number)
        return number

    def path(self, number):
        return dict(self.streams[number].fields)[":path"]

    def head(self, number, fields=(), status="200", end=False):
        block = self.block_of([(":status", status)] + list(fields))
        return self.frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), number, block)

    def body(self, number, data=b"", end=True):
        pieces = [data[i:i + 16384] for i in range(0, len(data), 16384)] or [b""]
        for i, piece in enumerate(pieces):
            self.frame(DATA, END_STREAM if end and i == len(pieces) - 1 else 0, number, piece)
        return self

    def trailers(self, number, fields):
        return self.frame(HEADERS, END_HEADERS | END_STREAM, number, self.block_of(fields))

    def answer_ok(self, number, data=b"ok", fields=()):
        self.head(number, [("x-connection", str(self.number))] + list(fields))
        return self.body(number, data)

    def rst(self, number, code):
        return self.frame(RST, 0, number, struct.pack(">I", code))

    def go_away(self, last, code=0):
        return self.frame(GOAWAY, 0, 0, struct.pack(">II", last, code))


class H2Peer(Listener):
    """Listens; `serve(conn)` runs in a thread for each connection. What it raises fails stop(). `prepare(socket)` gets
    each connection first and returns what is spoken on, such as TLS over it."""

    def __init__(self, serve, prepare=None):
        self.serve, self.prepare = serve, prepare
        self.connections, self.errors = [], []
        super().__init__()

    def arrived(self, conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.append(PeerConn(conn, len(self.connections) + 1))
        return (self.connections[-1],)

    def one(self, conn):
        try:
            if self.prepare:
                conn.socket = self.prepare(conn.socket)
            self.serve(conn)
        except (Closed, OSError):
            pass
        except Exception as error:
            self.errors.append(error)
        finally:
            conn.close()

    def stop(self):
        super().stop()
        for conn in self.connections:
            try:
                conn.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        end = deadline(5)
        for thread in self.threads:
            thread.join(max(0.01, end - deadline(0)))
        assert not self.errors, self.errors


def forever(answer, settings=()):
    """A `serve` that answers each whole request by answer(conn, id)."""
    def serve(conn):
        conn.begin(settings)
        while True:
            answer(conn, conn.next_request())
    return serve


__all__ = ["ACK", "H2Peer", "PeerConn", "Stream", "forever"]
