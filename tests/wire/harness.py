"""What every wire test stands on: the real binary in a temporary folder (Gateway), and a raw client (Conn).

The binary's path comes from GATEHOUSE (default build/release/gatehouse). GH_SLOW=1, for sanitizer builds, stretches
deadlines and never the times that are asserted from below. Python's standard library only.

A test writes the inside of `http { }`. In it `@P0@`, `@P1@` ... stand for 127.0.0.1:port of ports that were free a
moment ago, `@PORT0@` for the number alone, `@O@` (`@O0@`, `@O1@` ...) for the origins given, `@DIR@` for the folder,
`@DEAD@` for an address that refuses connections.
"""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("GATEHOUSE") or os.path.join(ROOT, "build", "release", "gatehouse"))
IS_NGINX = os.path.basename(BINARY).startswith("nginx")
SLOW = os.environ.get("GH_SLOW", "0") not in ("", "0")
FACTOR = 6 if SLOW else 1
TROUBLE = ("[alert]", "[emerg]", "Sanitizer", "runtime error", "terminate called", "Assertion")

# The tests can run against nginx to check the tests themselves; what Gatehouse promises beyond it is left out there.
beyond_nginx = unittest.skipIf(IS_NGINX, "Gatehouse promises more than nginx here")
not_slow = unittest.skipIf(SLOW, "measures time, which sanitizers stretch")


def deadline(seconds):
    """A point in time to give up at."""
    return time.monotonic() + seconds * FACTOR


