"""Clients that leave at every stage of everything that takes time, while the configuration changes under them.

Whatever they do, each count comes back to zero, no descriptor and no file stays, and those who stay to the end get what
they asked for. Under the sanitizers this looks for what is used after it was freed."""
import gzip
import os
import random
import threading
import time
import zlib

from harness import FACTOR, SLOW, Conn, WireTest, beyond_nginx, get, main, wait_for
from origin import filler

SEED = 20260
CLIENTS = 6
SECONDS = 3                       # of the storm; it stops by the clock, whatever the machine can do
BIG = 300000
BCRYPT = "$2b$04$abcdefghijklmnopqrstuudMegMbPN37MbpdEfAtP66w1z0RBCtLG"  # of "p"
SLOW_BCRYPT = "$2b$08$abcdefghijklmnopqrstuuVRZU0c9TbLU.stULl4UFfNeqU1c7wNm"  # the same, sixteen times as slow
BASIC = "Authorization: Basic dTpw\r\n"                                   # u:p
ACCEPT = "Accept-Encoding: gzip\r\n"

HTTP = """
limit_conn_zone all zone=conn:1m;
limit_req_zone all zone=req:1m rate=200r/s;
limit_req_zone $arg_k zone=one:1m rate=20r/s;
upstream pool { server @O0@ max_fails=0; server @O1@ max_fails=0; keepalive @KEEP@; }
upstream learn { zone learn 64k; server @O0@ max_fails=0; server @O1@ max_fails=0;
    sticky learn create=$arg_s lookup=$cookie_s zone=sessions:64k timeout=1m; }
error_log error.log warn;
error_log memory:32k debug;
access_log lines.log combined buffer=16k flush=50ms gzip=1;
access_log syslog:server=@P1@,nohostname;
upstream few { server @O0@ max_conns=2; queue 50 timeout=300ms; }
proxy_read_timeout 2s;
client_body_temp_path body;
client_body_buffer_size 8k;
client_max_body_size 4m;
limit_conn_log_level info;
limit_req_log_level info;
server {
    listen @P0@;
    limit_conn conn 60000;
    add_header X-Gen @GEN@ always;
    location /plain/ { proxy_pass http://pool/; }
    location /stream/ { proxy_request_buffering off; proxy_pass http://pool/; }
    location /learn/ { proxy_pass http://learn/; }
    location /few/ { proxy_pass http://few/; }
    location /asked/ { auth_request /ask; auth_request_set $seen $upstream_status; add_header X-Seen $seen;
        proxy_pass http://pool/; }
    location /nested/ { auth_request /ask-slowly; mirror /copy; proxy_pass http://pool/; }
    location = /ask { internal; proxy_pass http://pool/status/200; proxy_pass_request_body off; }
    location = /ask-slowly { internal; auth_request /ask-wait; proxy_pass http://pool/b/10; }
    location = /ask-wait { internal; proxy_pass http://pool/wait/0.01; }
    location /mirrored/ { mirror /copy; mirror /copy-hangs; mirror /copy-fails; proxy_pass http://pool/; }
    location = /copy { internal; proxy_pass http://pool/chunked/20000; }
    location = /copy-hangs { internal; proxy_read_timeout 200ms; proxy_pass http://pool/hang; }
    location = /copy-fails { internal; error_page 502 504 = @spare; proxy_pass http://pool/half; }
    location /secret/ { auth_basic "here"; auth_basic_user_file users; proxy_pass http://pool/; }
    location /any/ { satisfy any; deny all; auth_basic "here"; auth_basic_user_file users; auth_request /ask;
        proxy_pass http://pool/; }
    location /gzip/ { gzip on; gzip_types *; gzip_comp_level @LEVEL@; gzip_proxied any; gzip_min_length 1;
        gzip_http_version 1.0; proxy_pass http://pool/; }
    location /slowly/ { limit_rate 100k; limit_rate_after 50k; proxy_pass http://pool/; }
    location /slowzip/ { limit_rate 5k; gzip on; gzip_types *; gzip_proxied any; proxy_pass http://pool/; }
    location /late/ { limit_req zone=req burst=1000; proxy_pass http://pool/; }
    location /later { limit_req zone=one burst=20; return 200 later; }
    location /file { alias @DIR@/files; }
    location /slowfile { limit_rate 200k; alias @DIR@/files; }
    location /subst/ { sub_filter_types *; sub_filter_once off; sub_filter 0001 ONE; proxy_pass http://pool/; }
    location /accel/ { proxy_pass http://pool/; }
    location /try/ { root @DIR@/files; try_files /none$uri /neither @spare; }
    location @spare { rewrite ^ /b/1000 break; proxy_pass http://pool; }
    location /broken/ { error_page 502 504 404 = /repaired; proxy_intercept_errors on; proxy_pass http://pool/; }
    location = /repaired { auth_request /ask; proxy_pass http://pool/b/1000; }
    location /dead { error_page 502 = @spare; proxy_pass http://@DEAD@; }
}
server { listen @P1@; location = /free { limit_conn conn 1; return 200 free; } location / { stub_status; } }
"""

