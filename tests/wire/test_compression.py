"""gzip, brotli, zstd and gunzip: what is encoded for whom, that it decodes to what the origin sent, and that nobody
waits for it."""
import gzip
import os
import statistics
import subprocess
import sys
import threading
import time
import zlib

from decoders import DECODERS, gunzip
from harness import Conn, WireTest, beyond_nginx, get, main, not_slow, request
from origin import filler

ALL = "gzip, br, zstd"
JSON = [("Content-Type", "application/json")]


def text_of(size):
    """Text that compresses as texts do."""
    words = [b"alpha", b"order", b'"id":', b"customer", b"{", b"}", b"total", b"amount", b"2024-01-", b"true"]
    out, seed = [], 12345
    have = 0
    while have < size:
        seed = (seed * 1103515245 + 12345) % (1 << 31)
        word = words[(seed >> 16) % len(words)] + b"%d " % ((seed >> 8) % 9973)
        out.append(word)
        have += len(word)
    return b"".join(out)[:size]


def answer(body, kind="text/html", fields=(), status="200 OK", length=True):
    def send(link, received):
        link.read_body(received)
        link.answer(b"" if received.method == "HEAD" else body, status,
                    [("Content-Type", kind)] + ([] if received.method != "HEAD" or not length else
                                                [("Content-Length", len(body))]) + list(fields),
                    length=length and received.method != "HEAD")
        return length
    return send


