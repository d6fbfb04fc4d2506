"""auth_jwt with tokens of independent libraries: who passes, what services are told, what clients are answered."""
import json
import time

from harness import WireTest, beyond_nginx, get, in_parallel, main, request, wait_for
from tokens import EC, ED, RSA, SECRET, bearer, claims, encrypted, key_set, raw, signed

import jwt
from jwcrypto import jwk

KEYS = key_set(RSA, EC, ED)


@beyond_nginx
class Shop(WireTest):
    """The final exercise's half of it (S131), as in conf/examples/jwt.conf."""
    HTTP = """
    log_format who '$status "$jwt_claim_id" "$gateway_reason"';
    server {
        listen @P0@; access_log access.log who;
        location /api/auth/ { auth_jwt off; proxy_pass http://@O@/; }
        location /api/admin/ { auth_require ($jwt_claim_role == "admin"); proxy_pass http://@O@; }
        location /api/upload/ { limit_except GET { auth_require ($jwt_claim_role == "admin"); } proxy_pass http://@O@; }
        location / { proxy_pass http://@O@; }
        route GET /api/dashboard/:userId { auth_require ($jwt_claim_id == $path_userId) error=403; proxy_pass http://@O@; }
        identity_header X-User-Id $jwt_claim_id;
        identity_header X-User-Role $jwt_claim_role;
        error_format json;
        auth_jwt_error missing=401 "No token provided";
        auth_jwt_error invalid=403 "Invalid token";
        auth_jwt_secret env:JWT_SECRET algorithms=HS256;
        auth_jwt "shop";
    }
    """
    OPTIONS = {"env": {"JWT_SECRET": SECRET}}

    def test_s20_no_token(self):
        answer = self.get("/api/users/1")
        self.assertStatus(answer, 401)
        self.assertEqual(answer.json(), {"error": "No token provided"})
        self.assertEqual(answer.get("WWW-Authenticate"), 'Bearer realm="shop"')
        self.assertEqual(self.origin.request_count, 0)

    def test_s21_a_token_signed_with_the_secret_of_the_environment(self):
        self.assertStatus(self.get("/api/users/1", bearer(signed(id=7))), 200)
        self.assertEqual(self.origin.request_count, 1)
        self.assertStatus(self.get("/", bearer(signed(id=7, exp=int(time.time()) - 1))), 403)
        self.assertStatus(self.get("/", bearer(signed("another secret" * 5, id=7))), 403)
        self.assertStatus(self.get("/", bearer(signed(algorithm="HS512", id=7))), 403)
        self.assertEqual(self.origin.request_count, 1)

    def test_s22_an_invalid_token(self):
        answer = self.get("/api/users/1", bearer(signed("x" * 40)))
        self.assertStatus(answer, 403)
        self.assertEqual(answer.json(), {"error": "Invalid token"})

    def test_s23_t04_before_any_upstream_whatever_the_order_in_the_file(self):
        for path in ("/", "/api/users/1", "/anything?x=1", "/api/admin/", "//api/auth/../users"):
            self.assertStatus(self.get(path), 401)
        self.assertEqual(self.origin.request_count, 0)

    def test_s24_s25_claims_reach_services_and_copies_never_do(self):
        spoofed = [("X-User-Id", "1"), ("x-user-role", "admin")]
        self.get("/", bearer(signed(id=7, role="buyer")) + spoofed)
        self.assertEqual([self.origin.last.all("X-User-Id"), self.origin.last.all("X-User-Role")], [["7"], ["buyer"]])
        self.get("/", bearer(signed(id=7)) + spoofed)
        self.assertEqual([self.origin.last.all("X-User-Id"), self.origin.last.all("X-User-Role")], [["7"], []])
        self.get("/api/auth/login", spoofed)
        self.assertEqual([self.origin.last.all("X-User-Id"), self.origin.last.all("X-User-Role")], [[], []])

    def test_s28_the_role_of_the_token(self):
        self.assertStatus(self.get("/api/admin/", bearer(signed(role="admin"))), 200)
        self.assertStatus(self.get("/api/admin/", bearer(signed(role="Admin"))), 403)
        self.assertStatus(self.get("/api/admin/", bearer(signed(role=["admin"]))), 403)
        self.assertStatus(self.get("/api/admin/", bearer(signed())), 403)
        self.assertStatus(self.get("/api/upload/x", bearer(signed())), 200)
        self.assertStatus(request(self.port, "POST", "/api/upload/x", bearer(signed())), 403)
        self.assertStatus(request(self.port, "POST", "/api/upload/x"), 401)

    def test_t06_logging_in_needs_no_token(self):
        self.assertStatus(request(self.port, "POST", "/api/auth/login", body=b"{}"), 200)
        self.assertEqual(self.origin.last.target, "/login")

    def test_t12_a_dashboard_is_its_owners(self):
        self.assertStatus(self.get("/api/dashboard/7", bearer(signed(id=7))), 200)
        self.assertStatus(self.get("/api/dashboard/7", bearer(signed(id="7"))), 200)
        self.assertStatus(self.get("/api/dashboard/8", bearer(signed(id=7))), 403)
        self.assertStatus(self.get("/api/dashboard/", bearer(signed(id=""))), 200)  # no route: the location

    def test_s106_who_and_why_in_the_log(self):
        self.get("/logged", bearer(signed(id=4711)))
        self.get("/logged")
        self.gw.wait_log('^200 "4711" "-?"$', name="access.log")
        self.gw.wait_log('^401 "-?" ".*no token.*"$', name="access.log")

    def test_claims_inject_nothing(self):
        answer = self.get("/", bearer(signed(id="7\r\nX-Admin: yes\r\n\r\nGET /x HTTP/1.1", role="\u00e4\u0000")))
        self.assertStatus(answer, 200)
        self.assertEqual(self.origin.last.all("X-Admin"), [])
        self.assertEqual(self.origin.request_count, 1)
        self.assertEqual(self.origin.last.get("X-User-Id"), "7%0D%0AX-Admin: yes%0D%0A%0D%0AGET /x HTTP/1.1")
        self.assertEqual(self.origin.last.get("X-User-Role"), "\u00c3\u00a4%00")

    def test_nothing_of_tokens_and_secrets_in_logs(self):
        token = signed("y" * 40, id="hush-hush")
        self.get("/", bearer(token))
        self.get("/", bearer(signed(id="hush-hush")))
        text = self.gw.wait_log("its signature is wrong") and self.gw.error_log()
        for part in token.split(".") + [SECRET, "hush-hush"]:
            self.assertNotIn(part, text)
        code, text = self.gw.tool("dump")
        self.assertIn("auth_jwt", str(text))
        self.assertNotIn(SECRET, str(text))


