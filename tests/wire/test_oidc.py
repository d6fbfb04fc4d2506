"""auth_oidc: logging in at an OpenID provider (S26). The provider is a fake that can lie; a browser, a jar of cookies.

test_oidc_provider.py does the same with a provider of others.
"""
import re
import time
import urllib.parse

from h2_client import H2Conn
from harness import WireTest, beyond_nginx, get, main, request, wait_for
from idp import Provider, b64
from tls_client import certificate
from tls_origin import server_context

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

    def test_codes_count_once(self):
        location = self.to_login()
        query = self.idp.log_in(location)
        again = self.browser.copy()
        self.assertStatus(self.browser.get("/back?" + query), 302)
        self.assertStatus(self.browser.get("/back?" + query), 400)      # the browser's cookie is gone
        self.assertStatus(again.get("/back?" + query), 403)             # and the provider knows the code
        self.assertEqual(again.cookies, {})
        self.gw.wait_log("login failed: it answers 400: invalid_grant")

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


@beyond_nginx
class Discovery(WireTest):
    def gateway(self, idp, more="", **options):
        return self.start(CONF % {"issuer": idp.issuer, "more": more} + SERVER,
                          env={"OIDC": Provider.SECRET, "KEY": "k" * 32}, files={"users": ""}, **options)

    def idp(self, **options):
        idp = Provider(**options)
        self.addCleanup(idp.stop)
        return idp

    def test_providers_that_are_not_who_they_say(self):
        for change in ({"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x/"}, {"jwks_uri": None},
                       {"authorization_endpoint": 7}):
            idp = self.idp()
            idp.metadata = lambda said: {**said, **change}
            gw = self.gateway(idp)
            self.assertStatus(get(gw.ports[0], "/app/x", HTML), 503)
            gw.wait_log(r'OpenID provider "corp" \(http://127')

    def test_one_that_comes_late(self):
        idp = self.idp()
        idp.mode["/keys"] = 500
        gw = self.gateway(idp)
        self.assertStatus(get(gw.ports[0], "/app/x", HTML), 503)
        self.assertStatus(get(gw.ports[0], "/"), 200)
        idp.mode = {}
        wait_for(lambda: get(gw.ports[0], "/app/x", HTML).status == 302, 10, 0.1)
        asked = idp.count("/.well-known/openid-configuration")
        for _ in range(5):
            get(gw.ports[0], "/app/x", HTML)
        self.assertEqual(idp.count("/.well-known/openid-configuration"), asked)

    def test_https_of_who_proves_its_name(self):
        authority, stranger = certificate("ca.example", is_ca=True), certificate("ca2.example", is_ca=True)
        trust = {"users": "", "ca.pem": authority.pem}
        for name, issuer, status in (("localhost", authority, 302), ("other.example", authority, 503),
                                     ("localhost", stranger, 503)):
            idp = self.idp(context=server_context(certificate(name, issuer=issuer)), host="localhost")
            gw = self.start(CONF % {"issuer": idp.issuer, "more": "ssl_trusted_certificate ca.pem;"} + SERVER,
                            env={"OIDC": Provider.SECRET, "KEY": "k" * 32}, files=trust)
            browser = Browser(gw.ports[0])
            answer = browser.get("/app/x", HTML)
            self.assertStatus(answer, status)
            if status == 302:
                self.assertStatus(browser.get("/back?" + idp.log_in(answer.get("Location"))), 302)
                self.assertStatus(browser.get("/app/x"), 200)
            else:
                gw.wait_log("the server's certificate cannot be trusted")

    def test_endpoints_in_the_clear_of_a_provider_by_https(self):
        authority = certificate("ca.example", is_ca=True)
        idp = self.idp(context=server_context(certificate("localhost", issuer=authority)), host="localhost")
        idp.metadata = lambda said: {**said, "token_endpoint": said["token_endpoint"].replace("https", "http")}
        gw = self.start(CONF % {"issuer": idp.issuer, "more": "ssl_trusted_certificate ca.pem;"} + SERVER,
                        env={"OIDC": Provider.SECRET, "KEY": "k" * 32}, files={"users": "", "ca.pem": authority.pem})
        self.assertStatus(get(gw.ports[0], "/app/x", HTML), 503)
        gw.wait_log("its token_endpoint is not https://")

    def test_metadata_at_another_place(self):
        idp = self.idp()
        gw = self.gateway(idp, more="config_url %s/.well-known/openid-configuration?x;" % idp.issuer)
        self.assertStatus(get(gw.ports[0], "/app/x", HTML), 302)
        self.assertEqual(idp.asked["/.well-known/openid-configuration"][0][1], {"x": ""})

    def test_new_keys_of_the_provider(self):
        idp = self.idp()
        gw = self.gateway(idp)

        def log_in():
            browser = Browser(gw.ports[0])
            return browser.get("/back?" + idp.log_in(browser.get("/app/x", HTML).get("Location")), HTML).status
        self.assertEqual(log_in(), 302)
        idp.key, idp.keys = idp.second, [idp.second]
        self.assertEqual(log_in(), 403)  # they are asked for at most every 5 s
        wait_for(lambda: log_in() == 302, 15, 0.5)
        self.assertEqual(idp.count("/keys"), 2)

    def test_a_secret_that_the_provider_does_not_know(self):
        idp = self.idp()
        gw = self.start(CONF % {"issuer": idp.issuer, "more": ""} + SERVER, env={"OIDC": "wrong", "KEY": "k" * 32},
                        files={"users": ""})
        browser = Browser(gw.ports[0])
        location = browser.get("/app/x", HTML).get("Location")
        self.assertStatus(browser.get("/back?" + idp.log_in(location)), 503)  # it is our fault, and not the browser's
        gw.wait_log("login failed: it answers 401: invalid_client")

    def test_keys_that_are_none(self):
        idp = self.idp()
        idp.mode["/keys"] = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"keys":[]}'
        gw = self.gateway(idp)
        self.assertStatus(get(gw.ports[0], "/app/x", HTML), 503)
        gw.wait_log("it has no usable keys")

    def test_sessions_outlive_a_restart_with_a_key_and_its_successor(self):
        idp = self.idp()
        first = self.gateway(idp)
        browser = Browser(first.ports[0])
        location = browser.get("/app/x", HTML).get("Location")
        self.assertStatus(browser.get("/back?" + idp.log_in(location)), 302)
        second = self.start(CONF.replace("session_key env:KEY", "session_key file:@DIR@/new env:KEY") %
                            {"issuer": idp.issuer, "more": ""} + SERVER,
                            env={"OIDC": Provider.SECRET, "KEY": "k" * 32}, files={"users": "", "new": "n" * 40})
        third = self.gateway(idp, more="cookie_name other;")
        other = self.start(CONF.replace("env:KEY", "file:@DIR@/new") % {"issuer": idp.issuer, "more": ""} + SERVER,
                           env={"OIDC": Provider.SECRET}, files={"users": "", "new": "n" * 40})
        statuses = []
        for gw in (second, third, other):
            browser.port = gw.ports[0]
            statuses.append(browser.copy().get("/app/x", HTML).status)
        self.assertEqual(statuses, [200, 302, 302])

    def test_without_a_key_sessions_survive_a_reload(self):
        idp = self.idp()
        gw = self.start(CONF.replace("session_key env:KEY;", "") % {"issuer": idp.issuer, "more": "pkce off;"} + SERVER,
                        env={"OIDC": Provider.SECRET}, files={"users": ""})
        browser = Browser(gw.ports[0])
        location = browser.get("/app/x", HTML).get("Location")
        self.assertNotIn("code_challenge", location)
        self.assertStatus(browser.get("/back?" + idp.log_in(location)), 302)
        gw.reload()
        self.assertStatus(browser.get("/app/x"), 200)

    def test_secure_where_the_browser_comes_by_https(self):
        idp = self.idp()
        gw = self.start(CONF.replace("redirect_uri /back", "redirect_uri https://app.example/back") %
                        {"issuer": idp.issuer, "more": "extra_auth_args prompt=login&a=b;"} + SERVER,
                        env={"OIDC": Provider.SECRET, "KEY": "k" * 32}, files={"users": ""})
        browser = Browser(gw.ports[0])
        location = browser.get("/app/x", HTML).get("Location")
        self.assertIn("&prompt=login&a=b", location)
        self.assertIn("redirect_uri=https%3A%2F%2Fapp.example%2Fback", location)
        browser.get("/back?" + idp.log_in(location))
        self.assertEqual(browser.attributes["GATEHOUSE_OIDC"], ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"])


if __name__ == "__main__":
    main()
