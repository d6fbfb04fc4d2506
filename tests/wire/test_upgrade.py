"""Tunnels: which 101 makes one, how one lives (time, back pressure, reload, shutdown) and what is left when it ends."""
import os
import re
import signal
import socket
import threading
import time

from harness import IS_NGINX, Conn, Gateway, WireTest, beyond_nginx, get, main, wait_for
from raw_origin import RawOrigin

ASK = "GET /up HTTP/1.1\r\nHost: localhost\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n"
RECIPE = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection Upgrade;"


def answer(response):
    """Gives that answer to each request, and echoes behind a 101."""
    def serve(peer):
        peer.send(response)
        if response.startswith(b"HTTP/1.1 101"):
            peer.echo()
    return serve


def own_kb(pid):
    """Memory of a program's own: neither what is a file's, nor what a sanitizer notes about memory (shadow and history)."""
    sizes = {}
    with open("/proc/%d/smaps" % pid) as f:
        for line in f:
            if span := re.match("([0-9a-f]+)-", line):
                start = int(span[1], 16)
            elif line.startswith("Anonymous:"):
                sizes[start] = int(line.split()[1])
    # With ThreadSanitizer the heap is at 0x7b..., history at 0x60...; with AddressSanitizer the heap is at 0x60....
    threads = any(start >> 40 == 0x7b for start in sizes)
    return sum(kb for start, kb in sizes.items() if start >= (0x620000000000 if threads else 0x550000000000))


class Tunnels(WireTest):
    ORIGINS = 0

    def tunnel(self, serve, settings="", http="", **options):
        """A gateway whose / goes to an origin that serves so, with nginx's recipe."""
        self.raw = RawOrigin(serve)
        self.addCleanup(self.raw.stop)
        gw = Gateway("%s server { listen @P0@; location / { proxy_pass http://@O@; %s %s } }" % (
            http, RECIPE, settings), [self.raw], **options)
        self.addCleanup(gw.stop)
        self.addCleanup(self.raw.check)
        return gw

    def open(self, gw, ask=ASK):
        conn = Conn(gw.ports[0])
        self.addCleanup(conn.close)
        head = conn.ask(ask, "GET")
        self.assertEqual(head.status, 101, head.raw_head)
        return conn

    def assertEchoes(self, conn, data=b"are you there?"):
        conn.send(data)
        self.assertEqual(conn._exactly(len(data)), (data, True))


