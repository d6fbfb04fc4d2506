"""validate: bodies, queries and fields that are not as their JSON Schema says are answered here, with the place."""
import json
import threading

from harness import Conn, WireTest, chunk, main, request

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["items"],
    "additionalProperties": False,
    "properties": {"items": {"type": "array", "maxItems": 100000, "items": {"$ref": "item.json#/$defs/item"}},
                   "mail": {"type": "string", "format": "email"}, "password": {"type": "string", "minLength": 8}}}
ITEM = {"$defs": {"item": {"type": "object", "required": ["sku", "count"], "properties": {
    "sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}}}}
PAGE = {"type": "object", "additionalProperties": False, "properties": {
    "page": {"type": "integer", "minimum": 1}, "open": {"type": "boolean"},
    "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 3}}}
FIELDS = {"required": ["X-Tenant"], "properties": {"X-Tenant": {"pattern": "^[a-z]+$"}, "X-Depth": {"type": "integer"}}}
UNIQUE = {"type": "array", "uniqueItems": True, "items": {"anyOf": [{"type": "array", "uniqueItems": True}, {}]}}
JSON = ("Content-Type", "application/json")


class Validate(WireTest):
    HTTP = """
    log_format why "$request_uri $status $gateway_reason";
    error_log error.log info;
    server {
        listen @P0@;
        access_log why.log why;
        client_max_body_size 8m;
        location / { validate body=schemas/order.json; proxy_pass http://@O0@; }
        location /small { validate body=schemas/order.json max_size=100; proxy_pass http://@O0@; }
        location /large { validate body=schemas/order.json max_size=8m; proxy_pass http://@O0@; }
        location /files { validate body=schemas/order.json; client_body_in_file_only clean; proxy_pass http://@O0@; }
        location /query { validate query=schemas/page.json error=422; proxy_pass http://@O0@; }
        location /fields { validate headers=schemas/fields.json; proxy_pass http://@O0@; }
        location /all {
            validate body=schemas/order.json query=schemas/page.json headers=schemas/fields.json;
            proxy_request_buffering off;
            proxy_pass http://@O0@;
        }
        location /off { validate off; proxy_pass http://@O0@; }
        location /page { validate body=schemas/order.json; error_page 400 = @sorry; proxy_pass http://@O0@; }
        location @sorry { return 200 "sorry"; }
        location /hard { validate body=schemas/unique.json max_size=4m; proxy_pass http://@O0@; }
        location /staff { auth_require $http_x_user; validate body=schemas/order.json; proxy_pass http://@O0@; }
    }
    """
    OPTIONS = {"files": {"schemas/order.json": json.dumps(ORDER, indent=2), "schemas/item.json": json.dumps(ITEM),
                         "schemas/page.json": json.dumps(PAGE), "schemas/fields.json": json.dumps(FIELDS),
                         "schemas/unique.json": json.dumps(UNIQUE)}}

    def post(self, target, body, fields=(JSON,), method="POST", **options):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return request(self.port, method, target, list(fields), data, **options)

    def assertRefused(self, answer, status, *errors):
        self.assertEqual((answer.status, answer.get("Content-Type")), (status, "application/problem+json"))
        problem = answer.json()
        self.assertEqual((problem["type"], problem["status"]), ("about:blank", status))
        self.assertEqual([(e["in"], e["pointer"]) for e in problem["errors"]], list(errors))
        self.assertEqual(self.origin.request_count, 0)
        return problem

    def test_s101_bodies_that_fit(self):
        good = {"items": [{"sku": "a", "count": 1}], "mail": "ann@shop.example"}
        for target in ("/", "/large", "/files", "/off"):
            with self.subTest(target):
                answer = self.post(target, good)
                self.assertEqual((answer.status, json.loads(answer.json()["body"])), (200, good))
        self.assertEqual(self.post("/", good, [("Content-Type", "application/vnd.a+json; charset=utf-8")]).status, 200)
        answer = self.ask(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b'{"items"', b":[]}"))
        self.assertEqual((answer.status, answer.json()["body"]), (200, '{"items":[]}'))

    def test_s101_bodies_that_do_not(self):
        problem = self.assertRefused(self.post("/", {"items": [{"sku": "a", "count": 1}, {"sku": "a", "count": 0}]}),
                                     400, ("body", "/items/1/count"))
        self.assertEqual(problem["errors"][0]["keyword"], "minimum")
        self.assertEqual(problem["errors"][0]["detail"], "must be at least 1")
        self.assertRefused(self.post("/", {"a/b~c": 1, "items": []}), 400, ("body", "/a~1b~0c"))
        self.assertRefused(self.post("/", {"items": [], "mail": "nobody"}), 400, ("body", "/mail"))
        self.assertRefused(self.post("/", []), 400, ("body", ""))
        self.assertRefused(self.post("/files", []), 400, ("body", ""))
        self.assertRefused(self.post("/", {"items": [{}, {}]}), 400, ("body", "/items/0"), ("body", "/items/0"),
                           ("body", "/items/1"), ("body", "/items/1"))

    def test_s101_values_are_not_repeated(self):
        answer = self.post("/", {"items": [], "password": "hunter2"})
        self.assertRefused(answer, 400, ("body", "/password"))
        self.assertNotIn("hunter2", answer.text + self.gw.read("why.log") + self.gw.error_log())

    def test_s101_what_is_no_json(self):
        for body in (b"{", b"", b"{}x", b'{"items":[],"items":[1]}', b'{"items":[],"\xff":1}', b"\xef\xbb\xbf{}",
                     b"[" * 2000 + b"]" * 2000):
            with self.subTest(body[:20]):
                self.assertRefused(self.post("/", body), 400, ("body", ""))

    def test_s101_other_types_and_codings(self):
        for fields in ([("Content-Type", "text/plain")], [], [("Content-Type", "application/jsonp")],
                       [JSON, ("Content-Encoding", "gzip")], [JSON, ("Content-Type", "text/plain")],
                       [("Content-Type", "application/json; charset=utf-16")],
                       [("Content-Type", 'application/json;charset="utf-7"')]):
            with self.subTest(fields):
                self.assertRefused(self.post("/", {"items": []}, fields), 415, ("body", ""))

        for good in ("application/json; charset=UTF-8", 'application/json;charset="utf-8"; v=1', "application/json; v=1"):
            with self.subTest(good):
                self.assertStatus(self.post("/", {"items": []}, [("Content-Type", good)]), 200)

    def test_s101_requests_without_a_body(self):
        self.assertEqual(self.get("/").status, 200)
        self.assertEqual(request(self.port, "DELETE", "/").status, 200)
        self.origin.forget()
        self.assertRefused(request(self.port, "POST", "/"), 400, ("body", ""))
        self.assertRefused(self.post("/", [], method="DELETE"), 400, ("body", ""))

    def test_s101_sizes(self):
        self.assertRefused(self.post("/small", {"items": [], "mail": "a" * 100}), 413, ("body", ""))
        answer = self.ask(b"POST /small HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b" " * 60, b" " * 60))
        self.assertRefused(answer, 413, ("body", ""))
        many = {"items": [{"sku": "sku-%d" % i, "count": 1} for i in range(50000)]}
        self.assertEqual(self.post("/large", many).status, 200)
        self.origin.forget()
        many["items"][49999]["count"] = 0
        self.assertRefused(self.post("/large", many), 400, ("body", "/items/49999/count"))
        with Conn(self.port) as conn:  # nothing is read of what is too large, and the client need not send it
            conn.send("POST /small HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n"
                      "Expect: 100-continue\r\n\r\n")
            answer = conn.read("POST")
        self.assertEqual((answer.status, answer.interim), (413, []))

    def test_s101_queries(self):
        for query, wanted in (("", 200), ("?page=1&open=true", 200), ("?ids=1&ids=2", 200), ("?ids=1", 200)):
            with self.subTest(query):
                self.assertEqual(self.get("/query" + query).status, wanted)
        self.origin.forget()
        for query, pointer in (("?page=0", "/page"), ("?page=x", "/page"), ("?page=1&page=2", "/page"),
                               ("?open=1", "/open"), ("?ids=1&ids=x", "/ids/1"), ("?ids=1&ids=2&ids=3&ids=4", "/ids"),
                               ("?pag%65=%30", "/page"), ("?other=1", "/other")):
            with self.subTest(query):
                self.assertRefused(self.get("/query" + query), 422, ("query", pointer))
        self.assertRefused(self.get("/query?" + "&".join("a=1" for _ in range(300))), 422, ("query", ""))

    def test_s101_fields(self):
        self.assertEqual(self.get("/fields", [("x-tenant", "acme"), ("X-Depth", "3")]).status, 200)
        self.origin.forget()
        self.assertRefused(self.get("/fields"), 400, ("headers", ""))
        self.assertRefused(self.get("/fields", [("X-Tenant", "a1")]), 400, ("headers", "/X-Tenant"))
        self.assertRefused(self.get("/fields", [("X-Tenant", "a"), ("X-Tenant", "b")]), 400, ("headers", "/X-Tenant"))
        self.assertRefused(self.get("/fields", [("X-Tenant", "a"), ("X-Depth", "deep")]), 400, ("headers", "/X-Depth"))

    def test_s101_all_of_them(self):
        good = {"items": []}
        self.assertEqual(self.post("/all?page=1", good, [JSON, ("X-Tenant", "a")]).status, 200)
        self.origin.forget()
        self.assertRefused(self.post("/all?page=0", good, [JSON, ("X-Tenant", "a")]), 400, ("query", "/page"))
        self.assertRefused(self.post("/all?page=1", good), 400, ("headers", ""))
        self.assertRefused(self.post("/all?page=1", {}, [JSON, ("X-Tenant", "a")]), 400, ("body", ""))

    def test_s101_behind_authentication(self):
        self.assertEqual(self.post("/staff", []).status, 403)
        self.assertEqual(self.post("/staff", [], [JSON, ("X-User", "u")]).status, 400)

    def test_s101_error_pages_and_reasons(self):
        answer = self.post("/page", [])
        self.assertEqual((answer.status, answer.text), (200, "sorry"))
        self.post("/?why", {"items": [{"sku": 1, "count": 1}]})
        self.gw.wait_log(r"^/\?why 400 validate at .*gateway\.conf:\d+: body/items/0/sku must be ", name="why.log")

    def test_s101_a_body_that_is_hard_to_judge_holds_nobody_up(self):
        hard = [[[i, j] for j in range(60)] for i in range(60)] + [[0]] * 2
        done = []
        thread = threading.Thread(target=lambda: done.append(self.post("/hard", [hard] * 6).status))
        thread.start()
        for _ in range(20):
            self.assertEqual(self.get("/off").status, 200)
        thread.join()
        self.assertEqual(done, [400])

    def test_s101_a_client_that_leaves(self):
        body = json.dumps([[i, i] for i in range(100000)]).encode()
        for _ in range(5):
            with Conn(self.port) as conn:
                conn.send(b"POST /hard HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                          % len(body) + body)
                conn.reset()
        self.assertEqual(self.get("/off").status, 200)


if __name__ == "__main__":
    main()
