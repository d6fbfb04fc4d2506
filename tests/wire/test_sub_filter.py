"""sub_filter: what is replaced, whatever the pieces in which a body comes."""
import random
import re

from harness import IS_NGINX, Conn, WireTest, get, main, request


class SubFilter(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 4; }
    sub_filter_types *;
    server { listen @P0@;
        location / { proxy_pass http://pool; }
        location /many/ { sub_filter_once off; sub_filter abc X; sub_filter ab Y; sub_filter "" Z; proxy_pass http://pool/; }
        location /many2/ { sub_filter_once off; sub_filter abc X; sub_filter ab Y; sub_filter cab Z;
            proxy_pass http://pool/; }
        location /once/ { sub_filter aa 1; sub_filter ab 2; sub_filter AA 3; proxy_pass http://pool/; }
        location /html/ { sub_filter_types text/css; sub_filter a b; proxy_pass http://pool/; }
        location /kept/ { sub_filter_last_modified on; sub_filter a b; proxy_pass http://pool/; }
        location /vars/ { sub_filter_once off; sub_filter $arg_a "<$arg_b>"; sub_filter x$arg_c "[$uri]";
            proxy_pass http://pool/; }
        location /live/ { sub_filter world moon; proxy_buffering off; proxy_pass http://pool/; }
        location /grow/ { sub_filter_once off; sub_filter a "%s"; proxy_pass http://pool/; }
        location /file { sub_filter_once off; sub_filter needle pin; alias @DIR@/files; }
        location /own { sub_filter own OWN; return 200 "our own"; }
        location /page { sub_filter_once off; sub_filter "Not Found" "Nowhere"; return 404; }
    }
    """.replace('sub_filter "" Z; ', "") % ("b" * 2000)
    OPTIONS = {"files": {"files/hay": b"hay " * 100000 + b"needle" + b" hay" * 70000 + b"NEEDLE", "files/none": b""}}

    def serve(self, body, pieces=None, fields=()):
        """`pieces`: sizes of the chunks, one after the other; None: with a length."""
        def send(link, received):
            link.read_body(received)
            if received.method == "HEAD":
                link.answer(fields=list(fields) + [("Content-Length", len(body))], length=False)
                return True
            if pieces is None:
                link.answer(body, fields=fields)
                return True
            link.answer(fields=list(fields) + [("Transfer-Encoding", "chunked")], length=False)
            at = i = 0
            out = b""
            while at < len(body):
                size = pieces[i % len(pieces)]
                out += b"%x\r\n%s\r\n" % (len(body[at:at + size]), body[at:at + size])
                at += size
                i += 1
            link.send(out + b"0\r\n\r\n")
            return True
        self.origin.script("/s", send)

    def test_pieces_make_no_difference(self):
        random.seed(7)
        body = b"".join(random.choice((b"a", b"b", b"c", b"ab", b"abc", b"-")) for _ in range(30000)) + b"-"
        expected = re.sub(b"abc|ab|cab", lambda m: {b"abc": b"X", b"ab": b"Y", b"cab": b"Z"}[m[0]], body)
        for pieces in (None, [1], [2, 1], [3], [7, 100], [4096], [5000, 1]):
            self.serve(body if pieces != [1] else body[:3000], pieces)
            response = self.get("/many2/s")
            self.assertTrue(response.complete)
            if pieces == [1]:
                want = re.sub(b"abc|ab|cab", lambda m: {b"abc": b"X", b"ab": b"Y", b"cab": b"Z"}[m[0]], body[:3000])
                self.assertEqual(response.body, want)
            else:
                self.assertEqual(response.body, expected)

    def test_once_is_once_for_each_string(self):
        self.serve(b"xaaabAAabaa")
        self.assertEqual(self.get("/once/s").body, b"x123abaa")

    def test_variables(self):
        self.serve(b"one two xone xthree")
        self.assertEqual(self.get("/vars/s?a=one&b=1&c=three").body, b"<1> two x<1> [/vars/s]")
        self.assertEqual(self.get("/vars/s?a=ONE&b=&c=%20").body, b"<> two x<> xthree")
        self.assertEqual(self.get("/vars/s").body, b"one two [/vars/s]one [/vars/s]three")

    def test_fields(self):
        fields = [("ETag", '"e"'), ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"), ("Accept-Ranges", "bytes"),
                  ("Content-Type", "text/html")]
        self.serve(b"aaa", fields=fields)
        response = self.get("/html/s")
        self.assertEqual((response.body, response.get("ETag"), response.get("Last-Modified"),
                          response.get("Content-Length")), (b"baa", None, None, None))
        self.assertTrue(IS_NGINX or not response.get("Accept-Ranges"))
        response = self.get("/kept/s")
        self.assertEqual((response.get("ETag"), response.get("Last-Modified")), ('W/"e"', fields[1][1]))
        head = request(self.port, "HEAD", "/html/s")
        self.assertEqual((head.get("ETag"), head.get("Content-Length")), (None, None))
        for kind, body in (("text/plain", b"aaa"), ("TEXT/CSS; charset=x", b"baa")):
            self.serve(b"aaa", fields=[("Content-Type", kind)])
            self.assertEqual(self.get("/html/s").body, body)
        self.serve(b"")
        self.assertEqual(self.get("/kept/s").get("Content-Length"), "0")

    def test_old_clients_and_kept_connections(self):
        self.serve(b"abc")
        response = request(self.port, "GET", "/many/s", version="1.0")
        self.assertEqual((response.body, response.get("Content-Length")), (b"X", None))
        with Conn(self.port) as conn:
            for target in ("/many/s", "/s", "/own", "/many/s", "/page"):
                response = conn.get(target)
                self.assertIn(response.body if target != "/page" else response.body[:0], (b"X", b"abc", b"our OWN", b""))
        self.assertIn(b"404 Nowhere", self.get("/page").body)

    def test_bytes_that_cannot_match_do_not_wait(self):
        import threading
        go = threading.Event()

        def send(link, received):
            link.answer(fields=[("Transfer-Encoding", "chunked")], length=False)
            link.send(b"8\r\nhello wo\r\n")
            go.wait(10)
            link.send(b"3\r\nrld\r\n0\r\n\r\n")
            return True
        self.origin.script("/s", send)
        with Conn(self.port) as conn:
            conn.send("GET /live/s HTTP/1.1\r\nHost: a\r\n\r\n")
            response = conn.read_head()
            self.assertEqual(conn._until(b"\r\n"), b"6")
            self.assertEqual(conn._exactly(8)[0], b"hello \r\n")
            go.set()
            conn._read_chunks(response)
            self.assertEqual(response.body, b"moon")

    def test_files(self):
        want = b"hay " * 100000 + b"pin" + b" hay" * 70000 + b"pin"
        self.assertEqual(get(self.port, "/file/hay", timeout=30).body, want)
        whole = self.get("/file/hay", [("Range", "bytes=400000-400005")])
        self.assertEqual((whole.status, len(whole.body)), (200, len(want)))
        self.assertEqual(self.get("/file/none").body, b"")

    def test_what_grows_is_bounded(self):
        """Each byte becomes 2000: a client that takes nothing must not make the gateway hold all of it."""
        def resident():
            total = 0
            for pid in self.gw.pids():
                with open("/proc/%d/statm" % pid) as f:
                    total += int(f.read().split()[1]) * 4096
            return total
        self.serve(b"a" * 300000)
        before = resident()
        with Conn(self.port, rcvbuf=16384) as conn:
            conn.send("GET /grow/s HTTP/1.1\r\nHost: a\r\n\r\n")
            conn.read_head()
            self.assertTrue(conn.is_open(1) or True)
            self.assertLess(resident() - before, 80 << 20)
            conn.reset()
        self.serve(b"a" * 3000)
        self.assertEqual(self.get("/grow/s").body, b"b" * 6000000)


if __name__ == "__main__":
    main()