class WhatSwitches(Tunnels):
    def test_any_protocol_name(self):
        gw = self.tunnel(answer(SWITCH))
        conn = self.open(gw)
        self.assertEchoes(conn, bytes(range(256)))

    def test_one_of_those_that_were_asked_for(self):
        gw = self.tunnel(answer(SWITCH))
        self.assertEchoes(self.open(gw, ASK.replace("foo", "bar/2, Foo")))

    def test_a_request_with_a_body(self):
        gw = self.tunnel(lambda peer: peer.send(SWITCH + peer.exactly(3)).echo())
        conn = self.open(gw, ASK.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc"))
        self.assertEqual(conn._exactly(3), (b"abc", True))
        self.assertEchoes(conn)

    def assertNoTunnel(self, gw, ask, status=502):
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.ask(ask, "GET").status, status)
        if status == 502:
            gw.wait_log("upstream switched protocols without being asked")

    @beyond_nginx
    def test_what_the_client_did_not_ask_for_is_no_answer(self):
        gw = self.tunnel(answer(SWITCH))
        for ask in (ASK.replace("Upgrade: foo\r\n", ""), ASK.replace("foo", "bar"), ASK.replace("foo", "foo/1"),
                    ASK.replace("Connection: Upgrade", "Connection: keep-alive"), ASK.replace("HTTP/1.1", "HTTP/1.0")):
            self.assertNoTunnel(gw, ask)

    @beyond_nginx
    def test_what_the_gateway_did_not_ask_for_is_no_answer(self):
        for settings in ("proxy_set_header Upgrade bar;", "proxy_set_header Upgrade '';"):
            raw = RawOrigin(answer(SWITCH))
            self.addCleanup(raw.stop)
            gw = self.start("server { listen @P0@; location / { proxy_pass http://@O@; %s } }" % settings, [raw])
            self.assertNoTunnel(gw, ASK)

    @beyond_nginx
    def test_http_inside_a_tunnel_would_pass_by_all_rules(self):
        for name in ("h2c", "HTTP/2.0"):
            gw = self.tunnel(answer(SWITCH.replace(b"foo", name.encode())))
            self.assertNoTunnel(gw, ASK.replace("foo", name))

    @beyond_nginx
    def test_a_101_without_upgrade(self):
        gw = self.tunnel(answer(SWITCH.replace(b"Upgrade: foo\r\n", b"")))
        self.assertNoTunnel(gw, ASK)

    @beyond_nginx
    def test_a_101_before_the_request_has_gone_out(self):
        gw = self.tunnel(answer(SWITCH), "proxy_request_buffering off;")
        with Conn(gw.ports[0]) as conn:
            conn.send(ASK.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 900000\r\n\r\nabc"))
            self.assertEqual(conn.read().status, 502)

    @beyond_nginx
    def test_in_a_subrequest(self):
        raw = RawOrigin(answer(SWITCH))
        self.addCleanup(raw.stop)
        gw = self.start("server { listen @P0@; location / { auth_request /check; stub_status; }"
                        "location = /check { internal; proxy_pass http://@O@; %s } }" % RECIPE, [raw])
        self.assertNoTunnel(gw, ASK, 500)

    @beyond_nginx
    def test_connect_is_refused(self):
        gw = self.tunnel(answer(SWITCH))
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.ask("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n").status, 405)
            conn.read_to_close()
        self.assertEqual(self.raw.peers, [])


