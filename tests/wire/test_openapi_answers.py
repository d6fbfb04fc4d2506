"""openapi validate=response: the answers of services are held to a document while they pass, and nothing of them
changes: what is wrong with them is told in the error log."""
import gzip
import json
import re
import time

from h2_client import H2Conn
from harness import Conn, WireTest, main, request, wait_for

ITEM = {"type": "object", "required": ["id", "price"], "properties": {
    "id": {"type": "integer"}, "price": {"type": "number", "minimum": 1}, "secret": {"type": "string", "maxLength": 3},
    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}}
JSON_ITEM = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}
ANSWERS = {"200": {"description": "one", **JSON_ITEM}, "4XX": {"description": "a fault", "content": {
    "application/*": {"schema": {"type": "object", "required": ["error"]}}}}}
# One path a test: what is told of an operation is told once a second.
NAMES = ("good", "status", "type", "untyped", "value", "broken", "empty", "large", "endless", "gzip", "range", "head",
         "fault", "pieces", "often", "cut", "page", "deep", "gunzip", "plain", "h2", "h2b")
SHOP = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "/v1"}],
        "components": {"schemas": {"Item": ITEM}, "responses": {"Any": {"description": "any", **JSON_ITEM}}},
        "paths": {"/%s/{id}" % name: {"parameters": [{"name": "id", "in": "path", "required": True}],
                                      "get": {"responses": ANSWERS}, "head": {"responses": ANSWERS}}
                  for name in NAMES}}
SHOP["paths"].update({
    "/default/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": True}],
                              "responses": {"default": {"$ref": "#/components/responses/Any"},
                                            "204": {"description": "gone"}}}},
    "/gone/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": True}],
                           "responses": {"204": {"description": "gone"}, "default": {"$ref": "#/components/responses/Any"}}}},
    "/nothing": {"get": {"responses": {}}}})
GOOD = {"id": 1, "price": 2}
OLD = """openapi: 3.0.3
info: {title: Old, version: "1"}
paths:
  /things:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
      responses: {"200": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
components:
  schemas:
    Id: {type: integer, readOnly: true}
    Thing:
      type: object
      required: [id, name, password]
      properties: {id: {$ref: "#/components/schemas/Id"}, name: {type: string}, password: {type: string, writeOnly: true}}
"""


def raw(body, type="application/json", status="200 OK", fields=""):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    typed = "Content-Type: %s\r\n" % type if type else ""
    return ("HTTP/1.1 %s\r\n%s%sContent-Length: %d\r\n\r\n" % (status, typed, fields, len(body))).encode() + body


