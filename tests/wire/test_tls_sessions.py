"""Resumption of TLS sessions: caches and tickets, over workers, reloads and servers."""
import contextlib
import os
import re
import socket
import subprocess
import threading

from harness import WireTest, main, wait_for
from peers import OPENSSL, needs_openssl
from tls_client import TlsConn, certificate, client_context, files, uses

SHOP, BLOG = certificate("shop.example"), certificate("blog.example")
AUTHORITY = certificate("authority", is_ca=True)
SAYS = "return 200 $ssl_session_reused;"


def ask(port, name, context, session=None):
    """What the server says of the connection's session, and the session to come again with."""
    with TlsConn(port, name, context, session) as conn:
        said = conn.get("/", host=name).text
        return said, conn.tls.session


class Sessions(WireTest):
    VERSIONS = ("TLSv1_2", "TLSv1_3")

    def gateway(self, settings, workers=1):
        return self.start("server { listen @P0@ ssl; server_name shop.example; %s %s %s }" %
                          (uses(SHOP), settings, SAYS), files=files(SHOP), main="worker_processes %d;" % workers)

    def resumes(self, gw, version, name="shop.example", others=12):
        """One full handshake, then others that come again with its session, on whatever worker."""
        context = client_context(version=version)
        said, session = ask(gw.ports[0], name, context)
        self.assertEqual(said, ".")
        return [ask(gw.ports[0], name, context, session)[0] for _ in range(others)]

    def test_two_workers(self):
        for settings in ("", "ssl_session_cache shared:a:1m; ssl_session_tickets off;",
                         "ssl_session_cache builtin; ssl_session_tickets off;",
                         "ssl_session_cache builtin:100 shared:a:1m;"):
            gw = self.gateway(settings, workers=2)
            for version in self.VERSIONS:
                with self.subTest(settings=settings, version=version):
                    self.assertEqual(self.resumes(gw, version), ["r"] * 12)

    def test_nothing_is_kept(self):
        for settings in ("ssl_session_tickets off;", "ssl_session_cache off; ssl_session_tickets off;"):
            gw = self.gateway(settings)
            for version in self.VERSIONS:
                with self.subTest(settings=settings, version=version):
                    self.assertEqual(self.resumes(gw, version, others=1), ["."])

    def test_over_a_reload(self):
        for settings in ("", "ssl_session_cache shared:a:1m; ssl_session_tickets off;",
                         "ssl_session_cache builtin; ssl_session_tickets off;"):
            gw = self.gateway(settings, workers=2)
            for version in self.VERSIONS:
                with self.subTest(settings=settings, version=version):
                    context = client_context(version=version)
                    session = ask(gw.ports[0], "shop.example", context)[1]
                    gw.reload()
                    for _ in range(6):
                        self.assertEqual(ask(gw.ports[0], "shop.example", context, session)[0], "r")

    def test_another_certificate_ends_them(self):
        gw = self.gateway("")
        context = client_context(version="TLSv1_2")
        session = ask(gw.ports[0], "shop.example", context)[1]
        gw.write("shop.example.pem", BLOG.pem)
        gw.write("shop.example.key", BLOG.key)
        gw.reload()
        self.assertEqual(ask(gw.ports[0], "shop.example", context, session)[0], ".")

    def test_their_time(self):
        gw = self.gateway("ssl_session_cache shared:a:1m; ssl_session_tickets off; ssl_session_timeout 1s;")
        context = client_context(version="TLSv1_2")
        session = ask(gw.ports[0], "shop.example", context)[1]
        wait_for(lambda: ask(gw.ports[0], "shop.example", context, session)[0] == ".", 5)

    # -- ticket keys of files

    def test_keys_of_files(self):
        old, new = os.urandom(48), os.urandom(80)
        gw = self.start("server { listen @P0@ ssl; server_name shop.example; %s ssl_session_ticket_key old.key; %s }" %
                        (uses(SHOP), SAYS), files={**files(SHOP), "old.key": old, "new.key": new})
        context = client_context(version="TLSv1_2")
        session = ask(gw.ports[0], "shop.example", context)[1]
        # The old one still opens what it closed, and the client is given a ticket of the new one.
        gw.reload("server { listen @P0@ ssl; server_name shop.example; %s ssl_session_ticket_key new.key; "
                  "ssl_session_ticket_key old.key; %s }" % (uses(SHOP), SAYS))
        said, renewed = ask(gw.ports[0], "shop.example", context, session)
        self.assertEqual(said, "r")
        gw.reload("server { listen @P0@ ssl; server_name shop.example; %s ssl_session_ticket_key new.key; %s }" %
                  (uses(SHOP), SAYS))
        self.assertEqual(ask(gw.ports[0], "shop.example", context, renewed)[0], "r")
        self.assertEqual(ask(gw.ports[0], "shop.example", context, session)[0], ".")

    # -- servers

    def test_each_name_has_its_own_cache(self):
        gw = self.start("server { listen @P0@ ssl; server_name shop.example; %s ssl_session_tickets off; %s } "
                        "server { listen @P0@ ssl; server_name blog.example; %s ssl_session_tickets off; "
                        "ssl_session_cache shared:a:1m; %s }" % (uses(SHOP), SAYS, uses(BLOG), SAYS),
                        files=files(SHOP, BLOG))
        for version in self.VERSIONS:
            with self.subTest(version=version):
                self.assertEqual(self.resumes(gw, version, "blog.example", 3), ["r"] * 3)
                self.assertEqual(self.resumes(gw, version, "shop.example", 1), ["."])

    def test_a_session_of_another_server(self):
        gw = self.start("server { listen @P0@ ssl; server_name shop.example; %s %s } "
                        "server { listen @P0@ ssl; server_name blog.example; %s %s }" %
                        (uses(SHOP), SAYS, uses(BLOG), SAYS), files=files(SHOP, BLOG))
        context = client_context(version="TLSv1_2")
        session = ask(gw.ports[0], "shop.example", context)[1]
        self.assertEqual(ask(gw.ports[0], "blog.example", context, session)[0], ".")

    def test_a_verified_client_stays_verified(self):
        client = certificate("client", issuer=AUTHORITY)
        gw = self.start("server { listen @P0@ ssl; server_name shop.example; %s ssl_verify_client on; "
                        "ssl_client_certificate authority.pem; ssl_session_cache shared:a:1m; ssl_session_tickets off; "
                        "return 200 '$ssl_session_reused $ssl_client_verify $ssl_client_s_dn'; }" % uses(SHOP),
                        files={**files(SHOP), "authority.pem": AUTHORITY.pem})
        for version in self.VERSIONS:
            with self.subTest(version=version):
                context = client_context(own=client, version=version)
                said, session = ask(gw.ports[0], "shop.example", context)
                self.assertEqual(said, ". SUCCESS CN=client")
                self.assertEqual(ask(gw.ports[0], "shop.example", context, session)[0], "r SUCCESS CN=client")

    # -- OpenSSL's own client

    @needs_openssl
    def test_s_client(self):
        gw = self.gateway("ssl_session_cache shared:a:1m;", workers=2)
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version=version):
                path = gw.path("session" + version)
                first = self.s_client(gw, version, "-sess_out", path)
                gw.reload()
                again = self.s_client(gw, version, "-sess_in", path)
                self.assertRegex(first, r"(?m)^New, ")
                self.assertRegex(again, r"(?m)^Reused, ")
        many = self.s_client(gw, "-tls1_2", "-reconnect")
        self.assertEqual(len(re.findall(r"(?m)^Reused, ", many)), 5, many)

    @contextlib.contextmanager
    def holding_back(self, to, is_time):
        """A port before `to` that keeps what a client says behind its first record of data until `is_time()`."""
        def relay(client):
            with socket.create_connection(("127.0.0.1", to)) as server, client:
                back = threading.Thread(target=pump, args=(server, client))
                back.start()
                records = client.makefile("rb")
                kind = None
                while kind != 23:
                    head = records.read(5)
                    kind = head[0]
                    server.sendall(head + records.read(int.from_bytes(head[3:], "big")))
                wait_for(is_time)
                pump(records, server)
                back.join()

        def pump(source, sink):
            read = getattr(source, "read1", None) or source.recv
            try:
                while data := read(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=lambda: relay(listener.accept()[0]))
            thread.start()
            yield listener.getsockname()[1]
            thread.join(10)

    def s_client(self, gw, *options, name="shop.example", port=None,
                 feed="GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"):
        return subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % (port or gw.ports[0]), "-servername",
                               name, "-ign_eof", *options], input=feed.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30).stdout.decode()

    def early(self, gw, text, feed="", name="shop.example", port=None):
        """What s_client prints when it comes again with `text` as early data."""
        session = gw.path("session")
        self.s_client(gw, "-tls1_3", "-sess_out", session, name=name)
        gw.write("early", text)
        return self.s_client(gw, "-tls1_3", "-sess_in", session, "-early_data", gw.path("early"), feed=feed, name=name,
                             port=port)

    EARLY = """server { listen @P0@ ssl; server_name shop.example; %s ssl_early_data %s;
                        location / { return 200 ">$ssl_early_data<"; }
                        location /there/ { proxy_set_header Early-Data $ssl_early_data;
                                           proxy_pass http://@O@; } }
               server { listen @P0@ ssl; server_name blog.example; %s ssl_early_data %s; return 200 blog; }"""

    @needs_openssl
    def test_early_data(self):
        gw = self.start(self.EARLY % (uses(SHOP), "on", uses(BLOG), "off"), files=files(SHOP, BLOG),
                        main="worker_processes 2;")
        whole = "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
        for _ in range(3):  # on whatever worker, in whatever generation
            said = self.early(gw, whole)
            self.assertIn("Early data was accepted", said)
            self.assertRegex(said, ">1?<")  # until the handshake is over
            gw.reload()
        self.assertIn("><", self.s_client(gw, "-tls1_3"))
        before = self.origin.request_count
        with self.holding_back(gw.ports[0], lambda: self.origin.request_count > before) as port:
            self.assertIn("Early data was accepted", self.early(gw, whole.replace("/", "/there/", 1), port=port))
        self.assertEqual(self.origin.last.get("Early-Data"), "1")
        self.assertIn("><", self.s_client(gw, "-tls1_2"))
        self.assertNotIn("Early data was accepted", self.early(gw, whole, whole, name="blog.example"))
        # Passed on at once; then a request that begins early and ends behind the handshake, and the largest that may come early.
        head = "POST /there/ HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        said = self.early(gw, head % 10 + "hello", " ther\n")
        self.assertIn("Early data was accepted", said)
        self.assertEqual(self.origin.last.body, b"hello ther")
        body = "x" * (16384 - len(head % 10000))
        self.assertIn("Early data was accepted", self.early(gw, head % len(body) + body))
        self.assertEqual(self.origin.last.body, body.encode())

    @needs_openssl
    def test_early_data_is_off(self):
        gw = self.start(self.EARLY % (uses(SHOP), "off", uses(BLOG), "on"), files=files(SHOP, BLOG))
        self.assertNotIn("Early data was accepted", self.early(gw, "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
                                                               "GET / HTTP/1.0\r\n\r\n"))
        self.assertIn("Early data was accepted",
                      self.early(gw, "GET / HTTP/1.0\r\nHost: blog.example\r\n\r\n", name="blog.example"))


if __name__ == "__main__":
    main()