# What is asked for, the body that comes when nobody leaves (None: not looked at), fields.
TARGETS = [
    ("/plain/b/%d" % BIG, filler(BIG), ""),
    ("/plain/chunked/50000", filler(50000), ""),
    ("/plain/slow-body/0.2", filler(1000), ""),
    ("/plain/echo", None, ""),
    ("/stream/echo", None, ""),
    ("/learn/b/10?s=1", filler(10), "Cookie: s=2\r\n"),
    ("/learn/b/10?s=2", filler(10), "Cookie: s=1\r\n"),
    ("/few/wait/0.02", b"waited", ""),
    ("/asked/b/5000", filler(5000), ""),
    ("/nested/b/5000", filler(5000), ""),
    ("/mirrored/b/5000", filler(5000), ""),
    ("/secret/b/5000", filler(5000), BASIC),
    ("/secret/b/5000", None, "Authorization: Basic dTpx\r\n"),
    ("/secret/b/5000", None, "Authorization: Basic djp4\r\n"),
    ("/any/b/5000", filler(5000), BASIC),
    ("/gzip/b/%d" % BIG, filler(BIG), ACCEPT),
    ("/gzip/chunked/%d" % BIG, filler(BIG), ACCEPT),
    ("/slowly/b/60000", filler(60000), ""),
    ("/slowzip/b/100000", None, ACCEPT),
    ("/late/b/10", filler(10), ""),
    ("/later?k=1", None, ""),
    ("/file/big", filler(4 << 20), ""),
    ("/slowfile/big", None, "Range: bytes=0-99,1000000-2000000\r\n"),
    ("/subst/chunked/50000", filler(50000).replace(b"0001", b"ONE"), ""),
    ("/accel/to-file", filler(4 << 20), ""),
    ("/accel/to-spare", filler(1000), ""),
    ("/try/this", filler(1000), ""),
    ("/broken/status/404", filler(1000), ""),
    ("/broken/close", filler(1000), ""),
    ("/broken/half", None, ""),
    ("/dead", filler(1000), ""),
]
SLOW_TARGETS = ("/later", "/slowfile", "/slowzip")  # whoever waits for these waits long: nobody does


def http(generation):
    return (HTTP.replace("@GEN@", str(generation)).replace("@KEEP@", str(4 + generation % 3 * 4))
            .replace("@LEVEL@", str(1 + generation % 5)))


def accel(target):
    def answer(link, received):
        link.read_body(received)
        link.answer(b"not this", fields=[("X-Accel-Redirect", target)])
        return True
    return answer