class Life(Tunnels):
    def test_idle_timeout(self):
        gw = self.tunnel(answer(SWITCH), "proxy_read_timeout 1s;")
        conn = self.open(gw)
        started = time.monotonic()
        for _ in range(3):  # as long as one of both sides sends, it lives
            time.sleep(0.5)
            self.assertEchoes(conn)
        conn.read_to_close(3)
        self.assertGreater(time.monotonic() - started, 2.4)
        gw.wait_log(r"upstream timed out \(110: Connection timed out\) while proxying upgraded connection, client: "
                    r"127.0.0.1.* request: \"GET /up HTTP/1.1\", upstream: \"http://127.0.0.1:\d+/up\"")

    def test_each_direction_alone_keeps_it_alive(self):
        got = []

        def serve(peer):
            peer.send(SWITCH)
            if peer.path == "/up":
                got.append(peer.exactly(3))
                return
            for _ in range(3):
                time.sleep(0.5)
                peer.send(b"d")
        gw = self.tunnel(serve, "proxy_read_timeout 1s;")
        conn = self.open(gw)
        for _ in range(3):
            time.sleep(0.5)
            conn.send(b"u")
        self.assertEqual(conn.read_to_close(), b"")
        self.assertEqual(got, [b"uuu"])
        self.assertEqual(self.open(gw, ASK.replace("/up", "/down")).read_to_close(), b"ddd")

    @beyond_nginx  # nginx closes on what the client still sends, and its bytes are lost to a reset
    def test_the_peer_ends_it_and_nothing_of_what_it_said_is_lost(self):
        last = os.urandom(1 << 20)

        def serve(peer):
            peer.send(SWITCH + last).socket.shutdown(socket.SHUT_WR)
            peer.rest()  # a socket that is closed with bytes unread takes back what it has sent
        gw = self.tunnel(serve)
        conn = self.open(gw)
        stop = threading.Event()

        def chatter():  # a client that is still sending is not cut off by a reset
            try:
                while not stop.is_set():
                    conn.socket.send(b"x" * 100)
                    time.sleep(0.001)
            except OSError:
                pass
        sender = threading.Thread(target=chatter)
        sender.start()
        received, whole = conn._exactly(len(last))
        conn.read_to_close()
        stop.set()
        sender.join()
        self.assertEqual((received == last, whole), (True, True))

    def test_the_client_ends_it_and_nothing_of_what_it_said_is_lost(self):
        last, got = os.urandom(1 << 20), []

        def serve(peer):
            peer.send(SWITCH)
            time.sleep(0.1)  # so that the end comes while bytes are queued
            got.append(peer.rest())
        gw = self.tunnel(serve)
        conn = self.open(gw)
        conn.send(last)
        conn.close()
        wait_for(lambda: got)
        self.assertEqual(got[0] == last, True)

    def test_a_half_close_ends_both_ways_as_in_nginx(self):
        gw = self.tunnel(lambda peer: peer.send(SWITCH).rest())
        conn = self.open(gw)
        conn.send(b"bye").half_close()
        self.assertEqual(conn.read_to_close(), b"")

    def test_a_reset_of_the_client_is_seen_by_the_peer(self):
        ended = threading.Event()

        def serve(peer):
            peer.send(SWITCH).rest()
            ended.set()
        gw = self.tunnel(serve)
        self.open(gw).reset()
        self.assertTrue(ended.wait(5))

    def test_a_reset_of_the_peer_is_seen_by_the_client(self):
        def serve(peer):
            peer.send(SWITCH)
            peer.exactly(1)
            Conn.reset(peer)
        gw = self.tunnel(serve)
        conn = self.open(gw)
        conn.send("x")
        self.assertEqual(conn.read_to_close(), b"")
        gw.wait_log("recv\\(\\) failed \\(104: Connection reset by peer\\) while proxying upgraded connection")

    def resident_kb(self, gw):
        return sum(own_kb(pid) for pid in gw.pids())

    def slow_reader(self, serve, go, end=lambda: None):
        """16 sides that do not read, 4 MB for each: what of it is in the gateway's memory, in KiB."""
        gw = self.tunnel(serve)
        before = self.resident_kb(gw)
        conns = [self.open(gw) for _ in range(16)]
        go(conns)
        last = -1
        while self.resident_kb(gw) != last:
            last = self.resident_kb(gw)
            time.sleep(0.2)
        for conn in conns:
            conn.close()
        end()
        return last - before

    def check_memory(self, kb):
        """400 KiB for each of 16; what is not held back would be 4 MB for each."""
        self.assertLess(kb, 16 * 400)

    def test_a_client_that_does_not_read_holds_little_memory(self):
        def serve(peer):
            try:
                peer.send(SWITCH).send(bytes(4 << 20))
            except OSError:
                pass
        self.check_memory(self.slow_reader(serve, lambda conns: None))

    def test_a_peer_that_does_not_read_holds_little_memory(self):
        ended = threading.Event()

        def serve(peer):
            peer.send(SWITCH)
            ended.wait(20)

        def go(conns):
            for conn in conns:
                conn.socket.setblocking(False)
                try:
                    for _ in range(64):
                        conn.socket.send(bytes(65536))
                        time.sleep(0.001)
                except BlockingIOError:
                    pass
        self.check_memory(self.slow_reader(serve, go, ended.set))

    def test_a_client_that_does_not_read_is_given_up(self):
        def serve(peer):
            try:
                peer.send(SWITCH).send(bytes(16 << 20))
            except OSError:
                pass
        gw = self.tunnel(serve, "send_timeout 400ms;")
        self.open(gw)
        gw.wait_log("client timed out \\(110: Connection timed out\\) while proxying upgraded connection")

    def test_a_peer_that_does_not_read_is_given_up(self):
        ended = threading.Event()
        self.addCleanup(ended.set)

        def serve(peer):
            peer.send(SWITCH)
            ended.wait(20)
        gw = self.tunnel(serve, "proxy_send_timeout 400ms;")
        conn = self.open(gw)
        try:
            conn.send(bytes(16 << 20))
        except OSError:
            pass
        gw.wait_log("upstream timed out \\(110: Connection timed out\\) while proxying upgraded connection")


