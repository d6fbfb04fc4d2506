"""TLS to upstreams: Python's ssl, Debian's nginx and `openssl s_client`'s sibling s_server as peers."""
import os
import socket
import subprocess
import threading

import peers
from h2_client import DATA, END_STREAM, H2Conn
from harness import FACTOR, ROOT, Conn, WireTest, beyond_nginx, free_port, get, in_parallel, main, request, wait_for
from peers import OPENSSL, needs_nginx, needs_openssl
from test_websocket import HANDSHAKE, SWITCH, all_frames
from tls_client import Certificate, certificate, files, revoke
from tls_origin import TlsOrigin, server_context

CA = certificate("ca.example", is_ca=True)
SHOP = certificate("shop.example", issuer=CA, serial=0x17)
SELF = certificate("self.example", kind="rsa")
FIXTURE = os.path.join(ROOT, "tests", "check", "tls", "old")   # openssl req makes none that is over
with open(FIXTURE + ".pem") as pem, open(FIXTURE + ".key") as key:
    EXPIRED = Certificate("old.example", pem.read(), key.read())
PARTNER = certificate("partner.example", issuer=CA)
OTHER = certificate("other.example", issuer=CA)
FILES = dict(files(SHOP, SELF, PARTNER, OTHER, EXPIRED), **{"ca.pem": CA.pem, "revoked.crl": revoke(CA, 0x17),
                                                    "empty.crl": revoke(CA, 99)})
VERIFY = "proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; "


class Upstreams(WireTest):
    ORIGINS = 0

    def origin_of(self, who=SHOP, **options):
        inner = {name: options.pop(name) for name in ("serve", "before") if name in options}
        origin = TlsOrigin(server_context(who, **options), **inner)
        self.addCleanup(origin.stop)
        return origin

    def gateway(self, origins, locations, http="", files=FILES, **options):
        return self.start(http + "server { listen @P0@; %s }" % locations, origins=origins, files=files, **options)


