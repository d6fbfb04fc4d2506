"""gRPC through the gateway: @grpc/grpc-js as client and as server, raw frames for what libraries do not do, gRPC-Web."""
import base64
import json
import os
import shutil
import struct
import subprocess
import threading
import time
import unittest

from h2_client import DATA, END_STREAM, HEADERS, H2Conn
from h2_peer import H2Peer, forever
from harness import ROOT, Gateway, main, request, wait_for
from tls_client import certificate
from tls_origin import server_context

NODE = os.path.join(ROOT, "tests", "wire", "node")
MODULES = os.environ.get("GH_NODE_MODULES") or os.path.join(ROOT, "build", "node")

HTTP = """upstream u { server @O0@; keepalive 4; }
          server { listen @P0@; http2 on; client_max_body_size 8m;
                   location / { grpc_pass grpc://u; }
                   location /plain.Host/ { grpc_pass @O0@; grpc_bind 127.0.0.1; grpc_hide_header X-Hidden;
                                           grpc_pass_header Server; }
                   location /dead.Host/ { grpc_pass grpc://@DEAD@; }
                   location /closed.Host/ { deny all; grpc_pass grpc://u; }
                   location /page.Host/ { error_page 502 = /page; grpc_pass grpc://@DEAD@; }
                   location = /page { return 200 "a page"; }
                   location /web.Test/ { grpc_web on; grpc_pass grpc://u; } }"""


