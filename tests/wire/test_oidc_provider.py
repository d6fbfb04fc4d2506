"""Login, renewal, logout, introspection, the gateway's own token, with a provider of others (oidc-provider of npm)."""
import base64
import html
import os
import re
import shutil
import subprocess
import unittest
import urllib.parse

from harness import Gateway, beyond_nginx, get, main, request, wait_for
from origin import Origin
from redis_server import Redis
from test_grpc import NODE, node_path
from test_oidc import HTML, Browser

SECRET = "s3cret/&+ of a client"

HTTP = """
        oidc_provider corp { issuer @ISSUER@; client_id web; client_secret env:OIDC;
                             redirect_uri http://app.example/back; scope openid email offline_access; extra_auth_args prompt=consent; userinfo on;
                             logout_uri /leave; post_logout_uri http://app.example/bye; logout_token_hint on; }
        server {
            listen @P0@; server_name app.example;
            identity_header X-User $oidc_claim_sub;
            identity_header X-Mail $oidc_claim_email;
            location /app/ { auth_oidc corp; proxy_pass http://@O@; }
            location /api/ { auth_introspect @ISSUER@/token/introspection client=web secret=env:OIDC cache=0;
                             identity_header X-User $introspect_claim_client_id; proxy_pass http://@O@; }
            location /out/ { proxy_oauth2_token @ISSUER@/token client=web secret=env:OIDC scope=api;
                             proxy_pass http://@O@; }
        }
"""