class Handshakes(Upstreams):
    def test_a_request_over_tls(self):
        for version in ("TLSv1_2", "TLSv1_3"):
            origin = self.origin_of(version=version)
            gw = self.gateway(origin, "location / { proxy_pass https://@O@; }")
            self.assertEqual(get(gw.ports[0]).text, "%s None . - 1" % version.replace("_", "."))
            self.assertEqual(get(gw.ports[0]).text, "%s None . - 1" % version.replace("_", "."))  # kept

    def test_a_body_that_ends_during_the_handshake(self):
        begun, ready, seen = threading.Event(), threading.Event(), []

        def before(_):
            begun.set()
            ready.wait(10)

        def serve(origin, tls, head):
            while not tls.rest.endswith(b"0\r\n\r\n"):
                tls.rest += tls.recv(65536)
            seen.append((head.split(b" ")[0], tls.rest))
            tls.rest = b""
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        origin = self.origin_of(before=before, serve=serve)
        self.addCleanup(ready.set)
        gw = self.gateway(origin, "http2 on; proxy_http_version 1.1; proxy_request_buffering off; "
                                  "location / { proxy_pass https://@O@; }")
        with H2Conn(gw.ports[0]) as conn:
            number = conn.request(method="POST", end=False)
            conn.frame(DATA, 0, number, b"hello")
            self.assertTrue(begun.wait(10))
            conn.frame(DATA, END_STREAM, number, b"")
            conn.ping()
            ready.set()
            self.assertEqual(conn.answer(number).status, 200)
        self.assertEqual(seen, [(b"POST", b"5\r\nhello\r\n0\r\n\r\n")])

    def test_connections_are_kept_and_never_mixed(self):
        origin = self.origin_of()
        gw = self.gateway(origin, """
            proxy_ssl_server_name on;
            location / { proxy_pass https://@O@; }
            location /a { proxy_pass https://@O@; proxy_ssl_name a.shop.example; }
            location /b { proxy_pass https://@O@; proxy_ssl_name b.shop.example; }
            location /checked { proxy_pass https://@O@; proxy_ssl_name a.shop.example; %s }
            location /mine { proxy_pass https://@O@; proxy_ssl_name a.shop.example;
                proxy_ssl_certificate partner.example.pem; proxy_ssl_certificate_key partner.example.key; }
            location /same { proxy_pass https://@O@; proxy_ssl_name a.shop.example; }""" % VERIFY)
        said = {path: get(gw.ports[0], path).text.split() for path in ("/", "/a", "/b", "/checked", "/mine")}
        self.assertEqual([words[1] for words in said.values()], ["None", "a.shop.example", "b.shop.example",
                                                                 "a.shop.example", "a.shop.example"])
        self.assertEqual(sorted(words[4] for words in said.values()), ["1", "2", "3", "4", "5"])
        for path, words in said.items():
            self.assertEqual(get(gw.ports[0], path).text.split(), words)
        self.assertEqual(get(gw.ports[0], "/same").text.split(), said["/a"])

    def test_sessions_are_resumed(self):
        for version in ("TLSv1_2", "TLSv1_3"):
            origin = self.origin_of(version=version, serve=lambda o, tls, head: TlsOrigin.say(o, tls, head).replace(
                b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"))
            gw = self.gateway(origin, """
                location / { proxy_pass https://@O@; }
                location /name { proxy_pass https://@O@; proxy_ssl_name other; }
                location /checked { proxy_pass https://@O@; proxy_ssl_name shop.example; %s }
                location /never { proxy_pass https://@O@; proxy_ssl_session_reuse off; }""" % VERIFY)
            for path in ("/", "/name", "/checked"):
                reused = [get(gw.ports[0], path).text.split()[2] for _ in range(4)]
                self.assertEqual(reused, [".", "r", "r", "r"], (version, path))
            self.assertEqual([get(gw.ports[0], "/never").text.split()[2] for _ in range(3)], [".", ".", "."])

    def test_versions_and_ciphers(self):
        origin = self.origin_of()
        gw = self.gateway(origin, """
            location /12 { proxy_pass https://@O@; proxy_ssl_protocols TLSv1.2; }
            location /13 { proxy_pass https://@O@; proxy_ssl_protocols TLSv1.3; }
            location /cipher { proxy_pass https://@O@; proxy_ssl_protocols TLSv1.2;
                proxy_ssl_ciphers ECDHE-ECDSA-CHACHA20-POLY1305; }
            location /command { proxy_pass https://@O@; proxy_ssl_conf_command Protocol -TLSv1.3; }
            location /none { proxy_pass https://@O@; proxy_ssl_protocols TLSv1.1;
                proxy_ssl_ciphers DEFAULT@SECLEVEL=0; }
            """)
        self.assertEqual([get(gw.ports[0], path).text.split()[0] for path in ("/12", "/13", "/cipher", "/command")],
                         ["TLSv1.2", "TLSv1.3", "TLSv1.2", "TLSv1.2"])
        self.assertStatus(get(gw.ports[0], "/none"), 502)
        gw.wait_log(r"SSL_do_handshake\(\) failed \(SSL: .*\) while SSL handshaking to upstream.*upstream: \"https://")

    def test_variables_in_the_url(self):
        origin = self.origin_of()
        gw = self.gateway(origin, """
            location / { set $to @O@; proxy_pass https://$to$request_uri; proxy_ssl_server_name on; }
            location /scheme { set $to https://@O@; proxy_pass $to; }
            location /named { set $to shops; proxy_pass https://$to; proxy_ssl_server_name on; }
            """, http="upstream shops { server @O@; }")
        self.assertEqual(get(gw.ports[0]).text.split()[1], "None")  # no addresses in SNI
        self.assertStatus(get(gw.ports[0], "/scheme"), 200)
        self.assertEqual(get(gw.ports[0], "/named").text.split()[1], "shops")

    def test_a_body_in_both_directions(self):
        data = os.urandom(3_000_000)

        def serve(_, tls, head):
            length, body = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]), tls.rest
            tls.rest = b""
            while len(body) < length:
                body += tls.recv(65536)
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        for buffering in ("on", "off"):
            origin = self.origin_of(serve=serve)
            gw = self.gateway(origin, "client_max_body_size 10m; proxy_request_buffering %s; "
                                      "location / { proxy_pass https://@O@; }" % buffering)
            for _ in range(2):
                self.assertTrue(request(gw.ports[0], "POST", "/", body=data, close=False).body == data)
            self.assertEqual(origin.connections, 1)

    def test_the_proxy_header_goes_first(self):
        seen = []

        def before(conn):
            header = b""
            while not header.endswith(b"\r\n"):
                header += conn.recv(1)
            seen.append(header)
        origin = self.origin_of(before=before)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; proxy_protocol on; }")
        self.assertStatus(get(gw.ports[0]), 200)
        self.assertTrue(seen[0].startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 "), seen)

    def test_many_at_once(self):
        origin = self.origin_of()
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s proxy_ssl_name shop.example; }" % VERIFY)
        answers = in_parallel(32, lambda _: get(gw.ports[0]).status)
        self.assertEqual(answers, [200] * 32)

    @beyond_nginx
    def test_kept_connections_outlive_a_reload_that_changes_nothing(self):
        origin = self.origin_of()
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s proxy_ssl_name shop.example; }" % VERIFY,
                          main="worker_processes 1;")
        first = get(gw.ports[0]).text
        gw.reload()
        self.assertEqual(get(gw.ports[0]).text, first)
        gw.write("ca.pem", CA.pem + SELF.pem)
        gw.reload()
        self.assertNotEqual(get(gw.ports[0]).text, first)

    def test_reload_takes_another_certificate(self):
        origin = self.origin_of(clients=CA)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; proxy_ssl_certificate partner.example.pem; "
                                  "proxy_ssl_certificate_key partner.example.key; }")
        self.assertEqual(get(gw.ports[0]).text.split()[3], "partner.example")
        gw.write("partner.example.pem", OTHER.pem)
        gw.write("partner.example.key", OTHER.key)
        gw.reload()
        self.assertEqual(get(gw.ports[0]).text.split()[3], "other.example")

    def test_key_log(self):
        origin = self.origin_of()
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; proxy_ssl_key_log keys.log; }")
        self.assertStatus(get(gw.ports[0]), 200)
        gw.wait_log(r"^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$", name="keys.log")