class Surroundings(Tunnels):
    def test_a_reload_keeps_it_and_lets_the_old_table_go(self):
        gw = self.tunnel(answer(SWITCH), http="upstream u { zone u 64k; server @O@ max_conns=3; }", level="notice")
        conn = self.open(gw)
        self.assertEchoes(conn)
        for _ in range(3):
            gw.reload()
            self.assertEchoes(conn)
        if not IS_NGINX:
            gw.wait_log("config generation 1 exited with code 0")
            gw.wait_log("config generation 3 exited with code 0")
        self.assertEchoes(conn)

    @beyond_nginx
    def test_it_outlives_its_listening_socket_and_its_upstream(self):
        gw = self.tunnel(answer(SWITCH), level="notice")
        conn = self.open(gw)
        gw.reload("server { listen @P1@; location / { return 204; } }")
        gw.wait_log("config generation 1 exited with code 0")
        self.assertEchoes(conn)
        conn.close()

    def test_worker_shutdown_timeout_closes_it(self):
        gw = self.tunnel(answer(SWITCH), main="worker_shutdown_timeout 300ms;")
        old = self.open(gw)
        gw.reload()
        new = self.open(gw)
        self.assertEqual(old.read_to_close(3), b"")
        self.assertEchoes(new)

    def test_a_graceful_end_waits_for_it(self):
        gw = self.tunnel(answer(SWITCH))
        conn = self.open(gw)
        gw.process.send_signal(signal.SIGQUIT)
        wait_for(lambda: self.refuses(gw.ports[0]))
        self.assertEchoes(conn)
        self.assertIsNone(gw.process.poll())
        conn.close()
        self.assertEqual(gw.wait_exit(5), 0)

    def refuses(self, port):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return False
        except OSError:
            return True

    def test_a_fast_end_does_not_wait(self):
        gw = self.tunnel(answer(SWITCH))
        conn = self.open(gw)
        gw.process.send_signal(signal.SIGTERM)
        self.assertEqual(gw.wait_exit(5), 0)
        self.assertEqual(conn.read_to_close(), b"")

    def test_limit_conn_counts_it_until_its_end(self):
        gw = self.tunnel(answer(SWITCH), "limit_conn all 2;", "limit_conn_zone $binary_remote_addr zone=all:64k;")
        first, second = self.open(gw), self.open(gw)
        self.assertEqual(get(gw.ports[0]).status, 503)
        if not IS_NGINX:
            gw.reload()
            gw.reload()
            self.assertEqual(get(gw.ports[0]).status, 503)
        first.close()

        def is_free():
            with Conn(gw.ports[0]) as conn:
                return conn.ask(ASK, "GET").status == 101
        wait_for(is_free)
        second.close()

    def test_a_peer_counts_it_until_its_end(self):
        http = "upstream u { zone u 64k; server @O@ max_conns=1; } " \
               "server { listen @P1@; location / { proxy_pass http://u; %s } }" % RECIPE
        gw = self.tunnel(answer(SWITCH), http=http)
        with Conn(gw.ports[1]) as conn:
            self.assertEqual(conn.ask(ASK, "GET").status, 101)
            for _ in range(2):
                self.assertEqual(get(gw.ports[1]).status, 502)
                if not IS_NGINX:
                    gw.reload()

        def is_free():
            with Conn(gw.ports[1]) as conn:
                return conn.ask(ASK, "GET").status == 101
        wait_for(is_free)

    @beyond_nginx
    def test_one_that_waits_for_a_peer_gets_it_when_a_tunnel_ends(self):
        http = "upstream u { zone u 64k; server @O@ max_conns=1; queue 5 timeout=10s; } " \
               "server { listen @P1@; location / { proxy_pass http://u; %s } }" % RECIPE
        gw = self.tunnel(answer(SWITCH), http=http)
        first = Conn(gw.ports[1])
        self.assertEqual(first.ask(ASK, "GET").status, 101)
        with Conn(gw.ports[1]) as second:
            second.send(ASK)
            self.assertTrue(second.is_open(0.2))
            first.close()
            self.assertEqual(second.read().status, 101)

    def test_stub_status_counts_it_as_writing(self):
        gw = self.tunnel(answer(SWITCH), http="server { listen @P1@; location / { stub_status; } }")

        def counts():
            words = get(gw.ports[1]).text.split()
            return [int(words[2]), int(words[words.index("Writing:") + 1])]
        self.assertEqual(counts(), [1, 1])
        conns = [self.open(gw) for _ in range(3)]
        self.assertEqual(counts(), [4, 4])
        for conn in conns:
            conn.close()
        wait_for(lambda: counts() == [1, 1])


