"""WebSockets, through nginx's recipe and without one: what both sides send arrives unchanged, with raw frames and with
Node's ws."""
import json
import os
import shutil
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from harness import FACTOR, Conn, WireTest, beyond_nginx, main, wait_for
from raw_origin import RawOrigin
from tls_client import TlsConn, certificate, files, uses

RECIPE = """
map $http_upgrade $connection_upgrade { default upgrade; "" close; }
server { listen @P0@; location / {
    proxy_pass http://@O@; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; } }
"""
HERE = os.path.dirname(os.path.abspath(__file__))
NODE = shutil.which("node")
NODE_ENV = dict(os.environ, NODE_PATH=os.pathsep.join(
    filter(None, [os.environ.get("NODE_PATH"), "/usr/share/nodejs", "/usr/lib/node_modules"])))
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="   # RFC 6455 1.3
HANDSHAKE = ("GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
             "Origin: http://example.com\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Protocol: chat, superchat\r\nCookie: a=1\r\n\r\n" % KEY)
SWITCH = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: chat\r\nX-Of-Origin: yes\r\n\r\n" % ACCEPT).encode()
OWN = certificate("live.example")

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(kind, payload=b"", fin=True, mask=None, reserved=0):
    """RFC 6455 5.2."""
    first = (0x80 if fin else 0) | reserved << 4 | kind
    masked = 0x80 if mask else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, masked | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, masked | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, masked | 127, len(payload))
    if not mask:
        return head + payload
    pattern = (mask * (len(payload) // 4 + 1))[:len(payload)]
    data = (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(len(payload), "big")
    return head + mask + data


SIZES = (0, 1, 125, 126, 127, 65535, 65536, 1 << 20)


def all_frames(mask):
    """Each kind and size of frame, and a few that are no legal WebSocket at all: a tunnel does not look inside."""
    parts = [frame(BINARY, os.urandom(size), mask=mask) for size in SIZES]
    parts += [frame(TEXT, "grüße".encode() * 30, mask=mask)]
    parts += [frame(TEXT, b"one ", False, mask), frame(PING, b"between", True, mask),
              frame(CONTINUATION, b"two ", False, mask), frame(CONTINUATION, b"three", True, mask)]
    parts += [frame(PING, b"x" * 125, mask=mask), frame(PONG, mask=mask), frame(BINARY, b"r", mask=mask, reserved=4)]
    parts += [frame(kind, b"?", mask=mask) for kind in (3, 7, 11, 15)]
    parts += [b"\x00\xff GET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"]
    parts += [frame(CLOSE, struct.pack("!H", code) + b"why", mask=mask) for code in (1000, 1005, 1015, 4999)]
    return b"".join(parts)


def switch(conn, head=HANDSHAKE):
    answer = conn.ask(head, "GET")
    if answer.status != 101:
        raise AssertionError("not switched: %r" % answer.raw_head)
    return answer


class Frames(WireTest):
    ORIGINS = 0

    @classmethod
    def setUpClass(cls):
        cls.raw = RawOrigin(lambda peer: cls.serve(peer))
        cls.addClassCleanup(cls.raw.stop)
        cls.HTTP = RECIPE.replace("@O@", cls.raw.address)
        super().setUpClass()

    def tearDown(self):
        self.raw.check()
        self.raw.forget()

    def serve_with(self, serve):
        type(self).serve = staticmethod(serve)

    def test_heads(self):
        self.serve_with(lambda peer: peer.send(SWITCH).rest())
        with Conn(self.port) as conn:
            answer = switch(conn)
            self.assertEqual(answer.reason, "Switching Protocols")
            self.assertEqual(answer.all("Connection"), ["upgrade"])
            self.assertEqual(answer.all("Upgrade"), ["websocket"])
            self.assertEqual(answer.get("Sec-WebSocket-Accept"), ACCEPT)
            self.assertEqual(answer.get("Sec-WebSocket-Protocol"), "chat")
            self.assertEqual(answer.get("X-Of-Origin"), "yes")
            for name in ("Content-Length", "Transfer-Encoding", "Keep-Alive", "Content-Type"):
                self.assertEqual(answer.all(name), [])
            peer = self.raw.peers[0]
            self.assertTrue(peer.head.startswith(b"GET /chat HTTP/1.1\r\n"))
            self.assertEqual(peer.field("Upgrade"), "websocket")
            self.assertEqual(peer.field("Connection"), "upgrade")
            self.assertEqual(peer.field("Sec-WebSocket-Key"), KEY)
            self.assertEqual(peer.field("Sec-WebSocket-Protocol"), "chat, superchat")
            self.assertEqual(peer.field("Origin"), "http://example.com")
            self.assertEqual(peer.field("Cookie"), "a=1")
            self.assertIsNone(peer.field("Content-Length"))

    def exchange(self, up, down):
        """Both sides send at the same time; gives what each got."""
        got = {}

        def serve(peer):
            peer.send(SWITCH)
            sender = threading.Thread(target=peer.send, args=(down,))
            sender.start()
            got["up"] = peer.exactly(len(up))
            sender.join()
            peer.rest()
        self.serve_with(serve)
        with Conn(self.port) as conn:
            switch(conn)
            sender = threading.Thread(target=conn.send, args=(up,))
            sender.start()
            received, whole = conn._exactly(len(down))
            sender.join()
            wait_for(lambda: "up" in got or self.raw.errors, 20)
        self.assertTrue(whole)
        return got.get("up"), received

    def test_frames_of_all_kinds_pass_unchanged(self):
        up, down = all_frames(b"\x01\x80\xff\x00"), all_frames(None)
        got_up, got_down = self.exchange(up, down)
        self.assertEqual((got_up == up, got_down == down), (True, True))

    def test_many_megabytes_pass_unchanged(self):
        up, down = os.urandom(1 << 20) * 8, os.urandom(1 << 20) * 8
        got_up, got_down = self.exchange(up, down)
        self.assertEqual((got_up == up, got_down == down), (True, True))

    def test_a_byte_at_a_time(self):
        frames = frame(TEXT, b"slowly", mask=b"abcd") + frame(CLOSE, b"\x03\xe8", mask=b"abcd")

        def serve(peer):
            peer.send(SWITCH).echo()
        self.serve_with(serve)
        with Conn(self.port) as conn:
            switch(conn)
            conn.send_slowly(frames, pause=0.005)
            self.assertEqual(conn._exactly(len(frames)), (frames, True))

    def test_bytes_that_came_with_the_heads(self):
        first_down, first_up = frame(TEXT, b"welcome"), frame(TEXT, b"hello", mask=b"mask")
        got = []

        def serve(peer):
            peer.send(SWITCH + first_down)
            got.append(peer.exactly(len(first_up)))
            peer.echo()
        self.serve_with(serve)
        with Conn(self.port) as conn:
            conn.send(HANDSHAKE.encode() + first_up)
            self.assertEqual(conn.read().status, 101)
            self.assertEqual(conn._exactly(len(first_down)), (first_down, True))
            conn.send(b"more")
            self.assertEqual(conn._exactly(4), (b"more", True))
        self.assertEqual(got, [first_up])

    def test_the_head_and_the_first_bytes_in_pieces(self):
        down = frame(BINARY, b"d" * 300)

        def serve(peer):
            for at in range(0, len(SWITCH + down), 7):
                peer.send((SWITCH + down)[at:at + 7])
                time.sleep(0.001)
            peer.echo()
        self.serve_with(serve)
        with Conn(self.port) as conn:
            conn.send_slowly(HANDSHAKE.encode(), step=11, pause=0.001)
            self.assertEqual(conn.read().status, 101)
            self.assertEqual(conn._exactly(len(down)), (down, True))

    def test_many_early_bytes(self):
        """More than the gateway holds of a client that is not asked to send yet."""
        early = os.urandom(300000)
        go = threading.Event()

        def serve(peer):
            go.wait(10)
            peer.send(SWITCH)
            peer.send(b"got it" if peer.exactly(len(early)) == early else b"other!")
            peer.echo()
        self.serve_with(serve)
        with Conn(self.port) as conn:
            sender = threading.Thread(target=conn.send, args=(HANDSHAKE.encode() + early,))
            sender.start()
            wait_for(lambda: self.raw.peers and self.raw.peers[0].head)
            go.set()
            self.assertEqual(conn.read().status, 101)
            self.assertEqual(conn._exactly(6), (b"got it", True))
            sender.join()

    def test_a_refusal_is_an_answer_like_any_other(self):
        self.serve_with(lambda peer: peer.send(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"))
        with Conn(self.port) as conn:
            for _ in range(3):
                answer = conn.ask(HANDSHAKE, "GET")
                self.assertEqual((answer.status, answer.text), (403, "no"))
                self.assertEqual(answer.get("Connection"), "keep-alive")


@beyond_nginx
class Auto(WireTest):
    """`websocket auto`: no recipe."""
    ORIGINS = 0

    def gateway(self, settings="websocket auto;", http="", serve=None):
        self.raw = RawOrigin(serve or (lambda peer: peer.send(SWITCH).echo()))
        self.addCleanup(self.raw.stop)
        return self.start("%s server { listen @P0@; location / { proxy_pass http://@O@; %s } }" % (http, settings),
                          [self.raw])

    def assertTunnel(self, gw, head=HANDSHAKE):
        with Conn(gw.ports[0]) as conn:
            answer = switch(conn, head)
            self.assertEqual((answer.all("Connection"), answer.all("Upgrade")), (["upgrade"], ["websocket"]))
            conn.send(b"are you there?")
            self.assertEqual(conn._exactly(14), (b"are you there?", True))
        peer = self.raw.peers[-1]
        for name in (b"\r\nupgrade:", b"\r\nconnection:"):
            self.assertEqual(peer.head.lower().count(name), 1)
        self.assertEqual(peer.field("Upgrade"), "websocket")
        self.assertEqual(peer.field("Connection").lower(), "upgrade")
        return peer

    def test_without_a_recipe(self):
        peer = self.assertTunnel(self.gateway())
        self.assertEqual(peer.field("Sec-WebSocket-Key"), KEY)
        self.assertEqual(peer.field("Sec-WebSocket-Version"), "13")
        self.assertEqual(peer.field("Sec-WebSocket-Protocol"), "chat, superchat")
        self.assertIsNone(peer.field("Content-Length"))

    def test_from_outer_blocks(self):
        self.assertTunnel(self.gateway("", "websocket auto;"))

    def test_where_other_requests_go_over_http2(self):
        self.assertTunnel(self.gateway("websocket auto; proxy_http_version 2;"))

    def test_in_other_spellings(self):
        gw = self.gateway()
        for head in (HANDSHAKE.replace("websocket", "WebSocket"), HANDSHAKE.replace("keep-alive, Upgrade", "UPGRADE"),
                     HANDSHAKE.replace("Upgrade: websocket", "Upgrade: foo, websocket"),
                     HANDSHAKE.replace("Origin:", "Content-Length: 0\r\nOrigin:")):
            self.assertTunnel(gw, head)

    def test_beside_what_proxy_set_header_says(self):
        for settings in ("proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;",
                         "proxy_set_header Connection '';", "proxy_set_header Connection $http_none;",
                         "proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Connection upgrade;",
                         "proxy_set_header Upgrade websocket;"):
            self.assertTunnel(self.gateway("websocket auto; " + settings,
                                           "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"))

    def assertOrdinary(self, gw, head=HANDSHAKE, upgrade=None, connection=None):
        """What goes upstream asks for nothing, and a 101 is no answer to it."""
        before = len(self.raw.peers)
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.ask(head).status, 502, head)
        gw.wait_log("upstream switched protocols without being asked")
        self.assertEqual(len(self.raw.peers), before + 1)
        peer = self.raw.peers[-1]
        self.assertEqual((peer.field("Upgrade"), peer.field("Connection")), (upgrade, connection))

    def test_what_proxy_set_header_forbids(self):
        for settings, upgrade, connection in (("Upgrade ''", None, None), ("Upgrade foo", "foo", None)):
            self.assertOrdinary(self.gateway("websocket auto; proxy_set_header %s;" % settings), upgrade=upgrade,
                                connection=connection)

    def test_its_own_connection_stays(self):
        gw = self.gateway("websocket auto; proxy_set_header Connection close;")
        with Conn(gw.ports[0]) as conn:
            conn.ask(HANDSHAKE)
        self.assertEqual(self.raw.peers[-1].field("Connection"), "close")

    def test_what_is_no_handshake(self):
        gw = self.gateway()
        for old, new in (("GET", "POST"), ("GET", "OPTIONS"), ("HTTP/1.1", "HTTP/1.0"),
                         ("Connection: keep-alive, Upgrade", "Connection: keep-alive"),
                         ("Connection: keep-alive, Upgrade\r\n", ""), ("Upgrade: websocket\r\n", ""),
                         ("Upgrade: websocket", "Upgrade: websockets"), ("Upgrade: websocket", "Upgrade: h2c"),
                         ("Version: 13", "Version: 8"), ("Version: 13", "Version: 13, 8"),
                         ("Sec-WebSocket-Version: 13\r\n", ""), ("Sec-WebSocket-Key: %s\r\n" % KEY, ""),
                         (KEY, KEY[:-4] + "===="), (KEY, KEY[4:]), (KEY, "AAAA" + KEY), (KEY, KEY[:-2]),
                         (KEY, KEY[:8] + "-_" + KEY[10:]), ("Key: " + KEY, "Key: %s\r\nSec-WebSocket-Key: %s" % (KEY, KEY)),
                         ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13")):
            self.assertIn(old, HANDSHAKE)
            self.assertOrdinary(gw, HANDSHAKE.replace(old, new, 1))

    def test_with_a_body(self):
        gw = self.gateway()
        self.assertOrdinary(gw, HANDSHAKE.replace("Origin:", "Content-Length: 3\r\nOrigin:") + "abc")
        self.assertOrdinary(gw, HANDSHAKE.replace("Origin:", "Transfer-Encoding: chunked\r\nOrigin:") + "0\r\n\r\n")

    def test_off(self):
        self.assertOrdinary(self.gateway("websocket off;", "websocket auto;"))
        self.assertOrdinary(self.gateway(""))

    def test_settings_that_make_another_request_of_it(self):
        for settings in ("proxy_method POST;", "proxy_set_body x;", "proxy_pass_request_headers off;"):
            self.assertOrdinary(self.gateway("websocket auto; " + settings))
        self.assertOrdinary(self.gateway("websocket auto; proxy_http_version 1.0;"), connection="close")

    def test_another_protocol_is_no_answer(self):
        gw = self.gateway(serve=lambda peer: peer.send(SWITCH.replace(b"websocket", b"foo")))
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.ask(HANDSHAKE.replace("websocket", "foo, websocket")).status, 502)

    def test_ordinary_requests_stay_as_they_are(self):
        gw = self.gateway(serve=lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.get("/").text, "ok")
        self.assertEqual((self.raw.peers[-1].field("Upgrade"), self.raw.peers[-1].field("Connection")), (None, None))

    def test_a_name_that_is_known_only_now(self):
        self.raw = RawOrigin(lambda peer: peer.send(SWITCH).echo())
        self.addCleanup(self.raw.stop)
        gw = self.start("websocket auto; server { listen @P0@; location / { set $to @O@; proxy_pass http://$to; } }",
                        [self.raw])
        self.assertTunnel(gw)


class Tls(WireTest):
    """TLS on either side of a tunnel, or on both: the same bytes."""
    ORIGINS = 0

    def tunnel(self, client, upstream, serve):
        context = None
        if upstream:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as f:
                f.write(OWN.chain + OWN.key)
                f.flush()
                context.load_cert_chain(f.name)
        raw = RawOrigin(serve, context)
        self.addCleanup(raw.stop)
        http = RECIPE.replace("http://", "https://") if upstream else RECIPE
        if client:
            http = http.replace("@P0@;", "@P0@ ssl; " + uses(OWN))
        gw = self.start(http, [raw], files=files(OWN))
        conn = TlsConn(gw.ports[0], OWN.name) if client else Conn(gw.ports[0])
        self.addCleanup(conn.close)
        return conn

    def test_bytes_and_ends(self):
        for client, upstream in ((True, False), (False, True), (True, True)):
            with self.subTest(client=client, upstream=upstream):
                self.check(client, upstream)

    def check(self, client, upstream):
        first, data, got = frame(TEXT, b"welcome"), os.urandom(1 << 20) * 3, []

        def serve(peer):
            peer.send(SWITCH + first)
            got.append(peer.exactly(len(data)))
            peer.send(data)
            got.append(peer.rest())
        conn = self.tunnel(client, upstream, serve)
        conn.send(HANDSHAKE)
        self.assertEqual(conn.read().status, 101)
        self.assertEqual(conn._exactly(len(first)), (first, True))
        conn.send(data)
        received, whole = conn._exactly(len(data))
        self.assertEqual((whole, received == data), (True, True))
        conn.send(b"bye")
        conn.close()
        wait_for(lambda: len(got) == 2)
        self.assertEqual((got[0] == data, got[1]), (True, b"bye"))

    def test_the_peer_ends_it(self):
        last = os.urandom(300000)
        for client, upstream in ((True, False), (False, True), (True, True)):
            with self.subTest(client=client, upstream=upstream):
                conn = self.tunnel(client, upstream, lambda peer: peer.send(SWITCH + last))
                conn.send(HANDSHAKE)
                self.assertEqual(conn.read().status, 101)
                self.assertEqual(conn.read_to_close() == last, True)


@unittest.skipUnless(NODE, "Node is not installed")
class Node(WireTest):
    """Client and server are Node's ws (Debian's node-ws)."""
    ORIGINS = 0
    ROUTE = RECIPE

    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([NODE, os.path.join(HERE, "ws_echo.js")], env=NODE_ENV, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        cls.addClassCleanup(cls.stop_server)
        port = cls.server.stdout.readline().strip()
        if not port:
            raise unittest.SkipTest("Node has no ws module")
        cls.HTTP = cls.ROUTE.replace("@O@", "127.0.0.1:%d" % int(port))
        super().setUpClass()

    @classmethod
    def stop_server(cls):
        cls.server.stdin.close()
        cls.server.stdout.close()
        cls.server.wait(10)

    def test_a_client_of_node_through_all_websocket_can_do(self):
        done = subprocess.run([NODE, os.path.join(HERE, "ws_client.js"), "ws://127.0.0.1:%d" % self.port],
                              env=NODE_ENV, stdout=subprocess.PIPE, timeout=120 * FACTOR)
        results = json.loads(done.stdout)
        self.assertGreater(len(results), 60)
        self.assertEqual([case for case in results if case[1]], [])

    def test_curl_reads_the_switch(self):
        done = subprocess.run(["curl", "-s", "-i", "-N", "--max-time", "1", "--http1.1", "-H", "Connection: Upgrade",
                               "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
                               "Sec-WebSocket-Key: " + KEY, "http://127.0.0.1:%d/close/1000/x" % self.port],
                              stdout=subprocess.PIPE, timeout=30)
        self.assertIn(b"HTTP/1.1 101 Switching Protocols\r\n", done.stdout)
        self.assertIn(b"Sec-WebSocket-Accept: " + ACCEPT.encode(), done.stdout)

    def test_a_message_survives_a_reload(self):
        gw = self.start(self.HTTP)
        with Conn(gw.ports[0]) as conn:
            switch(conn, HANDSHAKE.replace("Sec-WebSocket-Protocol: chat, superchat\r\n", ""))
            for i in range(3):
                gw.reload()
                conn.send(frame(TEXT, b"after reload %d" % i, mask=b"\x00\x00\x00\x00"))
                wanted = frame(TEXT, b"after reload %d" % i)
                self.assertEqual(conn._exactly(len(wanted)), (wanted, True))


@beyond_nginx
class NodeAuto(Node):
    ROUTE = "server { listen @P0@; websocket auto; location / { proxy_pass http://@O@; } }"


if __name__ == "__main__":
    main()
