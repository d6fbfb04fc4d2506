"""An origin over TLS, in Python: says what the handshake brought, and misbehaves on command."""
import ssl
import tempfile

from harness import FACTOR
from listener import Listener


def server_context(certificate, clients=None, version=None, alpn=None, tickets=True):
    """`clients`: an authority; then clients must have a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(certificate.chain + certificate.key)
        file.flush()
        context.load_cert_chain(file.name)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.pem)
    if version:
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if alpn:
        context.set_alpn_protocols(alpn)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    return context


class TlsOrigin(Listener):
    """Answers each request with `serve(origin, tls, head)`'s bytes, by default one line: the version, the name that was
    sent, whether the session was resumed, the certificate's common name, the number of the connection. What has come
    behind the head is in tls.rest; what it leaves there is the next request. `before(conn)` gets a connection before
    its handshake and returns False when there is to be none."""

    def __init__(self, context, serve=None, before=None):
        self.context, self.serve, self.before = context, serve or TlsOrigin.say, before
        self.names, self.connections, self.handshakes, self.requests, self.errors = {}, 0, 0, 0, []
        context.sni_callback = lambda tls, name, _: self.names.__setitem__(tls, name)
        super().__init__()

    def arrived(self, conn):
        self.connections += 1
        return conn, self.connections

    def one(self, conn, number):
        conn.settimeout(20 * FACTOR)
        try:
            if self.before and self.before(conn) is False:
                return
            tls = conn = self.context.wrap_socket(conn, server_side=True)
            self.handshakes += 1
            tls.number = number
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = tls.recv(65536)
                    if not data:
                        return
                    buffer += data
                head, _, tls.rest = buffer.partition(b"\r\n\r\n")
                self.requests += 1
                answer = self.serve(self, tls, head)
                buffer = tls.rest
                if answer is None:
                    return
                tls.sendall(answer)
        except (OSError, ssl.SSLError) as error:
            self.errors.append(error)
        finally:
            conn.close()

    def say(self, tls, _):
        subject = dict(pair for group in (tls.getpeercert() or {}).get("subject", ()) for pair in group)
        line = "%s %s %s %s %d" % (tls.version(), self.names.get(tls), "r" if tls.session_reused else ".",
                                   subject.get("commonName", "-"), tls.number)
        return ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(line), line)).encode()
