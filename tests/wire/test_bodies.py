"""Bodies of every size and framing arrive whole, both ways, buffered or streamed, and their limits hold."""
import hashlib
import os
import time
import unittest

from harness import (IS_NGINX, Conn, WireTest, beyond_nginx, chunk, deadline, get, in_parallel, main, not_slow,
                     request, wait_for)
from origin import filler

SIZES = (0, 1, 100, 4095, 4096, 8192, 16384, 65535, 65536, 65537, 100000, 1048576, 5 * 1024 * 1024)


class Bodies(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    client_max_body_size 8m;
    server {
        listen @P0@;
        location / { proxy_pass http://pool; }
        location /file/ {
            client_body_buffer_size 1k; client_body_temp_path body_temp; client_body_in_single_buffer on;
            proxy_pass http://pool;
        }
        location /nochunks/ { chunked_transfer_encoding off; proxy_pass http://pool; }
        location /slowed/ { proxy_limit_rate 100k; proxy_pass http://pool; }
        location /ranges/ { proxy_force_ranges on; proxy_pass http://pool; }
        location /stream/ { proxy_request_buffering off; proxy_pass http://pool; }
        location /unbuffered/ { proxy_buffering off; proxy_pass http://pool; }
        location /small/ { proxy_buffer_size 4k; proxy_buffers 4 4k; proxy_busy_buffers_size 8k;
            proxy_pass http://pool; }
        location /max10/ { client_max_body_size 10; proxy_pass http://pool; }
        location /max10-stream/ { client_max_body_size 10; proxy_request_buffering off; proxy_pass http://pool; }
        location /nolimit/ { client_max_body_size 0; proxy_pass http://pool; }
        location /static { return 200 fixed; }
        location /ignore/ { proxy_ignore_client_abort on; proxy_pass http://pool; }
    }
    """

    # -- request bodies ------------------------------------------------------------------------------------------------
    def test_a_body_that_ends_early_behind_another_request(self):
        """The end of the stream comes while the first request is answered: the second one's body will never be whole,
        and nobody waits for it."""
        first = b"GET /wait/0.2 HTTP/1.1\r\nHost: h\r\n\r\n"
        for target in (b"/echo", b"/stream/echo", b"/static"):
            second = b"POST " + target + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"
            for begun in (b"", b"0123456789"):
                with self.subTest(target=target, begun=begun), Conn(self.port) as conn:
                    conn.send(first + second + begun).half_close()
                    self.assertEqual(conn.read().text, "waited")
                    start = time.monotonic()
                    rest = conn.read_to_close(3)
                    self.assertLess(time.monotonic() - start, 3)
                    self.assertEqual(rest != b"", target == b"/static")

    def send_sizes(self, prefix):
        for size in SIZES:
            with self.subTest(size):
                body = filler(size)
                echo = request(self.port, "POST", prefix + "up", body=body, timeout=20).json()
                self.assertEqual((echo["length"], echo["sha256"]), (size, hashlib.sha256(body).hexdigest()))
                self.assertEqual(echo["framing"], "length")

    def test_sizes_upward_in_memory(self):
        self.send_sizes("/")

    def test_sizes_upward_through_a_file(self):
        self.send_sizes("/file/")
        for folder, _, files in os.walk(self.gw.dir):
            if "temp" in os.path.basename(folder):
                self.assertEqual(files, [], "a temporary file is left in " + folder)

    def test_sizes_upward_streamed(self):
        self.send_sizes("/stream/")

    def send_chunked(self, prefix, sizes=SIZES):
        for size in sizes:
            with self.subTest(size):
                body = filler(size)
                pieces = [body[i:i + 7777] for i in range(0, size, 7777)]
                data = b"POST %sup HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" \
                    % prefix.encode() + chunk(*pieces)
                echo = self.ask(data, timeout=20).json()
                self.assertEqual((echo["length"], echo["sha256"]), (size, hashlib.sha256(body).hexdigest()))

    def test_chunked_upward(self):
        self.send_chunked("/")
        self.send_chunked("/file/")

    def test_chunked_upward_streamed(self):
        self.send_chunked("/stream/")

    def test_tiny_chunks(self):
        body = filler(3000)
        data = b"POST /up HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(*[body[i:i + 1]
                                                                                               for i in range(3000)])
        with Conn(self.port) as conn:
            self.assertEqual(conn.ask(data).json()["sha256"], hashlib.sha256(body).hexdigest())
            self.assertEqual(conn.get("/next").json()["target"], "/next")

    def test_a_buffered_body_goes_on_only_when_complete(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
            time.sleep(0.1)
            self.assertEqual(self.origin.request_count, 0)
            conn.send(b"56789")
            self.assertEqual(conn.read().json()["body"], "0123456789")

    def test_a_streamed_body_goes_on_at_once(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /stream/x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
            wait_for(lambda: self.origin.request_count, 3)
            conn.send(b"56789")
            self.assertEqual(conn.read().json()["body"], "0123456789")

    def test_a_body_with_get_is_passed(self):
        echo = request(self.port, "GET", "/x", body=b"unusual").json()
        self.assertEqual(echo["body"], "unusual")

    def test_many_bodies_at_once(self):
        body = filler(200000)
        wanted = hashlib.sha256(body).hexdigest()
        prefixes = ("/", "/file/", "/stream/")
        answers = in_parallel(12, lambda i: request(self.port, "POST", prefixes[i % 3], body=body, timeout=30).json())
        self.assertEqual({a["sha256"] for a in answers}, {wanted})

    # -- Expect (RFC 9110 10.1.1) ----------------------------------------------------------------------------------
    def test_expect_is_answered_before_the_body(self):
        for prefix in ("/", "/stream/"):
            with self.subTest(prefix), Conn(self.port) as conn:
                conn.send(b"POST %sx HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
                          % prefix.encode())
                head = conn.read_head()
                self.assertEqual(head.status, 100)
                conn.send(b"abc")
                echo = conn.read().json()
                self.assertEqual(echo["body"], "abc")
                self.assertNotIn("expect", [n.lower() for n, _ in echo["fields"]])

    def test_no_continue_when_the_answer_is_final(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"POST /max10/ HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual((answer.status, answer.interim), (413, []))

    def test_http_10_gets_no_continue(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /x HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
            answer = conn.read()
            self.assertEqual((answer.status, answer.interim), (200, []))

    # -- limits ------------------------------------------------------------------------------------------------------
    def test_client_max_body_size_at_its_edge(self):
        self.assertEqual(request(self.port, "POST", "/max10/", body=b"0123456789").json()["length"], 10)
        self.assertStatus(request(self.port, "POST", "/max10/", body=b"0123456789x"), 413)
        self.assertStatus(request(self.port, "POST", "/nolimit/", body=filler(2000000)), 200)

    def test_client_max_body_size_counts_chunks(self):
        def send(path, *pieces):
            return self.ask(b"POST %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" % path
                            + chunk(*pieces))
        for path in (b"/max10/", b"/max10-stream/"):
            with self.subTest(path):
                self.assertStatus(send(path, b"01234", b"56789"), 200)
                self.origin.forget()
                self.assertStatus(send(path, b"01234", b"56789", b"x"), 413)
                if path == b"/max10/":
                    self.assertEqual(self.origin.request_count, 0)

    def test_413_closes_and_lets_the_client_read_it(self):
        with Conn(self.port) as conn:
            conn.send(b"POST /max10/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n")
            try:
                conn.send(filler(300000))  # lingering close: the answer is not destroyed by a reset
            except OSError:
                pass
            self.assertEqual(conn.read().status, 413)

    def test_bodies_nobody_wants_are_read_away(self):
        with Conn(self.port) as conn:
            answer = conn.ask(b"POST /static HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            self.assertEqual((answer.status, answer.body), (200, b"fixed"))
            if answer.get("Connection", "").lower() != "close":
                self.assertEqual(conn.get("/static").body, b"fixed")

    # -- response bodies -----------------------------------------------------------------------------------------------
    def receive_sizes(self, prefix, kinds=("b", "chunked", "eof")):
        for kind in kinds:
            for size in SIZES:
                with self.subTest(kind=kind, size=size):
                    answer = get(self.port, "%s%s/%d" % (prefix, kind, size), timeout=20)
                    self.assertTrue(answer.complete)
                    self.assertEqual(len(answer.body), size)
                    self.assertEqual(answer.body, filler(size))

    def test_sizes_downward(self):
        self.receive_sizes("/")

    def test_sizes_downward_unbuffered(self):
        self.receive_sizes("/unbuffered/")

    def test_sizes_downward_through_small_buffers(self):
        self.receive_sizes("/small/")

    def test_answers_framed_by_close_are_chunked_for_11(self):
        with Conn(self.port) as conn:
            answer = conn.get("/eof/5000")
            self.assertTrue(answer.chunked)
            self.assertEqual(conn.get("/b/3").body, b"000")

    def test_without_chunked_coding_the_close_ends_the_body(self):
        with Conn(self.port) as conn:
            answer = conn.get("/nochunks/eof/5000")
            self.assertEqual((answer.chunked, answer.get("Transfer-Encoding"), len(answer.body)), (False, None, 5000))
            self.assertTrue(conn.is_closed())

    def test_large_answers_that_end_with_the_connection(self):
        answer = self.get("/nochunks/eof/5000000", timeout=20)
        self.assertEqual((len(answer.body), answer.body == filler(5000000)), (5000000, True))

    def test_a_large_answer_to_a_slow_reader_keeps_its_order(self):
        with Conn(self.port, rcvbuf=8192) as conn:
            conn.send(b"GET /b/3000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            time.sleep(0.2)  # lets everything between here and the origin fill up
            self.assertEqual(conn.read().body, filler(3000000))
            self.assertEqual(conn.get("/b/3").body, b"000")

    def test_a_large_answer_cut_short_is_seen_as_such(self):
        def cut(link, request):
            link.answer(fields=[("Content-Length", 3000000)], length=False)
            link.send(b"x" * 1500000)
            return False
        self.origin.script("/cut", cut)
        self.gw.allowed += ["prematurely closed"]
        with Conn(self.port) as conn:
            conn.send(b"GET /cut HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = conn.read()
            self.assertEqual((answer.complete, len(answer.body)), (False, 1500000))
        self.assertStatus(self.get("/b/1"), 200)

    @not_slow
    def test_proxy_limit_rate(self):
        started = time.monotonic()
        self.assertEqual(self.get("/slowed/b/250000").body, filler(250000))
        took = time.monotonic() - started
        self.assertGreater(took, 0.9)
        self.assertLess(took, 4)

    def test_unbuffered_pieces_arrive_as_they_come(self):
        with Conn(self.port) as conn:
            conn.send(b"GET /unbuffered/slow-body/2 HTTP/1.1\r\nHost: h\r\n\r\n")
            started = time.monotonic()
            conn.read_head()
            conn._exactly(100)
            self.assertLess(time.monotonic(), started + deadline(1) - time.monotonic())

    def test_a_slow_reader_does_not_fill_memory(self):
        """Back pressure: with 50 MB waiting, the origin is held back until the client reads."""
        sent = [0]

        def endless(link, request):
            link.answer(fields=[("Content-Length", 50000000)], length=False)
            for _ in range(500):
                link.send(b"x" * 100000)
                sent[0] += 100000
            return True
        self.origin.script("/unbuffered/big", endless)
        with Conn(self.port, rcvbuf=8192) as conn:
            conn.send(b"GET /unbuffered/big HTTP/1.1\r\nHost: h\r\n\r\n")
            conn.read_head()
            previous = -1
            end = deadline(5)
            while previous != sent[0] and time.monotonic() < end:
                previous = sent[0]
                time.sleep(0.25)
            self.assertLess(sent[0], 30000000)
        self.assertStatus(self.get("/b/1"), 200)

    def test_head_has_the_length_and_no_body(self):
        for path, length in (("/b/5000", "5000"), ("/chunked/5000", None)):
            with self.subTest(path), Conn(self.port) as conn:
                answer = conn.ask("HEAD %s HTTP/1.1\r\nHost: h\r\n\r\n" % path)
                self.assertEqual((answer.status, answer.get("Content-Length")), (200, length))
                self.assertEqual(conn.get("/b/3").body, b"000")

    def test_early_answers_arrive(self):
        """The origin answers 413 without reading: the client gets that answer, not a 502."""
        for prefix in ("/", "/stream/"):
            with self.subTest(prefix), Conn(self.port) as conn:
                conn.send(b"POST %searly HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" % prefix.encode())
                try:
                    conn.send(filler(1000000))
                except OSError:
                    pass
                answer = conn.read()
                self.assertEqual((answer.status, answer.body), (413, b"early"))

    def test_trailers_do_not_harm(self):
        with Conn(self.port) as conn:
            answer = conn.get("/trailers")
            self.assertEqual((answer.status, answer.body, answer.complete), (200, b"hello", True))
            echo = conn.ask(b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                            b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nContent-Length: 99\r\n\r\n").json()
            self.assertEqual(echo["body"], "abc")
            self.assertNotIn("99", [v for n, v in echo["fields"] if n.lower() == "content-length"])
            self.assertEqual(conn.get("/b/3").body, b"000")

    # -- clients that leave ----------------------------------------------------------------------------------------
    def test_a_client_that_leaves_ends_the_upstream_request(self):
        gone = []

        def watch(link, request):
            try:
                link.fill()
            except Exception:
                gone.append(time.monotonic())
                raise
        self.origin.script("/watch", watch)
        conn = Conn(self.port)
        conn.send(b"GET /watch HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_for(lambda: self.origin.request_count, 3)
        conn.reset()
        wait_for(lambda: gone, 3, message="the upstream connection stays open")

    def test_proxy_ignore_client_abort(self):
        finished = []

        def answer(link, request):
            link.sleep(0.3)
            link.answer(b"done")
            finished.append(1)
            return True
        self.origin.script("/ignore/x", answer)
        conn = Conn(self.port)
        conn.send(b"GET /ignore/x HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_for(lambda: self.origin.request_count, 3)
        conn.reset()
        wait_for(lambda: finished, 3)
        wait_for(lambda: any("/ignore/x" in line for line in self.gw.access_log()), 3)

    def test_clients_that_leave_in_the_middle_of_anything(self):
        pieces = [b"GE", b"GET /b/1000000 HTTP/1.1\r\nHost: h\r\n", b"GET /b/1000000 HTTP/1.1\r\nHost: h\r\n\r\n",
                  b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + b"x" * 5000,
                  b"POST /stream/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + b"x" * 5000,
                  b"POST /file/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n" + b"x" * 5000,
                  b"GET /slow-body/1 HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n"]

        def one(i):
            conn = Conn(self.port)
            conn.send(pieces[i % len(pieces)])
            time.sleep(0.002 * (i % 7))
            if i % 2:
                conn.reset()
            else:
                conn.close()
        in_parallel(64, one)
        for _ in range(5):
            self.assertStatus(self.get("/b/1"), 200)


class Trailers(WireTest):
    """proxy_pass_trailers came with nginx 1.27.2."""
    HTTP = None if IS_NGINX else """
    upstream pool { server @O@; }
    server { listen @P0@; location / { proxy_pass_trailers on; proxy_pass http://pool; } }
    """

    @beyond_nginx
    def test_they_are_relayed(self):
        with Conn(self.port) as conn:
            answer = conn.get("/trailers", fields="TE: trailers\r\nConnection: TE\r\n")
            self.assertEqual((answer.status, answer.body, answer.trailer("X-Sum")), (200, b"hello", "12"))
            self.assertEqual(conn.get("/b/3").body, b"000")

    @beyond_nginx
    def test_fields_that_frame_or_route_are_not(self):
        def answer(link, received):
            link.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                      b"Content-Length: 99\r\nX-Fine: yes\r\nTransfer-Encoding: chunked\r\n\r\n")
            return True
        self.origin.script("/bad-trailers", answer)
        with Conn(self.port) as conn:
            got = conn.get("/bad-trailers", fields="TE: trailers\r\nConnection: TE\r\n")
            self.assertEqual((got.status, got.body), (200, b"ok"))
            self.assertEqual((got.trailer("Content-Length"), got.trailer("Transfer-Encoding")), (None, None))
            self.assertEqual(conn.get("/b/3").body, b"000")


class BodiesOnDisk(WireTest):
    HTTP = """
    client_body_temp_path bodies 1 2;
    client_body_buffer_size 100;
    add_header X-File $request_body_file;
    add_header X-Body $request_body;
    server {
        listen @P0@;
        location / { proxy_pass http://@O@; }
        location /on/ { client_body_in_file_only on; proxy_pass http://@O@; }
        location /clean/ { client_body_in_file_only clean; proxy_pass http://@O@; }
        location /stream/ { proxy_request_buffering off; proxy_pass http://@O@; }
        location /wrapped/ { proxy_request_buffering off; proxy_set_body "<$request_body>"; proxy_pass http://@O@; }
        location /without/ { proxy_pass_request_body off; proxy_pass http://@O@; }
    }
    """

    def upload(self, path, body):
        answer = request(self.port, "POST", path, body=body)
        self.assertStatus(answer, 200)
        echo = answer.json()
        self.assertEqual((echo["length"], echo["sha256"]), (len(body), hashlib.sha256(body).hexdigest()))
        return answer

    def test_on_leaves_the_file(self):
        for body in (b"small", filler(5000), b""):
            with self.subTest(len(body)):
                name = self.upload("/on/up", body).get("X-File")
                self.assertRegex(name, r"/bodies/(\d)/(\d\d)/\d{7}\2\1$")
                with open(name, "rb") as file:
                    self.assertEqual(file.read(), body)
                os.unlink(name)

    def test_clean_and_off_do_not(self):
        for path, body in (("/clean/up", b"small"), ("/clean/up", filler(5000)), ("/up", filler(5000))):
            with self.subTest((path, len(body))):
                answer = self.upload(path, body)
                self.assertIsNone(answer.get("X-Body"))
                name = answer.get("X-File")
                wait_for(lambda: not os.path.exists(name), 5)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_the_folder_is_made_for_the_user_of_the_workers(self):
        gw = self.start("client_body_temp_path deep/mine; client_body_buffer_size 100;"
                        "server { listen @P0@; location / { proxy_pass http://@O@; } }",
                        main="user nobody nogroup;", start=False)
        os.mkdir(gw.path("deep"), 0o755)
        os.chmod(gw.dir, 0o777)  # the pid file goes at the end
        gw.start()
        self.assertStatus(request(gw.ports[0], "POST", "/up", body=filler(5000)), 200)
        self.assertNotEqual(os.stat(gw.path("deep/mine")).st_uid, 0)

    def test_a_body_that_does_not_go_on_is_known(self):
        with Conn(self.port) as conn:
            for path, sent in ((b"/wrapped/up", 5), (b"/without/up", 0), (b"/wrapped/up", 5)):
                conn.send(b"POST " + path + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab")
                conn.send(b"c")
                answer = conn.read("POST")
                self.assertEqual((answer.get("X-Body"), answer.json()["length"]), ("abc", sent))

    def test_small_bodies_are_variables(self):
        for path in ("/up", "/stream/up"):
            with self.subTest(path):
                self.assertEqual(self.upload(path, b"x" * 100).get("X-Body"), "x" * 100)
                answer = self.upload(path, b"x" * 101)
                self.assertEqual(answer.get("X-File") is None, path == "/stream/up")
                if path == "/up":
                    self.assertIsNone(answer.get("X-Body"))


class Begun(WireTest):
    """proxy_request_buffering off: what came with the head, in memory or not, is the first of what goes on."""
    HTTP = """
    server {
        listen @P0@;
        client_max_body_size 9m;
        proxy_request_buffering off;
        location / { proxy_pass http://@O@; }
        location /file { client_body_buffer_size 1k; proxy_pass http://@O@; }
        location /small { client_max_body_size 10; proxy_pass http://@O@; }
    }
    """

    def test_bodies_are_whole_and_the_next_request_is_found(self):
        body = bytes(range(256)) * 8192
        pieces = chunk(*[body[i:i + 3000] for i in range(0, len(body), 3000)])
        for path in (b"/", b"/file"):
            with Conn(self.port) as conn:
                conn.send(b"POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (path, len(body)) + body)
                self.assertEqual(conn.read().json()["sha256"], hashlib.sha256(body).hexdigest())
                conn.send(b"POST %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" % path + pieces
                          + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                self.assertEqual(conn.read().json()["sha256"], hashlib.sha256(body).hexdigest())
                self.assertStatus(conn.read(), 200)

    def test_what_is_too_large_from_the_start_reaches_nobody(self):
        self.assertRefused(b"POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n"
                           + b"x" * 20 + b"\r\n0\r\n\r\n", 413)


if __name__ == "__main__":
    main()
