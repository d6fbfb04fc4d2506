"""limit_count: so many requests in a window, exactly, whatever worker answers; what clients are told about it; limits by
identity. Keys come from the query, so tests stay apart. Rows S55, S57, S58, S59, S62, S63 and trap T04."""
import base64
import json
import time

from harness import Conn, WireTest, beyond_nginx, get, in_parallel, main, not_slow

MESSAGE = "Too many requests from this IP, please try again later."


def burst(port, path, count, fields=""):
    """`count` requests on one connection, sent at once; their statuses."""
    with Conn(port) as conn:
        conn.send("".join("GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n" % (path, fields) for _ in range(count)))
        return [conn.read().status for _ in range(count)]


def basic(user, password):
    return "Authorization: Basic %s\r\n" % base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


@beyond_nginx
class Api(WireTest):
    """The limits of an API as its users state them: one for all of it, a stricter one for logins."""
    HTTP = """
    limit_count_zone $binary_remote_addr zone=general:10m rate=100r/15m;
    limit_count_zone $binary_remote_addr zone=login:1m rate=10r/15m;
    limit_count_zone $arg_k zone=minute:1m rate=100r/m window=fixed;
    limit_count_zone $arg_k zone=plan:1m rate=100r/s window=gcra burst=200;
    server {
        listen @P0@;
        location /api/ { proxy_pass http://@O@; }
        location /api/auth/login { proxy_pass http://@O@; limit_count zone=login; }
        location /api/auth/register { limit_count zone=login; proxy_pass http://@O@; }
        error_format json;
        limit_count zone=general "message=Too many requests from this IP, please try again later.";
    }
    server {
        listen @P1@;
        location /minute { limit_count zone=minute; proxy_pass http://@O@; }
        location /plan { limit_count zone=plan; proxy_pass http://@O@; }
    }
    """
    OPTIONS = {"main": "worker_processes 2;"}

    def test_s55_100_requests_per_15_minutes_for_an_address(self):
        with Conn(self.port, source="127.0.0.11") as conn:
            answers = [conn.get("/api/x") for _ in range(103)]
        self.assertEqual([a.status for a in answers], [200] * 100 + [429] * 3)
        self.assertEqual([int(a.get("RateLimit-Remaining")) for a in answers], list(range(99, -1, -1)) + [0] * 3)
        self.assertEqual(self.origin.request_count, 100)
        self.assertEqual(get(self.port, "/api/x", source="127.0.0.12").status, 200)

    def test_s55_t04_exact_with_two_workers_under_concurrency(self):
        """150 requests on 30 connections, which both workers accept; the limit stands at the end of the server."""
        def ask(_):
            with Conn(self.port, source="127.0.0.13") as conn:
                return [conn.get("/api/x").status for _ in range(5)]
        statuses = sum(in_parallel(30, ask), [])
        self.assertEqual((statuses.count(200), statuses.count(429)), (100, 50))

    def test_s57_message_as_json(self):
        for _ in range(100):
            self.assertEqual(get(self.port, "/api/x", source="127.0.0.14").status, 200)
        refused = get(self.port, "/api/x", source="127.0.0.14")
        self.assertStatus(refused, 429)
        self.assertEqual(refused.json(), {"error": MESSAGE})
        self.assertEqual(refused.get("Content-Type"), "application/json")
        self.assertTrue(0 < int(refused.get("Retry-After")) <= 960)

    def test_s58_standard_fields_and_no_legacy_ones(self):
        answer = get(self.port, "/api/x", source="127.0.0.15")
        self.assertEqual(answer.get("RateLimit-Limit"), "100")
        self.assertEqual(answer.get("RateLimit-Remaining"), "99")
        self.assertTrue(899 <= int(answer.get("RateLimit-Reset")) <= 901)
        self.assertEqual(answer.get("RateLimit-Policy"), "100;w=900")
        self.assertNotIn(b"X-RateLimit", answer.raw_head)
        self.assertIsNone(answer.get("Retry-After"))

    def test_s59_a_stricter_limit_on_top_of_the_general_one(self):
        source = "127.0.0.16"
        login = [get(self.port, path, source=source) for path in ("/api/auth/login", "/api/auth/register") * 6]
        self.assertEqual([a.status for a in login], [200] * 10 + [429] * 2)
        self.assertEqual(login[0].get("RateLimit-Limit"), "10")
        # Ten of the general limit are gone: the refused ones have used up nothing of it.
        self.assertEqual(get(self.port, "/api/x", source=source).get("RateLimit-Remaining"), "89")

    def test_s62_100_per_minute_on_this_node(self):
        statuses = sum(in_parallel(8, lambda i: burst(self.gw.ports[1], "/minute?k=s62", 20)), [])
        self.assertEqual((statuses.count(200), statuses.count(429)), (100, 60))

    def test_s63_rate_100_a_second_with_a_burst_of_200(self):
        begin = time.monotonic()
        statuses = sum(in_parallel(4, lambda i: burst(self.gw.ports[1], "/plan?k=s63", 100)), [])
        passed, took = statuses.count(200), time.monotonic() - begin
        self.assertGreaterEqual(passed, 200)
        self.assertLessEqual(passed, 200 + 100 * took + 1)

    @not_slow
    def test_s63_what_flows_back(self):
        self.assertIn(429, burst(self.gw.ports[1], "/plan?k=back", 300))
        time.sleep(0.2)
        passed = burst(self.gw.ports[1], "/plan?k=back", 100).count(200)
        self.assertTrue(20 <= passed <= 60, passed)


