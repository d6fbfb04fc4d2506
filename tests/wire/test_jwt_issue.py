"""jwt_issue: a token endpoint of the gateway's own (S29; RFC 6749, 9068, 7638). PyJWT is the one who verifies."""
import base64
import hashlib
import json
import time
from urllib.parse import urlencode

from harness import Gateway, WireTest, beyond_nginx, get, in_parallel, main, request, wait_for
from tokens import EC, ED, RSA, SECRET, bearer, jwt, signed

ISSUER, AUDIENCE = "https://gw.example", "shop"


def pem(key):
    return key.export_to_pem(private_key=True, password=None).decode()


def basic(user="ann", password="secret"):
    return [("Authorization", "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode())]


def post(port, path, fields=(), type="application/x-www-form-urlencoded", body=None, **form):
    body = urlencode(form) if body is None else body
    return request(port, "POST", path, list(fields) + ([("Content-Type", type)] if type else []), body=body.encode())


def login(port, path="/login", fields=None, **form):
    return post(port, path, basic() if fields is None else fields, grant_type="client_credentials", **form)


def refresh(port, token, path="/refresh", fields=()):
    return post(port, path, fields, grant_type="refresh_token", refresh_token=token)


COMMON = """jwt_issue_issuer https://gw.example; jwt_issue_audience shop; jwt_issue_refresh 1h;"""
HTTP = """
    map $auth_basic_user $role { ann admin; default user; }
    consumer robot { key sha256:%s; group ops night; }
    server {
        listen @P0@;
        %s
        jwt_issue_key file:ec.pem;
        jwt_issue_key file:rsa.pem algorithm=PS384 kid=older;
        jwt_issue_key file:ed.pem;
        jwt_issue_claim role $role;
        jwt_issue_claim groups ($consumer_group);
        jwt_issue_claim level (1 + 1);
        jwt_issue_claim nothing $arg_nothing;
        auth_basic_user_file users;

        location = /login   { auth_basic a; jwt_issue; jwt_issue_expires 10m; }
        location = /rsa     { auth_basic a; jwt_issue; jwt_issue_key file:rsa.pem; }
        location = /ed      { auth_basic a; jwt_issue; jwt_issue_key file:ed.pem; }
        location = /secret  { auth_basic a; jwt_issue; jwt_issue_key env:S algorithm=HS256; }
        location = /plain   { auth_basic a; jwt_issue; jwt_issue_refresh off; }
        location = /several { auth_basic a; jwt_issue; jwt_issue_audience shop stock; }
        location = /scoped  { auth_basic a; jwt_issue; jwt_issue_claim scope "read write";
                              jwt_issue_claim client_id web; }
        location = /robot   { auth_key k header=X-Key; jwt_issue; }
        location = /renamed { auth_basic a; jwt_issue subject=user:$remote_user; }
        location = /chain   { auth_jwt a; auth_jwt_secret env:S; jwt_issue; }
        location = /any     { satisfy any; allow 127.0.0.1; auth_basic a; jwt_issue subject=$remote_user; }
        location = /dynamic { auth_basic $arg_realm; jwt_issue subject=$remote_user; }
        location = /both    { auth_basic a; jwt_issue; }
        location = /short   { auth_basic a; jwt_issue; jwt_issue_expires 1s; jwt_issue_refresh 3s; }
        location = /refresh { jwt_issue; }
        location = /latin   { auth_basic a; jwt_issue subject=$http_x_name; }
        location = /failed  { auth_basic a; auth_jwt b; auth_jwt_secret env:S; error_page 401 = @open; jwt_issue; }
        location @open      { jwt_issue subject=$remote_user; }
        location = /jwks    { jwt_issue_keys; }

        location = /cookie/login   { auth_basic a; jwt_issue; jwt_issue_refresh 1h cookie=renew path=/cookie/; }
        location = /cookie/refresh { jwt_issue; jwt_issue_refresh 1h cookie=renew path=/cookie/; }

        location /app/ {
            auth_jwt a; auth_jwt_key_url http://@P0@/jwks cooldown=100ms;
            auth_jwt_issuer https://gw.example; auth_jwt_audience shop;
            auth_require ($jwt_claim_role == "admin");
            identity_header X-User $jwt_claim_sub;
            proxy_pass http://@O@;
        }
        location /own/ {
            auth_jwt a; auth_jwt_key_request /jwks; auth_jwt_key_cache 1h; auth_jwt_audience shop;
            proxy_pass http://@O@;
        }
        location = /filed { auth_basic a; client_body_in_file_only clean; jwt_issue; }
        location /hs/ { auth_jwt a; auth_jwt_secret env:S; proxy_pass http://@O@; }
    }
    server { listen @P1@; %s
             jwt_issue_key file:ec.pem; jwt_issue_audience stock;
             location / { jwt_issue; } }
    """ % (hashlib.sha256(b"robot-key").hexdigest(), COMMON, COMMON.replace("jwt_issue_audience shop;", ""))


@beyond_nginx
class JwtIssue(WireTest):
    OPTIONS = {"main": "worker_processes 2;", "env": {"S": SECRET},
               "files": {"ec.pem": pem(EC), "rsa.pem": pem(RSA), "ed.pem": pem(ED),
                         "users": "ann:{PLAIN}secret\nbob:{PLAIN}secret\n"}}
    HTTP = HTTP

    def keys(self):
        answer = self.get("/jwks")
        self.assertStatus(answer, 200)
        return answer.json()["keys"]

    def verified(self, token, **options):
        """As any service would: by the kid, of the published keys."""
        kid = jwt.get_unverified_header(token)["kid"]
        key, = [k for k in self.keys() if k["kid"] == kid]
        options.setdefault("audience", AUDIENCE)
        return jwt.decode(token, jwt.PyJWK(key).key, algorithms=[key["alg"]], issuer=ISSUER, **options)

    def assertRefused(self, answer, status, error):
        self.assertStatus(answer, status)
        self.assertEqual(answer.json()["error"], error, answer.text)
        self.assertEqual(answer.get("Content-Type"), "application/json")
        self.assertEqual(answer.get("Cache-Control"), "no-store")

    # ---- tokens

    def test_s29_a_token_that_others_verify_and_that_lets_in_here(self):
        answer = login(self.port)
        self.assertStatus(answer, 200)
        self.assertEqual(answer.get("Content-Type"), "application/json")
        self.assertEqual((answer.get("Cache-Control"), answer.get("Pragma")), ("no-store", "no-cache"))
        said = answer.json()
        self.assertEqual(set(said), {"access_token", "token_type", "expires_in", "refresh_token"})
        self.assertEqual((said["token_type"], said["expires_in"]), ("Bearer", 600))
        claims = self.verified(said["access_token"])
        self.assertAlmostEqual(claims["iat"], time.time(), delta=5)
        self.assertEqual(claims["exp"], claims["iat"] + 600)
        self.assertGreaterEqual(len(claims["jti"]), 20)
        self.assertEqual({k: v for k, v in claims.items() if k not in ("iat", "exp", "jti")},
                         {"iss": ISSUER, "sub": "ann", "aud": AUDIENCE, "client_id": "ann", "role": "admin",
                          "level": 2})
        header = jwt.get_unverified_header(said["access_token"])
        self.assertEqual((header["alg"], header["typ"]), ("ES256", "at+jwt"))
        self.assertStatus(get(self.port, "/app/", bearer(said["access_token"])), 200)
        self.assertEqual(self.origin.last.all("X-User"), ["ann"])
        self.assertStatus(get(self.port, "/own/", bearer(said["access_token"])), 200)
        other = login(self.port, fields=basic("bob")).json()["access_token"]
        self.assertEqual(self.verified(other)["role"], "user")
        self.assertStatus(get(self.port, "/app/", bearer(other)), 403)
        self.assertNotEqual(self.verified(other)["jti"], claims["jti"])

    def test_each_kind_of_key(self):
        for path, algorithm, kid in (("/rsa", "RS256", RSA.thumbprint()), ("/ed", "EdDSA", ED.thumbprint()),
                                     ("/login", "ES256", EC.thumbprint())):
            token = login(self.port, path).json()["access_token"]
            header = jwt.get_unverified_header(token)
            self.assertEqual((header["alg"], header["kid"]), (algorithm, kid))
            key = {"/rsa": RSA, "/ed": ED, "/login": EC}[path].export_to_pem().decode()
            self.assertEqual(jwt.decode(token, key, algorithms=[algorithm], audience=AUDIENCE)["sub"], "ann")
        token = login(self.port, "/secret").json()["access_token"]
        self.assertEqual(jwt.decode(token, SECRET, algorithms=["HS256"], audience=AUDIENCE)["sub"], "ann")
        self.assertStatus(get(self.port, "/hs/", bearer(token)), 200)
        self.assertStatus(get(self.port, "/app/", bearer(token)), 401)

    def test_the_published_keys(self):
        answer = self.get("/jwks")
        self.assertEqual(answer.get("Content-Type"), "application/jwk-set+json")
        keys = answer.json()["keys"]
        self.assertEqual([(k["kty"], k["alg"], k["kid"], k["use"]) for k in keys],
                         [("EC", "ES256", EC.thumbprint(), "sig"), ("RSA", "PS384", "older", "sig"),
                          ("OKP", "EdDSA", ED.thumbprint(), "sig")])
        for key, own in zip(keys, (EC, RSA, ED)):
            public = json.loads(own.export_public())
            members = set(public) - {"kid"}
            self.assertEqual({m: key[m] for m in members}, {m: public[m] for m in members})
            self.assertEqual(set(key), members | {"kid", "use", "alg"})
        self.assertStatus(request(self.port, "POST", "/jwks", body=b"x"), 405)

    def test_who_asks(self):
        key = [("X-Key", "robot-key")]
        claims = self.verified(login(self.port, "/robot", key).json()["access_token"])
        self.assertEqual((claims["sub"], claims["groups"]), ("robot", ["ops", "night"]))
        claims = self.verified(login(self.port, "/renamed").json()["access_token"])
        self.assertEqual(claims["sub"], "user:ann")
        claims = self.verified(login(self.port, "/chain", bearer(signed(sub="of-the-token"))).json()["access_token"])
        self.assertEqual(claims["sub"], "of-the-token")
        self.assertRefused(login(self.port, "/chain", bearer(signed(sub=None))), 401, "invalid_client")
        claims = self.verified(login(self.port, "/several").json()["access_token"], audience="stock")
        self.assertEqual(claims["aud"], ["shop", "stock"])

    def test_a_name_that_a_token_would_write_otherwise_gets_none(self):
        self.assertStatus(login(self.port, "/latin", basic() + [("X-Name", "j\u00c3\u00b6rg")]), 200)
        for name in ("j\xf6rg", "j\xe4rg"):
            self.assertStatus(login(self.port, "/latin", basic() + [("X-Name", name)]), 401)

    def test_scope(self):
        said = login(self.port, "/scoped", scope="read").json()
        self.assertEqual(said["scope"], "read write")
        claims = self.verified(said["access_token"])
        self.assertEqual((claims["scope"], claims["client_id"]), ("read write", "web"))
        self.assertRefused(login(self.port, scope="read"), 400, "invalid_scope")
        self.assertEqual(refresh(self.port, said["refresh_token"]).json()["scope"], "read write")

    # ---- who gets none

    def test_nobody_gets_a_token_who_has_not_proven_who_it_is(self):
        self.assertStatus(login(self.port, fields=basic("ann", "wrong")), 401)
        self.assertStatus(login(self.port, fields=()), 401)
        self.assertRefused(login(self.port, "/refresh"), 401, "invalid_client")
        # An address is nobody, whatever name comes with it.
        self.assertRefused(login(self.port, "/any", basic("root", "x")), 401, "invalid_client")
        # The check is off for this request.
        self.assertRefused(login(self.port, "/dynamic?realm=off", basic("root", "x")), 401, "invalid_client")
        self.assertStatus(login(self.port, "/dynamic?realm=on", basic("root", "x")), 401)
        self.assertStatus(login(self.port, "/dynamic?realm=on"), 200)
        # One check was passed and another one not: what the error page is must not take the first for all.
        self.assertRefused(login(self.port, "/failed"), 401, "invalid_client")

    def test_wrong_requests(self):
        self.assertStatus(self.get("/login", basic()), 405)
        self.assertEqual(self.get("/login", basic()).get("Allow"), "POST")
        me = basic()
        self.assertRefused(post(self.port, "/login", me, body=""), 400, "invalid_request")
        self.assertRefused(post(self.port, "/login", me, body="x=1"), 400, "invalid_request")
        self.assertRefused(post(self.port, "/login", me, body="grant_type=client_credentials&grant_type=password"), 400,
                           "invalid_request")
        self.assertRefused(post(self.port, "/login", me, type="application/json", body='{"grant_type":"x"}'), 400,
                           "invalid_request")
        self.assertRefused(post(self.port, "/login", me, type=None, grant_type="client_credentials"), 400,
                           "invalid_request")
        self.assertRefused(post(self.port, "/login", me, body="&".join("a%d=" % i for i in range(300))), 400,
                           "invalid_request")
        for grant in ("password", "authorization_code", "Client_Credentials", "\"><x>"):
            self.assertRefused(post(self.port, "/login", me, grant_type=grant), 400, "unsupported_grant_type")
        self.assertRefused(post(self.port, "/plain", me, grant_type="refresh_token", refresh_token="x"), 400,
                           "unsupported_grant_type")
        self.assertNotIn("refresh_token", login(self.port, "/plain").json())
        self.assertStatus(post(self.port, "/login", me, body="grant_type=" + "x" * 17000), 413)
        self.assertStatus(login(self.port, "/filed"), 200)
        ok = post(self.port, "/login", me, type="Application/X-WWW-Form-Urlencoded; charset=utf-8",
                  grant_type="client_credentials")
        self.assertStatus(ok, 200)

    # ---- refresh tokens

    def test_s29_refresh_tokens_are_good_once_each(self):
        first = login(self.port).json()
        tokens, answer = [first["refresh_token"]], None
        for _ in range(3):
            answer = refresh(self.port, tokens[-1])
            self.assertStatus(answer, 200)
            tokens.append(answer.json()["refresh_token"])
        self.assertEqual(len(set(tokens)), 4)
        claims = self.verified(answer.json()["access_token"])
        self.assertEqual((claims["sub"], claims["role"], claims["level"]), ("ann", "admin", 2))
        self.assertStatus(get(self.port, "/app/", bearer(answer.json()["access_token"])), 200)
        other = login(self.port).json()["refresh_token"]
        # A copy is used: its whole login is over, that of others is not.
        self.assertRefused(refresh(self.port, tokens[1]), 400, "invalid_grant")
        self.assertRefused(refresh(self.port, tokens[-1]), 400, "invalid_grant")
        self.gw.wait_log("a refresh token of \"ann\" was used again")
        self.assertStatus(refresh(self.port, other), 200)
        log = self.gw.error_log() + self.gw.read("access.log")
        for token in tokens + [first["access_token"]]:
            self.assertNotIn(token, log)

    def test_of_many_at_once_one_succeeds(self):
        token = login(self.port).json()["refresh_token"]
        statuses = sorted(a.status for a in in_parallel(8, lambda _: refresh(self.port, token)))
        self.assertEqual(statuses, [200] + [400] * 7)

    def test_neither_is_taken_for_the_other(self):
        said = login(self.port).json()
        self.assertRefused(refresh(self.port, said["access_token"]), 400, "invalid_grant")
        self.assertStatus(get(self.port, "/app/", bearer(said["refresh_token"])), 401)
        self.assertNotIn(".", said["refresh_token"])
        with self.assertRaises(jwt.exceptions.DecodeError):
            jwt.decode(said["refresh_token"], options={"verify_signature": False})
        self.assertNotIn(b"ann", base64.urlsafe_b64decode(said["refresh_token"] + "=="))

    def test_broken_and_foreign_refresh_tokens(self):
        token = login(self.port).json()["refresh_token"]
        for wrong in ("x", token[:-1], token[:40], "B" + token[1:], token[:-4] + "AAAA", token + "A", token + ".",
                      "A" * 15000, signed()):
            self.assertRefused(refresh(self.port, wrong), 400, "invalid_grant")
        self.assertRefused(refresh(self.port, ""), 400, "invalid_request")
        # Of the same key, and for another audience; and for another key.
        self.assertRefused(refresh(self.gw.ports[1], token, "/"), 400, "invalid_grant")
        other = login(self.port, "/secret").json()["refresh_token"]
        self.assertRefused(refresh(self.port, other), 400, "invalid_grant")
        self.assertStatus(refresh(self.port, token), 200)

    def test_keys_that_are_not_the_first_still_open_refresh_tokens(self):
        for path in ("/rsa", "/ed"):
            answer = refresh(self.port, login(self.port, path).json()["refresh_token"])
            self.assertStatus(answer, 200)
            self.assertEqual(jwt.get_unverified_header(answer.json()["access_token"])["alg"], "ES256")

    def test_who_proves_who_it_is_renews_its_own_only(self):
        token = login(self.port, "/both").json()["refresh_token"]
        self.assertStatus(refresh(self.port, token, "/both"), 401)
        self.assertRefused(refresh(self.port, token, "/both", basic("bob")), 400, "invalid_grant")
        answer = refresh(self.port, token, "/both", basic())
        self.assertStatus(answer, 200)
        self.assertEqual(self.verified(answer.json()["access_token"])["role"], "admin")

    def test_everything_ends(self):
        said = login(self.port, "/short").json()
        self.assertEqual(said["expires_in"], 1)
        self.assertEqual(self.verified(refresh(self.port, said["refresh_token"]).json()["access_token"])["sub"], "ann")
        again = login(self.port, "/short").json()
        answer = refresh(self.port, again["refresh_token"]).json()
        # The login's end is that of its tokens, too, whatever jwt_issue_expires says.
        self.assertLessEqual(answer["expires_in"], 3)
        end = time.time() + 3.1
        wait_for(lambda: time.time() > end)
        self.assertRefused(refresh(self.port, answer["refresh_token"]), 400, "invalid_grant")
        with self.assertRaises(jwt.ExpiredSignatureError):
            self.verified(said["access_token"])

    def test_the_cookie(self):
        answer = login(self.port, "/cookie/login")
        self.assertNotIn("refresh_token", answer.json())
        name, _, rest = answer.get("Set-Cookie").partition("=")
        value, _, attributes = rest.partition("; ")
        self.assertEqual((name, attributes), ("renew", "Max-Age=3600; Path=/cookie/; Secure; HttpOnly; "
                                                       "SameSite=Strict"))
        # What stands in the form does not count here.
        self.assertRefused(refresh(self.port, value, "/cookie/refresh"), 400, "invalid_request")
        cookie = [("Cookie", "a=b; renew=" + value)]
        renewed = post(self.port, "/cookie/refresh", cookie, grant_type="refresh_token")
        self.assertStatus(renewed, 200)
        self.assertEqual(self.verified(renewed.json()["access_token"])["sub"], "ann")
        self.assertNotEqual(renewed.get("Set-Cookie").split(";")[0], "renew=" + value)
        again = post(self.port, "/cookie/refresh", cookie, grant_type="refresh_token")
        self.assertRefused(again, 400, "invalid_grant")
        self.assertEqual(again.get("Set-Cookie").split(";")[:2], ["renew=", " Max-Age=0"])

    def test_a_reload_forgets_no_used_token_and_takes_a_new_key(self):
        gw = Gateway(self.HTTP, self.origins, **self.OPTIONS)
        self.addCleanup(gw.stop)
        port = gw.ports[0]
        used, kept = login(port).json()["refresh_token"], login(port).json()["refresh_token"]
        newer = refresh(port, used).json()["refresh_token"]
        gw.reload(self.HTTP.replace("jwt_issue_key file:ec.pem;",
                                    "jwt_issue_key file:ed.pem; jwt_issue_key file:ec.pem;"))
        self.assertRefused(refresh(port, used), 400, "invalid_grant")
        self.assertRefused(refresh(port, newer), 400, "invalid_grant")
        answer = refresh(port, kept)
        self.assertStatus(answer, 200)
        self.assertEqual(jwt.get_unverified_header(answer.json()["access_token"])["alg"], "EdDSA")


if __name__ == "__main__":
    main()
