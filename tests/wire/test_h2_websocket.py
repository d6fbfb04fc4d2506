"""WebSockets over HTTP/2 (RFC 8441): the extended CONNECT of a client becomes a handshake of HTTP/1.1, its stream the
client's end of a tunnel. With our own frames, with python3-h2, and with Node's client."""
import base64
import hashlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import unittest

try:
    import h2.config
except ImportError:  # another python3 than Debian's comes first on PATH; the package is pure Python
    sys.path.append("/usr/lib/python3/dist-packages")
    import h2.config
import h2.connection
import h2.events
import h2.settings

from h2_client import DATA, END_STREAM, RST, WINDOW, H2Conn
from harness import FACTOR, Conn, Gateway, WireTest, beyond_nginx, get, main, wait_for
from raw_origin import RawOrigin
from test_websocket import HERE, NODE, NODE_ENV
from tls_client import TlsConn, certificate, client_context, files, uses

OWN = certificate("live.example")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
RECIPE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;"


def accept(peer):
    key = peer.field("Sec-WebSocket-Key").encode()
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def switch(peer, more=b""):
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              b"Sec-WebSocket-Accept: " + accept(peer) + b"\r\nSec-WebSocket-Protocol: chat\r\nX-Of-Origin: yes\r\n\r\n" +
              more)
    return peer


def echo(peer):
    switch(peer).echo()


@beyond_nginx
class Tunnels(WireTest):
    ORIGINS = 0

    def gateway(self, serve=echo, settings="", http="", server="websocket auto;", listen="@P0@", **options):
        self.raw = RawOrigin(serve)
        self.addCleanup(self.raw.stop)
        gw = Gateway("%s http2 on; server { listen %s; %s location / { proxy_pass http://@O@; %s }"
                     "location /page { return 200 page; } }" % (http, listen, server, settings), [self.raw], **options)
        self.addCleanup(gw.stop)
        return gw

    def conn(self, gw, port=0, **options):
        conn = H2Conn(gw.ports[port], **options)
        self.addCleanup(conn.close)
        conn.until(lambda: conn.settings)
        return conn

    def connect(self, conn, path="/chat", more=(("sec-websocket-version", "13"),), protocol="websocket", end=False,
                method="CONNECT", **kwargs):
        fields = conn.fields(method, path, **kwargs)
        if protocol is not None:
            fields.insert(1, (":protocol", protocol))
        return conn.request(fields=fields + list(more), end=end)

    def answer(self, conn, stream):
        conn.until(lambda: stream in conn.streams and (conn.streams[stream].fields or conn.streams[stream].over))
        return conn.streams[stream]

    def open(self, conn, **kwargs):
        stream = self.connect(conn, **kwargs)
        answer = self.answer(conn, stream)
        self.assertEqual((answer.status, answer.over), (200, False), answer)
        return stream

    def assertEchoes(self, conn, stream, data=b"are you there?"):
        known = conn.streams[stream]
        before = len(known.body)
        conn.frame(DATA, 0, stream, data)
        conn.until(lambda: len(known.body) >= before + len(data) or known.over)
        self.assertEqual(known.body[before:], data)


