"""auth_mtls: consumers by the names in their certificates; SPIFFE ids. Rows S32, S27."""
from harness import WireTest, beyond_nginx, main
from tls_client import certificate, client_context, files, get, uses

SHOP = certificate("shop.example")
ROOT = certificate("services", is_ca=True)


def service(names, issuer=ROOT):
    return certificate("service", issuer=issuer, names=names)


ORDERS = service("URI:spiffe://example.org/orders,DNS:orders.internal")


@beyond_nginx
class Mtls(WireTest):
    HTTP = """ %s
        consumer orders { certificate_san spiffe://example.org/orders; group services; }
        consumer billing { certificate_san Billing.internal; }
        consumer web { key sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08; }
        add_header X-Who "$consumer|$consumer_group|$ssl_client_spiffe_id" always;
        server { listen @P0@ ssl; ssl_verify_client optional_no_ca; ssl_client_certificate root.pem;
            location / { auth_mtls on; proxy_pass http://@O@; }
            location /open { proxy_pass http://@O@; }
            location /any { satisfy any; auth_mtls on; auth_key web; proxy_pass http://@O@; }
            location /spiffe { auth_require (starts_with($ssl_client_spiffe_id, "spiffe://example.org/"));
                               proxy_pass http://@O@; }
        }
        server { listen @P1@; auth_mtls on; location / { proxy_pass http://@O@; } }
        """ % uses(SHOP)
    OPTIONS = {"files": dict(files(SHOP), **{"root.pem": ROOT.pem})}

    def ask(self, target, own=None, fields=""):
        return get(self.gw.ports[0], target, context=client_context(own=own), fields=fields)

    def test_s32_a_service_is_known_by_its_spiffe_id(self):
        answer = self.ask("/", ORDERS)
        self.assertEqual((answer.status, answer.get("X-Who")), (200, "orders|services|spiffe://example.org/orders"))
        self.assertStatus(self.ask("/spiffe", ORDERS), 200)

    def test_by_a_host_name_in_any_case(self):
        answer = self.ask("/", service("DNS:other.internal,DNS:BILLING.internal"))
        self.assertEqual((answer.status, answer.get("X-Who")), (200, "billing||"))

    def test_nobody_else(self):
        stranger = certificate("stranger", names="URI:spiffe://example.org/orders")
        for own in (None, stranger, service("DNS:nobody.internal"), service("URI:spiffe://example.org/Orders"),
                    service("URI:spiffe://example.org/orders/"), service("email:orders@example.org")):
            answer = self.ask("/", own)
            self.assertStatus(answer, 403)
            self.assertTrue(answer.get("X-Who").startswith("||"))
        self.assertEqual(self.ask("/open", stranger).get("X-Who"), "||")  # what nobody verified says nothing
        self.assertStatus(self.ask("/spiffe", stranger), 403)

    def test_two_uris_are_no_spiffe_id(self):
        both = service("URI:spiffe://example.org/a,URI:spiffe://example.org/b")
        self.assertEqual(self.ask("/open", both).get("X-Who"), "||")
        self.assertEqual(self.ask("/open", service("URI:https://example.org/")).get("X-Who"), "||")

    def test_a_certificate_or_a_key(self):
        self.assertEqual(self.ask("/any", ORDERS).get("X-Who").split("|")[0], "orders")
        self.assertEqual(self.ask("/any", fields="X-API-Key: test\r\n").get("X-Who"), "web||")
        self.assertStatus(self.ask("/any"), 401)

    def test_plain_connections_have_none(self):
        from harness import get as plain_get
        self.assertStatus(plain_get(self.gw.ports[1]), 403)


if __name__ == "__main__":
    main()
