"""Tokens and keys that others make: PyJWT signs, jwcrypto makes keys, sets of keys and encrypted tokens."""
import base64
import hashlib
import hmac
import json
import sys
import threading
import time

try:
    import jwt
    from jwcrypto import jwe, jwk
except ImportError:  # another python3 stands first in the path: Debian's packages belong to Debian's
    sys.path.append("/usr/lib/python3/dist-packages")
    import jwt
    from jwcrypto import jwe, jwk

SECRET = "a secret of the tests, longer than any hash that it is used with: 0123456789abcdef"
RSA = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa")
EC = jwk.JWK.generate(kty="EC", crv="P-256", kid="ec")
ED = jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed")


def b64(data):
    data = data if isinstance(data, bytes) else data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**more):
    """Good for a minute, unless `exp` says otherwise; None takes a claim out."""
    all_claims = {"exp": int(time.time()) + 60, "sub": "ann"}
    all_claims.update(more)
    return {name: value for name, value in all_claims.items() if value is not None}


def signed(key=SECRET, algorithm="HS256", headers=None, **more):
    pem = key if isinstance(key, str) else key.export_to_pem(private_key=True, password=None)
    kid = {} if isinstance(key, str) else {"kid": key.get("kid")}
    return jwt.encode(claims(**more), pem, algorithm=algorithm, headers=dict(kid, **(headers or {})))


def raw(header, payload, secret=SECRET, digest=hashlib.sha256):
    """A token of these very texts, with an HMAC that fits them."""
    text = "%s.%s" % (b64(header), b64(payload))
    return "%s.%s" % (text, b64(hmac.new(secret.encode(), text.encode(), digest).digest()))


def encrypted(key, payload, alg="RSA-OAEP-256", enc="A256GCM", **header):
    token = jwe.JWE(payload if isinstance(payload, str) else json.dumps(payload),
                    protected=json.dumps(dict({"alg": alg, "enc": enc}, **header)))
    token.add_recipient(key)
    return token.serialize(compact=True)


def key_set(*keys, private=False):
    return json.dumps({"keys": [json.loads(key.export(private_key=private)) for key in keys]})


def bearer(token):
    return [("Authorization", "Bearer " + token)]


class Issuer:
    """An origin's answer under /jwks: keys that a test changes, or `answer`, which does what it wants."""

    def __init__(self, origin, *keys, path="/jwks"):
        self.asked, self.keys, self.answer, self.lock = 0, list(keys), None, threading.Lock()
        origin.script(path, self.serve)

    def serve(self, link, request):
        link.read_body(request)
        with self.lock:
            self.asked += 1
            answer = self.answer
        if answer:
            return answer(link, request)
        link.answer(key_set(*self.keys).encode(), fields=[("Content-Type", "application/jwk-set+json")])
        return True
