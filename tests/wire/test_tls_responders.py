"""OCSP stapling from responders (ssl_stapling, ssl_stapling_responder, ssl_stapling_verify). `openssl ocsp` makes the
responders' answers, `openssl s_client` is the client."""
import os
import subprocess
import time

from harness import WireTest, main, wait_for
from name_server import NameServer
from ocsp_responder import Responder
from peers import OPENSSL, needs_openssl
from tls_client import certificate, files, get, uses

AUTHORITY = certificate("authority", is_ca=True)
STRANGER = certificate("stranger", is_ca=True)
SHOP = certificate("shop.example", issuer=AUTHORITY, serial=4097)
SERVER = "server { listen @P0@ ssl; server_name shop.example; %s ssl_stapling on; %s return 200 ok; }"
NONE, GOOD = "OCSP response: no response sent", "Cert Status: good"


def replace(gw, name, text):
    gw.write(name + ".new", text)
    os.rename(gw.path(name + ".new"), gw.path(name))


@needs_openssl
class Responders(WireTest):
    def responder(self, **options):
        made = Responder(AUTHORITY, **{"status": {4097: "good", 4098: "good"}, **options})
        self.addCleanup(made.close)
        return made

    def gateway(self, more, shop=SHOP, http="", **options):
        return self.start(http + SERVER % (uses(shop), more), main="worker_processes 2;",
                          files={**files(shop, AUTHORITY, STRANGER), "shop.chain.pem": shop.chain}, **options)

    def said(self, gw, *options):
        return subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % gw.ports[0], "-servername",
                               "shop.example", "-status", *options], input=b"", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30).stdout.decode()

    def stapled(self, gw, seconds=20):
        """On both workers, whichever gets the connection."""
        wait_for(lambda: GOOD in self.said(gw), seconds)
        for version in ("-tls1_2", "-tls1_3") * 4:
            self.assertIn(GOOD, self.said(gw, version))

    def test_of_the_certificate(self):
        responder = self.responder()
        shop = certificate("shop.example", issuer=AUTHORITY, serial=4097,
                           extension="authorityInfoAccess=OCSP;URI:" + responder.url + "of/it")
        gw = self.gateway("", shop)
        self.stapled(gw)
        method, path = responder.asked[0]
        self.assertEqual((method, path.rpartition("/")[0]), ("GET", "/of/it"))
        self.assertNotIn("+", path)
        self.assertEqual(len(responder.asked), 1)

    def test_stated(self):
        responder = self.responder()
        gw = self.gateway("ssl_stapling_responder %s;" % responder.url)
        self.stapled(gw)
        self.assertIn("OCSP Response Status: successful", self.said(gw))

    def test_by_name(self):
        responder = self.responder()
        names = NameServer({"ocsp.test": (["127.0.0.1"], 60)})
        self.addCleanup(names.stop)
        gw = self.gateway("resolver %s ipv6=off; ssl_stapling_responder http://ocsp.test:%d;" %
                          (names.address, responder.port))
        self.stapled(gw)
        gw = self.gateway("ssl_stapling_responder http://localhost:%d;" % responder.port)  # of the system
        self.stapled(gw)

    def test_issuer_among_the_trusted(self):
        responder = self.responder()
        alone = certificate("shop.example", issuer=AUTHORITY, serial=4098)
        gw = self.start(SERVER % ("ssl_certificate alone.pem; ssl_certificate_key alone.key;",
                                  "ssl_trusted_certificate authority.pem; ssl_stapling_responder %s;" % responder.url),
                        files={**files(AUTHORITY), "alone.pem": alone.pem, "alone.key": alone.key})
        self.stapled(gw)

    def test_revoked_and_unknown(self):
        for status in ({4097: "revoked"}, {}):
            with self.subTest(status=status):
                gw = self.gateway("ssl_stapling_responder %s;" % self.responder(status=status).url)
                gw.wait_log(r'\[error\] .*OCSP status of the certificate "[^"]*shop.example.pem" from http://127.*: '
                            r'its status is "%s"; asked again in %d s' % (("revoked", 300) if status else ("unknown", 5)),
                            20)
                self.assertIn(NONE, self.said(gw))

    def test_revoked_later(self):
        responder = self.responder()
        gw = self.gateway("ssl_stapling_responder %s; ssl_certificate_watch 100ms;" % responder.url)
        self.stapled(gw)
        # What is known is not asked for again, until a certificate changes: then the new one is asked about.
        responder.status = {4097: "good", 4098: "revoked"}
        new = certificate("shop.example", issuer=AUTHORITY, serial=4098)
        replace(gw, "shop.example.pem", new.chain)
        replace(gw, "shop.example.key", new.key)
        gw.wait_log(r'\[error\] .*its status is "revoked"', 20)
        self.assertIn(NONE, self.said(gw))

    def test_a_new_certificate_gets_its_own(self):
        responder = self.responder()
        gw = self.gateway("ssl_stapling_responder %s; ssl_certificate_watch 100ms;" % responder.url)
        self.stapled(gw)
        new = certificate("shop.example", issuer=AUTHORITY, serial=4098)
        replace(gw, "shop.example.pem", new.chain)
        replace(gw, "shop.example.key", new.key)
        wait_for(lambda: "Serial Number: 1002" in self.said(gw), 20)
        self.assertEqual(len(responder.asked), 2)
        gw.reload()
        self.assertIn("Serial Number: 1002", self.said(gw))  # kept, also of what was loaded between reloads
        self.assertEqual(len(responder.asked), 2)

    def test_verified(self):
        responder = self.responder()
        gw = self.gateway("ssl_stapling_responder %s; ssl_stapling_verify on; ssl_trusted_certificate authority.pem;" %
                          responder.url)
        self.stapled(gw)

    def test_signed_by_a_stranger(self):
        responder = self.responder(signer=STRANGER)
        lines = "ssl_stapling_responder %s; ssl_trusted_certificate authority.pem; ssl_stapling_verify %s;"
        gw = self.gateway(lines % (responder.url, "on"))
        gw.wait_log(r'\[error\] .*OCSP status of the certificate "[^"]*shop.example.pem" .*: '
                    r"the response's signature cannot be verified", 20)
        self.assertIn(NONE, self.said(gw))
        # Clients judge for themselves what is not verified here, as with nginx.
        gw.reload(SERVER % (uses(SHOP), lines % (responder.url, "off")))
        self.stapled(gw)
        gw.reload(SERVER % (uses(SHOP), lines % (responder.url, "on")))
        self.assertIn(NONE, self.said(gw))

    def test_down_then_back(self):
        responder = self.responder()
        responder.mode = "closed"
        gw = self.gateway("ssl_stapling_responder %s;" % responder.url)
        gw.wait_log(r"\[warn\] .*the connection was closed before the answer was complete; asked again in 5 s", 20)
        self.assertIn(NONE, self.said(gw))
        responder.mode = ""
        self.stapled(gw, 40)

    def test_reload_keeps_it(self):
        responder = self.responder()
        gw = self.gateway("ssl_stapling_responder %s;" % responder.url)
        self.stapled(gw)
        responder.mode = "closed"
        for _ in range(3):
            gw.reload()
            self.assertIn(GOOD, self.said(gw))
        self.assertEqual(len(responder.asked), 1)
        other = self.responder()  # another one is another's word
        gw.reload(SERVER % (uses(SHOP), "ssl_stapling_responder %s;" % other.url))
        self.stapled(gw)
        self.assertEqual((len(responder.asked), len(other.asked)), (1, 1))

    def test_a_reload_asks_again_what_failed(self):
        responder = self.responder()
        responder.mode = 503
        gw = self.gateway("ssl_stapling_responder %s;" % responder.url)
        gw.wait_log(r"\[error\] .*the responder answers with status 503", 20)
        responder.mode = ""
        gw.reload()
        self.stapled(gw)

    def test_hostile_answers(self):
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
        junk = page.replace(b"text/html", b"application/ocsp-response")
        moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        responder = self.responder()
        responder.mode = page
        gw = self.gateway("ssl_stapling_responder %s;" % responder.url)
        gw.wait_log("is not of the type application/ocsp-response", 20)
        for mode, words in ((junk, "it is no OCSP response"), (moved, "the responder answers with status 302"),
                            ("endless", "has more than 65536 bytes"), (b"SSH-2.0-x\r\n", "the answer is not HTTP")):
            responder.mode = mode
            gw.reload()
            gw.wait_log(words, 20)
            self.assertIn(NONE, self.said(gw))

    def test_a_silent_one_holds_up_nobody(self):
        responder = self.responder()
        responder.mode = "silent"
        gw = self.gateway("ssl_stapling_responder %s;" % responder.url)
        wait_for(lambda: responder.asked, 20)
        began = time.monotonic()
        self.assertIn(NONE, self.said(gw))
        self.assertEqual(get(gw.ports[0], name="shop.example").text, "ok")
        gw.reload()
        self.assertLess(time.monotonic() - began, 9)
        gw.wait_log(r"\[warn\] .*no answer within 10000 ms", 30)


if __name__ == "__main__":
    main()
