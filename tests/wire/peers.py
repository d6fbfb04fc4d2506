"""Other people's servers as peers: Debian's nginx and HAProxy, each in a folder of its own, on ports of 127.0.0.1.

A configuration is the text that matters; `@P0@`, `@P1@` ... are addresses that were free a moment ago, `@PORT0@` ...
their ports, `@DIR@` the folder.
"""
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import Conn, free_port, wait_for

PLACES = "/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", "")
NGINX, HAPROXY, CURL, OPENSSL = (shutil.which(name, path=PLACES) for name in ("nginx", "haproxy", "curl", "openssl"))

needs_nginx = unittest.skipUnless(NGINX, "nginx is not installed")
needs_haproxy = unittest.skipUnless(HAPROXY, "haproxy is not installed")
needs_curl = unittest.skipUnless(CURL, "curl is not installed")
needs_openssl = unittest.skipUnless(OPENSSL, "openssl is not installed")

NGINX_CONF = """daemon off; master_process off; pid @DIR@/nginx.pid; error_log @DIR@/error.log info; events { }
%s
http { access_log off; client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy; fastcgi_temp_path @DIR@/fastcgi;
       uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
%s
}
"""
HAPROXY_CONF = """defaults
    mode http
    timeout connect 10s
    timeout client 10s
    timeout server 10s
%s
"""


class Peer:
    def __init__(self, ports=2, files=None):
        self.dir = tempfile.mkdtemp(prefix="gh-peer-")
        self.ports = [free_port() for _ in range(ports)]
        self.process = None
        for name, content in (files or {}).items():
            with open(self.path(name), "wb") as f:
                f.write(content if isinstance(content, bytes) else content.encode())

    def path(self, name):
        return os.path.join(self.dir, name)

    @property
    def address(self):
        return "127.0.0.1:%d" % self.ports[0]

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read().decode("latin-1")

    def expand(self, text):
        for i, port in enumerate(self.ports):
            text = text.replace("@P%d@" % i, "127.0.0.1:%d" % port).replace("@PORT%d@" % i, str(port))
        return text.replace("@DIR@", self.dir)

    def run(self, command, listening=None):
        with open(self.path("output"), "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        for port in listening if listening is not None else self.ports[:1]:
            wait_for(lambda: self.is_up(port), 10, message="the peer does not listen")

    def is_up(self, port):
        if self.process.poll() is not None:
            raise AssertionError("the peer has ended: " + self.read("output"))
        try:
            Conn(port).close()
        except OSError:
            return False
        return True

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Nginx(Peer):
    """`http` goes inside http { }; `main` before it."""

    def __init__(self, http, main="", **options):
        super().__init__(**options)
        with open(self.path("nginx.conf"), "w") as f:
            f.write(self.expand(NGINX_CONF % (("user root; " if os.geteuid() == 0 else "") + main, http)))
        self.run([NGINX, "-p", self.dir, "-c", self.path("nginx.conf")])


class Haproxy(Peer):
    def __init__(self, text, **options):
        super().__init__(**options)
        with open(self.path("haproxy.cfg"), "w") as f:
            f.write(self.expand(HAPROXY_CONF % text))
        self.run([HAPROXY, "-db", "-f", self.path("haproxy.cfg")])
