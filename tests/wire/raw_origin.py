"""An origin whose every byte a test decides: a function gets each connection once a request's head has come."""
import socket

from harness import FACTOR
from listener import Listener


class Peer:
    """The origin's side of one connection. `head`: the request's head; `buffer`: what has come behind it."""

    def __init__(self, conn):
        self.socket, self.head, self.buffer = conn, b"", b""
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        conn.settimeout(20 * FACTOR)

    def fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                return b""
        self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return self.head

    def field(self, name):
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return None

    @property
    def path(self):
        return self.head.split(b" ")[1].decode("latin-1")

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise AssertionError("closed after %d of %d bytes" % (len(self.buffer), count))
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def rest(self):
        """All until the gateway ends the stream."""
        while self.fill():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def send(self, data):
        self.socket.sendall(data)
        return self

    def echo(self):
        """Sends back what comes until the stream ends."""
        try:
            if self.buffer:
                self.send(self.buffer)
            while True:
                data = self.socket.recv(65536)
                if not data:
                    return
                self.socket.sendall(data)
        except OSError:
            pass


class RawOrigin(Listener):
    """`serve(peer)` runs in a thread of its own for each connection, which closes when it returns. What it raises is
    kept in `errors`; a test that expects none says so with check(). `tls`: an ssl.SSLContext."""

    def __init__(self, serve, tls=None):
        self.serve, self.errors, self.peers, self.tls = serve, [], [], tls
        super().__init__()

    def one(self, conn):
        try:
            if self.tls:
                conn = self.tls.wrap_socket(conn, server_side=True)
            peer = Peer(conn)
            self.peers.append(peer)
            if peer.read_head():
                self.serve(peer)
        except Exception as error:
            self.errors.append(error)
        finally:
            conn.close()

    def forget(self):
        self.errors.clear()
        self.peers.clear()

    def check(self):
        assert not self.errors, self.errors

    def stop(self):
        super().stop()
        for peer in self.peers:
            peer.socket.close()
