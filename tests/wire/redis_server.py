"""A real redis-server on a loopback port of its own, in a temporary folder: start, kill, pause, go on; a client to look
into it. And Liar: a listener that says what it is told, whatever it is asked."""
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile

from harness import FACTOR, free_port, wait_for
from listener import Listener, hang_up


class RedisError(Exception):
    pass


class Client:
    """Just enough RESP to look into a server."""

    def __init__(self, sock):
        self.socket = sock
        sock.settimeout(10 * FACTOR)
        self.file = sock.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def __call__(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        size = int(rest)
        if size < 0:
            return None
        if kind == b"$":
            return self.file.read(size + 2)[:-2]
        return [self.reply() for _ in range(size)]


class Redis:
    """`password`, `acl` (lines of users), `tls` (a certificate of certificates.py; then only TLS is spoken), `more`
    lines of its configuration."""

    def __init__(self, password=None, acl=(), tls=None, start=True, more=()):
        self.dir = tempfile.mkdtemp(prefix="gh-redis-")
        os.chmod(self.dir, 0o755)
        self.password, self.acl, self.tls, self.more = password, acl, tls, list(more)
        self.process = self.port = None
        self.path = os.path.join(self.dir, "redis.sock")
        self.port = free_port()
        if start:
            self.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def url(self):
        return "%s://%s" % ("rediss" if self.tls else "redis", self.address)

    def config(self):
        lines = ["bind 127.0.0.1", "daemonize no", 'save ""', "appendonly no", "unixsocket " + self.path,
                 "unixsocketperm 777", "dir " + self.dir, "databases 16", "tcp-backlog 128"]
        if self.tls:
            for name, text in (("cert.pem", self.tls.chain), ("key.pem", self.tls.key), ("ca.pem", self.tls.pem)):
                with open(os.path.join(self.dir, name), "w") as f:
                    f.write(text)
            lines += ["port 0", "tls-port %d" % self.port, "tls-cert-file cert.pem", "tls-key-file key.pem",
                      "tls-ca-cert-file ca.pem", "tls-auth-clients no"]
        else:
            lines.append("port %d" % self.port)
        if self.password:
            lines.append('requirepass "%s"' % self.password)
        return lines + self.more + ["user " + line for line in self.acl]

    def start(self):
        """On the same port each time."""
        with open(os.path.join(self.dir, "redis.conf"), "w") as f:
            f.write("\n".join(self.config()) + "\n")
        self.log = open(os.path.join(self.dir, "log"), "ab")
        self.process = subprocess.Popen(["redis-server", "redis.conf"], cwd=self.dir, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        wait_for(self.is_up, 10, message="redis-server does not start")
        return self

    def is_up(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.dir, "log")) as f:
                raise AssertionError("redis-server has ended:\n" + f.read()[-2000:])
        try:
            client = self.client()
            client.close()
            return True
        except (OSError, RedisError):
            return False

    def client(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(self.path)
        client = Client(sock)
        if self.password:
            client("AUTH", self.password)
        client("PING")
        return client

    def ask(self, *words):
        client = self.client()
        try:
            return client(*words)
        finally:
            client.close()

    def keys(self):
        return sorted(k.decode("latin-1") for k in self.ask("KEYS", "*"))

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.log.close()
            self.process = None
            if os.path.exists(self.path):
                os.unlink(self.path)

    def stop(self):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class Cluster:
    """Servers that share the slots evenly, on loopback ports; `nodes` are Redis."""

    def __init__(self, count, **options):
        self.nodes, self.buses = [], []
        for _ in range(count):
            bus = free_port()
            self.buses.append(bus)
            self.nodes.append(Redis(more=["cluster-enabled yes", "cluster-port %d" % bus, "cluster-node-timeout 2000",
                                          "cluster-require-full-coverage no", "cluster-announce-ip 127.0.0.1"],
                                    **options))
        for i, node in enumerate(self.nodes):
            node.ask("CLUSTER", "ADDSLOTSRANGE", 16384 * i // count, 16384 * (i + 1) // count - 1)
            if i > 0:
                self.nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, self.buses[i])
        for node in self.nodes:
            wait_for(lambda node=node: self.knows(node), 10, 0.02, "the cluster does not come up")
        self.url = "redis+cluster://" + ",".join(node.address for node in self.nodes)

    def knows(self, node):
        info = node.ask("CLUSTER", "INFO").decode()
        return "cluster_state:ok" in info and "cluster_slots_assigned:16384" in info

    def slot(self, key):
        return self.nodes[0].ask("CLUSTER", "KEYSLOT", key)

    def node_of(self, key):
        """The one that has the key's slot by the first sharing."""
        return next(i for i in range(len(self.nodes)) if self.slot(key) < 16384 * (i + 1) // len(self.nodes))

    def key_on(self, number, prefix="k"):
        return next("%s%d" % (prefix, i) for i in range(1000) if self.node_of("%s%d" % (prefix, i)) == number)

    def id(self, number):
        return self.nodes[number].ask("CLUSTER", "MYID").decode()

    def stop(self):
        for node in self.nodes:
            node.stop()


def commands(conn):
    """The commands that come over a socket, as lists of words; ends with the connection."""
    with conn.makefile("rb") as file:
        while True:
            line = file.readline()
            if not line.startswith(b"*"):
                return
            words = []
            for _ in range(int(line[1:])):
                size = int(file.readline()[1:])
                words.append(file.read(size + 2)[:-2])
            yield words


class Liar(Listener):
    """Answers the greeting, then each command with `say(words)`: bytes, None (silence) or False (it closes)."""

    def __init__(self, say, greets=True):
        self.say, self.greets = say, greets
        self.asked, self.connections, self.open = [], 0, []
        super().__init__()
        self.url = "redis://" + self.address

    def stop(self):
        super().stop()
        hang_up(self.open)

    def arrived(self, conn):
        self.connections += 1
        self.open.append(conn)
        return (conn,)

    def one(self, conn):
        try:
            for words in commands(conn):
                if self.greets and words[0] == b"PING":
                    conn.sendall(b"+PONG\r\n")
                    continue
                self.asked.append(words)
                answer = self.say(words)
                if answer is False:
                    break
                if answer is not None:
                    conn.sendall(answer)
        except (OSError, ValueError, ssl.SSLError):
            pass
        conn.close()
