"""auth_oidc with `session_store`: sessions in a real Redis server, shared by gateways, ended for good by logging out;
without the server; and what may be used once only, with and without it. Row S26."""
import re
import threading
import unittest

from harness import Gateway, beyond_nginx, main, wait_for
from idp import Provider
from origin import Origin
from redis_server import Liar, Redis
from test_oidc import HTML, Browser

CONF = """
        store shared { url %(store)s; on_error %(on_error)s; reconnect 10ms max=50ms; timeout 500ms; }
        oidc_provider corp {
            issuer %(issuer)s; client_id web; client_secret env:OIDC; session_key env:KEY; session_store shared;
            redirect_uri /back; logout_uri /leave; post_logout_uri /bye; timeout 2s; %(more)s
        }
        server {
            listen @P0@; server_name app.example;
            identity_header X-User $oidc_claim_sub;
            gateway_reason_header (ip_in($remote_addr, "127.0.0.1"));
            location /app/ { auth_oidc corp; proxy_pass http://@O@; }
        }
"""
COOKIE = "GATEHOUSE_OIDC"


class StoreTest(unittest.TestCase):
    ON_ERROR = "local"

    @classmethod
    def setUpClass(cls):
        cls.idp, cls.origin, cls.redis = Provider(), Origin(), Redis()
        for each in (cls.idp, cls.origin, cls.redis):
            cls.addClassCleanup(each.stop)
        cls.one, cls.two = cls.gateway(cls.redis.url), cls.gateway(cls.redis.url)

    @classmethod
    def gateway(cls, store, more="", key="k" * 32):
        gw = Gateway(CONF % {"store": store, "issuer": cls.idp.issuer, "more": more, "on_error": cls.ON_ERROR},
                     [cls.origin], main="worker_processes 2;", env={"OIDC": Provider.SECRET, "KEY": key})
        cls.addClassCleanup(gw.stop)
        return gw

    def setUp(self):
        self.idp.reset()
        if not self.redis.process:
            self.redis.start()
            wait_for(lambda: all(self.log_in(gw, Browser(gw.ports[0])) == 302 for gw in (self.one, self.two)), 10, 0.05)
        self.redis.ask("FLUSHALL")
        self.idp.reset()
        self.browser = Browser(self.one.ports[0])

    def to_login(self, browser):
        answer = browser.get("/app/x", HTML)
        self.assertEqual(answer.status, 302)
        return self.idp.log_in(answer.get("Location"))

    def log_in(self, gw, browser):
        """At `gw`; the status of the way back."""
        browser.port = gw.ports[0]
        answer = browser.get("/app/x", HTML)
        if answer.status != 302:
            return answer.status
        return browser.get("/back?" + self.idp.log_in(answer.get("Location")), HTML).status

    def at(self, gw, browser, fields=()):
        browser.port = gw.ports[0]
        return browser.get("/app/x", fields).status

    def sessions(self):
        return [key for key in self.redis.keys() if ":session:" in key]