def wait_for(what, seconds=5, pause=0.005, message=""):
    """Polls `what` until it is true and returns its value; fails after `seconds`."""
    end = deadline(seconds)
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(message or "not so within %s s" % (seconds * FACTOR))
        time.sleep(pause)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class DeadPort:
    """A port that is ours but that nobody listens on: connecting to it is refused at once, and nobody else gets it."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port

    def close(self):
        self.socket.close()


class Response:
    """A complete response. `fields` in wire order; `body` without chunk framing; `complete` False: cut short."""

    def __init__(self):
        self.version, self.status, self.reason = "", 0, ""
        self.fields, self.trailers, self.body = [], [], b""
        self.raw_head, self.chunked, self.complete, self.interim = b"", False, True, []

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name, otherwise=None):
        values = self.all(name)
        return values[0] if values else otherwise

    def trailer(self, name):
        return next((v for n, v in self.trailers if n.lower() == name.lower()), None)

    @property
    def text(self):
        return self.body.decode("latin-1")

    def json(self):
        import json
        return json.loads(self.body)

    def __repr__(self):
        return "<%s %s %r%s>" % (self.status, self.reason, self.body[:120], "" if self.complete else " (cut short)")


class Closed(AssertionError):
    """The peer closed before a response was complete (or before it began)."""


def parse_fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or re.search(rb"[\s]", name):
            raise AssertionError("malformed field line received: %r" % line)
        fields.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return fields


class Conn:
    """A raw connection to a port of 127.0.0.1, or to a unix socket's path. Nothing is sent that a test did not
    write."""

    def __init__(self, where, timeout=10, rcvbuf=None, source=None, family=None):
        self.timeout = timeout
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX)
            address = where
        else:
            self.socket = socket.socket(family or socket.AF_INET)
            address = ("::1" if family == socket.AF_INET6 else "127.0.0.1", where)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rcvbuf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.socket.settimeout(timeout * FACTOR)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self.buffer = b""
        self.eof = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def send_slowly(self, data, step=1, pause=0.02):
        """Sends `step` bytes at a time; stops without a fuss when the peer has closed. Returns how much went out."""
        sent = 0
        while sent < len(data):
            try:
                self.socket.sendall(data[sent:sent + step])
            except OSError:
                break
            sent += step
            time.sleep(pause)
        return min(sent, len(data))

    def _fill(self, timeout=None):
        self.socket.settimeout((timeout if timeout is not None else self.timeout) * FACTOR)
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            raise AssertionError("nothing received in %s s; so far %r" % (timeout or self.timeout, self.buffer[:300]))
        except ConnectionResetError:
            data = b""
        if not data:
            self.eof = True
            return False
        self.buffer += data
        return True

    def _until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise Closed("closed while reading a head: %r" % self.buffer[:300])
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _exactly(self, count):
        parts, have = [], 0
        while have < count:
            if not self.buffer and not self._fill():
                return b"".join(parts), False
            piece, self.buffer = self.buffer[:count - have], self.buffer[count - have:]
            parts.append(piece)
            have += len(piece)
        return b"".join(parts), True

    def read_head(self):
        response = Response()
        response.raw_head = self._until(b"\r\n\r\n") + b"\r\n\r\n"
        lines = response.raw_head[:-4].split(b"\r\n")
        match = re.fullmatch(rb"(HTTP/1\.[01]) (\d{3})(?: (.*))?", lines[0])
        if not match:
            raise AssertionError("not a status line: %r" % lines[0])
        response.version, response.status = match[1].decode(), int(match[2])
        response.reason = (match[3] or b"").decode("latin-1")
        response.fields = parse_fields(lines[1:])
        return response

    def read(self, method="GET"):
        """Reads one final response, framed as RFC 9112 6.3 says. 1xx responses land in `.interim`."""
        interim = []
        response = self.read_head()
        while 100 <= response.status < 200 and response.status != 101:
            interim.append(response)
            response = self.read_head()
        response.interim = interim
        if method == "HEAD" or response.status in (101, 204, 304):
            return response
        if [v.lower() for v in response.all("Transfer-Encoding")] == ["chunked"]:
            response.chunked = True
            self._read_chunks(response)
        elif response.get("Content-Length") is not None:
            values = response.all("Content-Length")
            assert len(values) == 1 and values[0].isdigit(), "bad Content-Length %r" % values
            response.body, response.complete = self._exactly(int(values[0]))
        else:
            while self._fill():
                pass
            response.body, self.buffer = self.buffer, b""
        return response

    def _read_chunks(self, response):
        parts = []
        try:
            while True:
                line = self._until(b"\r\n")
                if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", line):
                    raise AssertionError("bad chunk line received: %r" % line)
                size = int(line, 16)
                if size == 0:
                    break
                data, whole = self._exactly(size)
                parts.append(data)
                if not whole or self._exactly(2)[0] != b"\r\n":
                    response.complete = False
                    return
            lines = []
            while True:
                line = self._until(b"\r\n")
                if not line:
                    break
                lines.append(line)
            response.trailers = parse_fields(lines)
        except Closed:
            response.complete = False
        finally:
            response.body = b"".join(parts)

    def ask(self, data, method=None):
        data = data if isinstance(data, bytes) else data.encode("latin-1")
        self.send(data)
        return self.read(method or data.split(b" ", 1)[0].decode("latin-1"))

    def get(self, target, host="localhost", fields=""):
        return self.ask("GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (target, host, fields))

    def read_to_close(self, seconds=5):
        """Everything up to the peer's close; fails when it does not come."""
        end = deadline(seconds)
        while not self.eof:
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError("not closed within %s s; received %r" % (seconds, self.buffer[:300]))
            try:
                self._fill(left / FACTOR)
            except AssertionError:
                continue
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self, seconds=2):
        """True when the peer closes within `seconds` (and sends nothing more)."""
        try:
            return self.read_to_close(seconds) == b""
        except AssertionError:
            return False

    def is_open(self, seconds=0.05):
        """True when nothing arrives and nothing closes for `seconds`."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(1)
        except socket.timeout:
            return True
        except OSError:
            return False
        self.buffer += data
        return bool(data)


def ask(where, data, method=None, timeout=10, **options):
    """One connection, these very bytes, one response."""
    with Conn(where, timeout, **options) as conn:
        return conn.ask(data, method)


def request(where, method, target, fields=(), body=None, host="localhost", version="1.1", timeout=10, close=True,
            **options):
    head = ["%s %s HTTP/%s" % (method, target, version)]
    if host is not None:
        head.append("Host: %s" % host)
    head += ["%s: %s" % pair for pair in fields]
    if body is not None:
        head.append("Content-Length: %d" % len(body))
    if close:
        head.append("Connection: close")
    data = "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + (body or b"")
    return ask(where, data, method, timeout, **options)


def get(where, target="/", fields=(), host="localhost", **options):
    return request(where, "GET", target, fields, host=host, **options)


def chunk(*parts):
    """A chunked body of these chunks, with its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts if p) + b"0\r\n\r\n"