class OpenApiAnswers(WireTest):
    HTTP = """
    server {
        listen @P0@;
        openapi shop.json validate=response max_size=20k;
        location / { proxy_pass http://@O0@; }
        location /v1/page/ { proxy_pass http://@O0@; proxy_intercept_errors on; error_page 503 /v1/good/page; }
        location /v1/gunzip/ { proxy_pass http://@O0@; gunzip on; proxy_set_header Accept-Encoding gzip; }
    }
    server { listen @P1@; openapi old.yaml validate=request,response; location / { proxy_pass http://@O0@; } }
    server { listen @P3@; http2 on; openapi shop.json validate=response; gzip on; gzip_types application/json;
             gzip_min_length 1; location / { proxy_pass http://@O0@; } }
    server { listen @P2@; openapi shop.json validate=off; location / { proxy_pass http://@O0@; } }
    """
    OPTIONS = {"files": {"shop.json": json.dumps(SHOP), "old.yaml": OLD}}

    def pass_on(self, name, answer, method="GET", fields=(), port=0, number=7):
        """The origin's answer as a client gets it."""
        path = "/v1/%s/%s" % (name, number)
        self.origin.script(path, answer)
        return request(self.gw.ports[port], method, path, list(fields))

    def told(self, name, pattern, level="error"):
        """What the log says of the one answer; everything else in the line must be known."""
        line = self.gw.wait_log(r"^.*\[%s\].*\"GET /v1/%s/\{id\}\".*$" % (level, name))[0]
        self.assertRegex(line, pattern)
        self.assertRegex(line, r'client: 127\.0\.0\.1, server: .*, request: "(GET|HEAD) /v1/%s/7' % name)
        return line

    def assertSilent(self, *names):
        """Nothing is told of them: an answer that is judged behind theirs is."""
        self.settle()
        for name in names:
            self.assertNotIn('/v1/%s/{id}"' % name, self.gw.error_log())

    def settle(self):
        self.pass_on("type", raw(b"x", "text/plain"))
        self.gw.wait_log(r'"GET /v1/type/\{id\}" is not as')

    def assertPassed(self, answer, body, status=200):
        self.assertEqual((answer.status, answer.complete), (status, True))
        self.assertEqual(answer.body, body if isinstance(body, bytes) else json.dumps(body).encode())

    def test_s101_good_answers_pass_in_silence(self):
        self.assertPassed(self.pass_on("good", raw(GOOD)), GOOD)
        self.assertPassed(self.pass_on("good", raw({"error": 1}, "application/problem+json", "404 Not Found")),
                          {"error": 1}, 404)
        self.assertPassed(self.pass_on("good", raw(GOOD, "application/json; charset=utf-8")), GOOD)
        self.assertEqual(self.pass_on("gone", b"HTTP/1.1 204 No Content\r\n\r\n", number=8).status, 204)
        self.origin.script("/v1/nothing", raw(b"x", "text/plain", "418 Teapot"))
        self.assertEqual(request(self.gw.ports[0], "GET", "/v1/nothing").status, 418)
        self.assertPassed(self.pass_on("plain", raw({"id": "x"}), port=2), {"id": "x"})  # validate=off
        self.assertSilent("good", "plain", "gone")
        self.assertNotIn('"GET /v1/nothing"', self.gw.error_log())

    def test_s101_a_status_that_is_not_described(self):
        self.assertPassed(self.pass_on("status", raw(b"x", "text/plain", "500 Oops")), b"x", 500)
        self.told("status", r"is not as \S*/shop\.json says, and goes on as it is: status 500, which is not described")

    def test_s101_a_type_that_is_not_described(self):
        self.assertPassed(self.pass_on("untyped", raw(b"x", None)), b"x")
        self.told("untyped", r"status 200, it has no Content-Type")
        self.settle()
        self.told("type", r'status 200, the type "text/plain" is not described')

    def test_s101_a_body_that_does_not_fit(self):
        bad = {"id": 1, "price": 2, "parts": [{"id": 1, "price": 0, "secret": "hunter2"}]}
        self.assertPassed(self.pass_on("value", raw(bad)), bad)
        line = self.told("value", r"status 200, body/parts/0/\w+ must ")
        self.assertNotIn("hunter2", line)
        self.assertPassed(self.pass_on("broken", raw(b'{"id": 1, hunter2')), b'{"id": 1, hunter2')
        self.assertNotIn("hunter2", self.told("broken", r"status 200, body is no JSON that is taken here"))
        self.assertPassed(self.pass_on("empty", raw(b"")), b"")
        self.told("empty", r"status 200, body is no JSON")
        fault = raw({"message": 1}, status="404 Not Found")
        self.assertPassed(self.pass_on("fault", fault), {"message": 1}, 404)
        self.told("fault", r"status 404, body must have the member .error.")

    def test_s101_default_and_references(self):
        self.assertPassed(self.pass_on("default", raw({"id": 1}, status="503 Busy")), {"id": 1}, 503)
        self.told("default", r"status 503, body must have the member .price.")

    def test_s101_a_body_in_pieces_is_passed_on_as_it_comes(self):
        pieces = [b'{"id": 1,', b' "price"', b': 0, "secret": "' + b"x" * 10000 + b'"}']
        seen = bytearray()

        def answer(link, _):
            link.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in pieces:
                link.socket.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                wait_for(lambda: piece[-9:] in seen)  # the client has it before the next one is sent
            link.socket.sendall(b"0\r\n\r\n")
            return True
        self.origin.script("/v1/pieces/7", answer)
        with Conn(self.gw.ports[0]) as conn:
            conn.send("GET /v1/pieces/7 HTTP/1.1\r\nHost: a\r\n\r\n")
            while not seen.endswith(b"\r\n0\r\n\r\n"):
                seen += conn.socket.recv(65536)
        self.told("pieces", r"body/(price|secret) must ")

    def test_s101_what_is_not_looked_at(self):
        large = json.dumps(dict(GOOD, id="x" * 30000)).encode()
        self.assertPassed(self.pass_on("large", raw(large)), large)
        self.told("large", r"was not looked at: status 200, its body is larger than 20480 bytes", "info")
        chunked = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (large[:9000], large[9000:])) + b"0\r\n\r\n"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertPassed(self.pass_on("endless", head + chunked), large)
        self.told("endless", r"was not looked at: status 200, its body is larger than 20480 bytes", "info")
        packed = gzip.compress(b'{"id": "x"}')
        self.assertPassed(self.pass_on("gzip", raw(packed, fields="Content-Encoding: gzip\r\n")), packed)
        self.told("gzip", r"was not looked at: status 200, its body is compressed", "info")
        self.assertPassed(self.pass_on("gunzip", raw(packed, fields="Content-Encoding: gzip\r\n")), b'{"id": "x"}')
        self.told("gunzip", r"was not looked at: status 200, its body is compressed", "info")
        deep = b'{"id": 1, "price": 2, "parts": %s1%s}' % (b"[" * 3000, b"]" * 3000)
        self.assertPassed(self.pass_on("deep", raw(deep)), deep)
        self.told("deep", r"status 200, body is no JSON that is taken here: ")

    def test_s101_what_the_protocol_makes_is_no_fault(self):
        part = raw(b'd": 1}', status="206 Partial Content", fields="Content-Range: bytes 3-8/9\r\n")
        self.assertPassed(self.pass_on("range", part, fields=[("Range", "bytes=3-")]), b'd": 1}', 206)
        not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
        self.assertEqual(self.pass_on("range", not_modified, fields=[("If-None-Match", '"a"')]).status, 304)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        self.assertEqual(self.pass_on("head", head, "HEAD").status, 200)
        self.assertSilent("range", "head")

    def test_s101_answers_that_are_cut_or_are_of_the_gateway_are_not_judged(self):
        cut = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}"
        self.assertFalse(self.pass_on("cut", cut).complete)
        self.origin.script("/v1/cut/8", lambda link, request: False)
        self.assertEqual(request(self.gw.ports[0], "GET", "/v1/cut/8").status, 502)
        self.origin.script("/v1/good/page", raw(b"sorry", "text/plain"))
        self.assertPassed(self.pass_on("page", raw(b"x", "text/plain", "503 Busy")), b"sorry", 503)
        self.assertSilent("cut", "page")

    def test_s101_over_http2_and_before_the_gateway_compresses(self):
        body = json.dumps({"id": 1, "price": 0, "parts": [GOOD] * 50}).encode()
        self.origin.script("/v1/h2/7", raw(body))
        packed = request(self.gw.ports[3], "GET", "/v1/h2/7", [("Accept-Encoding", "gzip")])
        self.assertEqual((packed.get("Content-Encoding"), gzip.decompress(packed.body)), ("gzip", body))
        self.gw.wait_log(r'"GET /v1/h2/\{id\}" is not as .*body/price must be at least 1, .*"GET /v1/h2/7 HTTP/1.1"')
        self.origin.script("/v1/h2b/7", raw(body))
        conn = H2Conn(self.gw.ports[3])
        self.addCleanup(conn.close)
        answer = conn.ask("/v1/h2b/7")
        self.assertEqual((answer.status, answer.body), (200, body))
        self.gw.wait_log(r'"GET /v1/h2b/\{id\}" is not as .*body/price must be at least 1, .*"GET /v1/h2b/7 HTTP/2.0"')

    def test_s101_many_are_told_in_one_line(self):
        for _ in range(20):
            self.pass_on("often", raw({"id": 1}))
        end = time.monotonic() + 1.1  # the time between two lines
        wait_for(lambda: time.monotonic() > end)
        self.pass_on("often", raw({"id": 1}))
        lines = wait_for(lambda: re.findall(r'"GET /v1/often/\{id\}" is.*?status 200, [^,]*', self.gw.error_log())[1:])
        self.assertLess(len(lines), 5)
        told = re.findall(r'"GET /v1/often/\{id\}" is .*? \((\d+) such since the last line\)', self.gw.error_log())
        self.assertEqual(sum(map(int, told)) + (len(lines) + 1 - len(told)), 21)

    def test_s101_read_only_and_write_only(self):
        fields = [("Content-Type", "application/json")]

        def post(body, answer):
            self.origin.script("/things", raw(answer))
            return request(self.gw.ports[1], "POST", "/things", fields, json.dumps(body).encode())
        self.assertEqual(post({"name": "a", "password": "b"}, {"id": 1, "name": "a"}).status, 200)
        refused = post({"name": "a"}, {})
        self.assertEqual((refused.status, refused.json()["errors"][0]["keyword"]), (400, "required"))
        self.assertNotIn('"POST /things"', self.gw.error_log())
        self.assertEqual(post({"name": "a", "password": "b"}, {"name": "a"}).status, 200)
        self.gw.wait_log(r'"POST /things" is not as \S*/old\.yaml says.*body must have the member "id"')


if __name__ == "__main__":
    main()