@beyond_nginx
class Shared(StoreTest):
    def test_s26_the_cookie_has_only_an_id_and_the_store_nothing_to_read(self):
        self.assertEqual(self.log_in(self.one, self.browser), 302)
        self.assertEqual(list(self.browser.cookies), [COOKIE])
        self.assertRegex(self.browser.cookies[COOKIE], r"^[A-Za-z0-9_-]{43}$")
        self.assertEqual(self.browser.attributes[COOKIE], ["Path=/", "HttpOnly", "SameSite=Lax"])
        for gw in (self.one, self.two):
            self.assertEqual(self.at(gw, self.browser), 200)
            self.assertEqual(self.origin.last.get("X-User"), "ann")
            self.assertEqual(self.origin.last.all("Cookie"), [])
        [key] = self.sessions()
        self.assertRegex(key, r"^oidc:corp:session:\{[A-Za-z0-9_-]{43}\}$")
        text = self.redis.ask("GET", key)
        for secret in (b"ann", b"refresh", self.browser.cookies[COOKIE].encode()):
            self.assertNotIn(secret, text)
        self.assertNotIn(self.browser.cookies[COOKIE], key)
        self.assertTrue(8 * 3600 - 60 < self.redis.ask("TTL", key) <= 8 * 3600)

    def test_s26_a_copied_cookie_is_refused_after_logout(self):
        self.log_in(self.one, self.browser)
        copy = self.browser.copy()
        self.assertEqual(self.at(self.two, copy), 200)
        answer = self.browser.get("/leave")
        self.assertEqual(answer.status, 302)
        self.assertTrue(answer.get("Location").startswith(self.idp.issuer + "/end?"))
        self.assertEqual((self.browser.cookies, self.sessions()), ({}, []))
        for gw in (self.one, self.two):
            self.assertEqual(self.at(gw, copy), 302)
            self.assertEqual(self.at(gw, copy, [("Accept", "application/json")]), 401)

    def test_logging_in_again_ends_the_session_of_before(self):
        self.log_in(self.one, self.browser)
        copy = self.browser.copy()
        fresh = Browser(self.one.ports[0])
        query = self.to_login(fresh)
        fresh.cookies[COOKIE] = self.browser.cookies[COOKIE]
        self.assertEqual(fresh.get("/back?" + query).status, 302)
        self.assertNotEqual(fresh.cookies[COOKIE], copy.cookies[COOKIE])     # ids are never kept
        self.assertEqual((self.at(self.one, fresh), self.at(self.one, copy)), (200, 302))
        self.assertEqual(len(self.sessions()), 1)

    def test_ids_that_are_none(self):
        self.log_in(self.one, self.browser)
        good = self.browser.cookies[COOKIE]
        for wrong in ("", "x", good[:-1], good + "A", good[:-1] + ("A" if good[-1] != "A" else "B"), "A" * 43, "%00" * 14,
                      "*", good[:42] + "*", "A" * 5000):
            stranger = Browser(self.one.ports[0])
            stranger.cookies[COOKIE] = wrong
            self.assertEqual(self.at(self.one, stranger), 302, wrong)

    def test_who_writes_into_the_store_is_nobody_else_by_that(self):
        self.log_in(self.one, self.browser)
        [ann] = self.sessions()
        self.idp.id_token = lambda claims: {**claims, "sub": "eve"}
        eve = Browser(self.one.ports[0])
        self.log_in(self.one, eve)
        [hers] = [key for key in self.sessions() if key != ann]
        for text in (self.redis.ask("GET", ann), b"", b"x", b'{"c":{"sub":"ann"},"e":9999999999,"n":0}', b"A" * 200_000):
            self.redis.ask("SET", hers, text)
            self.assertEqual(self.at(self.one, eve), 302, text[:20])
        self.redis.ask("DEL", hers)
        self.redis.ask("LPUSH", hers, "x")  # an error, as if it were away
        self.assertEqual(self.at(self.one, eve), 302 if self.ON_ERROR == "local" else 503)
        self.redis.ask("DEL", hers)

    def test_other_keys_and_providers(self):
        self.log_in(self.one, self.browser)
        other = self.gateway(self.redis.url, key="o" * 32)
        self.assertEqual(self.at(other, self.browser), 302)
        named = self.gateway(self.redis.url, more="cookie_name sid;").ports[0]
        browser = Browser(named)
        browser.cookies["sid"] = self.browser.cookies[COOKIE]
        self.assertEqual(browser.get("/app/x").status, 200)

    def test_large_sessions_fit(self):
        gw = self.gateway(self.redis.url, more="userinfo on;")
        self.idp.userinfo = lambda said: {**said, "groups": "g" * 20000}
        self.assertEqual(self.log_in(gw, self.browser), 302)
        self.assertEqual(len(self.browser.cookies[COOKIE]), 43)
        self.assertEqual(self.at(gw, self.browser), 200)
        self.idp.userinfo = lambda said: {**said, "groups": "g" * 60000}
        self.assertEqual(self.log_in(gw, Browser(0)), 500)

    def test_a_restart_ends_none(self):
        self.log_in(self.one, self.browser)
        gw = self.gateway(self.redis.url)
        self.assertEqual(self.at(gw, self.browser), 200)
        gw.reload()
        self.assertEqual(self.at(gw, self.browser), 200)


