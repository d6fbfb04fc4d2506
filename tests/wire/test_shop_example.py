"""conf/examples/shop.conf, the final exercise's tokens and limits: two gateways that run it, one real Redis server."""
import os
import re
import time

from harness import ROOT, Gateway, WireTest, beyond_nginx, main, request
from redis_server import Redis
from tokens import SECRET, bearer, signed

GENERAL, LOGIN = 100, 10


@beyond_nginx
class Shop(WireTest):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(ROOT, "conf", "examples", "shop.conf"), encoding="utf-8") as file:
            text = file.read()
        cls.server = Redis()
        cls.addClassCleanup(cls.server.stop)
        text = re.sub(r"^error_log .*$", "", text, flags=re.M)
        text = text.replace("redis://127.0.0.1:6379", cls.server.url).replace("listen 127.0.0.1:8080;", "listen @P0@;")
        # One machine has one address for all tests: each of them counts for an address of its own.
        text = text.replace("error_format json;", "error_format json; set_real_ip_from 127.0.0.1; real_ip_header X-From;")
        cls.HTTP = re.sub(r"127\.0\.0\.1:300\d", "@O@", text)
        cls.OPTIONS = {"env": {"JWT_SECRET": SECRET}}
        super().setUpClass()
        cls.other = Gateway(cls.HTTP.replace("@O@", cls.origin.address), **cls.OPTIONS)
        cls.addClassCleanup(cls.other.stop)

    def ask(self, address, target, token=(), fields=(), number=0, method="GET"):
        port = (self.gw, self.other)[number % 2].ports[0]
        return request(port, method, target, [("X-From", address), *token, *fields])

    def test_s131_a_token_on_all_routes(self):
        for target in ("/api/users/1", "/api/orders/7", "/api/products", "/api/products/3", "/api/dashboard/7", "/none"):
            with self.subTest(target):
                before = self.origin.request_count
                answer = self.ask("10.1.0.1", target)
                self.assertStatus(answer, 401)
                self.assertEqual(answer.json(), {"error": "No token provided"})
                old = bearer(signed(id=7, exp=int(time.time()) - 5))
                for bad in (old, bearer(signed("another secret" * 5, id=7)), bearer("x.y.z")):
                    answer = self.ask("10.1.0.1", target, bad)
                    self.assertStatus(answer, 403)
                    self.assertEqual(answer.json(), {"error": "Invalid token"})
                self.assertEqual(self.origin.request_count, before)

    def test_s131_who_it_is_and_where_it_goes(self):
        token = bearer(signed(id=7, role="customer"))
        for target, there in (("/api/users/1", "/1"), ("/api/orders/7?a=1", "/7?a=1"), ("/api/products/3", "/products/3"),
                              ("/api/dashboard/7", "/api/dashboard/7")):
            with self.subTest(target):
                self.assertStatus(self.ask("10.1.0.2", target, token, [("X-User-Id", "1"), ("x-user-role", "admin")]), 200)
                seen = self.origin.last
                self.assertEqual(seen.target, there)
                self.assertEqual(seen.all("X-User-Id"), ["7"])
                self.assertEqual(seen.all("X-User-Role"), ["customer"])
        self.assertStatus(self.ask("10.1.0.2", "/api/dashboard/8", token), 403)

    def test_s131_logging_in_needs_none(self):
        self.assertStatus(self.ask("10.1.0.3", "/api/auth/login", fields=[("X-User-Id", "1")], method="POST"), 200)
        self.assertEqual((self.origin.last.target, self.origin.last.all("X-User-Id")), ("/login", []))

    def test_s132_100_in_15_minutes_through_both_gateways(self):
        token = bearer(signed(id=7))
        answers = [self.ask("10.2.0.1", "/api/products", token, number=n) for n in range(GENERAL + 5)]
        self.assertEqual([a.status for a in answers], [200] * GENERAL + [429] * 5)
        self.assertEqual(answers[0].get("RateLimit-Remaining"), str(GENERAL - 1))
        self.assertEqual(answers[-1].json(), {"error": "Too many requests from this IP, please try again later."})
        self.assertGreater(int(answers[-1].get("Retry-After")), 0)
        self.assertStatus(self.ask("10.2.0.2", "/api/products", token), 200)

    def test_s132_10_of_them_to_log_in(self):
        said = [self.ask("10.2.0.3", "/api/auth/" + ("login", "register")[n % 2], number=n, method="POST").status
                for n in range(LOGIN + 5)]
        self.assertEqual(said, [200] * LOGIN + [429] * 5)
        token = bearer(signed(id=7))
        # What the stricter one refuses is not counted by the general one.
        rest = [self.ask("10.2.0.3", "/api/users/1", token, number=n).status for n in range(GENERAL)]
        self.assertEqual(rest.count(200), GENERAL - LOGIN)


if __name__ == "__main__":
    main()
