"""identity_header: what services are told of who asks, and that nobody else can say it (S24, S25)."""
import base64

from h2_client import H2Conn
from harness import Conn, WireTest, beyond_nginx, get, main

BASIC = "Basic " + base64.b64encode(b"ann:secret").decode()
SPOOFED = [("X-User-Id", "root"), ("x-user-role", "admin"), ("X_User_Id", "root"), ("X-Tenant", "other"),
           ("X-Mine", "stays")]


@beyond_nginx
class Identity(WireTest):
    HTTP = """
    identity_header X-Realm example;
    map $auth_basic_user $role { "" ""; default "user of $auth_basic_user"; }
    server {
        listen @P0@; http2 on; underscores_in_headers on;
        identity_header X-User-Id $remote_user;
        identity_header X-User-Role $role;
        auth_basic shop; auth_basic_user_file users;
        error_page 400 401 = /refused;
        location / { proxy_pass http://@O@; }
        location /public/ { auth_basic off; proxy_pass http://@O@; }
        location /off/ { auth_basic off; identity_header off; proxy_pass http://@O@; }
        location /inner/ { identity_header X-Tenant $arg_tenant; identity_header x_user_role fixed;
                           proxy_pass http://@O@; }
        location /said/ { proxy_set_header X-User-Id said; proxy_pass http://@O@; }
        location /grpc/ { auth_basic off; grpc_pass grpc://127.0.0.1:1; }
        location /variable/ { auth_basic off; return 200 "<$http_x_user_id,$http_x_realm,$http_x_mine>"; }
        location = /refused { auth_basic off; proxy_pass http://@O@; }
    }
    server { listen @P1@; location / { proxy_pass http://@O@; } }
    map $remote_user $claimed { default $remote_user; }
    server {
        listen @P2@;
        identity_header X-User-Id $remote_user;
        identity_header X-Tenant "t-$claimed";
        auth_basic shop; auth_basic_user_file users;
        location /any/ { satisfy any; allow 127.0.0.1; deny all; proxy_pass http://@O@; }
        location /key/ { satisfy any; auth_key x; proxy_pass http://@O@; }
        location /get/ { auth_basic off; limit_except GET { auth_basic shop; } proxy_pass http://@O@; }
        location /off/ { auth_basic off; auth_require ($remote_user == "ann"); proxy_pass http://@O@; }
        location /on/  { auth_require ($remote_user == "ann"); proxy_pass http://@O@; }
        location /two/ { auth_key x; auth_require ($consumer == "app"); proxy_pass http://@O@; }
    }
    consumer app { key sha256:6ab9f1eb8f7d3388f4f9d586f66e99fd54080df2c446f0e58668b09c08a16dd0; }
    """
    OPTIONS = {"files": {"users": "ann:{PLAIN}secret\n"}}

    def upstream(self, path, port=0, fields=(), **options):
        """The identity fields that reached the service."""
        answer = get(self.gw.ports[port], path, list(fields) + SPOOFED, **options)
        self.assertStatus(answer, 200)
        names = ("x-user-id", "x-user-role", "x_user_id", "x_user_role", "x-tenant", "x-realm", "x-mine")
        return {name.lower(): value for name, value in self.origin.last.fields if name.lower() in names}

    def test_the_gateways_own(self):
        self.assertEqual(self.upstream("/", fields=[("Authorization", BASIC)]),
                         {"x-user-id": "ann", "x-user-role": "user of ann", "x-realm": "example", "x-mine": "stays"})

    def test_exempt_locations_drop_them_too(self):
        self.assertEqual(self.upstream("/public/"), {"x-realm": "example", "x-mine": "stays"})
        self.assertEqual(self.upstream("/off/"), {"x-mine": "stays"})

    def test_a_name_that_nobody_verified_is_not_told(self):
        claim = ("Authorization", "Basic " + base64.b64encode(b"root:x").decode())
        for path, more in (("/any/", []), ("/key/", [("X-API-Key", "k1")]), ("/get/", [])):
            with self.subTest(path):
                self.assertNotIn("x-user-id", self.upstream(path, port=2, fields=[claim] + more))
        ann = ("Authorization", "Basic " + base64.b64encode(b"ann:wrong").decode())
        self.assertStatus(get(self.gw.ports[2], "/off/", [ann]), 403)
        self.assertStatus(get(self.gw.ports[2], "/on/", [ann]), 401)
        self.assertEqual(self.upstream("/on/", port=2, fields=[("Authorization", BASIC)])["x-user-id"], "ann")
        both = self.upstream("/two/", port=2, fields=[("Authorization", BASIC), ("X-API-Key", "k1")])
        self.assertEqual(both["x-user-id"], "ann")

    def test_over_http2(self):
        with H2Conn(self.gw.ports[0]) as conn:
            self.assertEqual(conn.ask("/public/", more=[(n.lower(), v) for n, v in SPOOFED]).status, 200)
        self.assertNotIn("x-user-id", [name.lower() for name, _ in self.origin.last.fields])

    def test_inner_blocks_add_and_say_anew(self):
        self.assertEqual(self.upstream("/inner/?tenant=t1", fields=[("Authorization", BASIC)]),
                         {"x-user-id": "ann", "x_user_role": "fixed", "x-tenant": "t1", "x-realm": "example",
                          "x-mine": "stays"})

    def test_beside_proxy_set_header(self):
        self.assertEqual(self.upstream("/said/", fields=[("Authorization", BASIC)])["x-user-id"], "said")

    def test_what_is_refused_carries_nothing_either(self):
        self.assertEqual(self.upstream("/"), {"x-realm": "example", "x-mine": "stays"})
        with Conn(self.gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\nX-User-Id: root\r\nX-Tenant: t\r\nBad Name: x\r\n\r\n")
            conn.read()
        self.assertNotIn("root", [value for _, value in self.origin.last.fields])

    def test_variables_do_not_see_them(self):
        self.assertEqual(get(self.gw.ports[0], "/variable/", SPOOFED + [("X-Realm", "x")]).text, "<,,stays>")

    def test_other_servers(self):
        """http level names it for all of them; what one server names is not dropped on another."""
        self.assertEqual(self.upstream("/", port=1), {"x-user-id": "root", "x-user-role": "admin", "x-tenant": "other",
                                                      "x-realm": "example", "x-mine": "stays"})


if __name__ == "__main__":
    main()
