"""auth_jwt against what is known to have fooled others: RFC 7515 to 7519, RFC 8725, and their errata in the field."""
import base64
import json
import time

from harness import Conn, WireTest, beyond_nginx, get, in_parallel, main
from tokens import EC, ED, RSA, SECRET, b64, bearer, claims, encrypted, key_set, raw, signed

from jwcrypto import jwk

OTHER = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa")  # the name of ours, another key
FIRST, SECOND = jwk.JWK.generate(kty="RSA", size=2048, kid="twin"), jwk.JWK.generate(kty="RSA", size=2048, kid="twin")
PINNED = jwk.JWK.generate(kty="oct", size=512, kid="pinned", alg="HS512")
SEALING = jwk.JWK.generate(kty="oct", size=256, kid="sealing", use="enc")
SHARED = jwk.JWK(kty="oct", kid="shared", k=b64(SECRET))


def body(**more):
    return json.dumps(claims(**more))


def flipped(text, at):
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]


@beyond_nginx
class Attacks(WireTest):
    HTTP = """
    large_client_header_buffers 4 64k;
    server {
        listen @P0@; auth_jwt a;
        location / { auth_jwt_key_file keys.json; proxy_pass http://@O@; }
        location /arg/ { auth_jwt a token=$arg_token; auth_jwt_key_file keys.json; proxy_pass http://@O@; }
        location /cookie/ { auth_jwt a token=$cookie_at; auth_jwt_key_file keys.json; proxy_pass http://@O@; }
        location /field/ { auth_jwt a token=$http_x_token; auth_jwt_key_file keys.json; proxy_pass http://@O@; }
    }
    """
    OPTIONS = {"files": {"keys.json": json.dumps({"keys": [
        json.loads(key.export(private_key=key.get("kty") == "oct"))
        for key in (RSA, EC, ED, FIRST, SECOND, PINNED, SEALING, SHARED)]})}}
    HS = '{"alg":"HS256","typ":"JWT","kid":"shared"}'

    def refused(self, token, name=""):
        before = self.origin.request_count
        with self.subTest(name or token[:60]):
            self.assertIn(self.get("/", bearer(token)).status, (401, 400))
            self.assertEqual(self.origin.request_count, before)

    def test_the_good_ones_pass(self):
        for token in (signed(RSA, "RS256"), signed(EC, "ES256"), signed(ED, "EdDSA"), signed(FIRST, "RS256"),
                      signed(SECOND, "RS256"), raw(self.HS, body()), signed(headers={"kid": "shared"}), signed()):
            self.assertStatus(self.get("/", bearer(token)), 200)

    def test_none_in_any_spelling(self):
        head, payload, signature = signed(RSA, "RS256").split(".")
        for alg in ("none", "None", "NONE", "nOnE", "", " none", "none\u0000"):
            for last in ("", signature):
                self.refused("%s.%s.%s" % (b64(json.dumps({"alg": alg, "kid": "rsa"})), payload, last), repr(alg))
        for head in ({}, {"alg": None}, {"alg": ["RS256"]}, {"alg": 1}, {"alg": {"a": "RS256"}}, {"Alg": "RS256"}):
            self.refused("%s.%s.%s" % (b64(json.dumps(head)), payload, signature), str(head))
        self.refused("%s.%s." % (signed(RSA, "RS256").split(".")[0], payload), "no signature")

    def test_algorithm_confusion(self):
        for key in (RSA, EC, ED, FIRST):
            public = [key.export_to_pem().decode(), key.export_to_pem().decode().strip(),
                      key.export(private_key=False)]
            if key.get("kty") == "RSA":
                public.append(base64.urlsafe_b64decode(json.loads(key.export(private_key=False))["n"] + "==").decode("latin-1"))
            for secret in public:
                for kid in (key.get("kid"), "shared", None):
                    header = {"alg": "HS256"} if kid is None else {"alg": "HS256", "kid": kid}
                    self.refused(raw(json.dumps(header), body(), secret), "HS256 with a public key, kid %s" % kid)
        self.refused(signed(EC, "ES256", headers={"kid": "rsa"}), "the key of another kind")
        self.refused(signed(RSA, "RS256", headers={"kid": "ec"}), "the key of another kind")
        self.refused(raw('{"alg":"HS256","kid":"pinned"}', body(),
                         base64.urlsafe_b64decode(json.loads(PINNED.export())["k"] + "==").decode("latin-1")), "not its alg")
        self.refused(signed(RSA, "RS256").replace(b64("x"), "") + "x", "longer")

    def test_keys_that_the_token_brings(self):
        jwks = json.loads(OTHER.export(private_key=False))
        url = "http://%s/jwks" % self.origin.address
        for header in ({"jwk": jwks}, {"jku": url}, {"x5u": url}, {"x5c": ["MIIB"]}, {"jku": url, "kid": "unknown"}):
            self.refused(signed(OTHER, "RS256", headers=header), str(header)[:50])
        self.assertEqual(self.origin.request_count, 0)

    def test_kid(self):
        for kid in ("unknown", "../../etc/passwd", "/dev/null", "' OR 1=1 --", "rsa\u0000", "RSA", "", "rsa ", "x" * 3000):
            self.refused(signed(OTHER, "RS256", headers={"kid": kid}), repr(kid[:20]))
            self.refused(raw(json.dumps({"alg": "HS256", "kid": kid}), body(), ""), "empty secret, kid %r" % kid[:20])
        payload = signed(RSA, "RS256").split(".")[1]
        for kid in (1, None, ["rsa"], {"kid": "rsa"}, True):
            self.refused("%s.%s.%s" % (b64(json.dumps({"alg": "RS256", "kid": kid})), payload, "A" * 342), str(kid))
        self.refused(raw('{"alg":"HS256","kid":"sealing"}', body(),
                         base64.urlsafe_b64decode(json.loads(SEALING.export())["k"] + "==").decode("latin-1")), "use enc")

    def test_crit_and_b64(self):
        for extra in ('"crit":["x"],"x":1', '"crit":[]', '"crit":"x"', '"crit":["alg"]', '"crit":["exp"],"exp":1',
                      '"crit":["b64"],"b64":false', '"crit":null', '"crit":["http://a"],"http://a":true'):
            self.refused(raw('{"alg":"HS256","kid":"shared",%s}' % extra, body()), extra)
        self.refused(raw('{"alg":"HS256","kid":"shared","b64":false}', body()), "b64 without crit")

    def test_names_that_stand_twice(self):
        exp = int(time.time()) + 60
        self.refused(raw('{"alg":"HS256","kid":"shared","kid":"shared"}', body()), "kid")
        self.refused(raw('{"alg":"none","kid":"shared","alg":"HS256"}', body()), "alg")
        self.refused(raw('{"alg":"HS256","kid":"shared","\\u0061lg":"none"}', body()), "escaped alg")
        self.refused(raw(self.HS, '{"exp":1,"exp":%d}' % exp), "exp")
        self.refused(raw(self.HS, '{"exp":%d,"sub":"a","s\\u0075b":"root"}' % exp), "escaped sub")
        self.refused(raw(self.HS, '{"exp":%d,"org":{"t":1,"t":2}}' % exp), "within")
        self.assertStatus(self.get("/", bearer(raw('{"\\u0061lg":"HS256","kid":"shared"}', body()))), 200)

    def test_times_and_types_of_claims(self):
        now = int(time.time())
        for value in ("%d" % now, "%d" % (now - 1), "0", "-1", "1e400", "9223372036854775808", '"%d"' % (now + 60), "null",
                      "NaN", "Infinity", "[%d]" % (now + 60), "true", "{}", "%d.0.1" % (now + 60), "0x7fffffff"):
            self.refused(raw(self.HS, '{"exp":%s}' % value), "exp " + value)
        self.assertStatus(self.get("/", bearer(raw(self.HS, '{"exp":%d.5}' % (now + 60)))), 200)
        self.assertStatus(self.get("/", bearer(raw(self.HS, '{"exp":%se1}' % (now // 10 + 60)))), 200)
        for more in ({"nbf": now + 60}, {"nbf": "1"}, {"iat": now + 60}, {"iat": "x"}, {"sub": 1}, {"iss": ["a"]}, {"jti": {}},
                     {"aud": 1}, {"exp": None}):
            self.refused(raw(self.HS, body(**more)), str(more))
        for payload in ("[]", '"a"', "1", "null", "", "{", "{}", '{"exp":%d}x' % (now + 60), '\ufeff{"exp":%d}' % (now + 60)):
            self.refused(raw(self.HS, payload), repr(payload))

    def test_kinds_of_tokens(self):
        for typ, status in (("JWT", 200), ("at+jwt", 200), ("application/at+jwt", 200), ("dpop+jwt", 401),
                            ("secevent+jwt", 401), ("logout+jwt", 401)):
            with self.subTest(typ):
                self.assertStatus(self.get("/", bearer(signed(RSA, "RS256", headers={"typ": typ}))), status)
        inner = signed(RSA, "RS256")
        self.refused(raw('{"alg":"HS256","kid":"shared","cty":"JWT"}', inner), "a token in a token")
        self.refused(encrypted(SEALING, claims(), "A256KW"), "encrypted")
        self.refused('{"payload":"e30","signatures":[]}', "JSON serialisation")

    def test_the_form(self):
        token = signed(RSA, "RS256")
        head, payload, signature = token.split(".")
        for bad in (token + ".", "." + token, token + "." + signature, head + "." + payload, head, "..", ".", "a.b.c",
                    "%s..%s" % (head, signature), token + "=", token + "==", head + "=." + payload + "." + signature,
                    token.replace("_", "/").replace("-", "+") + "+", token[:-1], token[:-2], token + "A",
                    flipped(token, 3), flipped(token, len(head) + 5), flipped(token, len(token) - 5),
                    head + " ." + payload + "." + signature, token + "\t" + token, "\xff" + token, token + ", " + token,
                    token + "," + token, "Bearer " + token, '"%s"' % token):
            self.refused(bad)
        # The last character of a signature holds bits that mean nothing: only one spelling counts.
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        other = alphabet[alphabet.index(signature[-1]) ^ 1]
        self.refused("%s.%s.%s" % (head, payload, signature[:-1] + other), "other trailing bits")

    def test_signatures_of_curves(self):
        head, payload, signature = signed(EC, "ES256").split(".")
        order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
        rs = base64.urlsafe_b64decode(signature + "==")
        s = int.from_bytes(rs[32:], "big")
        for bad in (b"\0" * 64, rs[:63], rs + b"\0", rs[:32] + b"\0" * 32, b"\0" * 32 + rs[32:], order.to_bytes(32, "big") * 2,
                    rs[:32] + (s + order).to_bytes(33, "big")[-32:], b"\x30\x44\x02\x20" + rs[:32] + b"\x02\x20" + rs[32:]):
            self.refused("%s.%s.%s" % (head, payload, b64(bad)), "ES256 %d bytes" % len(bad))
        head, payload, signature = signed(ED, "EdDSA").split(".")
        edwards = 2 ** 252 + 27742317777372353535851937790883648493
        rs = base64.urlsafe_b64decode(signature + "==")
        s = int.from_bytes(rs[32:], "little")
        for bad in (b"\0" * 64, rs[:32] + (s + edwards).to_bytes(32, "little"), b"\x01" + b"\0" * 63):
            self.refused("%s.%s.%s" % (head, payload, b64(bad)), "EdDSA")

    def test_size_and_depth(self):
        deep = raw(self.HS, '{"exp":%d,"a":%s%s}' % (time.time() + 60, "[" * 5000, "]" * 5000))
        self.refused(deep, "depth 5000")
        large = raw(self.HS, body(filler="x" * 20000))
        self.refused(large, "over 16 KiB")
        self.refused("A" * 40000, "no token at all")
        self.refused("." * 20000, "dots")
        self.assertIn(self.get("/", bearer("A" * (1 << 20))).status, (400, 431))
        many = raw(self.HS, '{"exp":%d,%s}' % (time.time() + 60, ",".join('"a%d":%d' % (i, i) for i in range(900))))
        self.assertLess(len(many), 16384)
        self.assertStatus(self.get("/", bearer(many)), 200)

    def test_how_it_is_sent(self):
        token = signed(RSA, "RS256")
        self.assertStatus(self.get("/", bearer(token) + bearer(token)), 400)
        self.assertStatus(self.get("/", bearer(token) + [("Authorization", "Basic YTpi")]), 400)
        for value, status in (("bearer " + token, 200), ("BEARER  " + token, 200), ("Bearer\t" + token, 401),
                              ("Bearer" + token, 401), ("Bearer", 401), ("Bearer ", 401), ("JWT " + token, 401), (token, 401)):
            with self.subTest(value[:10]):
                self.assertStatus(self.get("/", [("Authorization", value)]), status)
        self.assertStatus(self.get("/arg/?a=b&token=" + token), 200)
        for query in ("token=%s&token=x" % token, "token=x&token=" + token, "token=%s&TOKEN=%s" % (token, token),
                      "token=&token=" + token):
            self.assertStatus(self.get("/arg/?" + query), 401)
        self.gw.wait_log("auth_jwt: token refused: it is sent twice")
        self.assertStatus(self.get("/cookie/", [("Cookie", "a=b; at=" + token)]), 200)
        for fields in ([("Cookie", "at=%s; at=x" % token)], [("Cookie", "at=x; at=" + token)],
                       [("Cookie", "at=" + token), ("Cookie", "at=x")], [("Cookie", "at=%s; AT=x" % token)]):
            self.assertStatus(self.get("/cookie/", fields), 401)
        self.assertStatus(self.get("/field/", [("X-Token", token)]), 200)
        self.assertStatus(self.get("/field/", [("X-Token", token), ("x-token", token)]), 401)

    def test_wrong_keys_and_wrong_signatures_look_alike(self):
        answers = [self.get("/", bearer(token)) for token in (
            signed(OTHER, "RS256"), signed(OTHER, "RS256", headers={"kid": "unknown"}),
            raw('{"alg":"HS256","kid":"unknown"}', body()), raw(self.HS, body(), "x" * 40))]
        self.assertEqual(len({(a.status, a.get("WWW-Authenticate"), a.body) for a in answers}), 1)

    def test_a_flood_of_them_holds_nobody_up(self):
        bad = [signed(OTHER, "RS256", n=i) for i in range(20)]
        good = signed(RSA, "RS256")

        def work(i):
            with Conn(self.port, timeout=60) as conn:
                return [conn.get("/", fields="Authorization: Bearer %s\r\n" % (bad[(i + n) % 20] if n % 2 else good)).status
                        for n in range(20)]
        for statuses in in_parallel(16, work):
            self.assertEqual(statuses, [200, 401] * 10)


if __name__ == "__main__":
    main()