class Client(threading.Thread):
    """Asks in an order of its own until `end`. Its decisions come from its seed alone."""

    def __init__(self, port, seed, end):
        super().__init__()
        self.port, self.end, self.random = port, end, random.Random(seed)
        self.wrong, self.finished, self.left = [], 0, 0
        self.start()

    def run(self):
        while time.monotonic() < self.end:
            try:
                self.turn()
            except OSError:
                self.left += 1  # the gateway closed first: it may, after a cut answer or a refused body
            except AssertionError as error:
                self.wrong.append("%s: %s" % (self.target, str(error)[:300]))

    def turn(self):
        choice = self.random
        target, wanted, fields = choice.choice(TARGETS)
        self.target = target
        message = self.message(target, fields)
        with Conn(self.port, timeout=20, rcvbuf=choice.choice((None, 4096))) as conn:
            if choice.random() < 0.35 and not target.startswith(SLOW_TARGETS):
                self.stay(conn, target, wanted, message)
            else:
                self.leave(conn, message)

    def message(self, target, fields):
        """A request, with a body in one of the two framings half of the time."""
        kind = self.random.choice(("none", "none", "length", "chunked"))
        head = "%s %s HTTP/1.1\r\nHost: h\r\n%s" % ("GET" if kind == "none" else "POST", target, fields)
        if kind == "none":
            return (head + "\r\n").encode()
        body = filler(self.random.choice((1, 3000, 100000)))
        if self.random.random() < 0.1:
            head += "Expect: 100-continue\r\n"
        if kind == "length":
            return (head + "Content-Length: %d\r\n\r\n" % len(body)).encode() + body
        return (head + "Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)).encode() + body + b"\r\n0\r\n\r\n"

    def stay(self, conn, target, wanted, message):
        count = self.random.choice((1, 1, 2, 4))
        method = message.split(b" ", 1)[0].decode()
        if method == "POST" and target.startswith(("/file", "/accel/to-file")):
            return  # 405
        conn.send(message * count)
        while count > 0:
            count -= 1
            answer = conn.read(method)
            if answer.get("Connection") == "close" or not answer.complete:
                count = 0
            if wanted is None:
                continue
            body = zlib.decompress(answer.body, 31) if answer.get("Content-Encoding") else answer.body
            if answer.status != 200 or body != wanted:
                self.wrong.append("%s %s: %r, %d of %d bytes" % (method, target, answer, len(body), len(wanted)))
            self.finished += 1

    def leave(self, conn, message):
        """Goes in the middle of the request, before the answer or in it, by FIN or reset."""
        choice = self.random
        message *= choice.choice((1, 1, 3))
        if choice.random() < 0.3:
            message = message[:choice.randrange(1, len(message))]
        conn.send(message)
        way = choice.random()
        if way < 0.3:
            time.sleep(choice.choice((0.001, 0.005, 0.03)))
        elif way < 0.6:
            conn.socket.settimeout(0.2)
            try:
                conn.socket.recv(choice.choice((1, 1000, 60000)))
            except TimeoutError:
                pass
        self.left += 1
        how = choice.random()
        if how < 0.5:
            conn.reset()
        elif how < 0.7:
            conn.half_close()
            time.sleep(0.002)


def resident_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def sleeps(pid):
    """All threads wait for something, and go on waiting: it holds on the busiest machine, unlike times."""
    for _ in range(20):
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, thread)) as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "R":
                    return False
        time.sleep(0.01)
    return True


def deleted_files(pid):
    """Files that are open although they have no name any more: bodies of requests that are over."""
    names = []
    for number in os.listdir("/proc/%d/fd" % pid):
        try:
            names.append(os.readlink("/proc/%d/fd/%s" % (pid, number)))
        except OSError:
            pass
    return [n for n in names if n.endswith(" (deleted)") or "/body/" in n]


