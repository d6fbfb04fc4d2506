"""An OCSP responder on a loopback port: requests come by HTTP, `openssl ocsp` reads them and makes the answers.

`status` maps serial numbers to "good" or "revoked"; all others are unknown. `signer` is who signs. `mode` is what happens
to requests: "" (answered), "closed" (no answer), "silent" (none, and it stays open), "endless", an HTTP status as a
number, or the bytes to send. `asked` has (method, path) of all requests.
"""
import base64
import os
import shutil
import subprocess
import tempfile
import urllib.parse

from listener import Listener, hang_up
from peers import OPENSSL


class Responder(Listener):
    def __init__(self, authority, signer=None, status=None):
        self.authority, self.signer, self.status = authority, signer or authority, status or {}
        self.mode, self.asked, self.held = "", [], []
        self.folder = tempfile.mkdtemp(prefix="gh-ocsp-")
        super().__init__()
        self.url = "http://%s/" % self.address

    def close(self):
        self.stop()
        hang_up(self.held)
        shutil.rmtree(self.folder, ignore_errors=True)

    def one(self, conn):
        try:
            head, _, body = self._read(conn)
            method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            self.asked.append((method, path))
            if self.mode == "silent":
                self.held.append(conn)
                return
            if self.mode != "closed":
                conn.sendall(self._answer(method, path, body))
            conn.close()
        except OSError:
            conn.close()

    @staticmethod
    def _read(conn):
        got = b""
        while b"\r\n\r\n" not in got:
            more = conn.recv(65536)
            if not more:
                raise OSError("no request")
            got += more
        return got.partition(b"\r\n\r\n")

    def _answer(self, method, path, body):
        if isinstance(self.mode, bytes):
            return self.mode
        if isinstance(self.mode, int):
            return b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % self.mode
        if self.mode == "endless":
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n" + b"x" * 100000
        der = base64.b64decode(urllib.parse.unquote(path.rpartition("/")[2])) if method == "GET" else body
        answer = self.sign(der)
        return (b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: %d\r\n"
                b"Connection: close\r\n\r\n" % len(answer)) + answer

    def sign(self, request):
        """The answer to a request, both in DER."""
        folder = tempfile.mkdtemp(dir=self.folder)

        def path(name, content):
            full = os.path.join(folder, name)
            with open(full, "wb") as f:
                f.write(content if isinstance(content, bytes) else content.encode())
            return full
        lines = ["%s\t350101000000Z\t%s\t%04X\tunknown\t/CN=%d\n" %
                 (("R", "200101000000Z", n, n) if status == "revoked" else ("V", "", n, n))
                 for n, status in self.status.items()]
        subprocess.run([OPENSSL, "ocsp", "-index", path("index", "".join(lines)), "-CA", path("ca", self.authority.pem),
                        "-rsigner", path("signer", self.signer.pem), "-rkey", path("key", self.signer.key),
                        "-reqin", path("request", request), "-respout", os.path.join(folder, "response"),
                        "-ndays", "1"],
                       check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
        with open(os.path.join(folder, "response"), "rb") as f:
            return f.read()
