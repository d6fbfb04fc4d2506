"""openapi: requests are held to a document, of OpenAPI 3.0 in YAML and of 3.1 in JSON, before a service is asked."""
import json

from harness import WireTest, main, request

SHOP = """openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example/v1/"}]
x-team: shop
paths:
  /items:
    get:
      operationId: list
      x-internal: true
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 1, example: 3}}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: integer}, maxItems: 2}}
        - {name: tag, in: query, schema: {type: array, items: {type: string, maxLength: 3}}}
        - {name: X-Tenant, in: header, required: true, schema: {type: string, pattern: "^[a-z]+$"}}
        - {name: sid, in: cookie, schema: {type: string, minLength: 4}}
      responses: {"200": {description: all of them}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Item"}}
          text/csv: {schema: {type: string}}
      responses: {"201": {description: made}}
  /items/{id}:
    parameters:
      - $ref: "#/components/parameters/Id"
    get: {responses: {"200": {description: one}}}
    delete:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, maximum: 9}}]
      responses: {"204": {description: gone}}
  /items/latest:
    get: {responses: {"200": {description: the newest}}}
components:
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: integer, minimum: 1}}
  schemas:
    Item:
      type: object
      required: [name, price]
      additionalProperties: false
      properties:
        name: {type: string, maxLength: 20}
        note: {type: string, nullable: true}
        price: {type: number, minimum: 0, exclusiveMinimum: true}
        parts: {type: array, items: {$ref: "#/components/schemas/Item"}}
"""
NEW = {"openapi": "3.1.0", "info": {"title": "New", "version": "1"}, "paths": {
    "/things/{name}": {"put": {
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 5}}],
        "requestBody": {"content": {"application/*": {"schema": {"type": ["object", "null"], "required": ["a"]}}}},
        "responses": {}}}}}
JSON = ("Content-Type", "application/json")
TENANT = ("X-Tenant", "acme")