@beyond_nginx
class Kinds(WireTest):
    HTTP = """
    auth_jwt_claim_set $tenant org tenant;
    auth_jwt_header_set $kind typ;
    server {
        listen @P0@; auth_jwt a; auth_jwt_key_file keys.json;
        add_header X-Seen "$jwt_claim_sub|$tenant|$kind|$jwt_header_alg" always;
        location / { proxy_pass http://@O@; }
        location /seen/ { proxy_pass http://@O@; }
        location /rsa/ { auth_jwt_key_file rsa.pem; proxy_pass http://@O@; }
        location /cookie/ { auth_jwt a token=$cookie_access; proxy_pass http://@O@; }
        location /arg/ { auth_jwt a token=$arg_token; proxy_pass http://@O@; }
        location /sealed/ { auth_jwt_type encrypted; auth_jwt_key_file private.json; proxy_pass http://@O@; }
        location /nested/ { auth_jwt_type nested; auth_jwt_key_file private.json; auth_jwt_key_file keys.json;
                            proxy_pass http://@O@; }
        location /iss/ { auth_jwt_issuer https://one https://two; auth_jwt_audience shop; auth_jwt_leeway 5s;
                         proxy_pass http://@O@; }
        location /endless/ { auth_jwt_require_exp off; proxy_pass http://@O@; }
        location /tenant/ { auth_jwt_require $tenant error=403; auth_jwt_require $jwt_claim_paid; proxy_pass http://@O@; }
        location /either/ { satisfy any; deny all; proxy_pass http://@O@; }
        location /off { auth_jwt off; return 204; }
        route GET /beta when ($jwt_claim_beta == true) { add_header X-Route beta; proxy_pass http://@O@; }
        route GET /beta { add_header X-Route plain; proxy_pass http://@O@; }
    }
    """
    SEALER = jwk.JWK.generate(kty="RSA", size=2048, kid="sealer")
    AGREER = jwk.JWK.generate(kty="EC", crv="P-256", kid="agreer")
    WRAPPER = jwk.JWK.generate(kty="oct", size=256, kid="wrapper")
    OPTIONS = {"files": {"keys.json": KEYS, "rsa.pem": RSA.export_to_pem().decode(),
                         "private.json": key_set(SEALER, AGREER, WRAPPER, private=True)}}

    def test_all_algorithms(self):
        for key, algorithms in ((RSA, ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")), (EC, ("ES256",)),
                                (ED, ("EdDSA",))):
            for algorithm in algorithms:
                with self.subTest(algorithm):
                    answer = self.get("/seen/", bearer(signed(key, algorithm, org={"tenant": "t1"})))
                    self.assertStatus(answer, 200)
                    self.assertEqual(answer.get("X-Seen"), "ann|t1|JWT|" + algorithm)
        self.assertStatus(self.get("/seen/", bearer(signed())), 401)

    def test_a_public_key_in_pem_form(self):
        self.assertStatus(self.get("/rsa/", bearer(signed(RSA, "RS256"))), 200)
        self.assertStatus(self.get("/rsa/", bearer(signed(EC, "ES256"))), 401)

    def test_where_the_token_stands(self):
        token = signed(RSA, "RS256")
        self.assertStatus(self.get("/cookie/", [("Cookie", "a=b; access=%s; c=d" % token)]), 200)
        self.assertStatus(self.get("/cookie/", bearer(token)), 401)
        self.assertStatus(self.get("/arg/?token=" + token), 200)
        self.assertStatus(self.get("/arg/?token=" + token[:-2], bearer(token)), 401)

    def test_encrypted_tokens(self):
        for key, alg, enc in ((self.SEALER, "RSA-OAEP", "A128GCM"), (self.SEALER, "RSA-OAEP-256", "A256CBC-HS512"),
                              (self.AGREER, "ECDH-ES", "A256GCM"), (self.AGREER, "ECDH-ES+A128KW", "A128CBC-HS256"),
                              (self.WRAPPER, "A256KW", "A192GCM"), (self.WRAPPER, "dir", "A256GCM")):
            with self.subTest(alg=alg, enc=enc):
                token = encrypted(key, claims(), alg, enc)
                self.assertStatus(self.get("/sealed/", bearer(token)), 200)
                self.assertStatus(self.get("/sealed/", bearer(token[:-4] + "AAAA")), 401)
                self.assertStatus(self.get("/nested/", bearer(token)), 401)
                self.assertStatus(self.get("/", bearer(token)), 401)
                self.assertStatus(self.get("/sealed/", bearer(encrypted(key, claims(exp=1), alg, enc))), 401)
        self.assertStatus(self.get("/sealed/", bearer(signed(RSA, "RS256"))), 401)

    def test_nested_tokens(self):
        token = encrypted(self.SEALER, signed(RSA, "RS256", sub="within"), cty="JWT")
        answer = self.get("/nested/", bearer(token))
        self.assertStatus(answer, 200)
        self.assertEqual(answer.get("X-Seen"), "within||JWT|RS256")
        self.assertStatus(self.get("/nested/", bearer(encrypted(self.SEALER, signed(), cty="JWT"))), 401)
        twice = encrypted(self.SEALER, token, cty="JWT")
        self.assertStatus(self.get("/nested/", bearer(twice)), 401)
        self.assertStatus(self.get("/sealed/", bearer(token)), 401)

    def test_many_encrypted_at_once_hold_nobody_up(self):
        tokens = [encrypted(self.SEALER, claims(sub=str(i))) for i in range(40)]
        statuses = in_parallel(40, lambda i: get(self.port, "/sealed/", bearer(tokens[i]), timeout=60).status)
        self.assertEqual(set(statuses), {200})

    def test_issuer_audience_and_times(self):
        def status(**more):
            fields = {"iss": "https://one", "aud": "shop"}
            fields.update(more)
            return self.get("/iss/", bearer(signed(RSA, "RS256", **fields))).status
        now = int(time.time())
        self.assertEqual(status(), 200)
        self.assertEqual(status(iss="https://two", aud=["a", "shop"]), 200)
        for wrong in ({"iss": "https://one/"}, {"iss": None}, {"iss": "https://onetwo"}, {"aud": None}, {"aud": "Shop"},
                      {"aud": [["shop"]]}, {"aud": []}, {"nbf": now + 60}, {"iat": now + 60}, {"exp": now - 6},
                      {"exp": None}, {"aud": {"shop": 1}}):
            with self.subTest(wrong):
                self.assertEqual(status(**wrong), 401)
        now = int(time.time())
        self.assertEqual(status(exp=now - 1, nbf=now + 1, iat=now + 1), 200)

    def test_reasons_are_told_as_rfc_6750_says(self):
        for token, reason in ((signed(RSA, "RS256", exp=1), "The token has expired"), ("x", "The token is invalid"),
                              (signed(RSA, "RS256", nbf=int(time.time()) + 99), "The token is not valid yet")):
            answer = self.get("/seen/", bearer(token))
            self.assertStatus(answer, 401)
            self.assertEqual(answer.get("WWW-Authenticate"),
                             'Bearer realm="a", error="invalid_token", error_description="%s"' % reason)
        answer = self.get("/tenant/", bearer(signed(RSA, "RS256")))
        self.assertStatus(answer, 403)
        self.assertIn('error="insufficient_scope"', answer.get("WWW-Authenticate"))

    def test_auth_jwt_require(self):
        self.assertStatus(self.get("/tenant/", bearer(signed(RSA, "RS256", org={"tenant": "t"}, paid=1))), 200)
        self.assertStatus(self.get("/tenant/", bearer(signed(RSA, "RS256", org={"tenant": "t"}, paid=False))), 401)
        self.assertStatus(self.get("/tenant/", bearer(signed(RSA, "RS256", org="t", paid=1))), 403)
        self.assertStatus(self.get("/tenant/"), 401)
        for nothing in ([], [""], [0], [[]], {}, "", 0, None):
            with self.subTest(nothing):
                token = bearer(signed(RSA, "RS256", org={"tenant": "t"}, paid=nothing))
                self.assertStatus(self.get("/tenant/", token), 401)
        for something in (["a"], [0, 0], {"a": 1}, [1], "no"):
            with self.subTest(something):
                token = bearer(signed(RSA, "RS256", org={"tenant": "t"}, paid=something))
                self.assertStatus(self.get("/tenant/", token), 200)

    def test_tokens_without_end_and_satisfy(self):
        self.assertStatus(self.get("/endless/", bearer(signed(RSA, "RS256", exp=None))), 200)
        self.assertStatus(self.get("/seen/", bearer(signed(RSA, "RS256", exp=None))), 401)
        self.assertStatus(self.get("/either/", bearer(signed(RSA, "RS256"))), 200)
        self.assertStatus(self.get("/either/", bearer("x")), 401)
        self.assertStatus(self.get("/either/"), 401)

    def test_s12_routes_by_claims(self):
        self.assertEqual(self.get("/beta", bearer(signed(RSA, "RS256", beta=True))).get("X-Route"), "beta")
        self.assertEqual(self.get("/beta", bearer(signed(RSA, "RS256", beta="true"))).get("X-Route"), "plain")
        self.assertStatus(self.get("/beta"), 401)

    def test_a_token_ends_although_it_is_remembered(self):
        token = signed(RSA, "RS256", exp=int(time.time()) + 4)
        self.assertStatus(self.get("/seen/", bearer(token)), 200)
        self.assertStatus(self.get("/seen/", bearer(token)), 200)
        wait_for(lambda: self.get("/seen/", bearer(token)).status == 401, 15)


@beyond_nginx
class Reload(WireTest):
    def test_keys_and_secrets_are_read_at_each_reload(self):
        http = """server { listen @P0@; auth_jwt a; location / { auth_jwt_key_file keys.json; proxy_pass http://@O@; }
                  location /secret/ { auth_jwt_secret file:secret; proxy_pass http://@O@; } }"""
        gw = self.start(http, files={"keys.json": key_set(RSA, EC), "secret": SECRET + "\n"})
        tokens = {"/": signed(EC, "ES256"), "/secret/": signed()}
        for path, token in tokens.items():
            self.assertStatus(get(gw.ports[0], path, bearer(token)), 200)
        gw.write("keys.json", key_set(RSA))
        gw.write("secret", "z" * 64)
        gw.reload()
        for path, token in tokens.items():
            self.assertStatus(get(gw.ports[0], path, bearer(token)), 401)
        self.assertStatus(get(gw.ports[0], "/", bearer(signed(RSA, "RS256"))), 200)
        self.assertStatus(get(gw.ports[0], "/secret/", bearer(signed("z" * 64))), 200)


if __name__ == "__main__":
    main()
