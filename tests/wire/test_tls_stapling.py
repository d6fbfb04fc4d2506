"""OCSP stapling from a file (ssl_stapling_file); `openssl ocsp` is the responder, `openssl s_client` the client."""
import subprocess

from harness import WireTest, main, wait_for
from peers import OPENSSL, needs_openssl
from tls_client import certificate, files, replace, scratch, uses

AUTHORITY = certificate("authority", is_ca=True)
SHOP = certificate("shop.example", issuer=AUTHORITY, serial=4097)
SERVER = "server { listen @P0@ ssl; server_name shop.example; %s %s return 200 ok; }"
STAPLES = "ssl_stapling on; ssl_stapling_file shop.ocsp;"


def response(is_revoked=False):
    """What the authority's responder says of SHOP, in DER form."""
    with scratch() as path:
        def ocsp(*options):
            subprocess.run([OPENSSL, "ocsp", *options], check=True, timeout=60, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        ca = path("ca", AUTHORITY.pem)
        ocsp("-issuer", ca, "-cert", path("pem", SHOP.pem), "-reqout", path("request"), "-no_nonce")
        index = path("index", "%s\t350101000000Z\t%s\t1001\tunknown\t/CN=shop.example\n" %
                     (("R", "200101000000Z") if is_revoked else ("V", "")))
        ocsp("-index", index, "-CA", ca, "-rsigner", ca, "-rkey", path("key", AUTHORITY.key), "-reqin", path("request"),
             "-respout", path("response"), "-ndays", "1")
        with open(path("response"), "rb") as f:
            return f.read()


@needs_openssl
class Stapling(WireTest):
    def said(self, gw, *options):
        return subprocess.run([OPENSSL, "s_client", "-connect", "127.0.0.1:%d" % gw.ports[0], "-servername",
                               "shop.example", *options], input=b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=30).stdout.decode()

    def gateway(self, more):
        return self.start(SERVER % (uses(SHOP), more), files={**files(SHOP), "shop.ocsp": response()})

    def test_who_asks_gets_it(self):
        gw = self.gateway(STAPLES)
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version=version):
                said = self.said(gw, "-status", version)
                self.assertIn("OCSP Response Status: successful", said)
                self.assertIn("Cert Status: good", said)
                self.assertNotIn("OCSP response:", self.said(gw, version))

    def test_off(self):
        gw = self.gateway("ssl_stapling off; ssl_stapling_file shop.ocsp;")
        self.assertIn("OCSP response: no response sent", self.said(gw, "-status"))

    def test_a_new_one_is_taken_up(self):
        gw = self.gateway(STAPLES + "ssl_certificate_watch 100ms;")
        self.assertIn("Cert Status: good", self.said(gw, "-status"))
        replace(gw, "shop.ocsp", response(is_revoked=True))
        wait_for(lambda: "Cert Status: revoked" in self.said(gw, "-status"), 10)


if __name__ == "__main__":
    main()
