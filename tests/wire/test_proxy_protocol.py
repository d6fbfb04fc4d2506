"""PROXY protocol: from a balancer (raw bytes, curl, HAProxy) and to an upstream (an origin that shows the very bytes,
Debian's nginx)."""
import socket
import struct
import subprocess

import peers
from harness import Conn, WireTest, beyond_nginx, get, main, not_slow
from origin import Origin

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V4 = b"PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n"
V6 = b"PROXY TCP6 2001:Db8::1 2001:Db8::2 123 5678\r\n"
ASK = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
SAID = '"$proxy_protocol_addr!$proxy_protocol_port!$proxy_protocol_server_addr!$proxy_protocol_server_port"'


def v2(command, family, rest):
    return SIGNATURE + struct.pack(">BBH", command, family, len(rest)) + rest


def tlv(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


ADDRESSES = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + struct.pack(">HH", 123, 5678)
ADDRESSES6 = (socket.inet_pton(socket.AF_INET6, "2001:db8::1") + socket.inet_pton(socket.AF_INET6, "2001:db8::2") +
              struct.pack(">HH", 123, 5678))


class Incoming(WireTest):
    HTTP = """log_format pp "$remote_addr $remote_port $proxy_protocol_addr $status"; access_log access.log pp;
    client_header_timeout 1s;
    server { listen @P0@ proxy_protocol; listen @P1@;
        location / { return 200 %s; }
        location /peer { return 200 "$remote_addr $realip_remote_addr"; }
        location /refused { set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol; deny 192.0.2.1;
            try_files /x =404; }
        location /late { set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;
            add_header X-IP $remote_addr always; try_files /x =404; }
        location /tlv { return 200 "$proxy_protocol_tlv_alpn,$proxy_protocol_tlv_ssl_cn,$proxy_protocol_tlv_0xae"; }
        location /sub { auth_request /check; try_files /x =404; }
        location /check { proxy_pass http://@O@/b/0; proxy_set_header X-Said $proxy_protocol_addr; }
    }
    server { listen @P2@ proxy_protocol; set_real_ip_from 127.0.0.0/8; set_real_ip_from 192.0.2.0/24;
        real_ip_header proxy_protocol; real_ip_recursive on; return 200 "$remote_addr $remote_port $realip_remote_addr"; }
    server { listen @P3@ proxy_protocol; set_real_ip_from 10.0.0.0/8; real_ip_header proxy_protocol;
        return 200 "$remote_addr"; }""" % SAID

    def said(self, header, target=b"/", port=0):
        with Conn(self.gw.ports[port]) as conn:
            return conn.ask(header + ASK.replace(b"/ ", target + b" ", 1), "GET").text

    def test_version_1(self):
        self.assertEqual(self.said(V4), "192.0.2.1!123!192.0.2.2!5678")
        self.assertEqual(self.said(V6), "2001:db8::1!123!2001:db8::2!5678")
        self.assertEqual(self.said(b"PROXY UNKNOWN\r\n"), "!!!")
        self.assertEqual(self.said(b"PROXY UNKNOWN ff 1 2 3\r\n"), "!!!")

    def test_version_2(self):
        self.assertEqual(self.said(v2(0x21, 0x11, ADDRESSES)), "192.0.2.1!123!192.0.2.2!5678")
        self.assertEqual(self.said(v2(0x21, 0x21, ADDRESSES6)), "2001:db8::1!123!2001:db8::2!5678")
        self.assertEqual(self.said(v2(0x20, 0x00, b"")), "!!!")
        self.assertEqual(self.said(v2(0x20, 0x11, ADDRESSES)), "!!!")
        self.assertEqual(self.said(v2(0x21, 0x31, b"/a".ljust(108, b"\0") * 2)), "!!!")

    @beyond_nginx
    def test_what_one_read_does_not_bring_comes_with_the_next(self):
        for header in (V4, v2(0x21, 0x11, ADDRESSES + tlv(1, b"h2"))):
            with Conn(self.port) as conn:
                conn.send_slowly(header + ASK[:10], pause=0.001)
                self.assertEqual(conn.ask(ASK[10:], "GET").text, "192.0.2.1!123!192.0.2.2!5678")

    def test_the_header_holds_for_the_whole_connection(self):
        with Conn(self.port) as conn:
            self.assertEqual(conn.ask(V4 + ASK, "GET").text, "192.0.2.1!123!192.0.2.2!5678")
            self.assertEqual(conn.ask(ASK).text, "192.0.2.1!123!192.0.2.2!5678")
            conn.ask(V4 + ASK, "GET")  # a second one is no request
            self.assertTrue(conn.is_closed())

    def test_requests_may_come_with_it(self):
        with Conn(self.port) as conn:
            conn.send(V4 + ASK + ASK)
            self.assertEqual([conn.read().text for _ in range(2)], ["192.0.2.1!123!192.0.2.2!5678"] * 2)

    def test_the_address_of_the_connection_stays_that_of_the_balancer(self):
        self.assertEqual(self.said(V4, b"/peer"), "127.0.0.1 127.0.0.1")

    def test_realip(self):
        self.assertEqual(self.said(V4, port=2), "192.0.2.1 123 127.0.0.1")
        self.assertEqual(self.said(v2(0x21, 0x21, ADDRESSES6), port=2), "2001:db8::1 123 127.0.0.1")
        self.assertTrue(self.said(b"PROXY UNKNOWN\r\n", port=2).startswith("127.0.0.1 "))
        self.assertEqual(self.said(V4, port=3), "127.0.0.1")
        with Conn(self.port) as conn:
            self.assertEqual(conn.ask(V4 + ASK.replace(b"/ ", b"/late ", 1), "GET").get("X-IP"), "192.0.2.1")
        self.assertIn("403 Forbidden", self.said(V4, b"/refused"))
        self.gw.wait_log(r"^192\.0\.2\.1 123 192\.0\.2\.1 403$", name="access.log")

    def test_the_other_socket_of_the_server_wants_none(self):
        self.assertEqual(get(self.gw.ports[1]).text, "!!!")
        self.assertEqual(get(self.gw.ports[1], "/late").get("X-IP"), "127.0.0.1")

    def test_tlvs(self):
        ssl = tlv(0x20, b"\1\0\0\0\0" + tlv(0x22, b"shop.example"))
        self.assertEqual(self.said(v2(0x21, 0x11, ADDRESSES + tlv(1, b"h2") + ssl + tlv(0xae, b"x")), b"/tlv"),
                         "h2,shop.example,x")
        self.assertEqual(self.said(V4, b"/tlv"), ",,")

    def test_subrequests_know_it(self):
        self.said(V4, b"/sub")
        self.assertEqual(self.origin.last.get("X-Said"), "192.0.2.1")

    def refused(self, data, pattern):
        with Conn(self.port) as conn:
            try:
                conn.send(data)
            except OSError:
                pass
            self.assertEqual(conn.read_to_close(), b"")
        self.gw.wait_log(pattern)

    def test_without_a_header_nobody_gets_in(self):
        self.refused(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n",
                     r'\[error\].*broken header: "GET /plain HTTP/1.1".* while reading PROXY protocol, client: 127')

    def test_a_broken_header_closes(self):
        self.refused(b"PROXY TCP4 1.2.3 192.0.2.2 1 2\r\n" + ASK, r'broken header: "PROXY TCP4 1\.2\.3 ')
        self.refused(b"PROXY UNKNOWN" + b"x" * 200 + b"\r\n" + ASK, r'broken header: "PROXY UNKNOWNxxx')

    @beyond_nginx
    def test_strictly(self):
        self.refused(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n" + ASK, r"invalid destination address")
        self.refused(V4.replace(b"\r\n", b"\n") + ASK, r"line end is not CRLF")
        self.refused(v2(0x21, 0x11, ADDRESSES + b"\x01\xff\xff") + ASK, r"TLV cut short")
        self.refused(SIGNATURE + b"\x21\x11\xff\xff" + b"x" * 100, r"header too large")
        self.refused(SIGNATURE + b"\x25\x11\x00\x00" + ASK, r"unknown command")

    @beyond_nginx
    def test_a_peer_cannot_forge_log_lines(self):
        self.refused(b"PROXY \x1b[31m\x00\xff\r\n", r"broken header: \"PROXY \\x1B\[31m\\x00\\xFF\"")

    @beyond_nginx
    def test_half_a_header_and_the_end(self):
        with Conn(self.port) as conn:
            conn.send(V4[:20]).half_close()
            self.assertTrue(conn.is_closed())
        self.gw.wait_log(r"\[info\].*client closed connection while reading PROXY protocol, client: 127")

    @not_slow
    def test_client_header_timeout(self):
        with Conn(self.port) as conn:
            conn.send_slowly(V4[:8], pause=0.25)
            self.assertTrue(conn.is_closed(3))
        self.gw.wait_log(r"client timed out.* while reading PROXY protocol")

    @peers.needs_curl
    def test_curl(self):
        done = subprocess.run([peers.CURL, "-sS", "--haproxy-protocol", "http://127.0.0.1:%d/" % self.gw.ports[2]],
                              capture_output=True, timeout=20)
        address, port, connection = done.stdout.decode().split()
        self.assertEqual((address, connection), ("127.0.0.1", "127.0.0.1"), done.stderr)
        self.assertGreater(int(port), 0)

    @peers.needs_haproxy
    def test_haproxy(self):
        for option in ("send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"):
            peer = peers.Haproxy("""frontend f
    bind @P0@
    unique-id-format id-of-it
    default_backend b
backend b
    server s 127.0.0.1:%d %s""" % (self.gw.ports[2], option))
            self.addCleanup(peer.stop)
            with Conn(peer.ports[0], source="127.0.0.5") as conn:
                client, port, connection = conn.get("/").text.split()
                self.assertEqual((client, int(port)), conn.socket.getsockname(), option)
                self.assertEqual(connection, "127.0.0.1", option)


@beyond_nginx
class Reloads(WireTest):
    def test_a_reload_changes_what_a_socket_wants(self):
        plain = "server { listen @P0@; return 200 plain; }"
        gw = self.start(plain)
        with Conn(gw.ports[0]) as old:
            self.assertEqual(old.get("/").text, "plain")
            gw.reload("server { listen @P0@ proxy_protocol; return 200 $proxy_protocol_addr; }")
            with Conn(gw.ports[0]) as fresh:
                self.assertEqual(fresh.ask(V4 + ASK, "GET").text, "192.0.2.1")
                gw.reload(plain)
                self.assertEqual(fresh.get("/").text, "plain")
            self.assertEqual(old.get("/").text, "plain")
        self.assertEqual(get(gw.ports[0]).text, "plain")


class LineOrigin(Origin):
    """Takes a PROXY protocol header off each connection first: `lines` has them by connection number."""

    def __init__(self, **options):
        self.lines = {}
        super().__init__(**options)

    def _serve(self, link):
        try:
            start = link.exactly(12)
            if start == SIGNATURE:
                start += link.exactly(4)
                self.lines[link.number] = start + link.exactly(struct.unpack(">H", start[14:])[0])
            else:
                self.lines[link.number] = start + link.until(b"\r\n")
        except Exception:
            return link.socket.close()
        super()._serve(link)

    def last_line(self):
        return self.lines[self.last.connection]


@beyond_nginx
class Outgoing(WireTest):
    ORIGINS = 0
    TEXT = """
    upstream kept { server @O0@; keepalive 8; }
    server { listen @P0@; listen [::1]:@PORT0@; proxy_protocol on;
        location / { proxy_pass http://kept; }
        location /two/ { proxy_protocol v2; proxy_pass http://kept/b/; }
        location /claimed/ { set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP; proxy_pass http://kept/b/; }
        location /off/ { proxy_protocol off; proxy_pass http://@O1@/b/; }
        location /dead/ { proxy_pass http://@DEAD@; }
    }
    server { listen @P1@ proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;
        location / { proxy_protocol on; proxy_pass http://kept; } }
    server { listen unix:@DIR@/client.sock; location / { proxy_protocol on; proxy_pass http://kept; } }"""

    def setUp(self):
        self.taker = LineOrigin()
        self.addCleanup(self.taker.stop)
        self.plain = self.start_origin()
        self.gw = self.start(self.TEXT, origins=[self.taker, self.plain])
        self.port = self.gw.ports[0]

    def line_of(self, conn, server=None):
        host, port = conn.socket.getsockname()[:2]
        return b"PROXY TCP4 %s 127.0.0.1 %d %d\r\n" % (host.encode(), port, server or self.port)

    def test_version_1_names_the_client_and_where_it_came_to(self):
        with Conn(self.port, source="127.0.0.7") as conn:
            self.assertStatus(conn.get("/b/5"), 200)
            self.assertEqual(self.taker.last_line(), self.line_of(conn))

    def test_version_2(self):
        with Conn(self.port, source="127.0.0.7") as conn:
            self.assertStatus(conn.get("/two/5"), 200)
            host, port = conn.socket.getsockname()
            self.assertEqual(self.taker.last_line(), v2(0x21, 0x11, socket.inet_aton(host) +
                                                        socket.inet_aton("127.0.0.1") +
                                                        struct.pack(">HH", port, self.port)))

    def test_ipv6(self):
        with Conn(self.port, family=socket.AF_INET6) as conn:
            self.assertStatus(conn.get("/b/5"), 200)
            self.assertEqual(self.taker.last_line(), b"PROXY TCP6 ::1 ::1 %d %d\r\n" %
                             (conn.socket.getsockname()[1], self.port))

    def test_unix_sockets_have_no_address(self):
        with Conn(self.gw.path("client.sock")) as conn:
            self.assertStatus(conn.get("/b/5"), 200)
        self.assertEqual(self.taker.last_line(), b"PROXY UNKNOWN\r\n")

    def test_a_chain_passes_the_first_client_on(self):
        with Conn(self.gw.ports[1]) as conn:
            self.assertStatus(conn.ask(V4 + ASK.replace(b"/ ", b"/b/5 ", 1), "GET"), 200)
        self.assertEqual(self.taker.last_line(), b"PROXY TCP4 192.0.2.1 127.0.0.1 123 %d\r\n" % self.gw.ports[1])

    def test_realip_counts_and_families_are_joined(self):
        with Conn(self.port) as conn:
            conn.get("/claimed/5", fields="X-Real-IP: 2001:db8::9\r\n")
        self.assertEqual(self.taker.last_line(), b"PROXY TCP6 2001:db8::9 ::ffff:127.0.0.1 0 %d\r\n" % self.port)

    def test_a_client_keeps_its_connection(self):
        with Conn(self.port) as conn:
            for _ in range(3):
                self.assertStatus(conn.get("/b/5"), 200)
        self.assertEqual((self.taker.connection_count, self.taker.last.nth), (1, 3))

    def test_clients_never_share_one(self):
        for _ in range(4):
            with Conn(self.port) as conn:
                self.assertStatus(conn.get("/b/5"), 200)
                self.assertEqual(self.taker.last_line(), self.line_of(conn))
        self.assertEqual(self.taker.connection_count, 4)

    def test_nor_do_versions_or_claimed_addresses(self):
        with Conn(self.port) as conn:
            for path, field in (("/b/5", ""), ("/two/5", ""), ("/claimed/5", "X-Real-IP: 192.0.2.8\r\n"),
                                ("/claimed/5", "X-Real-IP: 192.0.2.9\r\n"), ("/b/5", "")):
                self.assertStatus(conn.get(path, fields=field), 200)
        self.assertEqual(self.taker.connection_count, 4)
        self.assertEqual(self.taker.last.connection, 1)

    def test_off(self):
        self.assertStatus(get(self.port, "/off/5"), 200)
        self.assertEqual(self.plain.connection_count, 1)

    def test_large_bodies_follow_it(self):
        body = bytes(range(256)) * 4096
        with Conn(self.port) as conn:
            conn.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.assertStatus(conn.read("POST"), 200)
            self.assertEqual(self.taker.last_line(), self.line_of(conn))
        self.assertEqual(self.taker.last.body, body)

    def test_a_peer_that_refuses(self):
        self.assertStatus(get(self.port, "/dead/"), 502)
        self.gw.wait_log(r"connect\(\) failed \(111: Connection refused\) while connecting to upstream")

    @peers.needs_nginx
    def test_nginx_understands_both(self):
        peer = peers.Nginx("""server { listen @P0@ proxy_protocol; location / {
            return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr"; } }""")
        self.addCleanup(peer.stop)
        for version in ("v1", "v2"):
            gw = self.start("server { listen @P0@; proxy_protocol %s; location / { proxy_pass http://%s; } }" %
                            (version, peer.address))
            with Conn(gw.ports[0], source="127.0.0.9") as conn:
                host, port = conn.socket.getsockname()
                self.assertEqual(conn.get("/").text, "%s %d 127.0.0.1" % (host, port), version)


if __name__ == "__main__":
    main()
