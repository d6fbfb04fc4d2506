"""conf/examples/https.conf, scanned as those do who hand out marks: what is refused, what is redirected, what is said.

Hellos with what no OpenSSL of today would send are written by hand."""
import os
import re
import socket
import ssl
import struct
import subprocess

from harness import FACTOR, ROOT, WireTest, beyond_nginx, get as plain_get, main, request
from peers import CURL, OPENSSL, needs_curl, needs_openssl
from tls_client import certificate, client_context, get

SHOP = certificate("shop.example")
NAME = "shop.example"

TLS12, TLS11, TLS10, SSL3, SSL2 = 0x0303, 0x0302, 0x0301, 0x0300, 0x0002
GOOD = {0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256", 0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
        0xCCA9: "ECDHE-ECDSA-CHACHA20-POLY1305"}
BAD = {"NULL": (0x0001, 0x0002, 0x003B, 0xC006, 0xC010), "anonymous": (0x0018, 0x001B, 0x0034, 0x003A, 0xC018, 0xC019),
       "export": (0x0003, 0x0006, 0x0008, 0x000B, 0x0014, 0x0062), "RC4": (0x0004, 0x0005, 0xC007, 0xC011),
       "DES": (0x0009, 0x000C, 0x0015), "3DES": (0x000A, 0x0016, 0xC008, 0xC012),
       "no forward secrecy": (0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D),
       "CBC": (0xC009, 0xC00A, 0xC023, 0xC024, 0xC013, 0xC014, 0xC027, 0xC028), "SEED, IDEA, Camellia": (
           0x0007, 0x0041, 0x0084, 0x0096, 0x0099, 0xC072, 0xC073), "DHE": (0x0033, 0x0039, 0x009E, 0x009F)}
FALLBACK = 0x5600


def extension(kind, data):
    return struct.pack(">HH", kind, len(data)) + data


def hello(version, suites, compressions=(0,), name=NAME):
    """A ClientHello in its record."""
    groups = struct.pack(">HHHH", 6, 29, 23, 24)
    signatures = struct.pack(">HHHHHHH", 12, 0x0403, 0x0503, 0x0804, 0x0401, 0x0501, 0x0203)
    extensions = extension(10, groups) + extension(11, b"\x01\x00") + extension(13, signatures) + \
        extension(0xFF01, b"\x00")
    if name:
        extensions += extension(0, struct.pack(">HBH", len(name) + 3, 0, len(name)) + name.encode())
    body = struct.pack(">H", version) + os.urandom(32) + b"\x00"
    body += struct.pack(">H", 2 * len(suites)) + b"".join(struct.pack(">H", suite) for suite in suites)
    body += bytes([len(compressions)]) + bytes(compressions) + struct.pack(">H", len(extensions)) + extensions
    body = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16" + struct.pack(">HH", min(version, TLS10), len(body)) + body


def answer(port, data):
    """("alert", number), ("hello", version, suite, compression), or ("closed",)."""
    with socket.create_connection(("127.0.0.1", port), 10 * FACTOR) as conn:
        conn.sendall(data)
        received = b""
        while len(received) < 5 or len(received) < 5 + struct.unpack(">H", received[3:5])[0]:
            try:
                more = conn.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return ("closed",) if not received else ("cut", received)
            received += more
    if received[0] == 21:
        return ("alert", received[6])
    if received[0] != 22 or received[5] != 2:
        return ("other", received[:16])
    session = received[43]
    suite, compression = struct.unpack(">HB", received[44 + session:47 + session])
    return ("hello", struct.unpack(">H", received[9:11])[0], suite, compression)