class BrokenOnArrival(WireTest):
    """A body that is broken in what came with its head, when response steps have acted on the answer already."""
    HTTP = """
    upstream pool { server @O@; }
    server {
        listen @P0@;
        gzip on; gzip_types *; gzip_min_length 1;
        proxy_force_ranges on;
        location / { proxy_pass http://pool; }
        location /page/ { error_page 502 /sorry; proxy_pass http://pool/; }
        location = /sorry { default_type text/plain; return 200 "sorry"; }
        location /head/ { proxy_method HEAD; proxy_pass http://pool/; }
    }
    """

    def test_the_error_has_nothing_of_the_answer(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.origin.script("/bad", lambda link, received: link.send(head + b"xyz\r\n"))
        for target in ("/bad", "/page/bad"):
            response = request(self.port, "GET", target, [("Accept-Encoding", "gzip")])
            self.assertStatus(response, 502)
            self.assertEqual((response.get("Content-Encoding"), response.chunked), (None, False))
            self.assertEqual(response.get("Content-Length"), str(len(response.body)))
            self.assertIn(b"sorry" if "page" in target else b"502 Bad Gateway", response.body)

    def test_no_length_is_promised_for_a_body_that_does_not_come(self):
        with Conn(self.port) as conn:
            for _ in range(2):
                response = conn.get("/head/b/1000")
                self.assertStatus(response, 200)
                self.assertEqual((response.get("Content-Length"), response.body), ("0", b""))


class Choice(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 4; }
    log_format ratio "$uri $gzip_ratio $status";
    access_log access.log ratio;
    server {
        listen @P0@;
        gzip on; gzip_types application/json; gzip_vary on;
        location / { proxy_pass http://pool; }
        location /old/ { gzip_http_version 1.0; proxy_pass http://pool/; }
        location /all/ { brotli on; brotli_types *; zstd on; zstd_types *; gzip_types *; proxy_pass http://pool/; }
        location /long/ { gzip_min_length 1000; proxy_pass http://pool/; }
        location /any/ { gzip_proxied any; proxy_pass http://pool/; }
        location /nolm/ { gzip_proxied no_last_modified no_etag expired private; proxy_pass http://pool/; }
        location /auth/ { gzip_proxied auth; proxy_pass http://pool/; }
        location /agents/ { gzip_disable msie6 "Bad(Bot)?/"; proxy_pass http://pool/; }
        location /off/ { gzip off; proxy_pass http://pool/; }
        location /text { default_type text/html; return 200 "@TEXT@"; }
        location /missing { return 404; }
    }
    """.replace("@TEXT@", "hello " * 50)

    def setUp(self):
        super().setUp()
        self.body = text_of(5000)
        for path, kind in (("/html", "text/html; charset=utf-8"), ("/json", "application/json"),
                           ("/png", "image/png")):
            self.origin.script(path, answer(self.body, kind, [("ETag", '"v1"'), ("Accept-Ranges", "bytes")]))
        self.origin.script("/encoded", answer(b"x" * 100, "text/html", [("Content-Encoding", "x-own")]))

    def coded(self, target, accept, version="1.1", fields=(), body=None):
        """The coding of the answer; the body must decode to the origin's."""
        response = request(self.port, "GET", target, [("Accept-Encoding", accept)] + list(fields), version=version)
        self.assertStatus(response, 200)
        coding = response.get("Content-Encoding")
        plain = DECODERS[coding](response.body) if coding else response.body
        self.assertEqual(plain, self.body if body is None else body)
        return coding

    def test_types(self):
        self.assertEqual(self.coded("/html", "gzip"), "gzip")
        self.assertEqual(self.coded("/json", "deflate, gzip;q=0.1"), "gzip")
        self.assertEqual(self.coded("/png", "gzip"), None)
        self.assertEqual(self.coded("/off/html", "gzip"), None)

    def test_clients_that_do_not_take_it(self):
        for accept in ("", "identity", "gzip;q=0", "*", "br"):
            self.assertEqual(self.coded("/html", accept), None, accept)
        self.assertEqual(self.coded("/html", "gzip", version="1.0"), None)
        self.assertEqual(self.coded("/old/html", "gzip", version="1.0"), "gzip")

    def test_fields(self):
        with Conn(self.port) as conn:
            for _ in range(3):  # the connection stays good
                response = conn.get("/html", fields="Accept-Encoding: gzip\r\n")
                self.assertEqual((response.get("ETag"), response.get("Content-Length"), response.get("Accept-Ranges"),
                                  response.all("Vary"), response.chunked),
                                 ('W/"v1"', None, None, ["Accept-Encoding"], True))
                self.assertEqual(gunzip(response.body), self.body)
            plain = conn.get("/html")
            self.assertEqual((plain.get("ETag"), plain.get("Content-Length"), plain.get("Vary")),
                             ('"v1"', "5000", "Accept-Encoding"))
            self.assertEqual(conn.get("/png").get("Vary"), None)
        head = request(self.port, "HEAD", "/html", [("Accept-Encoding", "gzip")])
        self.assertEqual((head.get("Content-Encoding"), head.get("Content-Length")), ("gzip", None))

    def test_encoded_answers_stay(self):
        response = self.get("/encoded", [("Accept-Encoding", "gzip")])
        self.assertEqual((response.all("Content-Encoding"), response.body), (["x-own"], b"x" * 100))

    def test_short_and_empty_bodies(self):
        self.origin.script("/one", answer(b"1"))
        self.assertEqual(self.coded("/one", "gzip", body=b"1"), None)
        self.assertEqual(self.coded("/long/html", "gzip"), "gzip")
        self.body = b"y" * 999
        self.origin.script("/html", answer(self.body))
        self.assertEqual(self.coded("/long/html", "gzip"), None)
        self.assertEqual(self.coded("/html", "gzip"), "gzip")
        self.origin.script("/nothing", answer(b"", length=False))
        self.assertEqual(self.coded("/nothing", "gzip", body=b""), "gzip")
        for status in ("204 None", "304 Same"):
            self.origin.script("/bare", b"HTTP/1.1 %s\r\nContent-Type: text/html\r\n\r\n" % status.encode())
            response = self.get("/bare", [("Accept-Encoding", "gzip")])
            self.assertEqual((response.get("Content-Encoding"), response.body), (None, b""))

    def test_statuses(self):
        for status, coding in (("403 No", "gzip"), ("404 No", "gzip"), ("500 No", None), ("206 Part", None)):
            self.origin.script("/s", answer(self.body, status=status))
            response = self.get("/s", [("Accept-Encoding", "gzip")])
            self.assertEqual((response.get("Content-Encoding"), response.status), (coding, int(status[:3])))
        page = self.get("/missing", [("Accept-Encoding", "gzip")])
        self.assertEqual((page.status, page.get("Content-Encoding")), (404, "gzip"))
        self.assertIn(b"404 Not Found", gunzip(page.body))
        self.assertEqual(gunzip(self.get("/text", [("Accept-Encoding", "gzip")]).body), b"hello " * 50)

    def test_proxied_requests(self):
        via = [("Via", "1.1 a")]
        self.assertEqual(self.coded("/html", "gzip", fields=via), None)
        self.assertEqual(self.coded("/any/html", "gzip", fields=via), "gzip")
        self.assertEqual(self.coded("/auth/html", "gzip", fields=via + [("Authorization", "x")]), "gzip")
        self.assertEqual(self.coded("/nolm/html", "gzip", fields=via), None)  # it has an ETag
        for fields, coding in (([], "gzip"), ([("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")], None),
                               ([("Expires", "Mon, 01 Jan 2024 00:00:00 GMT")], "gzip"),
                               ([("Expires", "Mon, 01 Jan 2124 00:00:00 GMT")], None), ([("Expires", "x")], None),
                               ([("Cache-Control", "private")], "gzip"), ([("Cache-Control", "no-store")], None)):
            self.origin.script("/p", answer(self.body, fields=fields))
            self.assertEqual(self.coded("/nolm/p", "gzip", fields=via), coding, fields)

    def test_agents(self):
        for agent, coding in (("Mozilla/4.0 (compatible; MSIE 6.0; Windows)", None), ("badbot/1", None),
                              ("Mozilla/4.0 (compatible; MSIE 6.0; Windows; SV1)", "gzip"), ("curl/8", "gzip"),
                              ("MSIE 7.0; x", "gzip")):
            self.assertEqual(self.coded("/agents/html", "gzip", fields=[("User-Agent", agent)]), coding, agent)

    @beyond_nginx
    def test_preference(self):
        for accept, coding in ((ALL, "br"), ("gzip, zstd", "zstd"), ("gzip;q=0.9, br;q=0.8", "gzip"),
                               ("zstd;q=0.5, gzip;q=0.4, br;q=0", "zstd"), ("gzip", "gzip"), ("deflate", None)):
            self.assertEqual(self.coded("/all/png", accept), coding, accept)

    def test_ratio_in_the_log(self):
        self.get("/html?ratio", [("Accept-Encoding", "gzip")])
        match = self.gw.wait_log(r"^/html (\d+\.\d\d) 200$", name="access.log")
        self.assertGreater(float(match[1]), 1.5)
        self.get("/png")
        self.gw.wait_log(r"^/png - 200$", name="access.log")


LEVELS = {"gzip": (1, 6, 9), "br": (0, 6, 11), "zstd": (1, 3, 19)}
NAMES = {"gzip": "gzip", "br": "brotli", "zstd": "zstd"}


def location(prefix, coding, level, more=""):
    name = NAMES[coding]
    return "location /%s/ { %s on; %s_types *; %s_comp_level %d; %s proxy_pass http://pool/; }\n" % (
        prefix, name, name, name, level, more)


@beyond_nginx
class Bodies(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    server { listen @P0@; location / { proxy_pass http://pool; }
    """ + "".join(location("%s%d" % (c, n), c, n) for c, levels in LEVELS.items() for n in levels) + """
        """ + "".join(location("live-" + c, c, 1, "proxy_buffering off;") for c in LEVELS) + """
        location /slowly/ { gzip on; gzip_types *; gzip_comp_level 1; limit_rate 20k; proxy_pass http://pool/; }
        location /once { gzip on; gzip_types *; alias @DIR@/files; }
    }
    """
    OPTIONS = {"files": {"files/big.txt": text_of(3000000)}}

    def each(self):
        for coding, levels in LEVELS.items():
            for level in levels:
                yield coding, "/%s%d" % (coding, level)

    def test_sizes(self):
        for coding, prefix in self.each():
            for size in (0, 1, 20, 4000, 20000, 70000, 300000):
                for kind in ("b", "chunked", "eof"):
                    with self.subTest(coding=prefix, size=size, kind=kind):
                        response = get(self.port, "%s/%s/%d" % (prefix, kind, size), [("Accept-Encoding", coding)])
                        if response.get("Content-Encoding"):
                            self.assertEqual(response.get("Content-Encoding"), coding)
                            self.assertEqual(DECODERS[coding](response.body), filler(size))
                        else:
                            self.assertLess(size, 20)
                            self.assertEqual(response.body, filler(size))

    def test_files(self):
        response = get(self.port, "/once/big.txt", [("Accept-Encoding", "gzip")], timeout=30)
        self.assertEqual(gunzip(response.body), text_of(3000000))
        # Ranges are those of what is sent: of an answer that is encoded as it goes there are none, as with nginx.
        whole = get(self.port, "/once/big.txt", [("Range", "bytes=5-9"), ("Accept-Encoding", "gzip")], timeout=30)
        self.assertEqual((whole.status, gunzip(whole.body)), (200, text_of(3000000)))
        part = get(self.port, "/once/big.txt", [("Range", "bytes=5-9")])
        self.assertEqual((part.status, part.body), (206, text_of(10)[5:]))

    def test_events_are_passed_on_as_they_come(self):
        for coding in LEVELS:
            for framed in (True, False):
                with self.subTest(coding=coding, framed=framed):
                    go = threading.Semaphore(0)

                    def events(link, received):
                        link.read_body(received)
                        link.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
                                  (b"Transfer-Encoding: chunked\r\n\r\n" if framed else b"\r\n"))
                        for i in range(5):
                            data = b"data: event %d\n\n" % i
                            link.send(b"%x\r\n%s\r\n" % (len(data), data) if framed else data)
                            go.acquire(timeout=10)
                        if framed:
                            link.send(b"0\r\n\r\n")
                        return False
                    self.origin.script("/events", events)
                    with Conn(self.port) as conn:
                        conn.send("GET /live-%s/events HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n"
                                  % (coding, coding))
                        head = conn.read_head()
                        self.assertEqual(head.get("Content-Encoding"), coding)
                        body, expected = b"", b""
                        for i in range(5):
                            expected += b"data: event %d\n\n" % i
                            while DECODERS[coding](body, partial=True) != expected:
                                body += conn._exactly(int(conn._until(b"\r\n"), 16))[0]
                                conn._exactly(2)
                            go.release()

    def test_a_slow_client_holds_the_origin(self):
        total = 60 * 1000 * 1000
        sent = [0]

        def endless(link, received):
            link.answer(fields=[("Content-Length", total)], length=False)
            try:
                for _ in range(total // 100000):
                    link.send(os.urandom(100000))
                    sent[0] += 100000
            finally:
                done.set()
        done = threading.Event()
        for coding, prefix in (("gzip", "/gzip1"), ("br", "/br6"), ("zstd", "/zstd3")):
            with self.subTest(coding):
                sent[0] = 0
                done.clear()
                self.origin.script("/endless", endless)
                conn = Conn(self.port, rcvbuf=16384)
                conn.send("GET %s/endless HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n" % (prefix, coding))
                conn.read_head()
                before = -1
                while before != sent[0]:  # until nothing moves any more
                    before = sent[0]
                    time.sleep(0.5)
                self.assertLess(sent[0], total // 2)
                conn.reset()
                self.assertTrue(done.wait(10), "the origin is not told that the client has gone")

    def test_clients_that_go_and_origins_that_cut(self):
        body = text_of(400000)

        def cut(link, received):
            link.answer(fields=[("Content-Length", len(body)), ("Content-Type", "text/html")], length=False)
            link.send(body[:300000])
            return False
        self.origin.script("/cut", cut)
        for coding, prefix in self.each():
            with self.subTest(prefix):
                response = get(self.port, prefix + "/cut", [("Accept-Encoding", coding)])
                self.assertFalse(response.complete)
                for target in ("/b/2000000", "/cut", "/slow-body/2"):
                    conn = Conn(self.port)
                    conn.send("GET %s%s HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n" % (prefix, target, coding))
                    if target != "/cut":
                        conn.read_head()
                    conn.reset()
        self.assertStatus(self.get("/b/10"), 200)

    def test_behind_it_a_rate_and_a_client_that_goes(self):
        conn = Conn(self.port)
        conn.send("GET /slowly/b/5000000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
        conn.read_head()
        conn.reset()
        response = get(self.port, "/slowly/b/5000", [("Accept-Encoding", "gzip")])
        self.assertEqual(gunzip(response.body), filler(5000))

    def test_one_connection_many_answers(self):
        with Conn(self.port) as conn:
            for coding, prefix in self.each():
                for size in (100, 90000, 5000):
                    response = conn.get("%s/b/%d" % (prefix, size), fields="Accept-Encoding: %s\r\n" % coding)
                    self.assertEqual(DECODERS[coding](response.body), filler(size))
            conn.send("".join("GET %s/b/90000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n" % (prefix, coding)
                              for coding, prefix in self.each()))
            for coding, _ in self.each():
                self.assertEqual(DECODERS[coding](conn.read().body), filler(90000))


# Reads answers and throws them away, so that the test's own threads have nothing to do with them.
LOAD = """
import socket, sys
while True:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
        s.sendall(b"GET /%s/big HTTP/1.0\\r\\nHost: a\\r\\nAccept-Encoding: %s\\r\\n\\r\\n"
                  % (sys.argv[2].encode(), sys.argv[2].encode()))
        while s.recv(65536):
            pass
"""
BURN = "while True: pass"


@not_slow
@beyond_nginx
class NobodyWaits(WireTest):
    """One worker, 1 MB answers at the highest levels. Encoding one on the loop would take 60 ms (gzip) to 2 s (br)."""
    HTTP = """
    gzip_http_version 1.0;
    server { listen @P0@; keepalive_requests 10000000; location = /ping { return 200 pong; }
        location /gzip/ { gzip on; gzip_comp_level 9; alias @DIR@/files/; default_type text/html; }
        location /br/ { brotli on; brotli_comp_level 11; alias @DIR@/files/; default_type text/html; }
        location /zstd/ { zstd on; zstd_comp_level 19; alias @DIR@/files/; default_type text/html; }
    }
    """
    ORIGINS = 0
    OPTIONS = {"main": "worker_processes 1;", "files": {"files/big": text_of(1000000)}}

    def cpu_ms(self):
        """Of each thread, in ms."""
        times = {}
        for pid in self.gw.pids():
            for thread in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, thread)) as f:
                    times[thread] = int(f.read().split()[0]) / 1e6
        return times

    def loop_thread(self):
        """The worker's own thread: the first one of its name. Those of the pool have theirs from who began them."""
        found = []
        for pid in self.gw.pids():
            for thread in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/stat" % (pid, thread)) as f:
                    name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
                if name == "worker 0":
                    found.append((int(rest.split()[19]), int(thread)))  # 19: the time at which it began
        return str(min(found)[1])

    def pings(self, count):
        times = []
        with Conn(self.port) as conn:
            for _ in range(count):
                start = time.monotonic()
                self.assertEqual(conn.get("/ping").body, b"pong")
                times.append(1000 * (time.monotonic() - start))
        return times

    def test_the_loop_hardly_works(self):
        """All that the loop's thread does for one answer takes less than 5 ms of processor time, so no turn takes more:
        a measure that a busy machine does not change."""
        loop = self.loop_thread()
        for coding, count in (("gzip", 5), ("br", 1), ("zstd", 1)):
            with self.subTest(coding):
                before = self.cpu_ms()
                for _ in range(count):
                    response = get(self.port, "/%s/big" % coding, [("Accept-Encoding", coding)], timeout=120)
                    self.assertEqual(response.get("Content-Encoding"), coding)
                after = self.cpu_ms()
                all_of_it = sum(after.values()) - sum(before.values())
                self.assertLess((after[loop] - before[loop]) / count, 5)
                self.assertGreater(all_of_it / count, 3 * (after[loop] - before[loop]) / count)

    def test_others_are_answered_meanwhile(self):
        """The median latency beside two clients that load, against that beside two programs that burn as much."""
        def beside(command):
            programs = [subprocess.Popen([sys.executable, "-c"] + command, stderr=subprocess.DEVNULL) for _ in range(2)]
            try:
                time.sleep(0.5)  # not for a result: only so that they have begun
                return statistics.median(self.pings(400))
            finally:
                for program in programs:
                    program.kill()
                    program.wait()
        for coding in ("gzip", "br", "zstd"):
            with self.subTest(coding):
                self.assertLess(beside([LOAD, str(self.port), coding]), beside([BURN]) + 5)


class Gunzip(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 4; }
    server { listen @P0@; gunzip on; gzip_vary on;
        location / { proxy_pass http://pool; }
        location /slowly/ { limit_rate 30k; proxy_pass http://pool/; }
        location /again/ { brotli on; proxy_pass http://pool/; }
        location /sub/ { sub_filter alpha ALPHA; sub_filter_once off; proxy_pass http://pool/; }
    }
    """
    GZ = [("Content-Encoding", "gzip"), ("ETag", '"x"')]

    def test_whole_bodies(self):
        for size in (0, 1, 1000, 200000, 3000000):
            body = text_of(size)
            for level in (0, 1, 9):
                self.origin.script("/z", answer(gzip.compress(body, level), fields=self.GZ))
                response = self.get("/z", timeout=30)
                self.assertEqual((response.get("Content-Encoding"), response.get("ETag"), response.get("Vary")),
                                 (None, 'W/"x"', "Accept-Encoding"))
                self.assertTrue(response.complete)
                self.assertEqual(response.body, body)
        taken = self.get("/z", [("Accept-Encoding", "gzip")])
        self.assertEqual((taken.get("Content-Encoding"), gunzip(taken.body)), ("gzip", body))
        self.assertEqual(request(self.port, "HEAD", "/z").get("Content-Encoding"), None)

    def test_members_and_pieces(self):
        data = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")

        def pieces(link, received):
            link.answer(fields=self.GZ + [("Transfer-Encoding", "chunked")], length=False)
            for i in range(len(data)):
                link.send(b"1\r\n%s\r\n" % data[i:i + 1])
            link.send(b"0\r\n\r\n")
            return True
        self.origin.script("/pieces", pieces)
        with Conn(self.port) as conn:
            for _ in range(2):
                self.assertEqual(conn.get("/pieces").body, b"one two")

    def test_bad_data_cuts_the_answer(self):
        good = gzip.compress(text_of(50000))
        for name, data in (("short", good[:-20]), ("tail", good[:-1]), ("none of it", b"no gzip at all" * 10),
                           ("corrupt", good[:5000] + b"\xff" * 50 + good[5050:]), ("garbage behind", good + b"xyz")):
            with self.subTest(name):
                for length in (True, False):
                    self.origin.script("/bad", answer(data, fields=self.GZ, length=length))
                    with Conn(self.port) as conn:
                        conn.send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n")
                        received = conn.read_to_close()
                    self.assertFalse(received.endswith(b"0\r\n\r\n"))
        self.origin.script("/z", answer(good, fields=self.GZ))
        self.assertEqual(self.get("/z").body, text_of(50000))

    def test_a_bomb_goes_off_slowly(self):
        """A megabyte that becomes a gigabyte: what is decoded is bounded by what the client takes."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(1024)) + packer.flush()
        self.origin.script("/bomb", answer(bomb, fields=self.GZ))

        def resident():
            total = 0
            for pid in self.gw.pids():
                with open("/proc/%d/statm" % pid) as f:
                    total += int(f.read().split()[1]) * 4096
            return total
        before = resident()
        for target in ("/bomb", "/slowly/bomb", "/sub/bomb"):
            with Conn(self.port, rcvbuf=16384) as conn:
                conn.send("GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target)
                conn.read_head()
                time.sleep(1)
                self.assertLess(resident() - before, 50 << 20)
                conn.reset()

    @beyond_nginx
    def test_one_coding_for_another(self):
        body = text_of(30000)
        self.origin.script("/z", answer(gzip.compress(body), fields=self.GZ))
        response = self.get("/again/z", [("Accept-Encoding", "br")])
        self.assertEqual(response.get("Content-Encoding"), "br")
        self.assertEqual(DECODERS["br"](response.body), body)
        self.assertEqual(self.get("/sub/z").body, body.replace(b"alpha", b"ALPHA"))


if __name__ == "__main__":
    main()
