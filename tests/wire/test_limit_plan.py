"""Usage plans and costs of limit_count: rate and quota of a caller, by the plan that it has. Rows S62, S63, S64."""
import time

from harness import Conn, WireTest, beyond_nginx, get, in_parallel, main


def burst(port, path, count, method="GET"):
    """`count` requests on one connection, sent at once; their statuses."""
    with Conn(port) as conn:
        conn.send("".join("%s %s HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" % (method, path)
                          for _ in range(count)))
        return [conn.read().status for _ in range(count)]


PLANS = """
    plan basic { rate 20r/m; quota 30r/h; }
    plan gold { rate 100r/s burst=200; quota 5000r/month; }
    plan partners { rate off; }
    plan monthly { quota 5r/month; }
    map $arg_key $plan { shop gold; partner partners; month monthly; }
"""


@beyond_nginx
class Plans(WireTest):
    HTTP = PLANS + """
    limit_count_zone $arg_key zone=plans:10m plan=$plan default=basic;
    limit_count_zone $arg_key zone=other:1m rate=1000r/h;
    limit_count_zone $arg_key zone=ten:1m rate=10r/h window=fixed;
    server {
        listen @P0@;
        error_format json;
        location / { limit_count zone=plans; proxy_pass http://@O@; }
        location /both { limit_count zone=other; limit_count zone=plans; proxy_pass http://@O@; }
        location /other { limit_count zone=other; proxy_pass http://@O@; }
        location /cost { limit_count zone=ten cost=($request_method == "POST" ? 5 : 1); proxy_pass http://@O@; }
        location /cost/free { limit_count zone=ten cost=($arg_n); proxy_pass http://@O@; }
    }
    """
    OPTIONS = {"main": "worker_processes 2;"}

    def test_s63_the_usage_plan_of_100_a_second_with_a_burst_of_200(self):
        begin = time.monotonic()
        statuses = sum(in_parallel(4, lambda i: burst(self.port, "/?key=shop", 100)), [])
        passed, took = statuses.count(200), time.monotonic() - begin
        self.assertGreaterEqual(passed, 200)
        self.assertLessEqual(passed, 200 + 100 * took + 1)

    def test_s64_each_client_has_the_quota_of_its_plan(self):
        """Whatever worker answers, and however many ask at once."""
        statuses = sum(in_parallel(4, lambda i: burst(self.port, "/?key=month", 5)), [])
        self.assertEqual((statuses.count(200), statuses.count(429)), (5, 15))
        refused = self.get("/?key=month")
        self.assertEqual(refused.get("RateLimit-Limit"), "5")
        self.assertEqual(refused.get("RateLimit-Policy"), "5;w=2592000")
        self.assertGreater(int(refused.get("Retry-After")), 0)
        self.gw.wait_log(r'by zone "plans", plan "monthly", client')

    def test_s64_a_refusal_by_the_rate_leaves_the_quota_alone(self):
        self.assertEqual(burst(self.port, "/?key=leave", 25), [200] * 20 + [429] * 5)
        self.assertEqual(burst(self.port, "/both?key=leave", 3), [429] * 3)
        self.assertEqual(self.get("/other?key=leave").get("RateLimit-Remaining"), "999")

    def test_unknown_keys_have_the_default_and_counts_of_their_own(self):
        self.assertEqual(burst(self.port, "/?key=nobody", 21), [200] * 20 + [429])
        self.assertEqual(burst(self.port, "/?key=anybody", 21), [200] * 20 + [429])

    def test_a_plan_without_a_limit(self):
        self.assertEqual(burst(self.port, "/?key=partner", 100), [200] * 100)
        self.assertIsNone(self.get("/?key=partner").get("RateLimit-Limit"))

    def test_cost(self):
        self.assertEqual(burst(self.port, "/cost?key=c", 3, "POST"), [200, 200, 429])
        self.assertEqual(burst(self.port, "/cost?key=d", 11), [200] * 10 + [429])
        self.assertEqual(burst(self.port, "/cost/free?key=d&n=0", 20), [200] * 20)
        self.assertEqual(burst(self.port, "/cost/free?key=d&n=-3", 3), [200] * 3)
        self.assertEqual(self.get("/cost?key=d").status, 429)
        self.assertEqual(burst(self.port, "/cost/free?key=e&n=huge", 11), [200] * 10 + [429])

    def test_a_cost_that_never_fits(self):
        """No wait would help, so none is advised."""
        for _ in range(2):
            answer = self.get("/cost/free?key=f&n=999999999999999")
            self.assertEqual((answer.status, answer.get("Retry-After")), (429, None))
            self.assertEqual(self.get("/cost/free?key=f&n=10").status in (200, 429), True)
        self.assertGreater(int(self.get("/cost/free?key=f&n=10").get("Retry-After")), 0)
        self.gw.wait_log(r'limiting requests, count: 10, one costs 4294967295, by zone "ten"')


@beyond_nginx
class Reload(WireTest):
    CONFIG = """plan a { rate %s; quota 100r/day; } limit_count_zone $arg_k zone=z:1m plan=$arg_p default=a;
        server { listen @P0@; location / { limit_count zone=z; proxy_pass http://@O@; } }"""

    def test_counts_survive_another_count_and_new_plans(self):
        gw = self.start(self.CONFIG % "3r/h", main="worker_processes 2;")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 4), [200] * 3 + [429])
        gw.reload("plan b { rate 1r/m; } " + self.CONFIG % "5r/h")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 3), [200, 200, 429])
        self.assertEqual(get(gw.ports[0], "/?k=r&p=b").status, 200)

    def test_another_window_of_a_plan_starts_anew_and_its_quota_goes_on(self):
        gw = self.start(self.CONFIG % "3r/h")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 4), [200] * 3 + [429])
        gw.reload(self.CONFIG % "200r/2h")
        answers = burst(gw.ports[0], "/?k=r", 98)
        self.assertEqual(answers, [200] * 97 + [429])


if __name__ == "__main__":
    main()
