"""auth_oidc: what a provider says of itself, its keys and its TLS; sessions over restarts and reloads (S26)."""
from harness import WireTest, beyond_nginx, get, main, wait_for
from idp import Provider
from test_oidc import CONF, HTML, SERVER, Browser
from tls_client import certificate
from tls_origin import server_context


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
