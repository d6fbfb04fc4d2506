"""auth_oidc: logging in at an OpenID provider (S26). The provider is a fake that can lie; a browser, a jar of cookies.

test_oidc_provider.py does the same with a provider of others, test_oidc_store.py with sessions in a store;
test_oidc_discovery.py is about what providers say of themselves.
"""
import re
import time
import urllib.parse

from h2_client import H2Conn
from harness import WireTest, beyond_nginx, get, in_parallel, main, request, wait_for
from idp import Provider, b64

HTML = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]


class Browser:
    """Cookies of one host, as RFC 6265 keeps them; redirects are followed by the test."""

    def __init__(self, port, host="app.example"):
        self.port, self.host, self.cookies, self.attributes = port, host, {}, {}

    def get(self, target, fields=(), method="GET", **options):
        fields = list(fields) + ([("Cookie", "; ".join("%s=%s" % pair for pair in self.cookies.items()))]
                                 if self.cookies else [])
        answer = request(self.port, method, target, fields, host=self.host, **options)
        for line in answer.all("Set-Cookie"):
            pair, *attributes = [part.strip() for part in line.split(";")]
            name, _, value = pair.partition("=")
            self.attributes[name] = attributes
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def copy(self):
        other = Browser(self.port, self.host)
        other.cookies = dict(self.cookies)
        return other


CONF = """
        oidc_provider corp {
            issuer %(issuer)s; client_id web; client_secret env:OIDC; session_key env:KEY;
            scope openid email; redirect_uri /back; logout_uri /leave; post_logout_uri /bye; timeout 2s; %(more)s
        }
"""
SERVER = """
        server {
            listen @P0@; listen @P1@; http2 on; server_name app.example;
            identity_header X-User $oidc_claim_sub;
            gateway_reason_header (ip_in($remote_addr, "127.0.0.1"));
            location / { return 200 free; }
            location /app/ { auth_oidc corp; proxy_pass http://@O@; }
            location /who { auth_oidc corp; proxy_pass http://@O@; proxy_set_header X-Who
                "$oidc_claim_sub|$oidc_claim_email|$oidc_claim_level|$oidc_claim_roles|$oidc_claim_none"; }
            location /rule { auth_oidc corp; auth_require ("admin" in $oidc_claim_roles and $oidc_claim_level == 3);
                             proxy_pass http://@O@; }
            location /either { satisfy any; auth_oidc corp; auth_basic shop; auth_basic_user_file users;
                               proxy_pass http://@O@; }
        }
"""


class OidcTest(WireTest):
    MORE = ""
    KEY = "k" * 32

    @classmethod
    def setUpClass(cls):
        cls.idp = Provider()
        cls.addClassCleanup(cls.idp.stop)
        cls.OPTIONS = {"main": "worker_processes 4;", "env": {"OIDC": Provider.SECRET, "KEY": cls.KEY},
                       "files": {"users": "bob:{PLAIN}b\n"}}
        cls.HTTP = CONF % {"issuer": cls.idp.issuer, "more": cls.MORE} + SERVER
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.idp.reset()
        self.browser = Browser(self.port)

    def to_login(self, target="/app/x", browser=None):
        """Where the browser is sent to log in."""
        answer = (browser or self.browser).get(target, HTML)
        self.assertStatus(answer, 302)
        return answer.get("Location")

    def log_in(self, target="/app/x", browser=None, **more):
        browser = browser or self.browser
        location = self.to_login(target, browser)
        return browser.get("/back?" + self.idp.log_in(location, **more), HTML)

    def who(self):
        self.assertStatus(self.browser.get("/who"), 200)
        return self.origin.last.get("X-Who")

    def logged_in(self, target="/app/x"):
        answer = self.log_in(target)
        self.assertStatus(answer, 302)
        return answer