class Verifying(Upstreams):
    def refusal(self, who, settings, pattern, reaches=0, **options):
        origin = self.origin_of(who, **options)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s }" % settings)
        self.assertStatus(get(gw.ports[0]), 502)
        gw.wait_log(pattern)
        self.assertEqual(origin.requests, reaches)

    def test_accepted(self):
        cases = [("shop.example", SHOP), ("any.shop.example", SHOP), ("shop.example:8443", SHOP)]
        for name, who in cases:
            origin = self.origin_of(who)
            gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s proxy_ssl_name %s; }" % (VERIFY, name))
            self.assertStatus(get(gw.ports[0]), 200, name)

    @beyond_nginx
    def test_an_address_that_the_certificate_names(self):
        origin = self.origin_of()
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s }" % VERIFY)
        self.assertStatus(get(gw.ports[0]), 200)

    def test_a_certificate_for_another_name(self):
        self.refusal(SHOP, VERIFY + "proxy_ssl_name other.example;",
                     r'upstream SSL certificate does not match "other.example" while SSL handshaking to upstream')
        self.refusal(SHOP, VERIFY + "proxy_ssl_name $arg_none;", r'upstream SSL certificate does not match ""')

    def test_a_self_signed_certificate(self):
        self.refusal(SELF, VERIFY + "proxy_ssl_name self.example;",
                     r"upstream SSL certificate verify error: \(18:self.signed certificate\)")

    def test_an_expired_certificate(self):
        self.refusal(EXPIRED, "proxy_ssl_verify on; proxy_ssl_trusted_certificate old.example.pem; "
                              "proxy_ssl_name shop.example;",
                     r"upstream SSL certificate verify error: \(10:certificate has expired\)")

    def test_a_revoked_certificate(self):
        self.refusal(SHOP, VERIFY + "proxy_ssl_name shop.example; proxy_ssl_crl revoked.crl;",
                     r"upstream SSL certificate verify error: \(23:certificate revoked\)")
        origin = self.origin_of()
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; proxy_ssl_name shop.example; "
                                  "proxy_ssl_crl empty.crl; %s }" % VERIFY)
        self.assertStatus(get(gw.ports[0]), 200)

    def test_a_wrong_peer_sees_no_certificate_of_ours(self):
        seen = []
        origin = self.origin_of(SELF, clients=CA, version="TLSv1_2", serve=lambda *_: seen.append(1))
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s proxy_ssl_name self.example; "
                                  "proxy_ssl_certificate partner.example.pem; "
                                  "proxy_ssl_certificate_key partner.example.key; }" % VERIFY)
        self.assertStatus(get(gw.ports[0]), 502)
        wait_for(lambda: origin.errors)
        self.assertIn("unknown ca", str(origin.errors[0]).lower())

    def test_the_next_server_is_tried(self):
        bad, good = self.origin_of(SELF), self.origin_of(SHOP)
        gw = self.gateway([bad, good],
                          "location / { proxy_pass https://shops; %s proxy_ssl_name shop.example; }" % VERIFY,
                          http="upstream shops { server @O0@; server @O1@ backup; }")
        self.assertStatus(request(gw.ports[0], "POST", "/", body=b""), 200)
        self.assertEqual((bad.requests, good.requests), (0, 1))


