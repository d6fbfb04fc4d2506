"""An authorization server and OpenID provider on a loopback port, honest unless it is told otherwise.

It signs with keys of this folder (RS256, in Python). A test may change what it says:

    metadata, id_token (claims), header (of the ID token), tokens, introspect, userinfo: functions of the honest value
    mode[path]: "hang", "hold" (until release()), "close", bytes to send as they are, or a status as a number

`asked[path]` has all requests: (fields in lower case, form or query). TLS when a context is given.
"""
import base64
import hashlib
import http.server
import json
import os
import secrets
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def numbers_of(der):
    """All INTEGERs of a DER structure in order, octet strings opened."""
    found, at = [], 0
    while at < len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7f
            size, at = int.from_bytes(der[at:at + count], "big"), at + count
        value, at = der[at:at + size], at + size
        if tag == 2:
            found.append(int.from_bytes(value, "big"))
        elif tag in (0x30, 4):
            found += numbers_of(value)
    return found


class RsaKey:
    def __init__(self, name):
        with open(os.path.join(HERE, name)) as file:
            text = "".join(line for line in file.read().splitlines() if "-----" not in line)
        self.kid = name
        # PKCS#8: version, algorithm, then PKCS#1: version, n, e, d ...
        self.n, self.e, self.d = numbers_of(base64.b64decode(text))[2:5]
        self.size = (self.n.bit_length() + 7) // 8

    def jwk(self):
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                "n": b64(self.n.to_bytes(self.size, "big")), "e": b64(self.e.to_bytes(3, "big"))}

    def sign(self, data):
        block = SHA256_PREFIX + hashlib.sha256(data).digest()
        padded = b"\0\1" + b"\xff" * (self.size - len(block) - 3) + b"\0" + block
        return pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(self.size, "big")

    def token(self, claims, header=None):
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid} if header is None else header
        text = "%s.%s" % (b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()))
        return text + "." + b64(self.sign(text.encode()))


def half_hash(text):
    return b64(hashlib.sha256(text.encode()).digest()[:16])


class Provider:
    CLIENT, SECRET = "web", "s3cret/&+ü"

    def __init__(self, context=None, host="127.0.0.1"):
        self.first, self.second = RsaKey("rsa2048.key"), RsaKey("rsa4096.key")
        self.released = threading.Event()
        self.reset()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                provider.serve(self, "")

            def do_POST(self):
                provider.serve(self, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.address = "127.0.0.1:%d" % self.port
        self.issuer = "%s://%s:%d" % ("https" if context else "http", host, self.port)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def reset(self):
        self.key, self.keys = self.first, [self.first]
        self.metadata = self.id_token = self.header = self.tokens = self.introspect = self.userinfo = None
        self.mode, self.asked, self.codes, self.refreshes, self.known = {}, {}, {}, {}, {}
        self.expires_in = 3600
        self.lock = threading.Lock()
        self.released.set()  # those of an earlier test
        self.released = threading.Event()

    def release(self):
        self.mode = {}
        self.released.set()

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def count(self, path):
        return len(self.asked.get(path, []))

    # -- HTTP ---------------------------------------------------------------------------------------------------------
    def serve(self, handler, body):
        path, _, query = handler.path.partition("?")
        form = dict(urllib.parse.parse_qsl(body or query, keep_blank_values=True))
        fields = {name.lower(): value for name, value in handler.headers.items()}
        with self.lock:
            self.asked.setdefault(path, []).append((fields, form))
        mode, released = self.mode.get(path), self.released
        if mode == "hang":
            released.wait(60)
            mode = "close"
        if mode == "hold":
            released.wait(60)
            mode = None
        if mode == "close":
            handler.close_connection = True
            return
        if isinstance(mode, bytes):
            handler.wfile.write(mode)
            handler.close_connection = True
            return
        status, answer = (mode, {"error": "server_error"}) if mode else self.answer(path, fields, form)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def answer(self, path, fields, form):
        with self.lock:
            if path == "/.well-known/openid-configuration":
                return 200, self.twisted("metadata", self.honest_metadata())
            if path == "/keys":
                return 200, {"keys": [key.jwk() for key in self.keys]}
            if path == "/userinfo":
                return 200, self.twisted("userinfo", {"sub": "ann", "email": "ann@shop.example"})
            if not self.is_client(fields, form):
                return 401, {"error": "invalid_client"}
            if path == "/introspect":
                return 200, self.twisted("introspect", self.known.get(form.get("token"), {"active": False}))
            if path == "/token":
                return self.token(form)
        return 404, {}

    def twisted(self, name, value):
        change = getattr(self, name)
        return change(value) if change else value

    def is_client(self, fields, form):
        scheme, _, pair = fields.get("authorization", "").partition(" ")
        if scheme == "Basic":
            user, _, password = base64.b64decode(pair).decode().partition(":")
            return (urllib.parse.unquote_plus(user), urllib.parse.unquote_plus(password)) == (self.CLIENT, self.SECRET)
        return form.get("client_id") == self.CLIENT and form.get("client_secret") == self.SECRET

    # -- OpenID Connect -----------------------------------------------------------------------------------------------
    def honest_metadata(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys",
                "userinfo_endpoint": self.issuer + "/userinfo", "end_session_endpoint": self.issuer + "/end",
                "authorization_response_iss_parameter_supported": True}

    def log_in(self, location, **more):
        """What the page of the login does: the query that a browser comes back with from `location`."""
        url = urllib.parse.urlsplit(location)
        asked = dict(urllib.parse.parse_qsl(url.query))
        assert "%s://%s%s" % (url.scheme, url.netloc, url.path) == self.issuer + "/authorize", location
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return urllib.parse.urlencode({"code": code, "state": asked["state"], "iss": self.issuer, **more})

    def token(self, form):
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return 200, self.twisted("tokens", {"access_token": secrets.token_urlsafe(16), "token_type": "bearer",
                                                "expires_in": self.expires_in})
        if kind == "refresh_token":
            asked = self.refreshes.pop(form.get("refresh_token"), None)
        else:
            asked = self.codes.pop(form.get("code"), None)
            if asked and form.get("redirect_uri") != asked["redirect_uri"]:
                asked = None
            if asked and "code_challenge" in asked:
                made = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
                asked = asked if made == asked["code_challenge"] else None
        if asked is None:
            return 400, {"error": "invalid_grant"}
        access, refresh, now = secrets.token_urlsafe(16), secrets.token_urlsafe(16), int(time.time())
        self.refreshes[refresh] = asked
        claims = self.twisted("id_token", {
            "iss": self.issuer, "aud": self.CLIENT, "sub": "ann", "iat": now, "exp": now + 600, "nonce": asked["nonce"],
            "at_hash": half_hash(access), "roles": ["buyer", "admin"], "level": 3})
        header = self.twisted("header", {"alg": "RS256", "typ": "JWT", "kid": self.key.kid})
        return 200, self.twisted("tokens", {
            "access_token": access, "token_type": "Bearer", "expires_in": self.expires_in, "refresh_token": refresh,
            "id_token": self.key.token(claims, header)})
