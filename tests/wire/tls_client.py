"""TLS for the tests: certificates, made by openssl when they are first asked for, and Conn over TLS.

Python's ssl module is the usual peer; test_tls.py also has curl and `openssl s_client` ask.
"""
import contextlib
import functools
import os
import socket
import ssl
import subprocess
import tempfile

from harness import FACTOR, Conn

HERE = os.path.dirname(os.path.abspath(__file__))
# Keys of RSA are kept (they guard nothing): a busy machine needs minutes to make a large one.
KINDS = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ed25519": ["-newkey", "ed25519"],
         "rsa": ["-key", os.path.join(HERE, "rsa2048.key")], "rsa4096": ["-key", os.path.join(HERE, "rsa4096.key")]}


class Certificate:
    """`pem` and `key` are texts. `chain` has the issuers behind it."""

    def __init__(self, name, pem, key, issuer=None):
        self.name, self.pem, self.key, self.issuer = name, pem, key, issuer
        self.chain = pem + (issuer.pem if issuer else "")


@contextlib.contextmanager
def scratch():
    """A folder for openssl to work in: path(name) of a file in it, which path(name, text) writes."""
    with tempfile.TemporaryDirectory(prefix="gh-openssl-") as folder:
        def path(name, text=None):
            full = os.path.join(folder, name)
            if text is not None:
                with open(full, "w") as f:
                    f.write(text)
            return full
        yield path


@functools.lru_cache(maxsize=None)
def certificate(name, kind="ec", issuer=None, is_ca=False, days=2, serial=None, subject=None, extension=None,
                names=None):
    """A certificate for `name` and the names below it, signed by itself or by `issuer`. `names` stand in their place."""
    with scratch() as path:
        made = [] if KINDS[kind][0] == "-key" else ["-keyout", path("key")]
        command = ["openssl", "req", "-x509", "-nodes", *KINDS[kind], *made, "-out", path("pem"),
                   "-subj", subject or "/CN=" + name, "-days", str(days), "-config", path("conf", "[req]\n"
                                                                "distinguished_name=n\n[n]\n"),
                   "-addext", "basicConstraints=critical,CA:" + ("TRUE" if is_ca else "FALSE"),
                   "-addext", "subjectAltName=" + (names or "DNS:%s,DNS:*.%s,IP:127.0.0.1" % (name, name))]
        if issuer:
            command += ["-CA", path("ca", issuer.pem), "-CAkey", path("ca_key", issuer.key)]
        if extension:
            command += ["-addext", extension]
        if serial:
            command += ["-set_serial", str(serial)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, timeout=60)
        with open(path("pem")) as pem, open(path("key") if made else KINDS[kind][1]) as key:
            return Certificate(name, pem.read(), key.read(), issuer)


def revoke(issuer, serial):
    """A list of revocations of one serial number."""
    with scratch() as path:
        database = path("index", "R\t350101000000Z\t200101000000Z\t%X\tunknown\t/CN=x\n" % serial)
        conf = path("conf", "[ca]\ndefault_ca=c\n[c]\ndatabase=%s\ndefault_md=sha256\n" % database)
        return subprocess.run(["openssl", "ca", "-gencrl", "-crldays", "2", "-config", conf, "-keyfile",
                               path("key", issuer.key), "-cert", path("pem", issuer.pem)], check=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()


def files(*certificates):
    """For Gateway(files=...): NAME.pem (with its chain) and NAME.key of each."""
    out = {}
    for each in certificates:
        out[each.name + ".pem"], out[each.name + ".key"] = each.chain, each.key
    return out


def uses(each):
    """The lines that make a server use it."""
    return "ssl_certificate %s.pem; ssl_certificate_key %s.key;" % (each.name, each.name)


def client_context(trusted=None, own=None, alpn=None, version=None, ciphers=None):
    """A client's context; without `trusted` nothing is verified. `version`: "TLSv1_2" or "TLSv1_3" only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = trusted is not None
    context.verify_mode = ssl.CERT_REQUIRED if trusted else ssl.CERT_NONE
    if trusted:
        context.load_verify_locations(cadata=trusted.pem)
    if own:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as f:
            f.write(own.chain + own.key)
            f.flush()
            context.load_cert_chain(f.name)
    if alpn:
        context.set_alpn_protocols(alpn)
    if version:
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if ciphers:
        context.set_ciphers(ciphers)
    return context


class TlsConn(Conn):
    """A Conn whose bytes go through TLS. `name` is the SNI; None: none is sent."""

    def __init__(self, where, name=None, context=None, session=None, **options):
        super().__init__(where, **options)
        context = context or client_context()
        self.socket.settimeout(self.timeout * FACTOR)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name, session=session)
        except (OSError, ssl.SSLError):
            self.socket.close()
            raise

    @property
    def tls(self):
        return self.socket


def get(where, target="/", name=None, host=None, context=None, fields=""):
    """One request over a TLS connection of its own."""
    with TlsConn(where, name, context) as conn:
        return conn.ask("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n" %
                        (target, host or name or "localhost", fields))


def shown(where, name):
    """The certificate that a new handshake gets, as PEM."""
    with TlsConn(where, name) as conn:
        return ssl.DER_cert_to_PEM_cert(conn.tls.getpeercert(binary_form=True)).strip()


def replace(gw, name, text):
    """A file of the gateway's gets another content, at once."""
    gw.write(name + ".new", text)
    os.rename(gw.path(name + ".new"), gw.path(name))


def alert_of(where, name=None, context=None):
    """Why the gateway refuses a handshake, in OpenSSL's words ("tlsv1 unrecognized name"); "" when it does not."""
    try:
        TlsConn(where, name, context).close()
        return ""
    except ssl.SSLError as error:
        return (error.reason or str(error)).lower().replace("_", " ")


def closes_at_once(where, data):
    """Sends raw bytes; what comes back before the connection ends."""
    with socket.create_connection(("127.0.0.1", where), timeout=10 * FACTOR) as s:
        s.sendall(data)
        got = b""
        try:
            while True:
                piece = s.recv(65536)
                if not piece:
                    return got
                got += piece
        except ConnectionResetError:
            return got