class PageReader(Browser):
    """A browser at the provider: follows redirects there, and fills in the forms of its pages."""

    def open(self, url, form=None):
        """The page, or the URL of another server that it was sent to."""
        own = "http://127.0.0.1:%d" % self.port
        while True:
            url = urllib.parse.urljoin(own, url)
            if not url.startswith(own + "/"):
                return url
            if form is None:
                answer = self.get(url[len(own):], HTML)
            else:
                body = urllib.parse.urlencode(form).encode()
                fields = HTML + [("Content-Type", "application/x-www-form-urlencoded")]
                answer = self.get(url[len(own):], fields, "POST", body=body)
            if answer.status not in (302, 303):
                assert answer.status == 200, (answer, answer.text)
                return answer.text
            url, form = answer.get("Location"), None

    def fill_in(self, page, **values):
        """Sends the page's form on."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page)[1]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        return self.open(html.unescape(action), {**hidden, **values})


class ProviderTest(unittest.TestCase):
    STORE = SETTINGS = ""

    @classmethod
    def setUpClass(cls):
        cls.provider = subprocess.Popen(["node", os.path.join(NODE, "oidc_provider.js"), node_path(), SECRET],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end_provider)
        cls.provider_port = int(cls.provider.stdout.readline())
        cls.origin = Origin()
        cls.addClassCleanup(cls.origin.stop)
        cls.issuer = "http://127.0.0.1:%d" % cls.provider_port
        cls.gw = cls.gateway()
        cls.port = cls.gw.ports[0]

    @classmethod
    def gateway(cls):
        http = HTTP.replace("@ISSUER@", cls.issuer).replace("logout_token_hint on;", "logout_token_hint on; " + cls.SETTINGS)
        gw = Gateway(cls.STORE + http, [cls.origin], env={"OIDC": SECRET, "KEY": "k" * 32})
        cls.addClassCleanup(gw.stop)
        return gw

    @classmethod
    def end_provider(cls):
        cls.provider.stdin.close()
        cls.provider.wait(10)
        cls.provider.stdout.close()

    def log_in(self):
        browser = Browser(self.port)
        pages = PageReader(self.provider_port, "127.0.0.1:%d" % self.provider_port)
        page = pages.open(browser.get("/app/x?y=z", HTML).get("Location"))
        page = pages.fill_in(page, login="ann", password="any")
        back = page if page.startswith("http:") else pages.fill_in(page)
        self.assertTrue(back.startswith("http://app.example/back?"), back)
        answer = browser.get(back[len("http://app.example"):], HTML)
        self.assertEqual((answer.status, answer.get("Location")), (302, "http://app.example/app/x?y=z"),
                         self.gw.error_log()[-800:])
        return browser, pages

    def log_out(self, browser, pages):
        page = pages.open(browser.get("/leave").get("Location"))
        back = page if page.startswith("http:") else pages.fill_in(page, logout="yes")
        self.assertTrue(back.startswith("http://app.example/bye"), back)
        self.assertEqual(browser.cookies, {})
        self.assertEqual(browser.get("/app/x", HTML).status, 302)


@beyond_nginx
@unittest.skipUnless(shutil.which("node"), "node is not installed")
class WithStore(ProviderTest):
    SETTINGS = "session_store shared; session_key env:KEY;"

    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.STORE = "store shared { url %s; }\n" % cls.redis.url
        super().setUpClass()
        cls.other = cls.gateway()

    def test_s26_login_renewal_and_logout_at_two_gateways(self):
        browser, pages = self.log_in()
        [key] = [key for key in self.redis.keys() if ":session:" in key]
        here, there = browser.copy(), browser.copy()
        there.port = self.other.ports[0]
        for _ in range(3):  # each renewal uses up a refresh token: whoever used one twice would lose the session
            old = self.redis.ask("GET", key)
            wait_for(lambda: (here.get("/app/x").status, there.get("/app/x").status) == (200, 200)
                     and self.redis.ask("GET", key) != old, 10, 0.05)
            self.assertEqual((self.origin.last.get("X-User"), self.origin.last.get("X-Mail")), ("ann", "ann@shop.example"))
        self.log_out(browser, pages)
        self.assertEqual((here.get("/app/x", HTML).status, there.get("/app/x", HTML).status), (302, 302))
        self.assertNotIn(key, self.redis.keys())


@beyond_nginx
@unittest.skipUnless(shutil.which("node"), "node is not installed")
class RealProvider(ProviderTest):
    def test_s26_login_renewal_and_logout(self):
        browser, pages = self.log_in()
        self.assertEqual(browser.get("/app/x?y=z").status, 200)
        self.assertEqual((self.origin.last.get("X-User"), self.origin.last.get("X-Mail")), ("ann", "ann@shop.example"))
        first = browser.cookies["GATEHOUSE_OIDC"]
        for _ in range(3):  # each renewal uses up a refresh token
            wait_for(lambda: browser.get("/app/x").status == 200 and browser.cookies["GATEHOUSE_OIDC"] != first,
                     10, 0.1)
            first = browser.cookies["GATEHOUSE_OIDC"]
        self.log_out(browser, pages)

    def token(self, path, form):
        pair = ":".join(urllib.parse.quote_plus(part) for part in ("web", SECRET))
        basic = base64.b64encode(pair.encode()).decode()
        return request(self.provider_port, "POST", path, [("Authorization", "Basic " + basic),
                       ("Content-Type", "application/x-www-form-urlencoded")], urllib.parse.urlencode(form).encode(),
                       host="127.0.0.1:%d" % self.provider_port)

    def test_s26_introspection_until_a_token_is_revoked(self):
        token = self.token("/token", {"grant_type": "client_credentials", "scope": "api"}).json()["access_token"]
        self.assertEqual(get(self.port, "/api/", [("Authorization", "Bearer " + token)]).status, 200)
        self.assertEqual(self.origin.last.get("X-User"), "web")
        self.assertEqual(self.token("/token/revocation", {"token": token}).status, 200)
        self.assertEqual(get(self.port, "/api/", [("Authorization", "Bearer " + token)]).status, 401)

    def test_s30_a_token_for_services(self):
        self.assertEqual(get(self.port, "/out/").status, 200)
        sent = self.origin.last.get("Authorization")
        self.assertTrue(sent.startswith("Bearer "))
        said = self.token("/token/introspection", {"token": sent[7:]}).json()
        self.assertEqual((said["active"], said["scope"]), (True, "api"))


if __name__ == "__main__":
    main()