@beyond_nginx
class LimitCount(WireTest):
    HTTP = """
    limit_count_zone $arg_k zone=five:1m rate=5r/s;
    limit_count_zone $arg_k zone=three:1m rate=3r/h;
    limit_count_zone $arg_k zone=other:1m rate=4r/h window=fixed;
    limit_count_zone $arg_k zone=day:1m rate=2r/day;
    limit_count_zone $remote_user zone=user:1m rate=3r/h;
    limit_count_zone $arg_k zone=early:1m rate=100r/h;
    add_header X-Limit "$limit_count_status $limit_count_remaining $limit_count_reset" always;
    server {
        listen @P0@;
        location /five { keepalive_requests 1000000; limit_count zone=five; proxy_pass http://@O@; }
        location /three { limit_count zone=three; proxy_pass http://@O@; }
        location /draft6 { limit_count zone=three headers=draft-6; proxy_pass http://@O@; }
        location /draft7 { limit_count zone=three headers=draft-7; proxy_pass http://@O@; }
        location /draft8 { limit_count zone=three headers=draft-8; proxy_pass http://@O@; }
        location /legacy { limit_count zone=three headers=legacy; proxy_pass http://@O@; }
        location /both-forms { limit_count zone=three headers=draft-6,legacy; proxy_pass http://@O@; }
        location /no-fields { limit_count zone=three headers=off; proxy_pass http://@O@; }
        location /cost { limit_count zone=three cost=2; proxy_pass http://@O@; }
        location /status { limit_count zone=three status=503 message=later; proxy_pass http://@O@; }
        location /dry { limit_count zone=three; limit_count_dry_run on; proxy_pass http://@O@; }
        location /level { limit_count zone=three; limit_count_log_level warn; proxy_pass http://@O@; }
        location /both { limit_count zone=three; limit_count zone=other; proxy_pass http://@O@; }
        location /other { limit_count zone=other; proxy_pass http://@O@; }
        location /day { limit_count zone=day; proxy_pass http://@O@; }
        location /page { limit_count zone=three; error_page 429 =200 @page; proxy_pass http://@O@; }
        location @page { return 200 "page"; }
        location /upstream { limit_count zone=three; proxy_pass http://@P2@; }
        location /user {
            proxy_pass http://@O@; limit_count zone=user; limit_count zone=early;
            auth_basic api; auth_basic_user_file users;
        }
        location /early { limit_count zone=early; proxy_pass http://@O@; }
    }
    server {
        listen @P1@; limit_count zone=three;
        location / { proxy_pass http://@O@; }
        location /off { limit_count off; proxy_pass http://@O@; }
        location /more { limit_count zone=other; proxy_pass http://@O@; }
    }
    server {
        listen @P2@;
        add_header RateLimit-Limit 7; add_header ratelimit-remaining 6; add_header X-RateLimit-Limit 5;
        location / { return 200; }
    }
    """
    OPTIONS = {"main": "worker_processes 2;", "files": {"users": "ann:{PLAIN}secret\nbob:{PLAIN}secret\n"}}

    def get_all(self, path, count):
        return [self.get(path).status for _ in range(count)]

    @not_slow
    def test_never_one_too_many_in_any_window(self):
        """Four clients try for three seconds: whichever answers one picks, six within a second are none of them."""
        end = time.monotonic() + 3

        def hammer(_):
            accepted = []
            with Conn(self.port) as conn:
                while time.monotonic() < end:
                    sent = time.monotonic()
                    if conn.get("/five?k=window").status == 200:
                        accepted.append((sent, time.monotonic()))
            return accepted
        accepted = sorted(sum(in_parallel(4, hammer), []))
        self.assertGreaterEqual(len(accepted), 10)
        for i, (sent, _) in enumerate(accepted):
            ends = sorted(received for _, received in accepted[i:])
            if len(ends) > 5:
                self.assertGreaterEqual(ends[5] - sent, 1.0)

    def test_draft_6(self):
        answer = self.get("/draft6?k=d6")
        self.assertEqual([answer.get("RateLimit-" + n) for n in ("Limit", "Remaining", "Policy")],
                         ["3", "2", "3;w=3600"])
        self.assertTrue(3600 <= int(answer.get("RateLimit-Reset")) <= 3604)

    def test_draft_7(self):
        answer = self.get("/draft7?k=d7")
        self.assertRegex(answer.get("RateLimit"), r"^limit=3, remaining=2, reset=360\d$")
        self.assertEqual(answer.get("RateLimit-Policy"), "3;w=3600")
        self.assertIsNone(answer.get("RateLimit-Limit"))

    def test_draft_8(self):
        answer = self.get("/draft8?k=d8")
        self.assertRegex(answer.get("RateLimit"), r'^"three";r=2;t=360\d$')
        self.assertEqual(answer.get("RateLimit-Policy"), '"three";q=3;w=3600')

    def test_s58_legacy_fields_alone_and_with_the_standard_ones(self):
        answer = self.get("/legacy?k=l")
        self.assertEqual([answer.get("X-RateLimit-" + n) for n in ("Limit", "Remaining")], ["3", "2"])
        self.assertLess(abs(int(answer.get("X-RateLimit-Reset")) - time.time() - 3600), 10)
        self.assertIsNone(answer.get("RateLimit-Limit"))
        both = self.get("/both-forms?k=l2")
        self.assertEqual((both.get("RateLimit-Limit"), both.get("X-RateLimit-Limit")), ("3", "3"))

    def test_s58_no_fields_but_retry_after(self):
        self.assertEqual(self.get_all("/no-fields?k=n", 3), [200] * 3)
        refused = self.get("/no-fields?k=n")
        self.assertStatus(refused, 429)
        self.assertNotIn(b"RateLimit", refused.raw_head)
        self.assertTrue(3500 < int(refused.get("Retry-After")) <= 3840)

    def test_fields_of_an_upstream_give_way(self):
        answer = self.get("/upstream?k=u")
        self.assertEqual(answer.all("RateLimit-Limit"), ["3"])
        self.assertEqual(answer.all("RateLimit-Remaining"), ["2"])
        self.assertEqual(answer.all("X-RateLimit-Limit"), ["5"])

    def test_cost(self):
        self.assertEqual(self.get_all("/cost?k=c", 2), [200, 429])
        self.assertEqual(self.get_all("/three?k=c", 2), [200, 429])

    def test_status_and_message(self):
        self.assertEqual(self.get_all("/status?k=s", 4), [200] * 3 + [503])
        self.assertIn("later", self.get("/status?k=s").text)

    def test_dry_run(self):
        self.assertEqual(self.get_all("/dry?k=f", 5), [200] * 5)
        answer = self.get("/dry?k=f")
        self.assertRegex(answer.get("X-Limit"), "^REJECTED_DRY_RUN 0 ")
        self.assertIsNone(answer.get("RateLimit-Limit"))
        self.gw.wait_log(r"limiting requests, dry run, count: 3, retry after \d+ s, by zone \"three\"")

    def test_the_variables_and_the_log(self):
        self.assertRegex(self.get("/three?k=v").get("X-Limit"), r"^PASSED 2 360\d$")
        self.get_all("/three?k=v", 2)
        self.assertRegex(self.get("/three?k=v").get("X-Limit"), "^REJECTED 0 3")
        self.gw.wait_log(r"\[error\].*limiting requests, count: 3, retry after \d+ s, by zone \"three\", "
                         r"client: 127\.0\.0\.1.*/three\?k=v")
        self.get_all("/level?k=v", 1)
        self.gw.wait_log(r"\[warn\].*limiting requests.*/level")
        self.assertEqual(self.get("/three").get("X-Limit").strip(), "")

    def test_several_a_refused_one_uses_up_nothing(self):
        self.assertEqual(self.get_all("/both?k=b", 6), [200] * 3 + [429] * 3)
        self.assertEqual(self.get("/other?k=b").get("RateLimit-Remaining"), "0")

    def test_merge_and_off(self):
        port = self.gw.ports[1]
        self.assertEqual(get(port, "/more?k=m").get("RateLimit-Limit"), "3")
        self.assertEqual(get(port, "/?k=m").get("RateLimit-Remaining"), "1")
        self.assertEqual([get(port, "/off?k=m").status for _ in range(6)], [200] * 6)
        self.assertEqual([get(port, "/more?k=m").status for _ in range(2)], [200, 429])

    def test_a_day_of_the_calendar(self):
        if 86400 - time.time() % 86400 < 10:
            time.sleep(10)
        answer = self.get("/day?k=d")
        self.assertLess(abs(int(answer.get("RateLimit-Reset")) - (86400 - time.time() % 86400)), 3)
        self.assertEqual(self.get_all("/day?k=d", 2), [200, 429])

    def test_error_page(self):
        self.get_all("/page?k=p", 3)
        answer = self.get("/page?k=p")
        self.assertEqual((answer.status, answer.text), (200, "page"))
        self.assertEqual(answer.get("RateLimit-Remaining"), "0")
        self.assertIsNotNone(answer.get("Retry-After"))

    def test_by_identity(self):
        """Wrong passwords count for nobody; each user has a count of its own; what it refuses is given back."""
        ann, bob, liar = basic("ann", "secret"), basic("bob", "secret"), basic("ann", "guess")
        self.assertEqual(burst(self.port, "/user?k=id", 5, liar), [401] * 5)
        self.assertEqual(burst(self.port, "/user?k=id", 5, ann), [200] * 3 + [429] * 2)
        self.assertEqual(burst(self.port, "/user?k=id", 4, bob), [200] * 3 + [429])
        self.assertEqual(self.get("/early?k=id").get("RateLimit-Remaining"), str(100 - 5 - 6 - 1))

    def test_error_format_problem(self):
        gw = self.start("limit_count_zone $arg_k zone=z:1m rate=1r/h; server { listen @P0@; error_format problem; location"
                        " / { limit_count zone=z 'message=say \"please\"'; proxy_pass http://@O@; } }")
        get(gw.ports[0], "/?k=a")
        refused = get(gw.ports[0], "/?k=a")
        self.assertEqual(refused.get("Content-Type"), "application/problem+json")
        self.assertEqual(json.loads(refused.body)["title"], 'say "please"')


