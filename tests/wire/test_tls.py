"""TLS of clients: handshakes, SNI, ALPN, what plain HTTP gets, variables."""
import json
import re
import ssl
import subprocess

from harness import Conn, WireTest, get as plain_get, main, wait_for
from peers import CURL, OPENSSL, needs_curl, needs_openssl
from tls_client import (TlsConn, alert_of, certificate, client_context, closes_at_once, files, get, revoke,
                        uses)

SHOP, BLOG = certificate("shop.example"), certificate("blog.example", kind="rsa")


class Handshakes(WireTest):
    OPTIONS = {"files": files(SHOP, BLOG)}
    HTTP = """
        server { listen @P0@ ssl; server_name shop.example; %s
            location / { return 200 "$server_name $scheme $https"; } location /big { root @DIR@; } }
        server { listen @P0@ ssl; server_name blog.example *.blog.example ~^(?<who>\\w+)\\.regex\\.example$; %s
            return 200 "$server_name $who $ssl_server_name"; }
        server { listen @P0@; server_name bare.example; return 200 "bare $ssl_server_name"; }
        """ % (uses(SHOP), uses(BLOG))

    def subject(self, name):
        with TlsConn(self.port, name) as conn:
            der = conn.tls.getpeercert(binary_form=True)
        return ssl.DER_cert_to_PEM_cert(der).strip()

    def test_verified_by_python(self):
        answer = get(self.port, name="shop.example", context=client_context(SHOP))
        self.assertEqual(answer.text, "shop.example https on")

    @needs_curl
    def test_curl(self):
        self.gw.write("ca.pem", SHOP.pem)
        said = subprocess.run([CURL, "-sS", "--cacert", self.gw.path("ca.pem"), "--resolve",
                               "shop.example:%d:127.0.0.1" % self.port, "https://shop.example:%d/" % self.port],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30).stdout
        self.assertEqual(said, b"shop.example https on")

    @needs_openssl
    def test_s_client(self):
        done = subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % self.port, "-servername",
                               "blog.example", "-quiet", "-tls1_2"],
                              input=b"GET / HTTP/1.1\r\nHost: blog.example\r\nConnection: close\r\n\r\n",
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
        self.assertTrue(done.stdout.endswith(b"blog.example  blog.example"), done.stdout)

    def test_the_name_chooses_the_certificate(self):
        for name, wanted in ((None, SHOP), ("shop.example", SHOP), ("blog.example", BLOG), ("a.blog.example", BLOG),
                             ("BLOG.Example", BLOG), ("me.regex.example", BLOG), ("other.example", SHOP),
                             ("bare.example", SHOP)):
            with self.subTest(name=name):
                self.assertEqual(self.subject(name), wanted.pem.strip())

    def test_the_host_chooses_the_server(self):
        self.assertEqual(get(self.port, name="shop.example", host="blog.example").text, "blog.example  shop.example")
        self.assertEqual(get(self.port, name="bare.example").text, "bare bare.example")
        self.assertEqual(get(self.port, name="me.regex.example").text, "blog.example me me.regex.example")

    def test_many_requests_on_one_connection(self):
        with TlsConn(self.port, "shop.example") as conn:
            for _ in range(50):
                self.assertEqual(conn.get("/").text, "shop.example https on")
            conn.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
            for _ in range(100):
                self.assertEqual(conn.read().status, 200)

    def test_a_large_file(self):
        data = bytes(range(256)) * 16384
        self.gw.write("big", data)
        for version in ("TLSv1_2", "TLSv1_3"):
            answer = get(self.port, "/big", context=client_context(version=version))
            self.assertEqual((answer.status, answer.body == data), (200, True))

    def test_the_end_is_told_by_close_notify(self):
        with TlsConn(self.port, "shop.example") as conn:
            conn.ask("GET / HTTP/1.0\r\n\r\n")
            self.assertEqual(conn.tls.recv(1), b"")  # without close_notify it would be an error

    # -- ALPN

    def test_alpn(self):
        for offered, wanted in ((["http/1.1"], "http/1.1"), (["http/1.0"], "http/1.0"),
                                (["spdy/1", "http/1.0", "http/1.1"], "http/1.1"), (None, None)):
            with TlsConn(self.port, "shop.example", client_context(alpn=offered)) as conn:
                self.assertEqual(conn.tls.selected_alpn_protocol(), wanted)
                self.assertEqual(conn.get("/").status, 200)

    @needs_curl
    def test_http2(self):
        gw = self.start("server { listen @P0@ ssl; %s server_name one; return 200 $ssl_alpn_protocol; } server { "
                        "listen @P0@ ssl; %s http2 on; server_name two.blog.example; access_log two.log; "
                        "return 200 '$server_protocol $ssl_alpn_protocol $scheme $ssl_server_name'; }" %
                        (uses(SHOP), uses(BLOG)), files=files(SHOP, BLOG))
        gw.write("ca.pem", BLOG.pem)
        said = subprocess.run([CURL, "-sS", "--http2", "--cacert", gw.path("ca.pem"), "--resolve",
                               "two.blog.example:%d:127.0.0.1" % gw.ports[0],
                               "https://two.blog.example:%d/" % gw.ports[0]],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30).stdout
        self.assertEqual(said, b"HTTP/2.0 h2 https two.blog.example")
        for name, wanted in (("one", "http/1.1"), ("two.blog.example", "h2")):
            with TlsConn(gw.ports[0], name, client_context(alpn=["http/1.1", "h2"])) as conn:
                self.assertEqual(conn.tls.selected_alpn_protocol(), wanted)
        self.assertIn("no application protocol", alert_of(gw.ports[0], "one", client_context(alpn=["h2"])))

    def test_no_common_protocol(self):
        said = alert_of(self.port, "shop.example", client_context(alpn=["imap"]))
        self.assertIn("no application protocol", said)
        self.gw.wait_log(r"\[info\] .*\*\d+ SSL_do_handshake\(\) failed \(SSL: no application protocol\) while SSL "
                         r"handshaking, client: 127\.0\.0\.1, server: 127\.0\.0\.1:%d" % self.port)

    # -- what is no handshake

    def test_plain_http(self):
        answer = plain_get(self.port, host="shop.example")
        self.assertEqual(answer.status, 400)
        self.assertIn("The plain HTTP request was sent to HTTPS port", answer.text)
        self.assertEqual(answer.get("Connection"), "close")
        self.gw.wait_log(r"\[info\] .*client sent plain HTTP request to HTTPS port, client: 127.0.0.1")

    def test_garbage(self):
        for data in (b"\x16" * 100, b"\x16\x03\x01\x00\x05hello", b"\x80" + b"x" * 50, b"\x16\x03\x01\xff\xff" +
                     b"\x01" * 70000, b"\x16\x03\x03\x00\x04\x01\x00\x00\x00"):
            with self.subTest(data=data[:8]):
                self.assertLess(len(closes_at_once(self.port, data)), 50)
        self.gw.wait_log(r"\[info\] .*SSL_do_handshake\(\) failed \(SSL: [^)]+\) while SSL handshaking")
        self.assertEqual(get(self.port).status, 200)

    def test_half_a_hello_and_gone(self):
        with Conn(self.port) as conn:
            conn.send(b"\x16\x03\x01\x02\x00\x01")
        self.gw.wait_log(r"\[info\] .*peer closed connection in SSL handshake")

    def test_a_client_that_does_not_trust_us(self):
        self.assertIn("certificate verify failed", alert_of(self.port, "shop.example", client_context(BLOG)))
        self.gw.wait_log(r"\[info\] .*SSL_do_handshake\(\) failed .*alert unknown ca")

    def test_a_hello_byte_by_byte(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context().wrap_bio(incoming, outgoing, server_hostname="blog.example")
        with Conn(self.port) as conn:
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        conn.send(bytes([byte]))
                    incoming.write(conn.socket.recv(65536))
            conn.send(outgoing.read())
            self.assertEqual(tls.version(), "TLSv1.3")

    # -- reload

    def test_a_connection_outlives_its_configuration(self):
        gw = self.start("server { listen @P0@ ssl; server_name shop.example; %s return 200 old; }" % uses(SHOP),
                        files=files(SHOP, BLOG))
        with TlsConn(gw.ports[0], "shop.example") as conn:
            self.assertEqual(conn.get("/").text, "old")
            gw.reload("server { listen @P0@ ssl; server_name x; %s return 200 other; } server { listen @P0@ ssl; "
                      "server_name shop.example; %s return 200 $ssl_server_name; }" % (uses(BLOG), uses(BLOG)))
            self.assertEqual(conn.get("/", host="shop.example").text, "shop.example")
        with TlsConn(gw.ports[0], "shop.example") as conn:
            self.assertEqual(ssl.DER_cert_to_PEM_cert(conn.tls.getpeercert(True)).strip(), BLOG.pem.strip())

    def test_a_broken_certificate_refuses_the_reload(self):
        gw = self.start("server { listen @P0@ ssl; %s return 200 old; }" % uses(SHOP), files=files(SHOP))
        gw.write("shop.example.key", BLOG.key)
        code, said = gw.tool("-s", "reload")
        self.assertEqual((code, "E0423" in said), (1, True), said)
        self.assertEqual(get(gw.ports[0]).text, "old")
        self.assertNotIn("PRIVATE KEY", gw.error_log() + gw.read("stderr") + said)
        gw.allowed += ["E0423", "configuration refused"]


class Versions(WireTest):
    OPTIONS = {"files": files(SHOP)}
    HTTP = """ %s
        server { listen @P0@ ssl default_server; listen @P1@ ssl; server_name old; ssl_protocols TLSv1.2;
            return 200 $ssl_protocol; }
        server { listen @P0@; listen @P1@ default_server; server_name new; ssl_protocols TLSv1.3;
            return 200 $ssl_protocol; }
        server { listen @P2@ ssl; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256; ssl_protocols TLSv1.2;
            ssl_ecdh_curve secp384r1; ssl_buffer_size 1k; ssl_conf_command Options ServerPreference;
            return 200 "$ssl_cipher $ssl_curve"; }
        server { listen @P3@ ssl; ssl_reject_handshake on; }
        server { listen @P3@; server_name shop.example; return 200 ok; ssl_conf_command Ciphersuites
            TLS_CHACHA20_POLY1305_SHA256; } """ % uses(SHOP)

    def test_each_server_has_its_own(self):
        for port in self.gw.ports[:2]:
            for name, wanted in (("old", "TLSv1.2"), ("new", "TLSv1.3")):
                self.assertEqual(get(port, name=name).text, wanted)
        self.assertIn("alert protocol version", alert_of(self.gw.ports[0], "new", client_context(version="TLSv1_2")))

    def test_ciphers_and_curves(self):
        self.assertEqual(get(self.gw.ports[2]).text, "ECDHE-ECDSA-AES128-GCM-SHA256 secp384r1")
        said = alert_of(self.gw.ports[2], context=client_context(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"))
        self.assertIn("handshake failure", said)

    def test_rejected_names(self):
        self.assertIn("unrecognized name", alert_of(self.gw.ports[3]))
        self.assertIn("unrecognized name", alert_of(self.gw.ports[3], "other.example"))
        self.assertEqual(get(self.gw.ports[3], name="shop.example").text, "ok")
        with TlsConn(self.gw.ports[3], "shop.example") as conn:
            self.assertEqual(conn.tls.cipher()[0], "TLS_CHACHA20_POLY1305_SHA256")


class Certificates(WireTest):
    def kind_of(self, port, sigalgs):
        """The kind of key that s_client is shown when it takes such signatures only."""
        done = subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % port, "-sigalgs", sigalgs, "-tls1_2"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        found = re.search(rb"Peer signature type: (\S+)", done.stdout)
        return found[1].decode() if found else done.stdout.decode("latin-1")

    @needs_openssl
    def test_rsa_and_ecdsa_in_one_server(self):
        gw = self.start("server { listen @P0@ ssl; %s %s return 200 ok; }" % (uses(SHOP), uses(BLOG)),
                        files=files(SHOP, BLOG))
        self.assertEqual(self.kind_of(gw.ports[0], "ECDSA+SHA256"), "ECDSA")
        self.assertIn("RSA", self.kind_of(gw.ports[0], "RSA+SHA256:RSA-PSS+SHA256"))

    def test_chains(self):
        root = certificate("root", is_ca=True)
        middle = certificate("middle", issuer=root, is_ca=True)
        leaf = certificate("leaf.example", issuer=middle)
        gw = self.start("server { listen @P0@ ssl; ssl_certificate leaf.example.pem; ssl_certificate_key "
                        "leaf.example.key; return 200 whole; } server { listen @P1@ ssl; ssl_certificate bare.pem; "
                        "ssl_certificate_key leaf.example.key; ssl_trusted_certificate middle.pem; return 200 bare; }",
                        files=dict(files(leaf), **{"bare.pem": leaf.pem, "middle.pem": middle.pem}))
        self.assertEqual(get(gw.ports[0], name="leaf.example", context=client_context(root)).text, "whole")
        # What is trusted is not what is sent.
        self.assertIn("certificate verify failed", alert_of(gw.ports[1], "leaf.example", client_context(root)))

    def test_keys_inside_the_configuration(self):
        gw = self.start('server { listen @P0@ ssl; ssl_certificate "data:%s"; ssl_certificate_key "data:%s"; '
                        'return 200 inline; }' % (SHOP.pem, SHOP.key))
        self.assertEqual(get(gw.ports[0], name="shop.example", context=client_context(SHOP)).text, "inline")
        self.assertNotIn("PRIVATE", gw.error_log() + gw.read("stderr"))
        code, table = gw.tool("dump")
        self.assertEqual((code, "PRIVATE" in table), (0, False))

    def test_encrypted_keys(self):
        locked = subprocess.run([OPENSSL, "pkey", "-aes-128-cbc", "-passout", "pass:sesame"], input=SHOP.key.encode(),
                                stdout=subprocess.PIPE, check=True, timeout=30).stdout
        gw = self.start("ssl_password_file words; server { listen @P0@ ssl; ssl_certificate shop.example.pem; "
                        "ssl_certificate_key locked.key; return 200 opened; }",
                        files=dict(files(SHOP), **{"locked.key": locked, "words": "no\r\n\nsesame\n"}))
        self.assertEqual(get(gw.ports[0]).text, "opened")


class Variables(WireTest):
    OPTIONS = {"files": dict(files(SHOP), **{"ca.pem": BLOG.pem})}
    NAMES = ("protocol cipher ciphers curve curves sigalg server_name session_id session_reused early_data "
             "alpn_protocol client_verify client_s_dn client_s_dn_legacy client_i_dn client_i_dn_legacy client_serial "
             "client_fingerprint client_cert client_raw_cert client_escaped_cert client_sigalg client_v_start "
             "client_v_end client_v_remain").split()
    HTTP = """ log_format all escape=json '{"cert":"$ssl_client_cert","protocol":"$ssl_protocol","scheme":"$scheme"}';
        map $uri $nothing { default ""; }
        server { listen @P0@ ssl; listen @P1@; %s ssl_verify_client optional_no_ca;
            location / { %s return 200 ok; } location /raw { return 200 $ssl_client_raw_cert; }
            location /cut { proxy_pass http://@DEAD@; access_log all.log all; } }
        """ % (uses(SHOP), " ".join("add_header X-%s $ssl_%s;" % (n.replace("_", "-"), n) for n in NAMES
                                    if n not in ("client_cert", "client_raw_cert")))

    def values(self, **options):
        answer = get(self.gw.ports[0], **options)
        return {n: answer.get("X-" + n.replace("_", "-")) for n in self.NAMES}

    def test_without_a_certificate(self):
        found = self.values(name="shop.example", context=client_context(alpn=["http/1.1"]))
        wanted = {"protocol": "TLSv1.3", "server_name": "shop.example", "session_reused": ".",
                  "alpn_protocol": "http/1.1", "client_verify": "NONE", "client_s_dn": None, "client_serial": None,
                  "early_data": None, "sigalg": "ecdsa_secp256r1_sha256", "client_escaped_cert": None}
        self.assertEqual({n: found[n] for n in wanted}, wanted)
        self.assertRegex(found["cipher"], r"^TLS_AES")
        self.assertIn("TLS_AES_128_GCM_SHA256:", found["ciphers"])
        self.assertIn(found["curve"], found["curves"].split(":"))

    def test_with_one(self):
        mine = certificate("mine", subject="/C=AT/O=A\\, B/CN=me", serial=4711)
        found = self.values(name="shop.example", context=client_context(own=mine))
        self.assertEqual(found["client_verify"], "FAILED:self-signed certificate")
        self.assertEqual(found["client_s_dn"], "CN=me,O=A\\, B,C=AT")
        self.assertEqual(found["client_s_dn_legacy"], "/C=AT/O=A, B/CN=me")
        self.assertEqual(found["client_i_dn"], found["client_s_dn"])
        self.assertEqual(found["client_serial"], "1267")
        self.assertIn(found["client_v_remain"], ("1", "2"))
        self.assertEqual(found["client_sigalg"], "ecdsa_secp256r1_sha256")
        import hashlib
        import urllib.parse
        der = ssl.PEM_cert_to_DER_cert(mine.pem)
        self.assertEqual(found["client_fingerprint"], hashlib.sha1(der).hexdigest())
        self.assertEqual(urllib.parse.unquote(found["client_escaped_cert"]), mine.pem)
        self.assertEqual(get(self.gw.ports[0], "/raw", context=client_context(own=mine)).text, mine.pem)

    def test_on_a_plain_connection(self):
        answer = plain_get(self.gw.ports[1])
        self.assertEqual(answer.status, 200)
        self.assertEqual([n for n, _ in answer.fields if n.startswith("X-")], [])

    def test_in_the_log_of_a_client_that_has_gone(self):
        mine = certificate("mine", subject="/C=AT/O=A\\, B/CN=me", serial=4711)
        with TlsConn(self.gw.ports[0], context=client_context(own=mine)) as conn:
            conn.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
        line = json.loads(wait_for(lambda: self.gw.access_log("all.log"))[0])
        self.assertEqual((line["protocol"], line["scheme"]), ("TLSv1.3", "https"))
        self.assertEqual(line["cert"].replace("\n\t", "\n"), mine.pem.strip())


class ErrorPages(WireTest):
    OPTIONS = {"files": files(SHOP)}
    HTTP = """ server { listen @P0@ ssl; %s error_page 497 https://$host:@PORT0@$request_uri; return 200 ok; }
        """ % uses(SHOP)

    def test_plain_http_may_be_sent_on(self):
        answer = plain_get(self.gw.ports[0], "/a?b", host="shop.example")
        self.assertEqual((answer.status, answer.get("Location")),
                         (302, "https://shop.example:%d/a?b" % self.gw.ports[0]))


class Slow(WireTest):
    OPTIONS = {"files": files(SHOP)}
    HTTP = "client_header_timeout 300ms; server { listen @P0@ ssl; %s return 200 ok; }" % uses(SHOP)

    def test_a_handshake_has_its_time(self):
        with Conn(self.gw.ports[0]) as conn:
            conn.send(b"\x16\x03\x01\x02\x00")
            self.assertTrue(conn.is_closed(5))
        self.gw.wait_log(r"\[info\] .*client timed out while SSL handshaking, client: 127\.0\.0\.1")

    def test_silence_too(self):
        with Conn(self.gw.ports[0]) as conn:
            self.assertTrue(conn.is_closed(5))


class ClientCertificates(WireTest):
    ROOT = certificate("authority", is_ca=True)
    MIDDLE = certificate("below", issuer=ROOT, is_ca=True)
    HTTP = """ %s add_header X-Verify $ssl_client_verify always;
        server { listen @P0@ ssl; server_name open.example; return 200 open; }
        server { listen @P0@ ssl; server_name on.example; ssl_verify_client on; ssl_client_certificate root.pem;
            return 200 "hello $ssl_client_s_dn"; }
        server { listen @P0@ ssl; server_name optional.example; ssl_verify_client optional;
            ssl_client_certificate root.pem; return 200 optional; }
        server { listen @P0@ ssl; server_name page.example; ssl_verify_client on; ssl_trusted_certificate root.pem;
            error_page 495 496 =403 /sorry; location /sorry { return 403 "sorry $status"; } location / { return 200; } }
        server { listen @P1@ ssl; ssl_verify_client on; ssl_client_certificate root.pem; ssl_verify_depth 0;
            return 200 near; }
        """ % uses(SHOP)
    OPTIONS = {"files": dict(files(SHOP), **{"root.pem": ROOT.pem})}

    def ask(self, name, own=None, **options):
        return get(self.gw.ports[0], name=name, context=client_context(own=own), **options)

    def test_a_right_one(self):
        answer = self.ask("on.example", certificate("me", issuer=self.ROOT))
        self.assertEqual((answer.text, answer.get("X-Verify")), ("hello CN=me", "SUCCESS"))

    def test_none(self):
        answer = self.ask("on.example")
        self.assertEqual(answer.status, 400)
        self.assertIn("No required SSL certificate was sent", answer.text)
        self.gw.wait_log(r"\[info\] .*client sent no required SSL certificate")
        self.assertEqual(self.ask("optional.example").get("X-Verify"), "NONE")

    def test_a_wrong_one(self):
        for name in ("on.example", "optional.example"):
            answer = self.ask(name, certificate("stranger"))
            self.assertEqual(answer.status, 400)
            self.assertIn("The SSL certificate error", answer.text)
            self.assertRegex(answer.get("X-Verify"), "^FAILED:")
        self.gw.wait_log(r"\[info\] .*client SSL certificate verify error: \(18:self-signed certificate\)")

    def test_error_pages(self):
        self.assertEqual(self.ask("page.example").status, 403)
        self.assertEqual(self.ask("page.example", certificate("stranger")).status, 403)
        self.assertEqual(self.ask("page.example", certificate("me", issuer=self.ROOT)).status, 200)

    def test_depth(self):
        deep = certificate("deep", issuer=self.MIDDLE)
        self.assertEqual(self.ask("on.example", deep).status, 200)
        answer = get(self.gw.ports[1], context=client_context(own=deep))
        self.assertEqual(answer.status, 400)
        self.assertEqual(get(self.gw.ports[1], context=client_context(own=certificate("me", issuer=self.ROOT))).text,
                         "near")

    @needs_openssl
    def test_revocation(self):
        me, other = (certificate(n, issuer=self.ROOT, serial=s) for n, s in (("me2", 77), ("other", 78)))
        gw = self.start("server { listen @P0@ ssl; %s ssl_verify_client on; ssl_client_certificate root.pem; "
                        "ssl_crl crl.pem; return 200 ok; }" % uses(SHOP),
                        files=dict(files(SHOP), **{"root.pem": self.ROOT.pem, "crl.pem": revoke(self.ROOT, 77)}))
        self.assertEqual(get(gw.ports[0], context=client_context(own=other)).text, "ok")
        self.assertEqual(get(gw.ports[0], context=client_context(own=me)).status, 400)
        gw.wait_log("client SSL certificate verify error: .*certificate revoked")

    def test_misdirected(self):
        me = certificate("me", issuer=self.ROOT)
        self.assertEqual(self.ask("open.example", host="on.example").status, 421)
        self.assertEqual(self.ask("optional.example", me, host="on.example").status, 421)
        self.assertEqual(self.ask("on.example", me, host="open.example").text, "open")
        self.assertEqual(self.ask("on.example", me, host="ON.example.").status, 200)
        self.gw.wait_log("client attempted to request the server name different from the one that was negotiated")

    def test_without_a_name_the_host_decides(self):
        answer = self.ask(None, certificate("me", issuer=self.ROOT), host="on.example")
        self.assertEqual(answer.status, 400)  # no certificate was asked for


if __name__ == "__main__":
    main()