# nginx 1.22 starts from older defaults (LANGUAGE 9.8), drops root's rights, and needs events { }.
NGINX_MAIN = "user root;" if os.geteuid() == 0 else ""
NGINX_HTTP = 'proxy_http_version 1.1; proxy_set_header Connection "";'

TEMPLATE = """daemon off;
pid gateway.pid;
error_log error.log @LEVEL@;
@MAIN@
events { @EVENTS@ }
http {
    access_log access.log;
    @DEFAULTS@
@HTTP@
    server { listen 127.0.0.1:@PROBE@; access_log off; error_log error.log crit; location / {
        return 200 "@GENERATION@"; } }
}
"""


class Gateway:
    """The binary running a configuration. Stop with stop(), which also checks that it went well."""

    def __init__(self, http, origins=(), main="", events="worker_connections 1024;", level="info", files=None,
                 template=TEMPLATE, ports=4, env=None, start=True, limit_files=None, args=()):
        self.dir = tempfile.mkdtemp(prefix="gh-wire-")
        os.chmod(self.dir, 0o755)
        self.http, self.main, self.events, self.level = http, main, events, level
        self.template, self.env, self.limit_files, self.args = template, env or {}, limit_files, list(args)
        self.origins = list(origins) if isinstance(origins, (list, tuple)) else [origins]
        self.port_count, self.generation = ports, 0
        # Texts of error-log lines that a test provokes although they look like trouble.
        self.allowed = ["open socket #", "aborting"] if IS_NGINX else []
        self.process, self.dead, self.returncode = None, DeadPort(), None
        for name, content in (files or {}).items():
            self.write(name, content)
        if start:
            self.start()

    # -- files ----------------------------------------------------------------------------------------------------
    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())

    def read(self, name):
        try:
            with open(self.path(name), "rb") as f:
                return f.read().decode("latin-1")
        except FileNotFoundError:
            return ""

    def error_log(self):
        return self.read("error.log")

    def access_log(self, name="access.log"):
        return self.read(name).splitlines()

    def wait_log(self, pattern, seconds=5, name="error.log"):
        """Waits for a line matching `pattern` and returns the match."""
        return wait_for(lambda: re.search(pattern, self.read(name), re.M), seconds,
                        message="no line like %r in %s" % (pattern, name))

    # -- configuration ----------------------------------------------------------------------------------------------
    def expand(self, text):
        for key, value in (("MAIN", (NGINX_MAIN if IS_NGINX else "") + self.main), ("EVENTS", self.events),
                           ("LEVEL", self.level), ("DEFAULTS", NGINX_HTTP if IS_NGINX else ""), ("HTTP", self.http)):
            text = text.replace("@%s@" % key, value)
        for i, port in enumerate(self.ports):
            text = text.replace("@P%d@" % i, "127.0.0.1:%d" % port).replace("@PORT%d@" % i, str(port))
        for i, origin in enumerate(self.origins):
            text = text.replace("@O%d@" % i, origin.address)
        if self.origins:
            text = text.replace("@O@", self.origins[0].address)
        return (text.replace("@DIR@", self.dir).replace("@DEAD@", self.dead.address)
                .replace("@PROBE@", str(self.probe)).replace("@GENERATION@", str(self.generation)))

    def write_config(self, http=None):
        if http is not None:
            self.http = http
        self.generation += 1
        self.write("gateway.conf", self.expand(self.template))

    # -- life -------------------------------------------------------------------------------------------------------
    def start(self):
        for _ in range(5):
            ports = set()
            while len(ports) < self.port_count + 1:
                ports.add(free_port())
            self.probe, *self.ports = ports
            self.write_config()
            self.run()
            if self._wait_ready():
                return self
            if "ddress already in use" not in self.error_log() + self.read("stderr"):
                break
            self.write("error.log", "")
        output = self.read("stderr") + self.error_log()
        self.discard()
        raise AssertionError("the gateway did not start (exit %s):\n%s" % (self.returncode, output))

    def command(self, *args):
        return [BINARY, "-p", self.dir + "/", "-c", "gateway.conf", "-e", "error.log", *args]

    def run(self):
        """Starts the process on what is in gateway.conf, without waiting."""
        limit = self.limit_files

        def prepare():
            if limit:
                import resource
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        self.stderr = open(self.path("stderr"), "ab")
        env = dict(os.environ, **self.env)
        self.process = subprocess.Popen(self.command(*self.args), stdin=subprocess.DEVNULL, stdout=self.stderr,
                                        stderr=self.stderr, cwd=self.dir, env=env, start_new_session=True,
                                        preexec_fn=prepare if limit else None)

    def _wait_ready(self):
        end = deadline(10)
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.returncode = self.process.returncode
                return False
            if self.read("gateway.pid").strip():
                return True
            time.sleep(0.005)
        self.kill()
        raise AssertionError("no pid file within 10 s:\n" + self.read("stderr") + self.error_log())

    @property
    def pid(self):
        return int(self.read("gateway.pid"))

    def signal(self, number):
        os.kill(self.pid, number)

    def current_generation(self):
        try:
            return get(self.probe, timeout=2).text
        except (OSError, AssertionError):
            return None

    def reload(self, http=None, seconds=10):
        """Writes the new configuration, sends SIGHUP and waits until it answers: eight times in a row, as each worker
        takes it over on its own."""
        self.write_config(http)
        self.signal(signal.SIGHUP)
        wanted = str(self.generation)
        wait_for(lambda: all(self.current_generation() == wanted for _ in range(8)), seconds,
                 message="the new configuration does not answer:\n" + self.error_log()[-2000:])
        if IS_NGINX:
            time.sleep(0.25)  # its old workers go on accepting for a tenth of a second

    def tool(self, *args, timeout=20):
        """Runs the binary beside the running one (-s reload, -t ...); returns (exit code, what it printed)."""
        done = subprocess.run(self.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.dir, timeout=timeout * FACTOR)
        return done.returncode, done.stdout.decode("latin-1")

    def wait_exit(self, seconds=5):
        try:
            self.returncode = self.process.wait(seconds * FACTOR)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("still running after %s s" % (seconds * FACTOR))
        return self.returncode

    def group_is_empty(self):
        try:
            os.killpg(self.process.pid, 0)
            return False
        except ProcessLookupError:
            return True

    def kill(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def discard(self):
        """Ends it and removes the folder, with no checks."""
        self.kill()
        if self.process:
            self.stderr.close()
        self.dead.close()
        if not os.environ.get("GH_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def trouble(self):
        text = self.error_log() + "\n" + self.read("stderr")
        return [line for line in text.splitlines()
                if any(t in line for t in TROUBLE) and not any(a in line for a in self.allowed)]

    def stop(self, seconds=10):
        """QUIT; exit code 0, no process and no pid file left, no alert and no sanitizer report."""
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGQUIT)
                self.wait_exit(seconds)
            else:
                self.returncode = self.process.returncode
            tail = self.read("stderr")[-6000:]
            trouble = self.trouble()
            assert not trouble, "trouble in the log:\n%s\n%s" % ("\n".join(trouble[:20]), tail)
            assert self.returncode == 0, "exit code %s\n%s" % (self.returncode, tail)
            assert self.group_is_empty(), "a process of it is left"
            assert not os.path.exists(self.path("gateway.pid")), "the pid file is left"
        finally:
            self.discard()

    # -- what it holds ------------------------------------------------------------------------------------------------
    def pids(self):
        """The process and its descendants."""
        children = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % name) as f:
                    children.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
            except OSError:
                pass
        found, todo = [], [self.process.pid]
        while todo:
            found.append(todo.pop())
            todo += children.get(found[-1], [])
        return found

    def open_files(self):
        count = 0
        for pid in self.pids():
            try:
                count += len(os.listdir("/proc/%d/fd" % pid))
            except OSError:
                pass
        return count

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            try:
                with open("/proc/%d/stat" % pid) as f:
                    fields = f.read().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
            except OSError:
                pass
        return ticks / os.sysconf("SC_CLK_TCK")


