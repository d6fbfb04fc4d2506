"""Variables in the names of certificates: files that handshakes find."""
import os
import subprocess

from harness import WireTest, main
from peers import OPENSSL, needs_openssl
from tls_client import alert_of, certificate, files, get, replace, shown

ONE, TWO, BLOG = certificate("one.example"), certificate("two.example"), certificate("blog.example", kind="rsa")
BY_NAME = "ssl_certificate $ssl_server_name.pem; ssl_certificate_key $ssl_server_name.key;"


class Names(WireTest):
    def gateway(self, more="", held=(ONE, TWO)):
        return self.start("%s %s server { listen @P0@ ssl; return 200 '$ssl_server_name $ssl_session_reused'; }" %
                          (BY_NAME, more), files=files(*held))

    def test_by_server_name(self):
        gw = self.gateway()
        for each in (ONE, TWO, ONE):
            self.assertEqual(shown(gw.ports[0], each.name), each.pem.strip())
        self.assertEqual(get(gw.ports[0], name="two.example").text, "two.example .")

    def test_one_that_is_not_there(self):
        gw = self.gateway()
        self.assertIn("internal error", alert_of(gw.ports[0], "three.example"))
        gw.wait_log(r'\[error\] .*cannot load certificate "[^"]*three.example.pem": No such file or directory.*client: ')
        self.assertNotEqual(alert_of(gw.ports[0]), "")

    @needs_openssl
    def test_no_other_folder(self):
        gw = self.start("ssl_certificate in/$ssl_server_name.pem; ssl_certificate_key in/$ssl_server_name.key; "
                        "server { listen @P0@ ssl; return 200 ok; }", files=files(ONE))
        os.mkdir(gw.path("in"))
        for name in ("../one.example", "x/../../one.example", "..", "in/one.example", "./one.example", ".one.example"):
            with self.subTest(name=name):
                done = subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % gw.ports[0], "-servername",
                                       name], input=b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
                self.assertIn(b"alert internal error", done.stdout)
        gw.wait_log(r"\[info\] .*the server name that the client sent cannot be part of a file's name")
        self.assertNotIn("No such file", gw.error_log())

    def test_in_one_of_two(self):
        gw = self.start("map $ssl_server_name $which { one.example one; default two; } "
                        "server { listen @P0@ ssl; server_name one.example; ssl_certificate $which.example.pem; "
                        "ssl_certificate_key one.example.key; ssl_certificate blog.example.pem; "
                        "ssl_certificate_key blog.example.key; return 200 ok; }", files=files(ONE, TWO, BLOG))
        self.assertEqual(shown(gw.ports[0], "one.example"), ONE.pem.strip())
        self.assertNotEqual(alert_of(gw.ports[0], "two.example"), "")
        gw.wait_log(r'\[error\] .*certificate "[^"]*two.example.pem" and its key cannot be used')

    def test_cache(self):
        gw = self.gateway("ssl_certificate_cache max=10 valid=1h inactive=1h;")
        self.assertEqual(shown(gw.ports[0], "one.example"), ONE.pem.strip())
        for name in ("one.example", "two.example"):
            replace(gw, name + ".pem", TWO.pem)
            replace(gw, name + ".key", TWO.key)
        self.assertEqual(shown(gw.ports[0], "one.example"), ONE.pem.strip())
        self.assertEqual(shown(gw.ports[0], "two.example"), TWO.pem.strip())

    def test_without_cache(self):
        gw = self.gateway()
        self.assertEqual(shown(gw.ports[0], "one.example"), ONE.pem.strip())
        replace(gw, "one.example.pem", TWO.pem)
        replace(gw, "one.example.key", TWO.key)
        self.assertEqual(shown(gw.ports[0], "one.example"), TWO.pem.strip())


if __name__ == "__main__":
    main()