class Handshakes(Tunnels):
    def test_what_the_upstream_and_the_client_see(self):
        gw = self.gateway()
        conn = self.conn(gw)
        self.assertEqual(conn.settings[8], 1)
        stream = self.connect(conn, "/chat?a=b", more=[
            ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat, superchat"), ("origin", "http://x"),
            ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="), ("cookie", "a=1"), ("cookie", "b=2")])
        answer = self.answer(conn, stream)
        self.assertEqual(answer.status, 200)
        names = [name for name, _ in answer.fields]
        for name in ("sec-websocket-accept", "upgrade", "connection", "content-length", "transfer-encoding"):
            self.assertNotIn(name, names)
        self.assertEqual((answer.get("sec-websocket-protocol"), answer.get("x-of-origin")), ("chat", "yes"))
        peer = self.raw.peers[0]
        self.assertTrue(peer.head.startswith(b"GET /chat?a=b HTTP/1.1\r\n"), peer.head)
        for name, value in (("Upgrade", "websocket"), ("Connection", "upgrade"), ("Sec-WebSocket-Version", "13"),
                            ("Sec-WebSocket-Protocol", "chat, superchat"), ("Origin", "http://x"),
                            ("Cookie", "a=1; b=2"), ("Content-Length", None), ("Transfer-Encoding", None)):
            self.assertEqual(peer.field(name), value)
        self.assertEqual(peer.head.lower().count(b"sec-websocket-key"), 1)
        self.assertEqual(len(base64.b64decode(peer.field("Sec-WebSocket-Key"))), 16)
        self.assertNotIn(b"protocol: websocket", peer.head.lower().replace(b"sec-websocket-protocol", b""))
        self.assertEchoes(conn, stream)

    def test_each_has_a_key_of_its_own(self):
        gw = self.gateway()
        conn = self.conn(gw)
        for _ in range(8):
            self.assertEchoes(conn, self.open(conn))
        keys = {peer.field("Sec-WebSocket-Key") for peer in self.raw.peers}
        self.assertEqual(len(keys), 8)
        self.assertNotIn("AAAAAAAAAAAAAAAAAAAAAA==", keys)

    def test_with_the_recipe_of_nginx(self):
        gw = self.gateway(settings="websocket off; " + RECIPE)
        conn = self.conn(gw)
        self.assertEchoes(conn, self.open(conn))

    def test_not_without_websocket_auto_anywhere(self):
        gw = self.gateway(settings=RECIPE, server="")
        conn = self.conn(gw)
        self.assertNotIn(8, conn.settings)
        answer = conn.answer(self.connect(conn))
        conn.ping()   # RST_STREAM comes behind the answer
        self.assertEqual((answer.status, answer.reset), (400, "PROTOCOL_ERROR"))
        self.assertEqual(self.raw.peers, [])

    def test_not_where_it_is_off(self):
        gw = self.gateway(lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                          "websocket off;")
        conn = self.conn(gw)
        answer = conn.answer(self.connect(conn))
        self.assertEqual((answer.status, answer.body), (501, b""))
        self.assertIsNone(self.raw.peers[0].field("Upgrade"))

    def test_an_answer_of_another_kind_is_no_tunnel(self):
        """200 would be one to the client."""
        gw = self.gateway()
        conn = self.conn(gw)
        answer = conn.answer(self.connect(conn, "/page"))
        self.assertEqual((answer.status, answer.body), (501, b""))
        self.assertEqual(conn.ask("/page").text, "page")

    def test_a_refusal_is_passed(self):
        gw = self.gateway(lambda peer: peer.send(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: so\r\n\r\nno"))
        conn = self.conn(gw)
        stream = self.connect(conn)
        conn.frame(DATA, 0, stream, b"early")
        answer = conn.answer(stream)
        self.assertEqual((answer.status, answer.text, answer.get("x-why")), (403, "no", "so"))
        self.assertIn(answer.reset, (None, "NO_ERROR"))
        conn.ping()

    def test_a_wrong_accept(self):
        def serve(peer):
            peer.send(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s\r\n" % {
                "/none": b"", "/other": b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
                "/twice": b"Sec-WebSocket-Accept: " + accept(peer) + b"\r\nSec-WebSocket-Accept: " + accept(peer) + b"\r\n",
            }[peer.path])
            peer.rest()
        gw = self.gateway(serve)
        conn = self.conn(gw)
        for path in ("/none", "/other", "/twice"):
            self.assertEqual(conn.answer(self.connect(conn, path)).status, 502)
        gw.wait_log("upstream sent a wrong Sec-WebSocket-Accept")

    def test_without_the_version(self):
        gw = self.gateway(lambda peer: peer.send(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n"))
        conn = self.conn(gw)
        self.assertEqual(conn.answer(self.connect(conn, more=())).status, 426)
        self.assertIsNone(self.raw.peers[0].field("Upgrade"))

    def test_other_protocols_are_not_known(self):
        gw = self.gateway()
        conn = self.conn(gw)
        for protocol in ("connect-udp", "webtransport", "h2c", "foo"):
            answer = conn.answer(self.connect(conn, protocol=protocol))
            self.assertEqual(answer.status, 501)
            self.assertIn(answer.reset, (None, "NO_ERROR"))
        self.assertEqual(self.raw.peers, [])

    def test_plain_connect_is_refused(self):
        gw = self.gateway()
        conn = self.conn(gw)
        answer = conn.answer(conn.request(fields=[(":method", "CONNECT"), (":authority", "example.com:443")], end=False))
        self.assertEqual(answer.status, 405)
        self.assertEqual(self.raw.peers, [])

    def test_malformed(self):
        gw = self.gateway()
        conn = self.conn(gw)
        bad = [dict(method="GET"), dict(method="POST"), dict(path=None), dict(scheme=None), dict(authority=None),
               dict(protocol=""), dict(protocol="a b"), dict(protocol=None), dict(more=[("content-length", "3")]),
               dict(more=[("content-length", "0")]), dict(more=[("upgrade", "websocket")]),
               dict(more=[("connection", "upgrade")]), dict(more=[("transfer-encoding", "chunked")]),
               dict(path="/a b"), dict(path="*"), dict(authority="a b")]
        for one in bad:
            answer = conn.answer(self.connect(conn, **one))
            conn.ping()   # RST_STREAM comes behind the answer
            status = 405 if one == dict(protocol=None) else 400  # a CONNECT like any other
            self.assertEqual((answer.status, answer.reset), (status, "PROTOCOL_ERROR"), one)
        twice = conn.fields("CONNECT") + [(":protocol", "websocket")] * 2
        self.assertEqual(conn.answer(conn.request(fields=twice, end=False)).status, 400)
        self.assertEqual(self.raw.peers, [])

    def test_an_authorisation_is_asked_for_first(self):
        gw = self.gateway(server="websocket auto; allow 10.0.0.0/8; deny all;")
        conn = self.conn(gw)
        self.assertEqual(conn.answer(self.connect(conn)).status, 403)
        self.assertEqual(self.raw.peers, [])


class Bytes(Tunnels):
    def test_what_comes_before_the_answer(self):
        go = threading.Event()

        def serve(peer):
            go.wait(10)
            switch(peer, b"welcome").echo()
        gw = self.gateway(serve)
        conn = self.conn(gw)
        stream = self.connect(conn)
        early = os.urandom(16384) * 3
        for at in range(0, len(early), 16384):
            conn.frame(DATA, 0, stream, early[at:at + 16384])
        conn.ping()
        go.set()
        conn.until(lambda: stream in conn.streams and len(conn.streams[stream].body) >= 7 + len(early))
        self.assertEqual(conn.streams[stream].body == b"welcome" + early, True)

    def test_many_megabytes_both_ways(self):
        down, got = os.urandom(1 << 20) * 8, {}
        up = os.urandom(1 << 20) * 4

        def serve(peer):
            switch(peer)
            sender = threading.Thread(target=peer.send, args=(down,))
            sender.start()
            got["up"] = peer.exactly(len(up))
            sender.join()
            peer.rest()
        gw = self.gateway(serve)
        conn = self.conn(gw)
        stream = self.open(conn)
        window, sent, known = 65535, 0, conn.streams[stream]
        while sent < len(up) or len(known.body) < len(down):
            room = min(window + conn.windows.get(stream, 0) - sent, 65535 + conn.windows.get(0, 0) - sent)
            size = min(16384, room, len(up) - sent)
            if size > 0:
                conn.frame(DATA, 0, stream, up[sent:sent + size])
                sent += size
            else:
                conn.read_frame(10)
        wait_for(lambda: "up" in got or self.raw.errors)
        self.assertEqual((got.get("up") == up, known.body == down), (True, True))

    def test_many_beside_ordinary_requests(self):
        gw = self.gateway()
        conn = self.conn(gw)
        streams = [self.open(conn) for _ in range(40)]
        for turn in range(5):
            for stream in streams:
                conn.frame(DATA, 0, stream, b"%d in turn %d" % (stream, turn))
            self.assertEqual(conn.ask("/page").text, "page")
        for stream in streams:
            wanted = b"".join(b"%d in turn %d" % (stream, turn) for turn in range(5))
            conn.until(lambda: len(conn.streams[stream].body) >= len(wanted))
            self.assertEqual(conn.streams[stream].body, wanted)

    def test_many_small_messages_are_no_flood(self):
        gw = self.gateway()
        conn = self.conn(gw)
        stream = self.open(conn)
        for _ in range(30):
            for _ in range(100):
                conn.frame(DATA, 0, stream, b"x")
            conn.ping()
        conn.until(lambda: len(conn.streams[stream].body) >= 3000)

    def test_a_peer_that_does_not_read_holds_up_the_client(self):
        """What it may send is the stream's window, and no more."""
        ended = threading.Event()
        self.addCleanup(ended.set)

        def serve(peer):
            switch(peer)
            ended.wait(20)
        gw = self.gateway(serve)
        conn = self.conn(gw)
        stream, sent = self.open(conn), 0
        while True:
            room = 65535 + conn.windows.get(stream, 0) - sent
            if room <= 0:
                before = len(conn.windows), dict(conn.windows)
                conn.ping()
                if before == (len(conn.windows), dict(conn.windows)):
                    break
                continue
            conn.frame(DATA, 0, stream, bytes(min(room, 16384)))
            sent += min(room, 16384)
            self.assertLess(sent, 24 << 20)
        self.assertEqual(conn.ask("/page").text, "page")   # others are not held up
        self.assertEqual(conn.goaways, [])

    def test_a_client_that_opens_no_window_holds_up_the_peer(self):
        sent = []

        def serve(peer):
            switch(peer)
            peer.socket.settimeout(1)
            try:
                while True:
                    peer.send(bytes(65536))
                    sent.append(1)
            except OSError:
                pass
        gw = self.gateway(serve)
        conn = self.conn(gw, manners=False)
        stream = self.open(conn)
        conn.until(lambda: len(conn.streams[stream].body) >= 65535)
        wait_for(lambda: self.raw.peers[0].socket.fileno() == -1, 10)
        self.assertLess(len(sent), 400)
        conn.ping()
        self.assertEqual(len(conn.streams[stream].body), 65535)


class Ends(Tunnels):
    def ended(self):
        """An origin that tells how its tunnel ended."""
        self.got = []

        def serve(peer):
            switch(peer)
            try:
                self.got.append(peer.rest())
            except OSError as error:
                self.got.append(error)
        return serve

    def test_the_client_ends_the_stream(self):
        gw = self.gateway(self.ended())
        conn = self.conn(gw)
        stream = self.open(conn)
        conn.frame(DATA, END_STREAM, stream, b"bye")
        wait_for(lambda: self.got)
        self.assertEqual(self.got, [b"bye"])
        self.assertIsNone(conn.answer(stream).reset)
        self.assertEchoesNot(conn)

    def assertEchoesNot(self, conn):
        self.assertEqual(conn.ask("/page").text, "page")
        self.assertEqual(conn.goaways, [])

    def test_the_client_resets_the_stream(self):
        gw = self.gateway(self.ended())
        conn = self.conn(gw)
        stream = self.open(conn)
        conn.frame(RST, 0, stream, struct.pack(">I", 8))
        wait_for(lambda: self.got)
        self.assertEchoesNot(conn)

    def test_the_client_leaves(self):
        gw = self.gateway(self.ended())
        for leave in (Conn.close, Conn.reset):
            conn = self.conn(gw)
            for _ in range(3):
                self.open(conn)
            leave(conn)
            wait_for(lambda: len(self.got) == 3)
            self.got.clear()

    def test_the_peer_ends_it_and_nothing_is_lost(self):
        last = os.urandom(1 << 20)
        gw = self.gateway(lambda peer: switch(peer, b"").send(last))
        conn = self.conn(gw)
        answer = conn.answer(self.connect(conn))
        self.assertEqual((answer.body == last, answer.ended), (True, True))
        self.assertIn(answer.reset, (None, "NO_ERROR"))
        self.assertEchoesNot(conn)

    def test_the_peer_breaks_it(self):
        def serve(peer):
            switch(peer)
            peer.exactly(1)
            Conn.reset(peer)
        gw = self.gateway(serve)
        conn = self.conn(gw)
        stream = self.open(conn)
        conn.frame(DATA, 0, stream, b"x")
        self.assertTrue(conn.answer(stream).over)
        gw.wait_log("recv\\(\\) failed \\(104: Connection reset by peer\\) while proxying upgraded connection")
        self.assertEchoesNot(conn)

    def test_in_the_middle_of_everything(self):
        """Either side ends at any moment, while both send: nothing is left behind, the connection lives."""
        def serve(peer):
            switch(peer, b"x" * (len(self.raw.peers) * 977 % 70000))
            if len(self.raw.peers) % 3 == 0:
                return
            peer.echo()
        gw = self.gateway(serve, http="server { listen @P1@; location / { stub_status; } }")
        get(gw.ports[1])
        files = gw.open_files()
        conn = self.conn(gw)
        streams = []
        for i in range(60):
            stream = self.connect(conn)
            streams.append(stream)
            if i % 2:
                conn.frame(DATA, END_STREAM if i % 4 == 1 else 0, stream, b"y" * 500)
            if i % 5 == 0:
                conn.frame(RST, 0, stream, struct.pack(">I", 8))
        conn.ping()
        for stream in streams:
            if not conn.streams.get(stream) or not conn.streams[stream].over:
                conn.frame(RST, 0, stream, struct.pack(">I", 8))
        self.assertEchoesNot(conn)
        conn.close()
        # What it counts now is the connection of the question, and perhaps that of the one before, which is closing.
        wait_for(lambda: int(get(gw.ports[1]).text.split()[2]) <= 2 and "Writing: 1 Waiting: 0" in get(gw.ports[1]).text)
        wait_for(lambda: gw.open_files() <= files)

    def test_idle_timeout(self):
        gw = self.gateway(settings="proxy_read_timeout 500ms;")
        conn = self.conn(gw)
        stream = self.open(conn)
        for _ in range(3):
            time.sleep(0.25)
            self.assertEchoes(conn, stream)
        self.assertTrue(conn.answer(stream, 3).over)
        gw.wait_log(r"upstream timed out \(110: Connection timed out\) while proxying upgraded connection")
        self.assertEchoesNot(conn)


class Surroundings(Tunnels):
    def test_a_reload_keeps_it_and_lets_the_old_table_go(self):
        gw = self.gateway(level="notice")
        conn = self.conn(gw)
        stream = self.open(conn)
        for _ in range(3):
            gw.reload()
            self.assertEchoes(conn, stream)
        gw.wait_log("config generation 1 exited with code 0")
        self.assertEchoes(conn, stream)

    def test_worker_shutdown_timeout_closes_it(self):
        gw = self.gateway(main="worker_shutdown_timeout 300ms;")
        conn = self.conn(gw)
        self.open(conn)
        gw.reload()
        self.assertTrue(conn.ends(3))

    def test_a_graceful_end_waits_for_it(self):
        gw = self.gateway()
        conn = self.conn(gw)
        stream = self.open(conn)
        gw.process.send_signal(signal.SIGQUIT)
        conn.until(lambda: conn.goaways)
        self.assertEchoes(conn, stream)
        self.assertIsNone(gw.process.poll())
        conn.frame(DATA, END_STREAM, stream)
        self.assertEqual(gw.wait_exit(5), 0)

    def test_a_fast_end_does_not_wait(self):
        gw = self.gateway()
        conn = self.conn(gw)
        self.open(conn)
        gw.process.send_signal(signal.SIGTERM)
        self.assertEqual(gw.wait_exit(5), 0)
        self.assertTrue(conn.ends())

    def test_limit_conn_counts_it_until_its_end(self):
        gw = self.gateway(settings="limit_conn all 2;", http="limit_conn_zone $binary_remote_addr zone=all:64k;")
        conn = self.conn(gw)
        first, _ = self.open(conn), self.open(conn)
        self.assertEqual(conn.answer(self.connect(conn)).status, 503)
        conn.frame(DATA, END_STREAM, first)
        conn.answer(first)
        self.assertEchoes(conn, self.open(conn))

    def test_the_log_line_comes_at_the_end(self):
        gw = self.gateway(settings="access_log t.log t;", http="log_format t '$status $request $request_method "
                          "$bytes_sent $body_bytes_sent $upstream_status $http_upgrade $request_time';")
        conn = self.conn(gw)
        stream = self.open(conn)
        self.assertEchoes(conn, stream, b"x" * 1000)
        self.assertEqual(gw.read("t.log"), "")
        time.sleep(0.2)
        conn.frame(DATA, END_STREAM, stream)
        line = gw.wait_log(r"^200 GET /chat HTTP/2.0 GET (\d+) 1000 101 websocket ([\d.]+)$", name="t.log")
        self.assertGreater(int(line[1]), 1000)
        self.assertGreaterEqual(float(line[2]), 0.19)


class PythonH2(Tunnels):
    """The client is python3-h2's state machine, which refuses what RFC 9113 does not allow."""

    def test_a_conversation(self):
        gw = self.gateway()
        with Conn(gw.ports[0]) as conn:
            client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
            client.initiate_connection()
            conn.send(client.data_to_send())
            body, status, ended = b"", None, False

            def turn():
                nonlocal body, status, ended
                assert conn._fill(10)
                data, conn.buffer = conn.buffer, b""
                for event in client.receive_data(data):
                    if isinstance(event, h2.events.ResponseReceived):
                        status = dict(event.headers)[b":status"]
                    elif isinstance(event, h2.events.DataReceived):
                        body += event.data
                        client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                        ended = True
                conn.send(client.data_to_send())
            while client.remote_settings.enable_connect_protocol != 1:
                turn()
            client.send_headers(1, [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                                    (":path", "/chat"), (":authority", "localhost"), ("sec-websocket-version", "13")])
            conn.send(client.data_to_send())
            while status is None:
                turn()
            self.assertEqual(status, b"200")
            message = os.urandom(300000)
            at = 0
            while at < len(message) or len(body) < len(message):
                size = min(client.local_flow_control_window(1), client.max_outbound_frame_size, len(message) - at)
                if size > 0:
                    client.send_data(1, message[at:at + size])
                    at += size
                    conn.send(client.data_to_send())
                else:
                    turn()
            self.assertEqual(body == message, True)
            client.end_stream(1)
            conn.send(client.data_to_send())
            while not ended:
                turn()


class H2TlsConn(H2Conn, TlsConn):
    """HTTP/2 that ALPN has chosen."""


class Tls(Tunnels):
    def test_a_conversation(self):
        gw = self.gateway(server="websocket auto; " + uses(OWN), files=files(OWN), listen="@P0@ ssl")
        conn = H2TlsConn(gw.ports[0], name=OWN.name, context=client_context(alpn=["h2"]))
        self.addCleanup(conn.close)
        conn.until(lambda: conn.settings)
        stream = self.open(conn, scheme="https")
        for size in (1, 125, 16384):
            self.assertEchoes(conn, stream, os.urandom(size))
        conn.frame(DATA, END_STREAM, stream)
        self.assertIsNone(conn.answer(stream).reset)


@beyond_nginx
@unittest.skipUnless(NODE, "Node is not installed")
class Node(WireTest):
    """Node's own HTTP/2 client in front, Node's ws behind."""
    ORIGINS = 0

    def test_a_conversation(self):
        server = subprocess.Popen([NODE, os.path.join(HERE, "ws_echo.js")], env=NODE_ENV, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(server.wait, 10)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.stdin.close)
        port = server.stdout.readline().strip()
        if not port:
            self.skipTest("Node has no ws module")
        gw = self.start("http2 on; websocket auto; server { listen @P0@; location / { "
                        "proxy_pass http://127.0.0.1:%d; } }" % int(port))
        done = subprocess.run([NODE, os.path.join(HERE, "h2_ws_client.js"), str(gw.ports[0])], stdout=subprocess.PIPE,
                              timeout=60 * FACTOR)
        result = json.loads(done.stdout)
        received = result.pop("received").encode("latin-1")
        self.assertEqual(result, {"settings": True, "status": 200, "closed": True})
        self.assertEqual(received, b"\x81\x05hello" + b"\x81\x7e\xea\x60" + b"x" * 60000)


@beyond_nginx
class EarlyHints(WireTest):
    ORIGINS = 0

    def test_they_come_as_a_head_before_the_head(self):
        raw = RawOrigin(lambda peer: peer.send(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"
            b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-B: c\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        self.addCleanup(raw.stop)
        gw = self.start("http2 on; early_hints $http2; server { listen @P0@; location / { proxy_pass http://@O@; } }",
                        [raw])
        conn = H2Conn(gw.ports[0])
        self.addCleanup(conn.close)
        for _ in range(3):
            answer = conn.ask("/")
            self.assertEqual((answer.status, answer.text), (200, "ok"))
            self.assertEqual(answer.heads, [[(":status", "103"), ("link", "</a>")], [(":status", "103"), ("x-b", "c")]])
        self.assertEqual(get(gw.ports[0]).interim, [])


if __name__ == "__main__":
    main()
