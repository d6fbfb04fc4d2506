"""An origin that misbehaves on command: the first path segment that names a behaviour decides what happens.

    /b/N            N bytes with Content-Length            /chunked/N      N bytes in chunks, no length
    /eof/N          N bytes, framed by the close           /echo           the request as received, as JSON
    /status/N       that status, small body                /close          closes without a word
    /rst            resets                                 /hang           never answers
    /slow-head/S    the head, a byte at a time, over S s   /slow-body/S    10 pieces over S s
    /wait/S         answers after S seconds                /half           declares 1000 bytes, sends 500, closes
    /garbage        bytes that are no HTTP                 /101            switches although nobody asked
    /trailers       chunked with trailers                  /early          answers before reading the body
    /1xx/N          N interim responses first              /lf-only        lines end with LF alone
    /huge-head/N    one field of N bytes                   /many-fields/N  N fields
    /race           closes 0-3 ms after the answer         /closing        answers with Connection: close
    anything else   echo

Raw answers are given by script(path, bytes or callable). Everything received is recorded in `requests`.
"""
import hashlib
import json
import random
import socket
import struct
import threading
import time


class Received:
    """One request as it arrived: `head` holds the very bytes, `body` is without chunk framing."""

    def __init__(self, head, connection, nth):
        self.head, self.connection, self.nth, self.peer = head, connection, nth, None
        lines = head[:-4].split(b"\r\n")
        self.line = lines[0].decode("latin-1")
        self.method, _, rest = self.line.partition(" ")
        self.target = rest.rpartition(" ")[0]
        self.path = self.target.partition("?")[0]
        self.fields = []
        for text in lines[1:]:
            name, _, value = text.decode("latin-1").partition(":")
            self.fields.append((name, value.strip(" \t")))
        self.body, self.trailers, self.framing, self.complete = b"", [], "none", True
        self.at = time.monotonic()

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name, otherwise=None):
        values = self.all(name)
        return values[0] if values else otherwise

    def as_json(self, origin):
        small = self.body if len(self.body) <= 65536 else b""
        return json.dumps({
            "line": self.line, "method": self.method, "target": self.target, "head": self.head.decode("latin-1"),
            "fields": self.fields, "body": small.decode("latin-1"), "length": len(self.body),
            "sha256": hashlib.sha256(self.body).hexdigest(), "trailers": self.trailers, "framing": self.framing,
            "connection": self.connection, "nth": self.nth, "origin": origin}).encode()


class Gone(Exception):
    pass


class Link:
    """The origin's side of one connection: reading requests, writing answers."""

    def __init__(self, origin, sock, number):
        self.origin, self.socket, self.number, self.buffer, self.nth = origin, sock, number, b"", 0
        self.peer = sock.getpeername() if sock.family == socket.AF_INET else None

    def fill(self):
        try:
            data = self.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise Gone
        self.buffer += data

    def until(self, mark):
        while mark not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(mark, 1)
        return head + mark

    def exactly(self, count):
        parts, have = [], 0
        while have < count:
            if not self.buffer:
                self.fill()
            piece, self.buffer = self.buffer[:count - have], self.buffer[count - have:]
            parts.append(piece)
            have += len(piece)
        return b"".join(parts)

    def read_head(self):
        self.nth += 1
        received = Received(self.until(b"\r\n\r\n"), self.number, self.nth)
        received.peer = self.peer
        return received

    def read_body(self, request):
        if request.all("Transfer-Encoding"):
            request.framing = "chunked"
            while True:
                size = int(self.until(b"\r\n").split(b";")[0], 16)
                if size == 0:
                    break
                request.body += self.exactly(size)
                assert self.exactly(2) == b"\r\n"
            while True:
                line = self.until(b"\r\n")[:-2]
                if not line:
                    break
                name, _, value = line.decode("latin-1").partition(":")
                request.trailers.append((name, value.strip()))
        elif request.all("Content-Length"):
            request.framing = "length"
            request.body = self.exactly(int(request.get("Content-Length")))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            raise Gone

    def answer(self, body=b"", status="200 OK", fields=(), length=True):
        head = "HTTP/1.1 %s\r\n" % status + "".join("%s: %s\r\n" % f for f in fields)
        if length:
            head += "Content-Length: %d\r\n" % len(body)
        self.send(head.encode("latin-1") + b"\r\n" + body)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def sleep(self, seconds):
        """Sleeps, but ends at once when the origin stops."""
        if self.origin.stopping.wait(seconds):
            raise Gone


