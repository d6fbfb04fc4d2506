"""auth_jwt_key_url and auth_jwt_key_request: keys that come from an issuer which rotates, hangs, lies and dies."""
import json
import time

from harness import WireTest, beyond_nginx, get, in_parallel, main, wait_for
from origin import Origin
from tls_client import certificate
from tls_origin import TlsOrigin, server_context
from tokens import EC, ED, RSA, SECRET, Issuer, b64, bearer, key_set, signed

from jwcrypto import jwk

URL = """server { listen @P0@; auth_jwt a; auth_jwt_key_url http://@O1@/jwks %s; proxy_set_header Host x;
                  location / { proxy_pass http://@O0@; } }"""
CA = certificate("ca.example", is_ca=True)
OTHER = certificate("other.example", is_ca=True)
IDP = certificate("idp.example", issuer=CA)
NEXT = jwk.JWK.generate(kty="EC", crv="P-256", kid="next")


@beyond_nginx
class KeyUrl(WireTest):
    def setUp(self):
        super().setUp()
        self.issuer_origin = self.start_origin()
        self.issuer = Issuer(self.issuer_origin, RSA)

    def begin(self, parameters="", **options):
        self.gw = self.start(URL % parameters, origins=[self.origin, self.issuer_origin], **options)
        return self.gw

    def status(self, token, **options):
        return get(self.gw.ports[0], "/", bearer(token), **options).status

    def test_s26_keys_are_fetched_and_kept(self):
        self.begin()
        for _ in range(5):
            self.assertEqual(self.status(signed(RSA, "RS256", n=time.monotonic())), 200)
        self.assertEqual(self.issuer.asked, 1)
        self.gw.wait_log(r"keys of http://\S+/jwks: 1 in use from now on")

    def test_a_key_that_is_not_there_is_fetched_once_for_all(self):
        self.begin("cooldown=60s", main="worker_processes 2;")
        self.gw.wait_log("1 in use from now on")
        self.issuer.keys = [EC, NEXT]
        tokens = [signed(NEXT, "ES256", n=i) for i in range(40)]

        def slow(link, request):
            link.sleep(0.3)
            link.answer(key_set(EC, NEXT).encode())
            return True
        # The first renewal was a moment ago: within the cooldown nobody is asked.
        self.assertEqual(self.status(tokens[0]), 401)
        self.assertEqual(self.issuer.asked, 1)
        self.gw.stop()
        self.issuer.asked = 0
        self.begin("cooldown=1s", main="worker_processes 2;")
        self.issuer.keys = [RSA]
        self.gw.wait_log("in use from now on")
        before = self.issuer.asked
        self.issuer.answer = slow
        wait_for(lambda: self.status(tokens[0]) == 200, 10, pause=0.1)
        first = self.issuer.asked
        self.assertLessEqual(first - before, 1)
        self.assertEqual(set(in_parallel(40, lambda i: self.status(tokens[i], timeout=30))), {200})
        self.assertEqual(self.issuer.asked, first)

    def test_all_wait_for_the_one_renewal(self):
        self.begin("cooldown=100ms")
        self.gw.wait_log("1 in use from now on")

        def slow(link, request):
            link.sleep(0.5)
            link.answer(key_set(RSA, NEXT).encode())
            return True
        self.issuer.answer = slow
        time.sleep(0.15)  # the cooldown is over: nothing else shows that
        statuses = in_parallel(30, lambda i: self.status(signed(NEXT, "ES256", n=i), timeout=30))
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.issuer.asked, 2)

    def test_unknown_keys_do_not_make_a_flood(self):
        self.begin("cooldown=60s")
        self.gw.wait_log("1 in use from now on")
        for i in range(30):
            self.assertEqual(self.status(signed(NEXT, "ES256", n=i)), 401)
        self.assertEqual(self.issuer.asked, 1)

    def test_rotation_by_time_and_a_key_that_goes(self):
        self.begin("cache=1s")
        token = signed(RSA, "RS256")
        self.assertEqual(self.status(token), 200)
        self.issuer.keys = [EC]
        wait_for(lambda: self.status(token) == 401, 10, pause=0.05)
        self.assertEqual(self.status(signed(EC, "ES256")), 200)

    def test_the_last_good_set_survives_what_the_issuer_does(self):
        secret = jwk.JWK(kty="oct", kid="rsa", k=b64(SECRET))
        lies = {
            "an error": lambda link, _: link.answer(b"sorry", "500 No"),
            "no JSON": lambda link, _: link.answer(b"<html>login</html>"),
            "no keys": lambda link, _: link.answer(b'{"keys":[]}'),
            "no set": lambda link, _: link.answer(b'{"rsa":1}'),
            "a redirect": lambda link, _: link.answer(b"", "302 Found", [("Location", "http://127.0.0.1:1/")]),
            "a secret": lambda link, _: link.answer(key_set(secret, private=True).encode()),
            "private keys": lambda link, _: link.answer(key_set(RSA, private=True).encode()),
            "too many keys": lambda link, _: link.answer(
                json.dumps({"keys": [json.loads(RSA.export_public())] * 300}).encode()),
            "too large": lambda link, _: link.answer(b'{"keys":[' + b" " * (600 * 1024) + b"]}"),
            "too deep": lambda link, _: link.answer(b'{"keys":' + b"[" * 9000 + b"]" * 9000 + b"}"),
            "no HTTP": lambda link, _: link.send(b"\0\1\2\3" * 100),
            "half of it": lambda link, _: (link.answer(b'{"keys":', fields=[("Content-Length", "999")], length=False),
                                           link.reset()),
            "a reset": lambda link, _: link.reset(),
        }
        self.begin("cache=1s cooldown=100ms timeout=1s")
        self.assertEqual(self.status(signed(RSA, "RS256")), 200)
        for name, lie in lies.items():
            with self.subTest(name):
                before = self.issuer.asked
                self.issuer.answer = lambda link, request: lie(link, request) and False
                wait_for(lambda: self.issuer.asked > before, 15)
                self.assertEqual(self.status(signed(RSA, "RS256", n=name)), 200)
                self.assertEqual(self.status(signed(SECRET, headers={"kid": "rsa"})), 401)
                self.gw.wait_log("those that came before stay in use")
        self.issuer.answer, self.issuer.keys = None, [RSA, EC]
        wait_for(lambda: self.status(signed(EC, "ES256")) == 200, 15, pause=0.1)

    def test_an_issuer_that_hangs_or_is_down(self):
        self.begin("cache=1s timeout=300ms")
        self.assertEqual(self.status(signed(RSA, "RS256")), 200)
        self.issuer.answer = lambda link, _: link.sleep(3)
        self.gw.wait_log("no answer within 300 ms")
        self.assertEqual(self.status(signed(RSA, "RS256", n=1)), 200)
        port = self.issuer_origin.port
        self.issuer_origin.stop()
        self.gw.wait_log("cannot connect to")
        self.assertEqual(self.status(signed(RSA, "RS256", n=2)), 200)
        again = Origin(port=port)
        self.addCleanup(again.stop)
        Issuer(again, EC)
        wait_for(lambda: self.status(signed(EC, "ES256")) == 200, 20, pause=0.1)

    def test_a_start_needs_no_keys(self):
        self.issuer.answer = lambda link, _: link.answer(b"", "503 Not yet")
        self.begin("cooldown=200ms")
        answer = get(self.gw.ports[0], "/", bearer(signed(RSA, "RS256")))
        self.assertStatus(answer, 503)
        self.assertStatus(get(self.gw.ports[0], "/"), 401)
        self.gw.wait_log("there are none so far")
        self.issuer.answer = None
        wait_for(lambda: self.status(signed(RSA, "RS256")) == 200, 10, pause=0.1)

    def test_those_that_come_before_the_keys_wait_for_them(self):
        def slow(link, request):
            link.sleep(0.5)
            link.answer(key_set(RSA).encode())
            return True
        self.issuer.answer = slow
        self.begin()
        statuses = in_parallel(10, lambda i: self.status(signed(RSA, "RS256", n=i)))
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.issuer.asked, 1)

    def test_clients_that_leave_while_they_wait(self):
        self.issuer.answer = lambda link, _: link.sleep(1.5)
        self.begin("timeout=1s")
        for _ in range(20):
            try:
                get(self.gw.ports[0], "/", bearer(signed(RSA, "RS256")), timeout=0.05)
            except (OSError, AssertionError):
                pass
        self.issuer.answer = None
        wait_for(lambda: self.status(signed(RSA, "RS256")) == 200, 10, pause=0.1)

    def test_kept_over_reloads(self):
        self.begin()
        self.assertEqual(self.status(signed(RSA, "RS256")), 200)
        self.issuer.answer = lambda link, _: link.answer(b"", "500 Gone")
        self.gw.reload()
        self.assertEqual(self.status(signed(RSA, "RS256", n=1)), 200)
        self.assertEqual(self.issuer.asked, 1)


