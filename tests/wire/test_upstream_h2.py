"""HTTP/2 to upstreams (proxy_http_version 2): what goes over one connection, what is sent again, what is refused."""
import struct
import threading
import time
import unittest

from h2_client import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PUSH, SETTINGS, WINDOW, frame
from h2_peer import H2Peer, forever
from harness import Conn, Gateway, get, main, request, wait_for

KEPT = """upstream u { server @O0@; keepalive 4; }
          server { listen @P0@; proxy_http_version 2; proxy_pass_trailers on; %s
                   location / { proxy_pass http://u; }
                   location /stream/ { proxy_pass http://u; proxy_request_buffering off; } }"""
PLAIN = """server { listen @P0@; proxy_http_version 2; location / { proxy_pass http://@O0@; } }"""


def echo(conn, number):
    stream = conn.streams[number]
    text = "\n".join("%s: %s" % pair for pair in stream.fields) + "\n\n%d" % len(stream.body)
    conn.answer_ok(number, text.encode())


class UpstreamH2(unittest.TestCase):
    def start(self, serve, http=KEPT, extra=""):
        self.peer = H2Peer(serve)
        self.addCleanup(self.peer.stop)
        self.gw = Gateway(http % extra if "%s" in http else http, origins=[self.peer])
        self.addCleanup(self.gw.stop)
        self.port = self.gw.ports[0]
        return self.gw

    def refused(self, pattern, serve, status=502, **options):
        """The answer is 502, the log says why, and the gateway goes on serving."""
        self.start(serve, PLAIN)
        self.assertEqual(get(self.port, **options).status, status)
        self.gw.wait_log(pattern)
        self.assertEqual(get(self.gw.probe).status, 200)

    # -- what goes out, what comes back ----------------------------------------------------------------------------
    def test_a_request_as_fields(self):
        self.start(forever(echo))
        answer = request(self.port, "GET", "/a?b=c", fields=[("X-Field", "Value"), ("TE", "trailers"),
                                                             ("Upgrade", "x")])
        lines = answer.text.split("\n\n")[0].split("\n")
        self.assertEqual(lines[:4], [":method: GET", ":scheme: http", ":path: /a?b=c", ":authority: u"])
        self.assertIn("x-field: Value", lines)
        self.assertFalse([n for n in lines if n.split(":")[0] in ("host", "connection", "te", "upgrade",
                                                                  "transfer-encoding")])
        self.assertFalse([n for n in answer.fields if n[0].startswith(":")])

    def test_bodies_both_ways_are_larger_than_the_windows(self):
        body = bytes(range(256)) * 8192  # 2 MiB

        def serve(conn, number):
            self.received = conn.streams[number].body
            conn.head(number, [("content-length", str(len(body)))])
            conn.windows.setdefault(number, 0)
            sent = 0
            room = lambda: min(conn.settings.get(4, 65535) + conn.windows.get(number, 0),
                               65535 + conn.windows.get(0, 0)) - sent
            while sent < len(body):
                conn.until(lambda: room() > 0)
                piece = body[sent:sent + min(16384, room())]
                sent += len(piece)
                conn.frame(DATA, END_STREAM if sent == len(body) else 0, number, piece)
        self.start(forever(serve), extra="client_max_body_size 8m;")
        for path in ("/", "/stream/"):
            answer = request(self.port, "POST", path, body=body)
            self.assertEqual((answer.status, answer.body == body, self.received == body), (200, True, True))

    def test_a_streaming_body_without_a_length(self):
        self.start(forever(echo))
        with Conn(self.port) as conn:
            conn.send("POST /stream/ HTTP/1.1\r\nHost: u\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            conn.send("6\r\n world\r\n0\r\n\r\n")
            answer = conn.read()
        self.assertIn("\n\n11", answer.text)

    def test_trailers_and_interim_heads(self):
        def serve(conn, number):
            conn.head(number, [("link", "</a>")], status="103")
            conn.head(number)
            conn.body(number, b"text", end=False)
            conn.trailers(number, [("x-sum", "7"), ("content-length", "9")])
        self.start(forever(serve))
        answer = get(self.port)
        self.assertEqual((answer.text, answer.trailers, answer.interim), ("text", [("x-sum", "7")], []))
        self.gw.stop()
        self.start(forever(serve), extra="early_hints 1; location /grpc/ { grpc_pass grpc://u; }")
        for path in ("/", "/grpc/"):
            answer = get(self.port, path)
            self.assertEqual([(early.status, early.get("link")) for early in answer.interim], [(103, "</a>")], path)

    def test_heads_without_a_body(self):
        def serve(conn, number):
            status = conn.path(number)[1:]
            conn.head(number, [("content-length", "5")] if status != "204" else [], status=status, end=True)
        self.start(forever(serve))
        self.assertEqual(request(self.port, "HEAD", "/200").get("content-length"), "5")
        for status in ("204", "304"):
            self.assertEqual(str(get(self.port, "/" + status).status), status)
        self.assertEqual(len(self.peer.connections), 1)

    # -- connections -----------------------------------------------------------------------------------------------
    def test_many_requests_at_once_over_one_connection(self):
        waiting = []

        def serve(conn, number):
            waiting.append(number)
            if len(waiting) == 8:
                for one in reversed(waiting):
                    conn.answer_ok(one, conn.path(one).encode())
        self.start(forever(serve))
        answers = {}

        def ask(i):
            answers[i] = get(self.port, "/%d" % i).text
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        self.assertEqual(answers, {i: "/%d" % i for i in range(8)})
        self.assertEqual(len(self.peer.connections), 1)

    def test_streams_limit_reached_another_connection(self):
        gate = threading.Event()

        def serve(conn, number):
            if conn.path(number) == "/slow":
                gate.wait(10)
            conn.answer_ok(number)
        self.start(forever(serve, settings=[(3, 1)]))
        self.assertEqual(get(self.port).get("x-connection"), "1")
        slow = Conn(self.port)
        self.addCleanup(slow.close)
        slow.send("GET /slow HTTP/1.1\r\nHost: u\r\n\r\n")
        wait_for(lambda: len(self.peer.connections[0].streams) == 2)
        self.assertEqual(get(self.port).get("x-connection"), "2")
        gate.set()
        self.assertEqual(slow.read().get("x-connection"), "1")

    def test_a_plain_host_keeps_no_connection(self):
        self.start(forever(echo), PLAIN)
        self.assertEqual([get(self.port).get("x-connection") for _ in range(3)], ["1", "2", "3"])

    def test_goaway_lets_what_is_under_way_end(self):
        def serve(conn, number):
            conn.go_away(number)
            conn.answer_ok(number)
        self.start(forever(serve))
        self.assertEqual([get(self.port).get("x-connection") for _ in range(3)], ["1", "2", "3"])

    def test_what_a_peer_left_alone_is_sent_again_whatever_it_is(self):
        for leave in (lambda c, n: c.go_away(0), lambda c, n: c.rst(n, 7)):
            def serve(conn, number, leave=leave):
                if conn.number == 1:
                    leave(conn, number)
                else:
                    conn.answer_ok(number, conn.streams[number].body)
            self.start(forever(serve))
            answer = request(self.port, "POST", "/", body=b"once")
            self.assertEqual((answer.status, answer.text), (200, "once"))

    def test_a_request_that_is_refused_again_and_again_is_given_up(self):
        self.start(forever(lambda conn, number: conn.rst(number, 7)))
        self.assertEqual(get(self.port).status, 502)
        self.assertLessEqual(len(self.peer.connections), 3)

    def test_a_reset_is_an_invalid_answer(self):
        def serve(conn, number):
            if conn.number == 1:
                conn.rst(number, 2)
            else:
                conn.answer_ok(number)
        for conditions, status in (("error timeout", 502), ("invalid_header", 200)):
            for what in ("proxy_pass http://u; proxy_next_upstream", "grpc_pass grpc://u; grpc_next_upstream"):
                with self.subTest(what, conditions=conditions):
                    self.start(forever(serve), "upstream u { server @O0@; server @O0@; } server { listen @P0@; "
                               "proxy_http_version 2; location / { " + what + " " + conditions + "; } }")
                    self.assertEqual(get(self.port).status, status)

    def test_a_reset_behind_a_whole_answer_is_none(self):
        def serve(conn):
            conn.begin()
            number = conn.next_request(whole=False)
            conn.answer_ok(number)
            conn.rst(number, 0)
            conn.next_request()
        self.start(serve)
        with Conn(self.port) as conn:
            conn.send("POST /stream/ HTTP/1.1\r\nHost: u\r\nContent-Length: 10\r\n\r\nhalf")
            self.assertEqual(conn.read().text, "ok")

    def test_a_body_cut_by_a_reset_is_cut_for_the_client(self):
        def serve(conn, number):
            conn.head(number)
            conn.body(number, b"begun", end=False)
            conn.rst(number, 2)
        self.start(forever(serve))
        answer = get(self.port)
        self.assertEqual((answer.status, answer.complete), (200, False))
        self.gw.wait_log("upstream reset the HTTP/2 stream .INTERNAL_ERROR.")

    def test_a_client_that_does_not_read_holds_its_own_stream_only(self):
        sent = {}

        def serve(conn, number):
            if conn.path(number) != "/large":
                return conn.answer_ok(number)
            conn.head(number)
            sent["all"] = 0
            while sent["all"] < conn.settings[4] + conn.windows.get(number, 0) and sent["all"] < (64 << 20):
                conn.frame(DATA, 0, number, b"x" * 16384)
                sent["all"] += 16384
                conn.ping()
        self.start(forever(serve))
        slow = Conn(self.port, rcvbuf=4096)
        self.addCleanup(slow.close)
        slow.send("GET /large HTTP/1.1\r\nHost: u\r\n\r\n")
        wait_for(lambda: sent.get("all", 0) > 100000)
        for _ in range(3):
            self.assertEqual(get(self.port).get("x-connection"), "1")
        self.assertLess(sent["all"], 32 << 20)

    def test_a_client_that_leaves_resets_its_stream_alone(self):
        def serve(conn, number):
            if conn.path(number) == "/leave":
                conn.head(number)
                conn.body(number, b"x", end=False)
                conn.until(lambda: conn.streams[number].reset)
            else:
                conn.answer_ok(number)
        self.start(forever(serve))
        with Conn(self.port) as conn:
            conn.send("GET /leave HTTP/1.1\r\nHost: u\r\n\r\n")
            conn.read_head()
        wait_for(lambda: self.peer.connections[0].streams[1].reset)
        self.assertEqual(self.peer.connections[0].streams[1].reset, "CANCEL")
        self.assertEqual(get(self.port).get("x-connection"), "1")

    def test_reload_while_a_stream_is_open(self):
        gate = threading.Event()

        def serve(conn, number):
            conn.head(number)
            gate.wait(10)
            conn.body(number, b"late")
        self.start(forever(serve))
        with Conn(self.port) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: u\r\n\r\n")
            wait_for(lambda: self.peer.connections and 1 in self.peer.connections[0].streams)
            self.gw.reload()
            gate.set()
            self.assertEqual(conn.read().text, "late")

    # -- what no peer may do ---------------------------------------------------------------------------------------
    def test_malformed_heads(self):
        cases = {"/upper": ([("X-Upper", "v")], "upper-case letter"), "/lf": ([("x", "a\nb")], "control byte"),
                 "/crlf": ([("x", "a\r\nSet-Cookie: b")], "control byte"), "/connection": ([("connection", "close")],
                                                                                           "header of a connection"),
                 "/te": ([("transfer-encoding", "chunked")], "header of a connection"),
                 "/pseudo": ([(":path", "/")], "pseudo header"), "/empty": ([("", "v")], "empty header name"),
                 "/length": ([("content-length", "1"), ("content-length", "1")], "duplicate Content-Length")}

        def serve(conn, number):
            conn.head(number, cases[conn.path(number)][0])
            conn.body(number, b"x")
        self.start(forever(serve))
        for path, (_, why) in cases.items():
            with self.subTest(path):
                answer = get(self.port, path)
                self.assertEqual((answer.status, answer.get("set-cookie")), (502, None))
                self.gw.wait_log(why)

    def test_statuses_that_are_none(self):
        for status in ("99", "abc", "101", "1000", "600"):
            with self.subTest(status):
                self.refused("upstream sent an invalid (header|HTTP/2)",
                             forever(lambda c, n, status=status: c.head(n, status=status, end=True)))

    def test_less_data_than_content_length(self):
        self.start(forever(lambda c, n: c.head(n, [("content-length", "9")]).body(n, b"1234")))
        answer = get(self.port)
        self.assertFalse(answer.status == 200 and answer.complete)
        self.gw.wait_log("upstream sent less data")

    def test_more_data_than_content_length(self):
        self.start(forever(lambda c, n: c.head(n, [("content-length", "3")]).body(n, b"1234")))
        answer = get(self.port)
        self.assertFalse(answer.status == 200 and answer.complete and answer.body != b"123")
        self.gw.wait_log("upstream sent more data")

    def test_data_before_a_head(self):
        self.refused("upstream broke the rules of HTTP/2: DATA.* while reading response header",
                     forever(lambda c, n: c.body(n, b"x")))
        self.assertNotIn("upstream ended", self.gw.error_log())

    def test_a_stream_that_we_reset_is_not_said_to_be_reset_by_the_upstream(self):
        self.refused("upstream sent an invalid HTTP/2 frame: Flow control error while reading response header",
                     forever(lambda c, n: c.frame(WINDOW, 0, n, struct.pack(">I", 0x7fffffff))))
        self.assertNotIn("upstream reset", self.gw.error_log())

    def test_more_data_than_the_window(self):
        def serve(conn, number):
            conn.head(number)
            for _ in range(1500):  # of 16 KiB; 256 KiB are allowed, and some more while sockets take them
                conn.frame(DATA, 0, number, bytes(16384))
        self.start(forever(serve), KEPT, "proxy_buffering off;")
        with Conn(self.port, rcvbuf=4096) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: u\r\n\r\n")
            self.gw.wait_log(r"upstream broke the rules of HTTP/2, so that its stream was reset \(FLOW_CONTROL_ERROR\)")
        self.assertNotIn("upstream reset", self.gw.error_log())

    def test_a_second_head_that_does_not_end_the_stream(self):
        self.start(forever(lambda c, n: (c.head(n), c.head(n, [("x", "y")]), c.body(n, b"x"))))
        answer = get(self.port)
        self.assertFalse(answer.status == 200 and answer.complete)
        self.gw.wait_log("trailers do not end the stream")

    def test_push_is_refused(self):
        self.refused("PUSH_PROMISE", forever(lambda c, n: c.frame(PUSH, END_HEADERS, n, b"\0\0\0\2\x88")))

    def test_a_frame_that_is_too_large(self):
        self.refused("frame is too large", forever(lambda c, n: c.frame(DATA, 0, n, b"x" * 16385)))

    def test_frames_inside_a_header_block(self):
        self.refused("frame inside a header block",
                     forever(lambda c, n: (c.frame(HEADERS, 0, n, b"\x88"), c.frame(PING, 0, 0, b"12345678"))))

    def test_a_block_that_never_ends(self):
        def serve(conn, number):
            conn.frame(HEADERS, 0, number, b"\x88")
            while True:
                conn.send(frame(CONTINUATION, 0, number, b"") * 100)
        self.refused("too many CONTINUATION frames", forever(serve))

    def test_a_head_that_is_too_big(self):
        fields = [("x-%d" % i, "y" * 100) for i in range(100)]
        self.refused("header block is too big", forever(lambda c, n: c.head(n, fields, end=True)))

    def test_invalid_hpack(self):
        for block in (b"\xff\xff\xff\xff\xff\xff", b"\xbe", b"\x3f\xe1\x1f\x88"):
            with self.subTest(block):
                self.refused("invalid HTTP/2 header block",
                             forever(lambda c, n, block=block: c.frame(HEADERS, END_HEADERS | END_STREAM, n, block)))

    def test_floods_end_the_connection(self):
        floods = {"ping": frame(PING, 0, 0, b"12345678"), "settings": frame(SETTINGS), "window": frame(WINDOW, 0, 0,
                  struct.pack(">I", 1)), "empty data": frame(DATA, 0, 1, b"")}
        for name, flood in floods.items():
            with self.subTest(name):
                def serve(conn, number, flood=flood):
                    conn.manners = False
                    conn.head(number)
                    while True:
                        conn.send(flood * 100)
                self.start(forever(serve), PLAIN)
                answer = get(self.port)
                self.assertFalse(answer.status == 200 and answer.complete)
                self.gw.wait_log("too many HTTP/2 frames that carry nothing|Flooding")

    def test_bytes_that_are_no_http2(self):
        for answer in (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", 
                       b"\x15\x03\x01\0\2\2\x46" * 4):
            def serve(conn, answer=answer):
                conn._exactly(24)
                conn.send(answer)
                conn.read_to_close()
            with self.subTest(answer):
                self.refused("upstream", serve)

    def test_a_peer_that_says_nothing(self):
        def serve(conn):
            conn._exactly(24)
            time.sleep(0.5)
        self.start(serve, PLAIN)
        self.assertEqual(get(self.port).status, 502)
        self.gw.wait_log("upstream prematurely closed connection while reading response header")


class GatewayToGateway(unittest.TestCase):
    """An independent implementation of the server's side: curl and nghttp prove it elsewhere."""

    def test_over_one_connection(self):
        gw = Gateway("""upstream u { server @P1@; }
                        server { listen @P0@; location / { proxy_pass http://u; proxy_http_version 2; } }
                        server { listen @P1@; http2 on; location / { return 200 "$http2 $connection"; } }""")
        self.addCleanup(gw.stop)
        answers = {get(gw.ports[0]).text for _ in range(20)}
        self.assertEqual(len(answers), 1)
        self.assertTrue(answers.pop().startswith("h2c "))


if __name__ == "__main__":
    main()