@beyond_nginx
class Stress(WireTest):
    ORIGINS = 2

    def setUp(self):
        super().setUp()
        for origin in self.origins:
            origin.script("/to-file", accel("/file/big"))
            origin.script("/to-spare", accel("@spare"))
        self.gw = self.start(http(0), main="worker_processes 2;", level="warn", ports=2,
                             files={"files/big": filler(4 << 20), "users": "u:%s\nv:%s\n" % (BCRYPT, SLOW_BCRYPT)})
        self.gw.allowed = ["open socket"]

    def storm(self, seed, seconds):
        end = time.monotonic() + seconds
        clients = [Client(self.gw.ports[0], seed * 100 + i, end) for i in range(CLIENTS)]
        generation = seed * 1000
        while time.monotonic() < end:
            generation += 1
            self.gw.reload(http(generation))
            time.sleep(0.1)
        for client in clients:
            client.join(30 * FACTOR)
            self.assertFalse(client.is_alive(), "a client is stuck")
        self.assertEqual([w for client in clients for w in client.wrong][:5], [])
        return sum(c.finished for c in clients), sum(c.left for c in clients)

    def settles(self):
        """Nothing that began is left: connections, counts, descriptors of bodies, subexchanges."""
        pid, status = self.gw.process.pid, self.gw.ports[1]
        self.gw.reload(http(0))
        wait_for(lambda: "Active connections: 1 " in get(status, "/").text, 10,
                 message=get(status, "/").text)
        wait_for(lambda: get(status, "/free").status == 200, 10, message="limit_conn still counts somebody")
        wait_for(lambda: not deleted_files(pid), 5, message="open: %r" % deleted_files(pid))
        body = self.gw.path("body")
        left = [os.path.join(at, f) for at, _, files in os.walk(body) for f in files]
        self.assertEqual(left, [])
        return self.gw.open_files()

    def test_clients_that_leave(self):
        self.storm(SEED, SECONDS / 3)
        files, memory = self.settles(), resident_kib(self.gw.process.pid)
        finished, left = self.storm(SEED + 1, SECONDS)
        after = self.settles()
        self.assertLessEqual(after, files + 24, "descriptors")  # upstream connections are kept, by both workers
        if not SLOW:
            self.assertLess(resident_kib(self.gw.process.pid), memory * 1.3 + 16384, "memory, KiB: %d before" % memory)
        self.assertGreater(min(finished, left), 20)
        for target, wanted, fields in TARGETS:
            if wanted is None or target.startswith(SLOW_TARGETS):
                continue
            with Conn(self.gw.ports[0], timeout=20) as conn:
                answer = conn.get(target, fields=fields)
            body = zlib.decompress(answer.body, 31) if answer.get("Content-Encoding") else answer.body
            self.assertEqual((answer.status, body == wanted), (200, True), "%s: %r" % (target, answer))
        print("stress: %d answered, %d left, %d reloads" % (finished, left, self.gw.generation), flush=True)

    def test_the_end_in_the_middle(self):
        """The gateway is told to end (TERM) while all of it is under way; stop() looks for what leaked."""
        end = time.monotonic() + 1.0 * FACTOR
        clients = [Client(self.gw.ports[0], SEED + i, end) for i in range(CLIENTS)]
        time.sleep(0.5)
        self.gw.signal(15)
        self.gw.wait_exit(10)
        for client in clients:
            client.end = 0
            client.join(30 * FACTOR)

    def test_clients_that_stop_reading(self):
        """Whatever the body passes through, a client that takes nothing costs no time of a processor."""
        body = filler(24 << 20)
        packed = gzip.compress(bytes(64 << 20), 6)

        def send(bytes_, *fields):
            def answer(link, received):
                link.read_body(received)
                link.answer(bytes_, fields=[("Content-Type", "text/html"), *fields])
                return True
            return answer
        self.origin.script("/text", send(body))
        self.origin.script("/packed", send(packed, ("Content-Encoding", "gzip")))
        gw = self.start("""server { listen @P0@;
            location /plain { proxy_pass http://@O@/text; }
            sub_filter_once off; send_min_rate 0;
            location /subst { proxy_buffers 8 8m; sub_filter 0001 ONE; proxy_pass http://@O@/text; }
            location /gunzip { proxy_buffers 8 8m; gunzip on; proxy_pass http://@O@/packed; }
            location /gzip { gzip on; gzip_comp_level 1; proxy_pass http://@O@/text; }
            location /rate/subst { limit_rate 16m; sub_filter 0001 ONE; proxy_pass http://@O@/text; }
            location /rate/gunzip { limit_rate 16m; gunzip on; proxy_pass http://@O@/packed; }
            location /file { alias @DIR@/files; } }""", files={"files/big": body})
        for target in ("/plain", "/subst", "/gunzip", "/gzip", "/rate/subst", "/rate/gunzip", "/file/big"):
            with self.subTest(target), Conn(gw.ports[0], timeout=20, rcvbuf=4096) as conn:
                conn.send("GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n" % (target, ACCEPT if target == "/gzip" else ""))
                conn.read_head()
                for pause in (0.2, 0.2, 0):
                    conn._exactly(1 << 20)  # in leaps, so that all that waits for it is taken now and then
                    time.sleep(pause)
                wait_for(lambda: sleeps(gw.process.pid), 6, message=target + ": a thread is still at work")


if __name__ == "__main__":
    main()
