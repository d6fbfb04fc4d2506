"""Clients that mean no good: many, slow, broken. Others must not notice and nothing may be left behind."""
import random
import time

from harness import FACTOR, IS_NGINX, Conn, WireTest, beyond_nginx, get, main, request, wait_for


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Slow(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    server { listen @P0@; client_header_timeout 1s; client_body_timeout 2s; send_timeout 2s;
             location / { proxy_pass http://pool; }
             location /static { return 200 ok; } }
    """
    OPTIONS = {"events": "worker_connections 4096;"}
    # No minimum rate is set: what stands by itself must be enough.

    def honest(self, count=50):
        times = []
        with Conn(self.port) as conn:
            for _ in range(count):
                started = time.monotonic()
                self.assertStatus(conn.get("/static"), 200)
                times.append(time.monotonic() - started)
        return times

    def test_slow_heads(self):
        conns = [Conn(self.port) for _ in range(400)]
        for conn in conns:
            conn.send(b"GET / HTTP/1.1\r\nHost: h\r\n")
        times = self.honest()
        self.assertLess(percentile(times, 0.95), 0.05 * FACTOR)
        alive = conns
        end = time.monotonic() + 4 * FACTOR
        while alive and time.monotonic() < end:
            still = []
            for conn in alive:
                try:
                    conn.send(b"X")
                    if conn.is_open(0.0001):
                        still.append(conn)
                except OSError:
                    pass
            alive = still
        self.assertEqual(len(alive), 0, "slow-head clients are still there")
        for conn in conns:
            conn.close()

    @beyond_nginx
    def test_slow_bodies_have_a_minimum_rate(self):
        """One byte a second satisfies every timeout between two reads; the rate as a whole ends it within 10 s."""
        conns = [Conn(self.port) for _ in range(50)]
        for conn in conns:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
        alive, end = conns, time.monotonic() + 11 * FACTOR
        while alive and time.monotonic() < end:
            still = []
            for conn in alive:
                try:
                    conn.send(b"x")
                    if conn.is_open(0.002):
                        still.append(conn)
                except OSError:
                    pass
            alive = still
            time.sleep(0.9)
        self.assertEqual(len(alive), 0, "slow-body clients are still there")
        for conn in conns:
            conn.close()

    @beyond_nginx
    def test_slow_readers_have_a_minimum_rate(self):
        conns = [Conn(self.port, rcvbuf=2048) for _ in range(20)]
        for conn in conns:
            conn.send(b"GET /b/8000000 HTTP/1.1\r\nHost: h\r\n\r\n")
        alive, end = set(conns), time.monotonic() + 12 * FACTOR
        while alive and time.monotonic() < end:
            for conn in list(alive):
                conn.socket.settimeout(0.01)
                try:
                    if not conn.socket.recv(64):
                        alive.discard(conn)
                except TimeoutError:
                    pass
                except OSError:
                    alive.discard(conn)
            if not self.gw_still_sends():
                break
            time.sleep(0.5)
        self.assertFalse(self.gw_still_sends(), "slow readers are still served")
        for conn in conns:
            conn.close()

    def gw_still_sends(self):
        return self.origin.active > 0

    def test_hanging_requests_hold_nobody_up(self):
        conns = [Conn(self.port) for _ in range(200)]
        for conn in conns:
            conn.send(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
        times = self.honest(100)
        self.assertLess(percentile(times, 0.95), 0.05 * FACTOR)
        for conn in conns:
            conn.close()
        wait_for(lambda: self.origin.active == 0, 10)


class MinimumRates(WireTest):
    HTTP = None if IS_NGINX else """
    server { listen @P0@; client_body_min_rate 0; send_min_rate 0; client_body_timeout 20s; location / {
        proxy_pass http://@O@; } }
    server { listen @P1@; client_body_min_rate 100000; location / { proxy_pass http://@O@; } }
    """

    @beyond_nginx
    def test_zero_lets_them(self):
        with Conn(self.port, timeout=30) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n")
            conn.send_slowly(b"0123456789ab", pause=1)
            self.assertEqual(conn.read().json()["body"], "0123456789ab")

    @beyond_nginx
    def test_a_rate_that_a_steady_client_misses(self):
        with Conn(self.gw.ports[1], timeout=20) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            sent = conn.send_slowly(b"x" * 1000000, step=1000, pause=0.1)  # 10 KB/s where 100 KB/s are asked for
            self.assertLess(sent, 1000000)
        self.assertEqual(self.origin.request_count, 0)


class Broken(WireTest):
    HTTP = """
    upstream pool { server @O@; keepalive 8; }
    server { listen @P0@; client_header_timeout 2s; proxy_read_timeout 1s;
             location / { proxy_pass http://pool; }
             location /stream/ { proxy_request_buffering off; proxy_buffering off; proxy_pass http://pool; } }
    """
    OPTIONS = {"main": "worker_processes 2;"}

    def pieces(self, random_):
        good = b"POST /stream/x HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n" + b"b" * 50
        chunked = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        simple = b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n" % random_.choice(
            [b"x", b"b/100000", b"chunked/50000", b"half", b"close", b"rst", b"garbage", b"101", b"lf-only",
             b"eof/3000"])
        data = bytearray(random_.choice([good, chunked, simple, simple]))
        kind = random_.randrange(6)
        if kind == 0:
            data = data[:random_.randrange(len(data))]
        elif kind == 1:
            for _ in range(random_.randrange(1, 4)):
                data[random_.randrange(len(data))] = random_.randrange(256)
        elif kind == 2:
            at = random_.randrange(len(data))
            data[at:at] = bytes(random_.randrange(256) for _ in range(random_.randrange(1, 20)))
        elif kind == 3:
            data = bytearray(random_.randbytes(random_.randrange(1, 300)))
        elif kind == 4:
            data = data + data
        return bytes(data)

    def test_a_thousand_faults_and_then_it_serves(self):
        seed = random.randrange(1 << 30)
        random_ = random.Random(seed)
        self.assertStatus(self.get("/b/10"), 200)
        before = self.gw.open_files()
        for i in range(1000):
            with Conn(self.port) as conn:
                try:
                    conn.send(self.pieces(random_))
                    ending = random_.randrange(4)
                    if ending == 0:
                        conn.half_close()
                    if ending < 2:
                        conn.socket.settimeout(0.02)
                        conn.socket.recv(4096)
                    if ending == 3:
                        conn.reset()
                except OSError:
                    pass
        with self.subTest(seed=seed):
            for i in range(20):
                answer = self.assertStatus(get(self.port, "/b/1000"), 200)
                self.assertEqual(len(answer.body), 1000)
            # What may stay: 8 idle upstream connections and one pipe for each of the 2 workers.
            wait_for(lambda: self.gw.open_files() <= before + 2 * (8 + 2), 10, 0.1, "descriptors are left open")
            echo = request(self.port, "POST", "/x", body=b"still right").json()
            self.assertEqual(echo["body"], "still right")


if __name__ == "__main__":
    main()