class Example(WireTest):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, "conf", "examples", "https.conf"), encoding="utf-8") as file:
            text = file.read()
        cls.TEXT = text
        text = re.sub(r"(listen) 8080\b", r"\1 @P0@", text)
        text = re.sub(r"(listen) 8443\b", r"\1 @P1@", text).replace(":8443$", ":@PORT1@$")
        text = text.replace("127.0.0.1:9001", "@O@").replace("/etc/gatehouse/tls/", "@DIR@/")
        cls.HTTP = text.replace("/var/lib/gatehouse/acme", "@DIR@/acme")
        cls.OPTIONS = {"files": {"shop.pem": SHOP.pem, "shop.key": SHOP.key,
                                 "acme/.well-known/acme-challenge/token": "signed"}}
        super().setUpClass()
        cls.tls_port = cls.gw.ports[1]

    def s_client(self, *options, feed=b""):
        done = subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % self.tls_port, "-servername", NAME,
                               *options], input=feed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    # -- HTTP

    def test_http_is_redirected(self):
        for method in ("GET", "POST", "HEAD"):
            said = request(self.port, method, "/cart?item=1&b=%2F", host="www.shop.example",
                           body=b"x" if method == "POST" else None)
            self.assertEqual((said.status, said.get("Location")),
                             (301, "https://shop.example:%d/cart?item=1&b=%%2F" % self.tls_port))
        self.assertEqual(self.origin.request_count, 0)

    def test_nobody_is_sent_to_a_foreign_host(self):
        said = plain_get(self.port, "/", host="evil.example")
        self.assertEqual((said.status, said.get("Location")), (421, None))

    def test_what_authorities_ask_for_stays_on_http(self):
        said = plain_get(self.port, "/.well-known/acme-challenge/token", host=NAME)
        self.assertEqual((said.status, said.body), (200, b"signed"))

    # -- HTTPS

    @needs_curl
    def test_a_client_that_follows(self):
        self.gw.write("ca.pem", SHOP.pem)
        done = subprocess.run([CURL, "-sSL", "-i", "--http2", "--cacert", self.gw.path("ca.pem"), "--resolve",
                               "shop.example:%d:127.0.0.1" % self.tls_port, "--resolve",
                               "shop.example:%d:127.0.0.1" % self.port, "http://shop.example:%d/b/5" % self.port],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        text = done.stdout.decode()
        self.assertIn("HTTP/1.1 301", text)
        self.assertIn("HTTP/2 200", text)
        self.assertIn("\r\nstrict-transport-security: max-age=63072000; includeSubDomains\r\n", text)

    def test_hsts_is_on_every_answer_and_only_once(self):
        for path, status in (("/b/5", 200), ("/status/404", 404), ("/status/500", 500), ("/close", 502), ("/%00", 400)):
            said = get(self.tls_port, path, name=NAME, host=NAME)
            self.assertEqual((said.status, said.all("Strict-Transport-Security")),
                             (status, ["max-age=63072000; includeSubDomains"]), path)

    def test_the_upstream_is_told(self):
        said = get(self.tls_port, "/echo", name=NAME, host=NAME).json()
        self.assertIn(["X-Forwarded-Proto", "https"], said["fields"])

    def test_http2_is_offered(self):
        context = client_context(alpn=["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.tls_port), 10) as plain:
            with context.wrap_socket(plain, server_hostname=NAME) as tls:
                self.assertEqual((tls.version(), tls.selected_alpn_protocol()), ("TLSv1.3", "h2"))

    @beyond_nginx
    def test_no_certificate_without_a_name_of_ours(self):
        for name in (None, "evil.example"):
            self.assertEqual(answer(self.tls_port, hello(TLS12, list(GOOD), name=name)), ("alert", 112), name)

    # -- the scan

    def test_the_scan_itself_would_see_something(self):
        for suite in GOOD:
            self.assertEqual(answer(self.tls_port, hello(TLS12, [suite])), ("hello", TLS12, suite, 0))

    def test_old_versions_are_refused(self):
        every = list(GOOD) + [suite for suites in BAD.values() for suite in suites]
        for version in (TLS11, TLS10):
            self.assertEqual(answer(self.tls_port, hello(version, every)), ("alert", 70), hex(version))
        self.assertEqual(answer(self.tls_port, hello(SSL3, every))[0], "alert")
        challenge = os.urandom(16)
        ssl2 = struct.pack(">BHHHH", 1, SSL2, 9, 0, 16) + b"\x01\x00\x80\x07\x00\xc0\x00\x00\x05" + challenge
        self.assertNotEqual(answer(self.tls_port, struct.pack(">H", 0x8000 | len(ssl2)) + ssl2)[0], "hello")

    @needs_openssl
    def test_old_versions_are_refused_to_openssl(self):
        for option in ("-tls1", "-tls1_1"):
            _, said = self.s_client(option, "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
            self.assertIn("Cipher is (NONE)", said)
            self.assertIn("protocol version", said)

    def test_weak_suites_are_refused(self):
        for kind, suites in BAD.items():
            for suite in suites:
                self.assertEqual(answer(self.tls_port, hello(TLS12, [suite])), ("alert", 40), (kind, hex(suite)))

    @needs_openssl
    def test_weak_suites_are_refused_to_openssl(self):
        for suites in ("eNULL:@SECLEVEL=0", "aNULL:@SECLEVEL=0", "kRSA:@SECLEVEL=0", "SHA1:@SECLEVEL=0", "DHE"):
            _, said = self.s_client("-tls1_2", "-cipher", suites)
            self.assertIn("Cipher is (NONE)", said, suites)

    def test_a_downgrade_is_noticed(self):
        """RFC 7507: a client that fell back although both could do better."""
        self.assertEqual(answer(self.tls_port, hello(TLS12, [*GOOD, FALLBACK])), ("alert", 86))

    @needs_openssl
    def test_clients_cannot_renegotiate(self):
        _, said = self.s_client("-tls1_2", feed=b"R\n")
        self.assertIn("RENEGOTIATING", said)
        self.assertRegex(said, "no renegotiation|unexpected message|handshake failure")

    def test_nothing_is_compressed(self):
        chosen = answer(self.tls_port, hello(TLS12, list(GOOD), compressions=(1, 0)))
        self.assertEqual((chosen[0], chosen[3]), ("hello", 0))

    @needs_openssl
    def test_secure_renegotiation_is_told_and_no_compression(self):
        _, said = self.s_client("-tls1_2", "-comp")
        self.assertIn("Secure Renegotiation IS supported", said)
        self.assertIn("Compression: NONE", said)

    def test_versions_of_today_work(self):
        for version in ("TLSv1_2", "TLSv1_3"):
            context = client_context(trusted=SHOP, version=version)
            with socket.create_connection(("127.0.0.1", self.tls_port), 10) as plain:
                with context.wrap_socket(plain, server_hostname=NAME) as tls:
                    self.assertEqual(tls.version(), version.replace("_", "."))
                    self.assertIn("GCM" if "AES" in tls.cipher()[0] else "CHACHA20", tls.cipher()[0])
                    self.assertIsNone(tls.compression())


if __name__ == "__main__":
    main()