class OurCertificate(Upstreams):
    def test_shown_when_asked_for(self):
        origin = self.origin_of(clients=CA)
        gw = self.gateway(origin, """
            location / { proxy_pass https://@O@;
                proxy_ssl_certificate partner.example.pem; proxy_ssl_certificate_key partner.example.key;
                location /cancelled { proxy_pass https://@O@; proxy_ssl_certificate ""; } }
            location /without { proxy_pass https://@O@; }
            location /wrong { proxy_pass https://@O@;
                proxy_ssl_certificate self.example.pem; proxy_ssl_certificate_key self.example.key; }""")
        self.assertEqual(get(gw.ports[0]).text.split()[3], "partner.example")
        for path in ("/without", "/cancelled", "/wrong"):
            self.assertStatus(get(gw.ports[0], path), 502)

    def test_an_encrypted_key(self):
        done = subprocess.run([OPENSSL, "ec", "-aes128", "-passout", "pass:open sesame"], input=PARTNER.key.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        origin = self.origin_of(clients=CA)
        gw = self.gateway(origin, """proxy_ssl_password_file passwords;
            location / { proxy_pass https://@O@;
                proxy_ssl_certificate partner.example.pem; proxy_ssl_certificate_key locked.key; }
            location /named { proxy_pass https://@O@;
                proxy_ssl_certificate $arg_who.pem; proxy_ssl_certificate_key $arg_key.key; }""",
                          files=dict(FILES, **{"locked.key": done.stdout, "passwords": "wrong\nopen sesame\n"}))
        self.assertEqual(get(gw.ports[0]).text.split()[3], "partner.example")
        self.assertEqual(get(gw.ports[0], "/named?who=partner.example&key=locked").text.split()[3], "partner.example")

    def test_names_with_variables(self):
        origin = self.origin_of(clients=CA)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; proxy_ssl_certificate $arg_who.example.pem; "
                                  "proxy_ssl_certificate_key $arg_who.example.key; }", main="worker_processes 1;")
        said = [get(gw.ports[0], "/?who=" + who).text.split()[2:4] for who in ("partner", "other", "partner", "other")]
        self.assertEqual([name for _, name in said], ["partner.example", "other.example"] * 2)
        self.assertEqual([reused for reused, _ in said[:2]], [".", "."])  # one's session is not the other's
        self.assertStatus(get(gw.ports[0], "/?who=nobody"), 500)
        gw.wait_log(r'\[crit\].*cannot load certificate ".*/nobody.example.pem": No such file or directory')
        self.assertStatus(get(gw.ports[0], "/?who=../x"), 500)

    def test_names_with_variables_are_cached(self):
        origin = self.origin_of(clients=CA, serve=lambda o, tls, head: TlsOrigin.say(o, tls, head).replace(
            b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"))
        gw = self.gateway(origin, """proxy_ssl_certificate $arg_who.pem; proxy_ssl_certificate_key $arg_who.key;
            proxy_ssl_session_reuse off;
            location / { proxy_pass https://@O@; }
            location /cached { proxy_pass https://@O@; proxy_ssl_certificate_cache max=4 valid=1h; }""",
                          main="worker_processes 1;", files=dict(FILES, **{"x.pem": PARTNER.pem, "x.key": PARTNER.key}))
        paths = ("/?who=x", "/cached?who=x")
        self.assertEqual([get(gw.ports[0], p).text.split()[3] for p in paths], ["partner.example"] * 2)
        gw.write("x.pem", OTHER.pem)
        gw.write("x.key", OTHER.key)
        self.assertEqual([get(gw.ports[0], p).text.split()[3] for p in paths], ["other.example", "partner.example"])


class BadPeers(Upstreams):
    """None of them may hang, crash or be taken for an answer."""

    def failure(self, before, status, pattern, settings=""):
        origin = self.origin_of(before=before)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; %s }" % settings)
        self.assertStatus(get(gw.ports[0]), status)
        gw.wait_log(pattern)

    def test_garbage(self):
        def before(conn):
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" + os.urandom(100))
            return False
        self.failure(before, 502, r"SSL_do_handshake\(\) failed \(SSL: .*wrong version number.* while SSL handshaking")

    def test_close_at_once_and_in_the_middle(self):
        def before(conn):
            conn.recv(65536)
            return False
        self.failure(before, 502, r"peer closed connection in SSL handshake while SSL handshaking to upstream")

        def middle(conn):
            conn.recv(65536)
            conn.sendall(bytes.fromhex("160303007a0200007603030000"))
            return False
        self.failure(middle, 502, r"peer closed connection in SSL handshake while SSL handshaking to upstream")

    def test_reset(self):
        def before(conn):
            conn.recv(1)  # the rest unread: close resets
            return False
        self.failure(before, 502, r"(104: Connection reset by peer|peer closed connection).* while SSL handshaking")

    def test_a_handshake_that_takes_too_long(self):
        def before(conn):
            conn.recv(65536)
            conn.recv(65536)  # until the gateway gives up
            return False
        self.failure(before, 504, r"upstream timed out \(110: Connection timed out\) while SSL handshaking to upstream",
                     "proxy_connect_timeout 200ms;")

    def test_a_slow_handshake_holds_nobody_up(self):
        release = threading.Event()
        first = []

        def before(conn):
            if not first:
                first.append(conn)
                release.wait(20 * FACTOR)
        origin = self.origin_of(before=before)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; }", main="worker_processes 1;")
        with Conn(gw.ports[0]) as slow:
            slow.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_for(lambda: first)
            for _ in range(3):
                self.assertStatus(get(gw.ports[0]), 200)
            release.set()
            self.assertStatus(slow.read(), 200)

    def test_a_client_that_leaves_during_the_handshake(self):
        gone = threading.Event()

        def before(conn):
            conn.recv(65536)
            if not conn.recv(65536):
                gone.set()
            return False
        origin = self.origin_of(before=before)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; }")
        with Conn(gw.ports[0]) as conn:
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_for(lambda: origin.connections)
        self.assertTrue(gone.wait(5 * FACTOR))

    def test_cut_in_the_middle_of_an_answer(self):
        def serve(_, tls, __):
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        origin = self.origin_of(serve=serve)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; }")
        self.assertFalse(get(gw.ports[0]).complete)

    def test_a_kept_connection_that_its_peer_closed(self):
        closing = threading.Event()

        def serve(origin, tls, head):
            answer = TlsOrigin.say(origin, tls, head)
            if tls.number > 1:
                return answer
            tls.sendall(answer)
            closing.set()
            return None
        origin = self.origin_of(serve=serve)
        gw = self.gateway(origin, "location / { proxy_pass https://@O@; }")
        for i in range(5):
            self.assertStatus(get(gw.ports[0]), 200)


