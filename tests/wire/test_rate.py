"""limit_rate, limit_rate_after, proxy_limit_rate: nginx's arithmetic, in whole seconds since a request's start."""
import time

from harness import Conn, WireTest, beyond_nginx, get, in_parallel, main, not_slow, wait_for
from origin import filler


class Rate(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 4; }
    log_format rate "$uri $limit_rate $body_bytes_sent";
    access_log access.log rate;
    server { listen @P0@;
        location / { limit_rate 20k; proxy_pass http://pool; }
        location /after/ { limit_rate 10k; limit_rate_after 200k; proxy_pass http://pool/; }
        location /args/ { limit_rate $arg_r; limit_rate_after $arg_a; proxy_pass http://pool/; }
        location /file { limit_rate 200k; alias @DIR@/files; }
        location /text { limit_rate 4; limit_rate_after 160; return 200 "@TEXT@"; }
        location /slow/ { proxy_limit_rate 20000; proxy_pass http://pool/; }
        location /fast/ { proxy_pass http://pool/; }
        location /stuck/ { limit_rate 1; proxy_pass http://pool/; }
    }
    """.replace("@TEXT@", "0123456789")
    OPTIONS = {"files": {"files/big": filler(500000)}}

    def timed(self, target, **options):
        start = time.monotonic()
        response = get(self.port, target, timeout=30, **options)
        return response, time.monotonic() - start

    # The first second's bytes go at once; a request that begins late in a second waits up to one less.
    def test_rates(self):
        for target, size, least in (("/b/50000", 50000, 1), ("/chunked/50000", 50000, 1), ("/eof/50000", 50000, 1),
                                    ("/file/big", 500000, 1), ("/args/b/50000?r=20k", 50000, 1),
                                    ("/slow/b/50000", 50000, 1), ("/slow/chunked/50000", 50000, 1)):
            with self.subTest(target):
                response, seconds = self.timed(target)
                self.assertEqual(response.body, filler(size))
                self.assertGreater(seconds, least - 0.05)

    @not_slow
    def test_what_is_not_limited(self):
        for target, size in (("/after/b/200000", 200000), ("/args/b/200000", 200000), ("/fast/b/200000", 200000),
                             ("/args/b/200000?r=1k&a=250k", 200000), ("/args/b/200000?r=nonsense", 200000)):
            with self.subTest(target):
                response, seconds = self.timed(target)
                self.assertEqual(response.body, filler(size))
                self.assertLess(seconds, 0.9)

    def test_a_kept_connection(self):
        with Conn(self.port) as conn:
            for _ in range(2):
                self.assertEqual(conn.get("/b/30000").body, filler(30000))
                self.assertEqual(conn.get("/text").body, b"0123456789")
                self.assertEqual(conn.get("/fast/b/5").body, filler(5))

    def test_the_variable(self):
        self.get("/args/b/10?r=3k")
        self.gw.wait_log(r"^/args/b/10 3072 10$", name="access.log")
        self.get("/fast/b/10")
        self.gw.wait_log(r"^/fast/b/10 0 10$", name="access.log")

    def test_little_is_held_for_a_slow_rate(self):
        sent = [0]

        def endless(link, received):
            link.answer(fields=[("Content-Length", 100000000)], length=False)
            for _ in range(1000):
                link.send(b"x" * 100000)
                sent[0] += 100000
        self.origin.script("/endless", endless)
        with Conn(self.port) as conn:
            conn.send("GET /stuck/endless HTTP/1.1\r\nHost: a\r\n\r\n")
            conn.read_head()
            before = -1
            while before != sent[0]:
                before = sent[0]
                time.sleep(0.3)
            self.assertLess(sent[0], 20000000)
            conn.reset()
        wait_for(lambda: self.origin.active == 0, message="the origin is not told that the client has gone")

    def test_many_at_once(self):
        results = in_parallel(20, lambda i: get(self.port, "/b/%d" % (30000 + i), timeout=30).body)
        self.assertEqual([len(r) for r in results], [30000 + i for i in range(20)])

    def test_an_origin_that_cuts(self):
        for target in ("/half", "/slow/half", "/stuck/half"):
            self.assertFalse(get(self.port, target, timeout=20).complete)


if __name__ == "__main__":
    main()