class OpenApi(WireTest):
    HTTP = """
    log_format why "$request_uri $status $gateway_reason";
    server {
        listen @P0@;
        access_log why.log why;
        openapi shop.yaml max_size=10k;
        location / { proxy_pass http://@O0@; }
        location /free { openapi off; proxy_pass http://@O0@; }
        location /some/ { openapi shop.yaml base=/some routes=off error=422; proxy_pass http://@O0@; }
        location /names/ { openapi shop.yaml base=/names validate=off; proxy_pass http://@O0@; }
    }
    server { listen @P1@; openapi new.json; location / { proxy_pass http://@O0@; } }
    """
    OPTIONS = {"files": {"shop.yaml": SHOP, "new.json": json.dumps(NEW)}}

    def ask_for(self, method, target, fields=(), body=None, port=0):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return request(self.gw.ports[port], method, target, list(fields), body)

    def assertProblem(self, answer, status, *errors):
        self.assertEqual((answer.status, answer.get("Content-Type")), (status, "application/problem+json"))
        self.assertEqual([(e["in"], e["pointer"]) for e in answer.json()["errors"]], list(errors))
        self.assertEqual(self.origin.request_count, 0)

    def test_s101_paths_and_methods(self):
        self.assertEqual(self.ask_for("GET", "/v1/items", [TENANT]).status, 200)
        self.assertEqual(self.ask_for("HEAD", "/v1/items", [TENANT]).status, 200)
        self.assertEqual(self.ask_for("GET", "/v1/items/7").status, 200)
        self.assertEqual(self.ask_for("GET", "/v1/items/latest").status, 200)
        self.assertEqual(self.ask_for("GET", "/free").status, 200)
        self.origin.forget()
        for target in ("/", "/v1", "/items", "/v1/items/", "/v1/items/7/x", "/v1/other"):
            with self.subTest(target):
                self.assertEqual(self.ask_for("GET", target).status, 404)
        answer = self.ask_for("PUT", "/v1/items/7")
        self.assertEqual((answer.status, answer.get("Allow")), (405, "GET, HEAD, DELETE"))
        self.assertEqual(self.origin.request_count, 0)
        self.gw.wait_log(r"^/v1/other 404 openapi at .*gateway\.conf:\d+: the API has no such path$", name="why.log")

    def test_s101_parameters(self):
        good = [TENANT, ("Cookie", "a=1; sid=1234")]
        self.assertEqual(self.ask_for("GET", "/v1/items?page=2&ids=1,2&tag=a&tag=b&other=1", good).status, 200)
        self.origin.forget()
        for query, pointer in (("page=0", "/page"), ("page=x", "/page"), ("page=1&page=1", "/page"),
                               ("ids=1,x", "/ids/1"), ("ids=1,2,3", "/ids"), ("tag=abc&tag=abcd", "/tag/1")):
            with self.subTest(query):
                self.assertProblem(self.ask_for("GET", "/v1/items?" + query, [TENANT]), 400, ("query", pointer))
        self.assertProblem(self.ask_for("GET", "/v1/items"), 400, ("headers", "/X-Tenant"))
        self.assertProblem(self.ask_for("GET", "/v1/items", [("x-tenant", "A1")]), 400, ("headers", "/X-Tenant"))
        self.assertProblem(self.ask_for("GET", "/v1/items", [TENANT, ("Cookie", "sid=123")]), 400, ("cookies", "/sid"))
        self.assertProblem(self.ask_for("GET", "/v1/items/0"), 400, ("path", "/id"))
        self.assertProblem(self.ask_for("GET", "/v1/items/a"), 400, ("path", "/id"))
        self.assertProblem(self.ask_for("DELETE", "/v1/items/10"), 400, ("path", "/id"))
        self.assertEqual(self.ask_for("DELETE", "/v1/items/0").status, 200)  # its own description replaces the path's

    def test_s101_bodies(self):
        good = {"name": "a", "price": 0.5, "note": None, "parts": [{"name": "b", "price": 1}]}
        self.assertEqual(self.ask_for("POST", "/v1/items", [JSON], good).status, 200)
        self.assertEqual(self.ask_for("POST", "/v1/items", [("Content-Type", "text/csv")], b"a,1").status, 200)
        self.origin.forget()
        xml = [("Content-Type", "text/xml")]
        for charset in ("utf-16", "iso-8859-1", "utf8", ""):
            typed = [("Content-Type", "application/json; charset=" + charset)]
            self.assertEqual(self.ask_for("POST", "/v1/items", typed, {"zz": 1}).status, 415, charset)
        for first, second in ((("Content-Type", "text/csv"), JSON), (JSON, ("Content-Type", "text/csv"))):
            self.assertEqual(self.ask_for("POST", "/v1/items", [first, second], {"zz": 1}).status, 415)
        for fields, body, status, pointer in (
                ([JSON], {"name": "a", "price": 0}, 400, "/price"),
                ([JSON], dict(good, parts=[{"name": 1, "price": 1}]), 400, "/parts/0/name"), ([JSON], None, 400, ""),
                (xml, b"<a/>", 415, ""), ([], b"{}", 415, ""), ([JSON], {"name": "a" * 20000, "price": 1}, 413, "")):
            with self.subTest(str(body)[:40]):
                self.assertProblem(self.ask_for("POST", "/v1/items", fields, body), status, ("body", pointer))

    def test_s101_parts_of_it(self):
        self.assertEqual(self.ask_for("GET", "/some/thing").status, 200)
        self.assertEqual(self.ask_for("GET", "/names/items/x").status, 200)
        self.origin.forget()
        self.assertProblem(self.ask_for("GET", "/some/items/x"), 422, ("path", "/id"))
        self.assertEqual(self.ask_for("GET", "/names/other").status, 404)

    def test_s101_version_3_1_and_encoded_slashes(self):
        self.assertEqual(self.ask_for("PUT", "/things/a", [JSON], {"a": 1}, port=1).status, 200)
        self.assertEqual(self.ask_for("PUT", "/things/a", [JSON], b"null", port=1).status, 200)
        self.assertEqual(self.ask_for("PUT", "/things/a%2Fbcd", port=1).status, 200)
        self.origin.forget()
        self.assertProblem(self.ask_for("PUT", "/things/a%2Fbcde", port=1), 400, ("path", "/name"))
        self.assertProblem(self.ask_for("PUT", "/things/a", [JSON], {}, port=1), 400, ("body", ""))
        self.assertEqual(self.ask_for("PUT", "/things/a/b", port=1).status, 404)


if __name__ == "__main__":
    main()