class OtherPeople(Upstreams):
    @needs_nginx
    def test_nginx(self):
        nginx = peers.Nginx("""server { listen @P0@ ssl; ssl_certificate shop.example.pem;
            ssl_certificate_key shop.example.key; ssl_client_certificate ca.pem; ssl_verify_client optional;
            ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:1m; keepalive_requests 2;
            location / { return 200
                "$ssl_protocol $ssl_server_name $ssl_session_reused $ssl_client_verify $ssl_client_s_dn"; } }""",
                            files=FILES)
        self.addCleanup(nginx.stop)
        gw = self.gateway([], "location / { proxy_pass https://%s; proxy_ssl_server_name on; "
                              "proxy_ssl_name www.shop.example; proxy_ssl_certificate partner.example.pem; "
                              "proxy_ssl_certificate_key partner.example.key; %s }" % (nginx.address, VERIFY),
                          main="worker_processes 1;")
        said = [get(gw.ports[0]).text for _ in range(6)]
        self.assertEqual(said[0], "TLSv1.3 www.shop.example . SUCCESS CN=partner.example")
        self.assertEqual(said[2:], ["TLSv1.3 www.shop.example r SUCCESS CN=partner.example"] * 4)

    @needs_openssl
    def test_s_server(self):
        port = free_port()
        folder = self.start("server { listen @P0@; return 204; }", origins=[], files=FILES).dir
        server = subprocess.Popen([OPENSSL, "s_server", "-accept", "127.0.0.1:%d" % port, "-www", "-cert",
                                   os.path.join(folder, "shop.example.pem"), "-key",
                                   os.path.join(folder, "shop.example.key"), "-quiet"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)

        def is_up():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
            return True
        wait_for(is_up)
        gw = self.gateway([], "location / { proxy_pass https://127.0.0.1:%d; %s proxy_ssl_name shop.example; "
                              "proxy_http_version 1.0; }" % (port, VERIFY))
        for _ in range(3):
            self.assertIn("TLSv1.3", get(gw.ports[0]).text)


class WebSockets(Upstreams):
    def test_a_tunnel_through_an_https_upstream(self):
        sent, back = all_frames(b"\x01\x02\x03\x04"), all_frames(None)
        wanted = b"".join(sent) if isinstance(sent, list) else sent
        answer = b"".join(back) if isinstance(back, list) else back
        got = []

        def serve(_, tls, head):
            tls.sendall(SWITCH)
            data, tls.rest = tls.rest, b""
            while len(data) < len(wanted):
                data += tls.recv(65536)
            got.append(data)
            tls.sendall(answer)
            return None
        origin = self.origin_of(serve=serve)
        gw = self.gateway(origin, """location / { proxy_pass https://@O@; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }""")
        with Conn(gw.ports[0]) as conn:
            self.assertEqual(conn.ask(HANDSHAKE, "GET").status, 101)
            conn.send(wanted)
            self.assertEqual(conn.read_to_close(10), answer)
        self.assertEqual(got, [wanted])


if __name__ == "__main__":
    main()