COUNTED = {"b", "chunked", "eof", "status", "slow_head", "slow_body", "wait", "xxx", "huge_head", "many_fields"}


def filler(count):
    """`count` bytes that show their place: a missing or doubled piece does not go unnoticed."""
    unit = b"".join(b"%07d\n" % i for i in range(4096))
    return (unit * (count // len(unit) + 1))[:count]


class Origin:
    def __init__(self, unix=None, name=None, port=0):
        self.name = name or ""
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.scripts, self.requests, self.links = {}, [], set()
        self.connection_count = self.request_count = self.active = self.most_active = 0
        if unix:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(unix)
            self.address = "unix:" + unix
        else:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", port))
            self.port = self.listener.getsockname()[1]
            self.address = "127.0.0.1:%d" % self.port
        self.listener.listen(1024)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    # -- for tests --------------------------------------------------------------------------------------------------
    def script(self, path, answer):
        """`answer`: bytes that are sent as they are, then the connection closes; or f(link, request), which returns
        True to keep the connection."""
        self.scripts[path] = answer

    def forget(self):
        with self.lock:
            self.requests = []
            self.connection_count = self.request_count = 0
            self.most_active = self.active

    @property
    def last(self):
        return self.requests[-1]

    def drop_connections(self):
        """Closes every connection, as an origin that restarts does."""
        with self.lock:
            links = list(self.links)
        for link in links:
            try:
                link.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.stopping.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop_connections()
        self.thread.join(5)

    # -- inside -----------------------------------------------------------------------------------------------------
    def _accept(self):
        number = 0
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number += 1
            link = Link(self, sock, number)
            with self.lock:
                self.links.add(link)
                self.connection_count += 1
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        try:
            while self._serve_one(link):
                pass
        except (Gone, ValueError, AssertionError, OSError):
            pass
        finally:
            with self.lock:
                self.links.discard(link)
            link.socket.close()

    def _serve_one(self, link):
        request = link.read_head()
        with self.lock:
            self.requests.append(request)
            self.request_count += 1
            self.active += 1
            self.most_active = max(self.most_active, self.active)
        try:
            script = self.scripts.get(request.path)
            if script is None:
                name, rest = self._behaviour(request.path)
                return getattr(self, "do_" + name)(link, request, rest)
            if isinstance(script, bytes):
                link.read_body(request)
                link.send(script)
                # Closing with unread bytes would reset and might destroy the answer on its way.
                link.socket.shutdown(socket.SHUT_WR)
                return False
            return script(link, request)
        finally:
            with self.lock:
                self.active -= 1

    def _behaviour(self, path):
        parts = [p for p in path.split("/") if p]
        for i, part in enumerate(parts):
            name = "xxx" if part == "1xx" else part.replace("-", "_")
            if part == "101":
                name = "switch"
            counted = name in COUNTED
            if hasattr(self, "do_" + name) and (not counted or parts[i + 1:] and parts[i + 1][0].isdigit()):
                return name, parts[i + 1:]
        return "echo", []

    def do_echo(self, link, request, _):
        link.read_body(request)
        body = request.as_json(self.name)
        link.answer(b"" if request.method == "HEAD" else body, fields=[("Content-Type", "application/json")])
        return True

    def do_b(self, link, request, rest):
        link.read_body(request)
        size = int(rest[0])
        link.answer(b"", fields=[("Content-Length", size)], length=False)
        if request.method != "HEAD":
            link.send(filler(size))
        return True

    def do_chunked(self, link, request, rest):
        link.read_body(request)
        link.answer(fields=[("Transfer-Encoding", "chunked")], length=False)
        if request.method != "HEAD":
            data, step = filler(int(rest[0])), int(rest[1]) if len(rest) > 1 else 8000
            out = [b"%x\r\n%s\r\n" % (len(data[i:i + step]), data[i:i + step]) for i in range(0, len(data), step)]
            link.send(b"".join(out) + b"0\r\n\r\n")
        return True

    def do_eof(self, link, request, rest):
        link.read_body(request)
        link.answer(length=False)
        link.send(filler(int(rest[0])))
        return False

    def do_status(self, link, request, rest):
        link.read_body(request)
        code = int(rest[0])
        if code in (204, 304):
            link.answer(status="%d Some" % code, length=False)
        else:
            body = b"status %d from origin" % code
            link.answer(b"" if request.method == "HEAD" else body, "%d Reason Of Origin" % code,
                        [("X-Origin", self.name or "yes")])
        return True

    def do_close(self, link, request, _):
        link.read_body(request)
        return False

    def do_rst(self, link, request, _):
        link.read_body(request)
        link.reset()

    def do_hang(self, link, request, _):
        link.read_body(request)
        while True:
            link.fill()

    def do_wait(self, link, request, rest):
        link.read_body(request)
        link.sleep(float(rest[0]))
        link.answer(b"waited")
        return True

    def do_slow_head(self, link, request, rest):
        link.read_body(request)
        data = b"HTTP/1.1 200 OK\r\nX-Slow: yes\r\nContent-Length: 4\r\n\r\nslow"
        for i in range(len(data)):
            link.send(data[i:i + 1])
            link.sleep(float(rest[0]) / len(data))
        return True

    def do_slow_body(self, link, request, rest):
        link.read_body(request)
        link.answer(fields=[("Content-Length", 1000)], length=False)
        for i in range(10):
            link.send(filler(1000)[i * 100:i * 100 + 100])
            link.sleep(float(rest[0]) / 10)
        return True

    def do_half(self, link, request, _):
        link.read_body(request)
        link.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + filler(500))
        return False

    def do_garbage(self, link, request, _):
        link.read_body(request)
        link.send(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        return False

    def do_switch(self, link, request, _):
        link.read_body(request)
        link.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw bytes")
        return False

    def do_trailers(self, link, request, _):
        link.read_body(request)
        link.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                  b"5\r\nhello\r\n0\r\nX-Sum: 12\r\n\r\n")
        return True

    def do_early(self, link, request, _):
        link.answer(b"early", "413 Too Much", [("Connection", "close")])
        link.socket.shutdown(socket.SHUT_WR)
        try:
            while True:
                link.fill()
                link.buffer = b""
        except Gone:
            return False

    def do_xxx(self, link, request, rest):  # /1xx/N
        link.read_body(request)
        for _ in range(int(rest[0])):
            link.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        link.answer(b"after interim")
        return True

    def do_lf_only(self, link, request, _):
        link.read_body(request)
        link.send(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
        return False

    def do_huge_head(self, link, request, rest):
        link.read_body(request)
        link.answer(b"ok", fields=[("X-Huge", "h" * int(rest[0]))])
        return True

    def do_many_fields(self, link, request, rest):
        link.read_body(request)
        link.answer(b"ok", fields=[("X-F%d" % i, i) for i in range(int(rest[0]))])
        return True

    def do_race(self, link, request, _):
        link.read_body(request)
        link.answer(b"raced")
        link.sleep(random.uniform(0, 0.003))
        return False

    def do_closing(self, link, request, _):
        link.read_body(request)
        link.answer(b"closing", fields=[("Connection", "close")])
        return False