@beyond_nginx
class Reload(WireTest):
    CONFIG = """limit_count_zone $arg_k zone=z:1m rate=%s; server { listen @P0@; location / { limit_count zone=z;
        proxy_pass http://@O@; } }"""

    def test_counts_survive_a_reload_and_a_new_count(self):
        gw = self.start(self.CONFIG % "3r/h", main="worker_processes 2;")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 3), [200] * 3)
        gw.reload()
        self.assertEqual(get(gw.ports[0], "/?k=r").status, 429)
        gw.reload(self.CONFIG % "5r/h")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 3), [200, 200, 429])
        gw.reload(self.CONFIG % "2r/h")
        self.assertEqual(get(gw.ports[0], "/?k=r").status, 429)

    def test_another_window_starts_anew(self):
        gw = self.start(self.CONFIG % "1r/h")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 2), [200, 429])
        gw.reload(self.CONFIG % "1r/2h")
        self.assertEqual(burst(gw.ports[0], "/?k=r", 2), [200, 429])

    def test_exact_across_reloads_under_load(self):
        gw = self.start(self.CONFIG % "200r/h", main="worker_processes 2;")

        def work(i):
            if i > 0:
                return sum((burst(gw.ports[0], "/?k=load", 10) for _ in range(8)), [])
            for _ in range(3):
                gw.reload()
            return []
        statuses = sum(in_parallel(5, work), [])
        self.assertEqual((statuses.count(200), statuses.count(429)), (200, 120))


if __name__ == "__main__":
    main()