@beyond_nginx
class HttpsUrl(WireTest):
    """An issuer proves its name, or its keys do not count."""

    def begin(self, issuer, trusted):
        body = key_set(RSA).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        served = TlsOrigin(server_context(issuer), serve=lambda *_: head + body)
        self.addCleanup(served.stop)
        return self.start("""server { listen @P0@; auth_jwt a; location / { proxy_pass http://@O0@; }
            auth_jwt_key_url https://@O1@/jwks trusted=%s cooldown=100ms; }""" % trusted,
                          origins=[self.origin, served], files={"ca.pem": CA.pem, "other.pem": OTHER.pem})

    def test_the_certificate_leads_to_its_authority(self):
        gw = self.begin(IDP, "ca.pem")
        self.assertStatus(get(gw.ports[0], "/", bearer(signed(RSA, "RS256"))), 200)

    def test_another_authority(self):
        gw = self.begin(IDP, "other.pem")
        self.assertStatus(get(gw.ports[0], "/", bearer(signed(RSA, "RS256"))), 503)
        gw.wait_log("certificate cannot be trusted")


REQUEST = """
server {
    listen @P0@; auth_jwt a; auth_jwt_key_request /_keys; %s
    location / { proxy_pass http://@O0@; }
    location = /_keys { internal; auth_jwt off; proxy_connect_timeout 1s; proxy_read_timeout 1s;
                        proxy_pass_request_headers off; proxy_pass http://@O1@/jwks; }
}"""