@beyond_nginx
class Once(StoreTest):
    def test_s26_an_answer_counts_once_at_all_gateways(self):
        query = self.to_login(self.browser)
        copies = [self.browser.copy() for _ in range(2)]
        self.assertEqual(self.browser.get("/back?" + query).status, 302)
        for gw, copy in zip((self.one, self.two), copies):
            copy.port = gw.ports[0]
            self.assertEqual(copy.get("/back?" + query).status, 400)
            self.assertEqual(copy.cookies, {})
            gw.wait_log("login failed: it was answered before")
        self.assertEqual(self.idp.count("/token"), 1)
        self.assertEqual(self.at(self.one, self.browser), 200)

    def test_s26_refusals_of_the_provider_use_it_up_as_well(self):
        query = self.to_login(self.browser)
        copy = self.browser.copy()
        self.assertEqual(self.browser.get("/back?" + re.sub("code=[^&]*", "error=access_denied", query)).status, 403)
        self.assertEqual(self.browser.cookies, {})
        self.assertEqual(self.at(self.two, copy), 302)
        self.assertEqual(copy.get("/back?" + query).status, 400)
        self.assertEqual(self.idp.count("/token"), 0)


@beyond_nginx
class Renewal(StoreTest):
    def refreshes(self):
        return [form for _, form in self.idp.asked.get("/token", []) if form["grant_type"] == "refresh_token"]

    def expiring(self):
        self.idp.expires_in = 2  # renewed after 1 s
        self.log_in(self.one, self.browser)
        self.idp.expires_in = 3600

    def test_s26_renewed_once_for_all_gateways(self):
        self.expiring()
        before, id_ = self.redis.ask("GET", self.sessions()[0]), self.browser.cookies[COOKIE]

        def renewed():
            self.assertEqual((self.at(self.one, self.browser), self.at(self.two, self.browser)), (200, 200))
            return self.redis.ask("GET", self.sessions()[0]) != before
        wait_for(renewed, 10, 0.05)
        for _ in range(5):
            renewed()
        self.assertEqual(len(self.refreshes()), 1)
        self.assertEqual(self.browser.cookies[COOKIE], id_)

    def test_a_provider_that_is_away(self):
        self.expiring()
        self.idp.mode["/token"] = "close"
        wait_for(lambda: self.at(self.one, self.browser) == 503, 10, 0.1)
        self.idp.mode = {}
        self.assertEqual(self.at(self.two, self.browser), 200)
        self.assertEqual(len(self.sessions()), 1)

    def test_the_provider_ends_the_session(self):
        self.expiring()
        self.idp.refreshes.clear()
        copy = self.browser.copy()
        wait_for(lambda: self.at(self.one, self.browser, HTML) == 302, 10, 0.1)
        self.assertNotIn(COOKIE, self.browser.cookies)
        self.assertEqual((self.at(self.two, copy), self.sessions()), (302, []))

    def test_a_renewal_does_not_bring_back_what_was_logged_out(self):
        self.expiring()
        self.idp.mode["/token"] = "hold"
        copy, statuses = self.browser.copy(), []

        def ask():
            while not self.refreshes():
                statuses.append(copy.get("/app/x", HTML).status)
        asking = threading.Thread(target=ask)
        asking.start()
        wait_for(self.refreshes, 10, 0.01)
        self.assertEqual(self.browser.get("/leave").status, 302)
        self.idp.release()
        asking.join()
        self.assertEqual((statuses[-1], self.sessions()), (302, []))