class Logs(Tunnels):
    FORMAT = "log_format t '$status $bytes_sent $body_bytes_sent $sent_http_connection $request_length " \
             "$request_completion $upstream_status $upstream_bytes_sent $upstream_bytes_received " \
             "$upstream_response_length|$request|$http_upgrade|$upstream_addr|$request_time|$upstream_response_time|" \
             "$upstream_header_time|$msec|$connection_time'; "

    def test_the_line_comes_at_the_end_with_all_that_happened(self):
        gw = self.tunnel(answer(SWITCH), "access_log t.log t; access_log if.log t if=$http_none;", self.FORMAT)
        conn = self.open(gw)
        head = len(SWITCH)
        started = time.time()
        self.assertEchoes(conn, b"x" * 1000)
        self.assertEqual(gw.read("t.log"), "")
        time.sleep(0.25)
        conn.close()
        gw.wait_log("101", name="t.log")
        figures, line, upgrade, address, took, upstream_took, header_took, at, age = \
            gw.read("t.log").strip().split("|")
        figures = figures.split()
        sent = int(figures[1])
        asked = int(figures[7])
        self.assertEqual(figures, ["101", str(sent), "1000", "upgrade", str(len(ASK)), "OK", "101", str(asked),
                                   str(head + 1000), "0"])
        self.assertGreater(sent, 1000 + 60)
        self.assertGreater(asked, 1000 + 60)
        self.assertEqual((line, upgrade, address), ("GET /up HTTP/1.1", "foo", self.raw.address))
        for seconds in (took, upstream_took, age):
            self.assertGreaterEqual(float(seconds), 0.249)
            self.assertLess(float(seconds), 3)
        self.assertLess(float(header_took), 0.2)
        self.assertGreaterEqual(float(at), started + 0.24)
        self.assertEqual(gw.read("if.log"), "")

    def test_tries_before_it(self):
        http = self.FORMAT + "upstream u { server @DEAD@; server @O@ backup; } " \
            "server { listen @P1@; location / { proxy_pass http://u; %s access_log t.log t; } }" % RECIPE
        gw = self.tunnel(answer(SWITCH), http=http)
        with Conn(gw.ports[1]) as conn:
            self.assertEqual(conn.ask(ASK, "GET").status, 101)
            self.assertEchoes(conn, b"y" * 50)
            time.sleep(0.1)
        gw.wait_log("101", name="t.log")
        fields = gw.read("t.log").strip().split("|")
        self.assertIn(" 502, 101 0, ", fields[0])
        self.assertEqual(fields[3], "%s, %s" % (gw.dead.address, self.raw.address))
        first, second = fields[5].split(", ")
        self.assertLess(float(first), 0.1)
        self.assertGreaterEqual(float(second), 0.099)

    def test_where_it_goes(self):
        """Into a file of a variable name, and into one that buffers; also when a reload has come between."""
        gw = self.tunnel(answer(SWITCH), "access_log $http_upgrade.log t; access_log buffered.log t buffer=64k;",
                         self.FORMAT + "root @DIR@;")
        conn = self.open(gw)
        self.assertEchoes(conn)
        if not IS_NGINX:
            gw.reload()
        conn.close()
        gw.wait_log("^101 ", name="foo.log")
        gw.tool("-s", "reopen")
        wait_for(lambda: gw.read("buffered.log").startswith("101 ") or gw.reload())


if __name__ == "__main__":
    main()