def node_path():
    """The folder of the peers' modules; installed at the first use."""
    modules = os.path.join(MODULES, "node_modules")
    with open(os.path.join(NODE, "package.json")) as file:
        wanted = json.load(file)["dependencies"]
    if not all(os.path.isdir(os.path.join(modules, *name.split("/"))) for name in wanted):
        os.makedirs(MODULES, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            if os.path.exists(os.path.join(NODE, name)):
                shutil.copy(os.path.join(NODE, name), MODULES)
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=MODULES,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        assert done.returncode == 0, done.stdout.decode()
    return modules


def peer(*args):
    return subprocess.Popen(["node", os.path.join(NODE, "grpc_peer.js"), *map(str, args)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, env=dict(os.environ, NODE_PATH=node_path()))


class NodeServer:
    def __init__(self):
        self.process = peer("server")
        self.port = int(self.process.stdout.readline())
        self.address = "127.0.0.1:%d" % self.port

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Library(unittest.TestCase):
    """Client and server are @grpc/grpc-js."""

    @classmethod
    def setUpClass(cls):
        cls.server = NodeServer()
        cls.addClassCleanup(cls.server.stop)
        cls.gw = Gateway(HTTP, origins=[cls.server])
        cls.addClassCleanup(cls.gw.stop)

    def call(self, name):
        process = peer("client", self.gw.ports[0], name)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        line = process.stdout.readline()
        self.assertEqual(process.wait(30), 0)
        return json.loads(line)

    def test_unary(self):
        out = self.call("unary")
        self.assertEqual((out["code"], out["value"], out["head"]["x-saw-x-asked"]), (0, "hello", "yes"))
        self.assertIn("x-cancelled", out["trailers"])

    def test_unary_without_deadline(self):
        out = self.call("unary_without_deadline")
        self.assertEqual((out["code"], out["value"]), (0, "x"))

    def test_large_messages_both_ways(self):
        out = self.call("large")
        self.assertEqual((out["code"], out["size"]), (0, 3000000))

    def test_client_streaming(self):
        out = self.call("collect")
        self.assertEqual((out["code"], out["value"]), (0, "".join("%d," % i for i in range(100))))

    def test_server_streaming(self):
        out = self.call("spread")
        self.assertEqual((out["code"], out["size"]), (0, 200 * 32768))

    def test_both_stream_by_turns(self):
        out = self.call("chat")
        self.assertEqual((out["code"], out["parts"]), (0, ["you said %d" % i for i in range(5)]))

    def test_errors_come_with_their_message(self):
        out = self.call("fail")
        self.assertEqual((out["code"], out["details"]), (9, "no, 100% not: é"))

    def test_a_deadline_ends_the_call_on_both_sides(self):
        self.assertEqual(self.call("deadline")["code"], 4)
        wait_for(lambda: int(self.call("unary")["trailers"]["x-cancelled"]) >= 1)

    def test_a_cancelled_call_is_cancelled_upstream(self):
        before = int(self.call("unary")["trailers"]["x-cancelled"])
        self.assertEqual(self.call("cancel")["code"], 1)
        wait_for(lambda: int(self.call("unary")["trailers"]["x-cancelled"]) > before)

    def test_reload_while_both_stream(self):
        process = peer("client", self.gw.ports[0], "chat_over_reload")
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"first\n")
        self.gw.reload()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        out = json.loads(process.stdout.readline())
        process.stdin.close()
        self.assertEqual((process.wait(10), out["code"], out["parts"]), (0, 0, ["you said 0", "you said 1"]))


def message(data):
    return b"\0" + struct.pack(">I", len(data)) + data


def hello(conn, number):
    path = conn.path(number)
    if path.endswith("/Silent"):
        return None
    if path.endswith("/Begun"):
        conn.head(number, [("content-type", "application/grpc")])
        return conn.body(number, message(b"begun"), end=False)
    if path.endswith("/TrailersOnly"):
        return conn.head(number, [("content-type", "application/grpc"), ("grpc-status", "12"),
                                  ("grpc-message", "none such")], end=True)
    conn.head(number, [("content-type", "application/grpc+proto"), ("server", "peer"), ("x-hidden", "yes")])
    conn.body(number, message(b"hello " + conn.streams[number].body[5:]), end=False)
    return conn.trailers(number, [("grpc-status", "0"), ("grpc-message", "")])


class Frames(unittest.TestCase):
    """The server is one of raw frames."""

    @classmethod
    def setUpClass(cls):
        cls.server = H2Peer(forever(hello))
        cls.addClassCleanup(cls.server.stop)
        cls.gw = Gateway(HTTP, origins=[cls.server])
        cls.addClassCleanup(cls.gw.stop)
        cls.port = cls.gw.ports[0]

    def call(self, path, more=(), body=message(b"me")):
        with H2Conn(self.port) as conn:
            fields = [("content-type", "application/grpc"), ("te", "trailers")] + list(more)
            return conn.answer(conn.request(path, "POST", body, more=fields))

    def upstream_fields(self, path):
        """Of the request for `path` that came last."""
        found = [conn.streams[number].fields for conn in self.server.connections for number in sorted(conn.streams)
                 if conn.path(number) == path]
        return found[-1]

    def test_what_goes_upstream(self):
        answer = self.call("/wire.Test/Call", [("grpc-timeout", "5S"), ("x-own", "v")])
        self.assertEqual((answer.status, answer.body, dict(answer.trailers)["grpc-status"]),
                         (200, message(b"hello me"), "0"))
        fields = self.upstream_fields("/wire.Test/Call")
        self.assertEqual(fields[:4], [(":method", "POST"), (":scheme", "http"), (":path", "/wire.Test/Call"),
                                      (":authority", "u")])
        for pair in (("te", "trailers"), ("grpc-timeout", "5S"), ("content-type", "application/grpc"), ("x-own", "v")):
            self.assertIn(pair, fields)

    def test_fields_hidden_and_passed(self):
        answer = self.call("/plain.Host/Call")
        self.assertEqual((answer.status, answer.get("x-hidden"), answer.get("server")), (200, None, "peer"))
        self.assertEqual(dict(self.upstream_fields("/plain.Host/Call"))[":authority"], self.server.address)

    def test_an_answer_of_trailers_alone(self):
        answer = self.call("/wire.Test/TrailersOnly")
        self.assertEqual((answer.status, answer.get("grpc-status"), answer.get("grpc-message"), answer.body),
                         (200, "12", "none such", b""))
        self.assertEqual([kind for kind, _, _ in answer.frames if kind in (DATA, HEADERS)], [HEADERS])

    def expect_error(self, answer, status):
        self.assertEqual((answer.status, answer.get("content-type"), answer.get("grpc-status"), answer.body),
                         (200, "application/grpc", status, b""))
        self.assertTrue(answer.get("grpc-message"))
        self.assertEqual([kind for kind, _, _ in answer.frames if kind in (DATA, HEADERS)], [HEADERS])

    def test_a_request_that_ends_while_its_connection_is_being_made(self):
        ready = threading.Event()
        context = server_context(certificate("u"), alpn=["h2"])

        def prepare(conn):
            ready.wait(10)
            return context.wrap_socket(conn, server_side=True)
        server = H2Peer(forever(hello), prepare)
        self.addCleanup(server.stop)
        self.addCleanup(ready.set)
        gw = Gateway("""server { listen @P0@; http2 on;
            location / { grpc_pass grpcs://@O0@; }
            location /proxied { proxy_http_version 2; proxy_pass_trailers on; proxy_request_buffering off;
                                proxy_pass https://@O0@; } }""",
                     origins=[server])
        self.addCleanup(gw.stop)
        with H2Conn(gw.ports[0]) as conn:
            fields = [("content-type", "application/grpc"), ("te", "trailers")]
            calls = [conn.request(path, "POST", end=False, more=fields) for path in ("/wire.Test/Call", "/proxied")]
            for number in calls:
                conn.frame(DATA, 0, number, message(b"me"))
            wait_for(lambda: len(server.connections) >= 1)
            for number in calls:
                conn.frame(DATA, END_STREAM, number, b"")
            conn.ping()
            ready.set()
            for number in calls:
                answer = conn.answer(number)
                self.assertEqual((answer.status, answer.body, dict(answer.trailers).get("grpc-status")),
                                 (200, message(b"hello me"), "0"))

    def test_own_errors_are_grpcs(self):
        self.expect_error(self.call("/dead.Host/Call"), "14")
        self.expect_error(self.call("/closed.Host/Call"), "7")

    def test_own_errors_for_others_are_http(self):
        self.assertEqual(request(self.port, "GET", "/dead.Host/Call").status, 502)
        self.assertEqual(self.call("/dead.Host/").status, 502)  # names no method

    def test_an_error_page_comes_first(self):
        answer = self.call("/page.Host/Call")
        self.assertEqual((answer.status, answer.text), (200, "a page"))

    def test_deadline_before_and_behind_a_head(self):
        started = time.monotonic()
        self.expect_error(self.call("/wire.Test/Silent", [("grpc-timeout", "200m")]), "4")
        self.assertGreater(time.monotonic() - started, 0.18)
        answer = self.call("/wire.Test/Begun", [("grpc-timeout", "200m")])
        self.assertEqual((answer.body, dict(answer.trailers)["grpc-status"]), (message(b"begun"), "4"))
        wait_for(lambda: [s for conn in self.server.connections for s in list(conn.streams.values())
                          if s.reset == "CANCEL"])

    def web(self, form, body, path="/web.Test/Call"):
        return request(self.port, "POST", path, body=body, fields=[("Content-Type", form), ("X-Grpc-Web", "1")])

    def parts(self, body):
        out = []
        while body:
            size = struct.unpack(">I", body[1:5])[0]
            out.append((body[0], body[5:5 + size]))
            body = body[5 + size:]
        return out

    def test_web_from_http_1(self):
        answer = self.web("application/grpc-web+proto", message(b"web"))
        self.assertEqual((answer.status, answer.get("content-type")), (200, "application/grpc-web+proto"))
        self.assertEqual(self.parts(answer.body)[0], (0, b"hello web"))
        flag, lines = self.parts(answer.body)[1]
        self.assertEqual((flag, lines), (0x80, b"grpc-status: 0\r\ngrpc-message: \r\n"))
        self.assertIn(("content-type", "application/grpc+proto"), self.upstream_fields("/web.Test/Call"))

    def test_web_as_text(self):
        text = base64.b64encode(message(b"text")[:7]) + base64.b64encode(message(b"text")[7:])
        answer = self.web("application/grpc-web-text", text)
        self.assertEqual((answer.status, answer.get("content-type")), (200, "application/grpc-web-text+proto"))
        decoded, rest = b"", answer.text
        while rest:  # pieces, each padded on its own
            end = rest.find("=")
            end = len(rest) if end < 0 else len(rest) - len(rest[end:].lstrip("="))
            decoded += base64.b64decode(rest[:end])
            rest = rest[end:]
        self.assertEqual([p[1] for p in self.parts(decoded)][0], b"hello text")
        self.assertEqual(self.parts(decoded)[1][0], 0x80)

    def test_web_text_that_is_none(self):
        answer = self.web("application/grpc-web-text", b"not base64!")
        self.assertEqual((answer.status, answer.get("content-type"), answer.body),
                         (200, "application/grpc-web-text", b""))
        self.assertEqual((answer.get("grpc-status"), answer.get("grpc-message")),
                         ("13", "the body of a gRPC-Web call is not base64"))
        self.gw.wait_log("the body of a gRPC-Web call is not base64")

    def test_web_has_to_be_asked_for(self):
        answer = self.web("application/grpc-web+proto", message(b"x"), "/wire.Test/Call")
        self.assertEqual(answer.get("content-type"), "application/grpc+proto")


if __name__ == "__main__":
    main()