@beyond_nginx
class KeyRequest(KeyUrl):
    """The same from a location; what KeyUrl shows of URLs alone is left out."""

    def begin(self, parameters="", cache="auth_jwt_key_cache 1s;", **options):
        self.gw = self.start(REQUEST % cache, origins=[self.origin, self.issuer_origin], **options)
        return self.gw

    test_s26_keys_are_fetched_and_kept = test_a_key_that_is_not_there_is_fetched_once_for_all = None
    test_all_wait_for_the_one_renewal = test_unknown_keys_do_not_make_a_flood = test_kept_over_reloads = None
    test_the_last_good_set_survives_what_the_issuer_does = test_an_issuer_that_hangs_or_is_down = None
    test_a_start_needs_no_keys = test_clients_that_leave_while_they_wait = None

    def test_each_time_without_a_cache(self):
        self.begin(cache="")
        for n in range(3):
            self.assertEqual(self.status(signed(RSA, "RS256")), 200)
            self.assertEqual(self.issuer.asked, n + 1)
        self.assertEqual(self.issuer_origin.last.all("Authorization"), [])
        self.issuer.keys = [EC]
        self.assertEqual(self.status(signed(RSA, "RS256")), 401)
        self.issuer.answer = lambda link, _: link.answer(b"", "500 No")
        self.assertEqual(self.status(signed(EC, "ES256")), 503)
        self.gw.wait_log('no keys from "/_keys": status 500')

    def test_a_set_that_is_there_survives(self):
        self.begin()
        self.assertEqual(self.status(signed(RSA, "RS256")), 200)
        self.issuer.answer = lambda link, _: link.answer(b"nonsense")
        wait_for(lambda: self.status(signed(RSA, "RS256")) == 200 and self.issuer.asked > 2, 10, pause=0.1)
        self.issuer_origin.stop()
        self.assertEqual(self.status(signed(RSA, "RS256", n=1)), 200)

    def test_secrets_of_a_location(self):
        self.issuer.answer = lambda link, _: link.answer(key_set(jwk.JWK(kty="oct", kid="s", k=b64(SECRET)), private=True)
                                                         .encode())
        self.begin()
        self.assertEqual(self.status(signed(headers={"kid": "s"})), 200)


if __name__ == "__main__":
    main()
