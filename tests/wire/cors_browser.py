"""A browser's half of the CORS protocol, as the Fetch standard words it: "CORS-preflight fetch" and "CORS check".

fetch() sends what a page's script would cause to be sent, and gives what the script would get: the answer and the
fields it may read, or Blocked. What the page may not do is decided here and nowhere else."""
from harness import Conn

SAFE_METHODS = {"GET", "HEAD", "POST"}
SAFE_FIELDS = {"accept", "accept-language", "content-language", "range"}
SAFE_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
READABLE = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}


class Blocked(Exception):
    """A network error for the script."""


def listed(response, name):
    """"extract header list values"."""
    return [part.strip() for value in response.all(name) for part in value.split(",") if part.strip()]


def check(origin, credentials, response):
    """"CORS check": the field must stand once and be equal to the origin, byte for byte."""
    allowed = response.all("Access-Control-Allow-Origin")
    if len(allowed) != 1:
        raise Blocked("Access-Control-Allow-Origin: %r" % allowed)
    if not credentials and allowed[0] == "*":
        return
    if allowed[0] != origin:
        raise Blocked("%r is not %r" % (allowed[0], origin))
    if credentials and response.all("Access-Control-Allow-Credentials") != ["true"]:
        raise Blocked("no credentials")


class Page:
    def __init__(self, port, origin, credentials=False, source=None):
        self.port, self.origin, self.credentials, self.source = port, origin, credentials, source
        self.preflight = None

    def send(self, method, target, fields, body=None):
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: api.example"] + ["%s: %s" % pair for pair in fields]
        if body is not None:
            lines.append("Content-Length: %d" % len(body))
        with Conn(self.port, source=self.source) as conn:
            return conn.ask("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""), method)

    def unsafe_names(self, fields):
        names = []
        for name, value in fields:
            low = name.lower()
            is_safe = low in SAFE_FIELDS or (low == "content-type" and value.split(";")[0].strip() in SAFE_TYPES)
            if not is_safe:
                names.append(low)
        return sorted(set(names))

    def ask_first(self, method, target, names):
        fields = [("Accept", "*/*"), ("Access-Control-Request-Method", method)]
        if names:
            fields.append(("Access-Control-Request-Headers", ",".join(names)))
        fields.append(("Origin", self.origin))
        answer = self.preflight = self.send("OPTIONS", target, fields)
        check(self.origin, self.credentials, answer)
        if not 200 <= answer.status <= 299:
            raise Blocked("the preflight is answered with %d" % answer.status)
        methods = listed(answer, "Access-Control-Allow-Methods")
        allowed = listed(answer, "Access-Control-Allow-Headers")
        if method not in methods and method not in SAFE_METHODS and (self.credentials or "*" not in methods):
            raise Blocked("method %s" % method)
        allowed = [name.lower() for name in allowed]
        if "authorization" in names and "authorization" not in allowed:
            raise Blocked("field authorization")
        for name in names:
            if name not in allowed and (self.credentials or "*" not in allowed):
                raise Blocked("field %s" % name)

    def fetch(self, target, method="GET", fields=(), body=None):
        names = self.unsafe_names(fields)
        self.preflight = None
        if names or method not in SAFE_METHODS:
            self.ask_first(method, target, names)
        sent = list(fields) + [("Origin", self.origin)]
        if self.credentials:
            sent.append(("Cookie", "sid=1"))
        answer = self.send(method, target, sent, body)
        check(self.origin, self.credentials, answer)
        exposed = [name.lower() for name in listed(answer, "Access-Control-Expose-Headers")]
        everything = "*" in exposed and not self.credentials
        answer.fields = [(n, v) for n, v in answer.fields
                         if everything or n.lower() in READABLE or n.lower() in exposed]
        return answer
