"""What an upstream's answer asks of the gateway, on the wire: X-Accel-..., errors that are intercepted."""
import socket

from harness import Conn, WireTest, free_port, get, main, wait_for


def head(*fields, status="200 OK", body=b"theirs"):
    lines = ["HTTP/1.1 " + status] + list(fields) + ["Content-Length: %d" % len(body), "", ""]
    return "\r\n".join(lines).encode() + body


class Accel(WireTest):
    HTTP = """
    server {
        listen @P0@;
        location / { proxy_pass http://@O@; }
        location /errors { proxy_pass http://@O@; proxy_intercept_errors on; error_page 404 = /page;
                           error_page 500 /again; error_page 503 @named; }
        location /page { internal; return 200 page; }
        location /again { internal; proxy_pass http://@O@/fails; proxy_intercept_errors on; error_page 500 /page; }
        location @named { return 200 "named $uri"; }
        location /recursive { proxy_pass http://@O@/fails; proxy_intercept_errors on; recursive_error_pages on;
                              error_page 500 /again; }
        location /files/ { internal; root @DIR@; }
        location /unbuffered { proxy_pass http://@O@; proxy_buffers 640 64k; proxy_buffer_size 64k; }
    }
    """

    def setUp(self):
        super().setUp()
        self.origin.script("/plain", head(body=b"plain"))
        self.origin.script("/fails", head(status="500 Oops"))

    def test_a_file_is_sent_instead_with_its_ranges_and_the_first_answers_type(self):
        self.gw.write("files/a b.txt", bytes(range(256)) * 400)
        self.origin.script("/file", head("X-Accel-Redirect: /files/a%20b.txt", "Content-Type: image/x",
                                         "Content-Disposition: attachment", "Set-Cookie: s=1"))
        whole = self.assertStatus(get(self.port, "/file"), 200)
        self.assertEqual(whole.body, bytes(range(256)) * 400)
        self.assertEqual((whole.get("Content-Type"), whole.get("Content-Disposition"), whole.get("Set-Cookie")),
                         ("image/x", "attachment", "s=1"))
        part = self.assertStatus(get(self.port, "/file", [("Range", "bytes=1-3")]), 206)
        self.assertEqual(part.body, b"\1\2\3")
        self.assertStatus(get(self.port, "/files/a%20b.txt"), 404)

    def test_the_connection_of_the_client_goes_on(self):
        self.origin.script("/file", head("X-Accel-Redirect: /page"))
        with Conn(self.port) as conn:
            for _ in range(3):
                self.assertEqual(conn.get("/file").body, b"page")
            self.assertEqual(conn.get("/plain").body, b"plain")

    def test_intercepted_errors(self):
        self.origin.script("/errors/404", head(status="404 Lost"))
        self.origin.script("/errors/401", head("WWW-Authenticate: x", status="401 Who"))
        self.origin.script("/errors/503", head(status="503 Busy"))
        self.origin.script("/errors/500", head(status="500 Oops"))
        self.assertEqual(self.assertStatus(get(self.port, "/errors/404"), 200).body, b"page")
        self.assertEqual(self.assertStatus(get(self.port, "/errors/401"), 401).body, b"theirs")
        self.assertEqual(self.assertStatus(get(self.port, "/errors/503"), 503).body, b"named /errors/503")

    def test_one_error_page_after_the_other_only_when_recursive(self):
        self.origin.script("/errors/500", head(status="500 Oops"))
        once = self.assertStatus(get(self.port, "/errors/500"), 500)
        self.assertIn(b"500 Internal Server Error", once.body)
        self.assertEqual(self.assertStatus(get(self.port, "/recursive"), 500).body, b"page")

    def test_x_accel_buffering_no_holds_the_upstream_to_the_clients_pace(self):
        taken = {}

        def answer(*fields):
            def send(link, _):
                link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
                lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"] + list(fields) + ["", ""]
                link.socket.sendall("\r\n".join(lines).encode())
                link.socket.settimeout(1)
                sent, piece = 0, b"4000\r\n" + b"z" * 0x4000 + b"\r\n"
                try:
                    while sent < 40 << 20:  # the kernel alone may hold 10 MB
                        sent += link.socket.send(piece[sent % len(piece):])
                except socket.timeout:
                    pass
                taken[fields] = sent
            return send
        for fields in ((), ("X-Accel-Buffering: no",)):
            self.origin.script("/unbuffered", answer(*fields))
            with Conn(self.port, rcvbuf=8192, timeout=30) as conn:
                conn.send(b"GET /unbuffered HTTP/1.1\r\nHost: h\r\n\r\n")
                wait_for(lambda: fields in taken, 20)
        self.assertGreater(taken[()], taken[("X-Accel-Buffering: no",)] + (16 << 20))


class Targets(WireTest):
    def setUp(self):
        super().setUp()
        self.name = "localhost:" + self.origin.address.split(":")[1]
        self.port = self.start("""
        server {
            listen @P0@;
            location /known { proxy_pass http://%s; }
            location /var { proxy_pass http://$arg_to; }
            location /bound { proxy_bind 127.0.0.1:$arg_port; proxy_pass http://@O@; }
        }""" % self.name).ports[0]

    def test_a_variable_may_name_the_host_of_another_proxy_pass_without_a_resolver(self):
        self.assertStatus(get(self.port, "/known"), 200)
        self.assertStatus(get(self.port, "/var?to=" + self.name), 200)
        self.assertStatus(get(self.port, "/var?to=other.invalid:80"), 502)

    def test_proxy_bind_takes_address_and_port_from_variables(self):
        port = free_port()
        self.assertStatus(get(self.port, "/bound?port=%d" % port), 200)
        self.assertEqual(self.origin.last.peer[1], port)
        self.assertStatus(get(self.port, "/bound?port=none"), 200)


if __name__ == "__main__":
    main()