class WireTest(unittest.TestCase):
    """A class with one gateway for all its tests: HTTP is the configuration, `gw` the gateway, `origin` its origin.

    Each test may call start() for a gateway of its own."""
    HTTP = None
    ORIGINS = 1
    OPTIONS = {}

    @classmethod
    def setUpClass(cls):
        from origin import Origin
        cls.origins = [Origin() for _ in range(cls.ORIGINS)]
        for origin in cls.origins:
            cls.addClassCleanup(origin.stop)
        cls.origin = cls.origins[0] if cls.origins else None
        if cls.HTTP is not None:
            cls.gw = Gateway(cls.HTTP, cls.origins, **cls.OPTIONS)
            cls.addClassCleanup(cls.gw.stop)
            cls.port = cls.gw.ports[0]

    def setUp(self):
        for origin in self.origins:
            origin.forget()

    def start(self, http, origins=None, **options):
        gw = Gateway(http, self.origins if origins is None else origins, **options)
        self.addCleanup(gw.stop)
        return gw

    def start_origin(self, **options):
        from origin import Origin
        origin = Origin(**options)
        self.addCleanup(origin.stop)
        return origin

    def get(self, target="/", fields=(), **options):
        return get(self.port, target, fields, **options)

    def ask(self, data, **options):
        return ask(self.port, data, **options)

    def assertStatus(self, response, status, message=None):
        self.assertEqual(response.status, status, message or repr(response))
        return response

    def assertRefused(self, data, status, where=None, reached=None):
        """These bytes are answered with `status` (one or several allowed), the connection is closed, nothing behind
        them is taken as a request, and nothing of them reaches the origin."""
        allowed = status if isinstance(status, tuple) else (status,)
        before = self.origin.request_count
        with Conn(where or self.port) as conn:
            try:
                conn.send(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            received = conn.read_to_close(5)
        match = re.match(rb"HTTP/1\.[01] (\d{3}) ", received)
        got = int(match[1]) if match else None
        self.assertIn(got, allowed, "%r answered %r" % (data[:200], received[:200]))
        self.assertEqual(len(re.findall(rb"(?:^|\n)HTTP/1\.", received)), 1 if got else 0, "more than one answer")
        self.assertEqual(self.origin.request_count - before, reached or 0, "reached the origin: %r" % data[:200])


def in_parallel(count, work):
    """Runs work(i) in `count` threads and returns the results in order; the first exception is raised here."""
    results, errors = [None] * count, []

    def one(i):
        try:
            results[i] = work(i)
        except BaseException as error:  # noqa: B902 (raised again below)
            errors.append(error)
    threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def main():
    """The end of each test file: runs it alone; the last line is `N passed, N failed`."""
    import sys
    program = unittest.main(module="__main__", exit=False, warnings="ignore",
                            verbosity=2 if "-v" in sys.argv else 1)
    result = program.result
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - len(result.skipped), failed,
                                               len(result.skipped)), flush=True)
    sys.exit(1 if failed else 0)