@beyond_nginx
class AwayLocal(StoreTest):
    def test_t15_each_node_by_itself_until_it_is_back(self):
        self.log_in(self.one, self.browser)
        old = self.browser.copy()
        self.redis.kill()
        self.assertEqual(self.at(self.one, old), 302)                    # nobody knows whose it is
        self.assertEqual(self.at(self.one, old, [("Accept", "application/json")]), 401)
        fresh = Browser(0)
        self.assertEqual(self.log_in(self.one, fresh), 302)
        self.assertEqual((self.at(self.one, fresh), self.at(self.two, fresh)), (200, 302))
        ended = Browser(0)
        self.log_in(self.one, ended)
        copy = ended.copy()
        self.assertEqual(ended.get("/leave").status, 302)
        self.assertEqual(self.at(self.one, copy), 302)
        self.redis.start()
        # Its next request brings it into the store.
        wait_for(lambda: self.at(self.one, fresh) == 200 and self.sessions(), 10, 0.05)
        wait_for(lambda: self.at(self.two, fresh) == 200, 10, 0.05)
        copy = fresh.copy()
        self.assertEqual(fresh.get("/leave").status, 302)
        self.assertEqual(self.at(self.two, copy), 302)
        wait_for(lambda: self.at(self.one, copy) == 302, 3, 0.05)
        self.assertEqual(self.sessions(), [])

    def test_logging_out_is_told_to_the_store_when_it_is_back(self):
        self.log_in(self.one, self.browser)
        copy = self.browser.copy()
        self.redis.pause()
        try:
            self.assertEqual(self.at(self.one, self.browser), 302)       # it is known to be away from now on
            self.assertEqual(self.browser.get("/leave").status, 302)
            self.assertNotIn(COOKIE, self.browser.cookies)
        finally:
            self.redis.go_on()
        wait_for(lambda: self.sessions() == [], 10, 0.05)
        for gw in (self.one, self.two):
            wait_for(lambda: self.at(gw, copy) == 302, 10, 0.05)

    def test_replays_are_refused_without_it(self):
        self.redis.kill()
        query = self.to_login(self.browser)
        copy = self.browser.copy()
        self.assertEqual(self.browser.get("/back?" + query).status, 302)
        self.assertEqual(copy.get("/back?" + query).status, 400)

    def test_one_that_lies(self):
        answers = {b"GET": b"$-1\r\n", b"SET": b"+OK\r\n", b"DEL": b":1\r\n"}
        liar = Liar(lambda words: answers[words[0]])
        self.addCleanup(liar.stop)
        gw = self.gateway(liar.url)
        for answer in (b"$-1\r\n", b"+OK\r\n", b":1\r\n", b"*1\r\n:1\r\n", b"-ERR no\r\n", b"nonsense\r\n", False):
            answers[b"GET"] = answer
            self.browser.cookies[COOKIE] = "A" * 43
            wait_for(lambda: self.at(gw, self.browser) == 302, 10, 0.05)


@beyond_nginx
class AwayDeny(StoreTest):
    ON_ERROR = "deny"

    def test_t15_nothing_without_it(self):
        self.log_in(self.one, self.browser)
        query = self.to_login(stranger := Browser(self.one.ports[0]))
        self.redis.kill()
        for browser, target in ((self.browser, "/app/x"), (stranger, "/back?" + query), (self.browser, "/leave")):
            answer = browser.get(target, HTML)
            self.assertEqual((answer.status, answer.all("Set-Cookie")), (503, []), target)
            self.assertGreaterEqual(int(answer.get("Retry-After")), 1)
            self.assertRegex(answer.get("X-Gateway-Reason"), r"^auth_oidc at /.*/gateway.conf:\d+: without store shared$")
        self.assertEqual(self.at(self.one, Browser(0)), 302)             # to log in, when it may be back
        self.redis.start()
        wait_for(lambda: stranger.get("/back?" + query, HTML).status == 302, 10, 0.05)  # its answer was not used up
        self.assertEqual(self.at(self.one, stranger), 200)

    def test_t15_one_that_hangs(self):
        self.log_in(self.one, self.browser)
        self.redis.pause()
        try:
            self.assertEqual(self.at(self.one, self.browser), 503)
        finally:
            self.redis.go_on()
        wait_for(lambda: self.at(self.one, self.browser) == 200, 10, 0.05)


if __name__ == "__main__":
    main()