@beyond_nginx
class Login(OidcTest):
    def test_s26_login_and_back(self):
        location = self.to_login("/app/a%20b?c=d&e=%2F")
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        self.assertEqual({name: asked[name] for name in ("response_type", "client_id", "scope", "redirect_uri",
                                                          "code_challenge_method")},
                         {"response_type": "code", "client_id": "web", "scope": "openid email",
                          "redirect_uri": "http://app.example/back", "code_challenge_method": "S256"})
        self.assertGreaterEqual(len(asked["state"]), 32)
        self.assertGreaterEqual(len(asked["nonce"]), 32)
        answer = self.browser.get("/back?" + self.idp.log_in(location), HTML)
        self.assertStatus(answer, 302)
        self.assertEqual(answer.get("Location"), "http://app.example/app/a%20b?c=d&e=%2F")
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        self.assertEqual(list(self.browser.cookies), ["GATEHOUSE_OIDC"])  # that of the login is gone
        self.assertEqual(self.browser.attributes["GATEHOUSE_OIDC"], ["Path=/", "HttpOnly", "SameSite=Lax"])
        self.browser.cookies["mine"] = "1"
        answer = self.browser.get("/app/a%20b?c=d&e=%2F", [("X-User", "root")])
        self.assertStatus(answer, 200)
        self.assertEqual(self.origin.last.all("X-User"), ["ann"])
        self.assertEqual(self.origin.last.all("Cookie"), ["mine=1"])  # no service gets the session
        self.assertEqual(self.who(), 'ann||3|["buyer", "admin"]|')
        self.assertStatus(self.browser.get("/rule"), 200)
        for secret in (Provider.SECRET, self.browser.cookies["GATEHOUSE_OIDC"]):
            self.assertNotIn(secret, self.gw.error_log())

    def test_cookies_of_others_pass_and_ours_never(self):
        self.logged_in()
        session = self.browser.cookies["GATEHOUSE_OIDC"]
        get(self.port, "/app/x", [("Cookie", "a=1; GATEHOUSE_OIDC=%s; b=2;c=3" % session), ("Cookie", "d=4")],
            host="app.example")
        self.assertEqual(self.origin.last.all("Cookie"), ["a=1; b=2; c=3", "d=4"])
        get(self.port, "/app/x", [("Cookie", "GATEHOUSE_OIDC=%s" % session)], host="app.example")
        self.assertEqual(self.origin.last.all("Cookie"), [])

    def test_over_http2(self):
        self.logged_in()
        session = self.browser.cookies["GATEHOUSE_OIDC"]
        with H2Conn(self.gw.ports[1]) as conn:
            crumbs = [("cookie", "a=1"), ("cookie", "GATEHOUSE_OIDC=" + session), ("cookie", "b=2")]
            self.assertEqual(conn.ask("/app/x", more=crumbs).status, 200)
            self.assertEqual(self.origin.last.get("X-User"), "ann")
            self.assertEqual("; ".join(self.origin.last.all("Cookie")), "a=1; b=2")
            self.assertEqual(conn.ask("/app/x").status, 302)

    def test_scripts_and_posts_get_401(self):
        for method, fields in (("POST", HTML), ("GET", [("X-Requested-With", "XMLHttpRequest")]),
                               ("GET", [("Accept", "application/json")]), ("GET", [("Sec-Fetch-Mode", "cors")]),
                               ("GET", [("Upgrade", "websocket"), ("Connection", "upgrade")])):
            answer = self.browser.get("/app/x", fields, method)
            self.assertStatus(answer, 401)
            self.assertEqual(answer.get("WWW-Authenticate"), 'Cookie realm="corp"')
            self.assertEqual(self.browser.cookies, {})
        self.assertStatus(self.browser.get("/app/x", method="HEAD"), 302)
        self.assertStatus(self.browser.get("/"), 200)

    def test_satisfy_any(self):
        self.assertStatus(self.browser.get("/either", [("Authorization", "Basic Ym9iOmI=")]), 200)
        self.to_login("/either")

    def test_no_way_to_other_servers(self):
        for target in ("//evil.example/../app/x", "/app/\\evil", "/app/" + "x" * 3000):
            browser = Browser(self.port)
            location = self.to_login(target, browser)
            answer = browser.get("/back?" + self.idp.log_in(location), HTML)
            self.assertEqual(answer.get("Location"), "http://app.example/", target)

    def test_several_logins_at_once(self):
        one, two = self.to_login("/app/1"), self.to_login("/app/2")
        self.assertEqual(self.browser.get("/back?" + self.idp.log_in(two), HTML).get("Location"),
                         "http://app.example/app/2")
        self.assertEqual(self.browser.get("/back?" + self.idp.log_in(one), HTML).get("Location"),
                         "http://app.example/app/1")
        self.browser.cookies.clear()
        for i in range(20):  # that are never done
            self.to_login("/app/%d" % i)
            self.assertLessEqual(len(self.browser.cookies), 5)

    def test_answers_that_do_not_belong_to_this_browser(self):
        location = self.to_login()
        query = self.idp.log_in(location)
        stranger = Browser(self.port)
        self.assertStatus(stranger.get("/back?" + query), 400)          # login CSRF
        self.assertEqual(stranger.cookies, {})
        self.assertStatus(self.browser.get("/back?" + query.replace("state=", "state=x")), 400)
        self.assertStatus(self.browser.get("/back?" + query + "&code=2"), 400)
        self.assertStatus(self.browser.get("/back"), 400)
        self.assertStatus(self.browser.get("/back?state=%zz"), 400)
        self.assertEqual(self.idp.count("/token"), 0)
        self.assertStatus(self.browser.get("/back?" + query), 302)

    def test_answers_count_once(self):
        query = self.idp.log_in(self.to_login())
        again = self.browser.copy()
        self.assertStatus(self.browser.get("/back?" + query), 302)
        self.assertStatus(self.browser.get("/back?" + query), 400)      # the browser's cookie is gone
        self.assertStatus(again.get("/back?" + query), 400)             # and this node knows its state
        self.assertEqual((again.cookies, self.idp.count("/token")), ({}, 1))
        self.gw.wait_log("login failed: it was answered before")
        query = self.idp.log_in(self.to_login(browser=again))
        self.idp.codes.clear()                                          # the provider knows better
        self.assertStatus(again.get("/back?" + query), 403)
        self.gw.wait_log("login failed: it answers 400: invalid_grant")

    def test_many_copies_of_one_answer_at_once(self):
        query = self.idp.log_in(self.to_login())
        copies = [self.browser.copy() for _ in range(20)]
        statuses = in_parallel(20, lambda i: copies[i].get("/back?" + query).status)
        self.assertEqual(sorted(statuses), [302] + [400] * 19)
        self.assertEqual(self.idp.count("/token"), 1)

    def test_logins_end(self):
        self.to_login()
        [name] = self.browser.cookies
        self.assertIn("Max-Age=600", self.browser.attributes[name])

    def test_reasons_have_their_place(self):
        def reason(target, fields=()):
            return self.browser.get(target, fields).get("X-Gateway-Reason", "")
        line = next(i for i, text in enumerate(self.gw.read("gateway.conf").splitlines(), 1) if "location /app/" in text)
        place = "auth_oidc at %s:%d: " % (self.gw.path("gateway.conf"), line)
        self.assertEqual(reason("/app/x", [("Accept", "application/json")]), place + "nobody has logged in")
        self.assertEqual(reason("/back"), place + "login failed: this is no answer of a provider")
        query = self.idp.log_in(self.to_login(), error="access_denied")
        self.assertEqual(reason("/back?" + query), place + 'login failed: the provider says "access_denied"')
        self.assertEqual(reason("/leave", [("Sec-Fetch-Site", "cross-site")]),
                         place + "no logout: a page of another site asks for it")

    def test_answers_of_other_issuers_and_errors(self):
        for change in ({"iss": "https://evil.example"}, {"iss": ""}, {"error": "access_denied"}, {"code": ""},
                       {"code": "x" * 5000}):
            self.assertStatus(self.log_in(**change), 403)
            self.assertEqual(self.browser.cookies, {})
        self.assertEqual(self.idp.count("/token"), 0)
        query = self.idp.log_in(self.to_login())
        self.assertStatus(self.browser.get("/back?" + re.sub("&iss=[^&]*", "", query)), 403)  # RFC 9207

    def test_id_tokens_that_prove_nothing(self):
        now = int(time.time())
        changes = [{"nonce": "other"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": self.idp.issuer + "/"},
                   {"aud": "other"}, {"aud": ["web", "other"]}, {"aud": []}, {"azp": "other"}, {"exp": now - 60},
                   {"exp": None}, {"iat": now + 3600}, {"iat": None}, {"sub": None}, {"sub": ""}, {"at_hash": "x"}]
        for change in changes:
            self.idp.id_token = lambda claims: {k: v for k, v in {**claims, **change}.items() if v is not None}
            self.assertStatus(self.log_in(), 403, change)
            self.assertEqual(self.browser.cookies, {}, change)
        for header in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256", "crit": ["x"]},
                       {"alg": "RS256", "typ": "at+jwt"}):
            self.idp.id_token, self.idp.header = None, lambda honest: header
            self.assertStatus(self.log_in(), 403, header)
        self.idp.header = None
        self.idp.tokens = lambda said: {**said, "id_token": said["id_token"][:-8] + "AAAAAAAA"}
        self.assertStatus(self.log_in(), 403)
        self.idp.tokens = lambda said: {k: v for k, v in said.items() if k != "id_token"}
        self.assertStatus(self.log_in(), 403)
        self.idp.tokens = None
        self.idp.id_token = lambda claims: {**claims, "aud": ["web", "other"], "azp": "web"}
        self.assertStatus(self.log_in(), 302)

    def test_providers_that_fail_at_login(self):
        for mode, status in ((500, 503), (b"nonsense", 503), ("close", 503),
                             (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 503)):
            self.idp.mode = {"/token": mode}
            self.assertStatus(self.log_in(), status, mode)
            self.assertEqual(self.browser.cookies, {}, mode)
        self.idp.mode = {"/token": "hang"}
        begun = time.monotonic()
        self.assertStatus(self.log_in(), 503)
        self.assertLess(time.monotonic() - begun, 6)

    def test_sessions_that_were_made_elsewhere(self):
        self.logged_in()
        good = self.browser.cookies["GATEHOUSE_OIDC"]
        for wrong in ("", "x", good[:-2], good[:-1] + ("A" if good[-1] != "A" else "B"), good + "AA", "A" * 5000, "%00",
                      b64(b"\1" + b"\0" * 28), "B" + good[1:]):
            self.browser.cookies["GATEHOUSE_OIDC"] = wrong
            self.assertStatus(self.browser.get("/app/x", HTML), 302)
        location = self.to_login()
        pending = next(v for k, v in self.browser.cookies.items() if "_L" in k)
        answer = get(self.port, "/app/x", HTML + [("Cookie", "GATEHOUSE_OIDC=" + pending)], host="app.example")
        self.assertStatus(answer, 302)  # a login under way is no session
        self.assertTrue(location)

    def test_logout(self):
        self.logged_in()
        answer = self.browser.get("/leave")
        self.assertStatus(answer, 302)
        url, _, query = answer.get("Location").partition("?")
        self.assertEqual(url, self.idp.issuer + "/end")
        self.assertEqual(dict(urllib.parse.parse_qsl(query)),
                         {"client_id": "web", "post_logout_redirect_uri": "http://app.example/bye"})
        self.assertEqual(self.browser.cookies, {})
        self.to_login()

    def test_nobody_else_logs_people_out(self):
        self.logged_in()
        refused = ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], [("Sec-Fetch-Site", "x")],
                   [("Origin", "https://evil.example")], [("Origin", "null")], [("Referer", "https://evil.example/a")],
                   [("Referer", "http://app.example.evil.example/")], [("Sec-Purpose", "prefetch;prerender")],
                   [("Origin", "https://evil.example"), ("Referer", "http://app.example/")])
        for fields in refused:
            for method in ("GET", "POST"):
                answer = self.browser.copy().get("/leave", fields, method)
                self.assertStatus(answer, 403, fields)
                self.assertEqual(answer.all("Set-Cookie"), [], fields)
        for method in ("HEAD", "PUT", "OPTIONS"):
            answer = self.browser.get("/leave", method=method)
            self.assertStatus(answer, 405)
            self.assertEqual(answer.get("Allow"), "GET, POST")
        self.assertStatus(self.browser.get("/app/x"), 200)
        allowed = ([], [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")],
                   [("Sec-Fetch-Site", "same-site"), ("Origin", "https://www.example")],
                   [("Origin", "http://app.example")], [("Origin", "https://APP.example:8443")],
                   [("Referer", "http://app.example/app/x")])
        for fields in allowed:
            for method, status in (("GET", 302), ("POST", 303)):
                answer = self.browser.copy().get("/leave", fields, method)
                self.assertStatus(answer, status, fields)
                self.assertEqual(len(answer.all("Set-Cookie")), 1, fields)


@beyond_nginx
class Renewal(OidcTest):
    MORE = "userinfo on; logout_token_hint on; cookie_name sid; session_timeout 1h;"

    def setUp(self):
        super().setUp()
        self.idp.expires_in = 2  # renewed after 1 s

    def test_renewed_once_for_all_requests(self):
        self.logged_in()
        self.assertEqual(self.who(), 'ann|ann@shop.example|3|["buyer", "admin"]|')
        old = self.browser.copy()
        wait_for(lambda: "sid" in (b := self.browser.copy()).cookies and b.get("/who").get("Set-Cookie"), 10, 0.1)
        self.assertEqual(len([1 for _, form in self.idp.asked["/token"] if form["grant_type"] == "refresh_token"]), 1)
        # Others still bring the old session: its refresh token counted once.
        for _ in range(5):
            self.assertStatus(old.copy().get("/who"), 200)
        self.assertEqual(len([1 for _, form in self.idp.asked["/token"] if form["grant_type"] == "refresh_token"]), 1)
        self.assertStatus(old.get("/who"), 200)
        self.assertNotEqual(old.cookies["sid"], self.browser.cookies["sid"])

    def test_the_provider_ends_the_session(self):
        self.logged_in()
        self.idp.refreshes.clear()
        wait_for(lambda: self.browser.get("/who", HTML).status == 302, 10, 0.1)
        self.assertNotIn("sid", self.browser.cookies)
        self.gw.wait_log("the session is over: it answers 400: invalid_grant")

    def test_the_provider_is_away(self):
        self.logged_in()
        self.idp.mode["/token"] = "close"
        wait_for(lambda: self.browser.get("/who", HTML).status == 503, 10, 0.1)
        self.idp.mode = {}
        self.assertStatus(self.browser.get("/who", HTML), 200)  # nothing was lost

    def test_renewed_tokens_of_somebody_else(self):
        self.logged_in()
        self.idp.id_token = lambda claims: {**claims, "sub": "eve"}
        wait_for(lambda: self.browser.get("/who", HTML).status == 302, 10, 0.1)

    def test_userinfo_of_somebody_else(self):
        self.idp.userinfo = lambda said: {**said, "sub": "eve"}
        self.assertStatus(self.log_in(), 403)

    def test_logout_shows_the_id_token(self):
        self.logged_in()
        query = self.browser.get("/leave").get("Location").partition("?")[2]
        self.assertEqual(dict(urllib.parse.parse_qsl(query))["id_token_hint"].count("."), 2)

    def test_large_sessions_take_several_cookies(self):
        self.idp.expires_in = 3600
        self.idp.userinfo = lambda said: {**said, "groups": "g" * 2500}
        self.logged_in()
        self.assertEqual(sorted(self.browser.cookies), ["sid", "sid_1"])
        self.assertStatus(self.browser.get("/who"), 200)
        self.browser.get("/leave")
        self.assertEqual(self.browser.cookies, {})
        self.idp.userinfo = lambda said: {**said, "groups": "g" * 9000}
        self.assertStatus(self.log_in(), 500)
        self.gw.wait_log("does not fit into cookies")


if __name__ == "__main__":
    main()
