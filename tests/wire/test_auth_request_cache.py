"""auth_request_cache: what an authorizer has said is kept for a while. Row S31."""
from harness import WireTest, beyond_nginx, in_parallel, main, request, wait_for


@beyond_nginx
class AuthRequestCache(WireTest):
    ORIGINS = 2
    HTTP = """
    server {
        listen @P0@;
        auth_request /auth;
        auth_request_set $user $upstream_http_x_user;
        add_header X-User "$user" always;
        location = /auth {
            internal; auth_request off;
            proxy_pass http://@O1@/verdict;
            proxy_pass_request_headers on;
        }
        location / { auth_request_cache 300s key=$http_authorization; proxy_pass http://@O0@; }
        location /short { auth_request_cache 300ms key=$http_authorization; proxy_pass http://@O0@; }
        location /path { auth_request_cache 300s key=$http_authorization$uri; proxy_pass http://@O0@; }
        location /none { proxy_pass http://@O0@; }
        location /other {
            auth_request_set $other $upstream_http_x_other;
            add_header X-Other "$other" always;
            auth_request_cache 300s key=$http_authorization;
            proxy_pass http://@O0@;
        }
        location /small { auth_request_cache 300s key=$http_authorization size=32k; proxy_pass http://@O0@; }
    }
    """
    OPTIONS = {"main": "worker_processes 2;"}

    def setUp(self):
        super().setUp()
        self.authorizer = self.origins[1]
        self.authorizer.script("/verdict", self.verdict)

    @staticmethod
    def verdict(link, req):
        """What a token begins with is the status of the answer."""
        token = req.get("Authorization", "200 nobody")
        status, name = token.split(" ", 1)
        fields = [("X-User", name), ("X-Other", "other-" + name)]
        if status == "401":
            fields += [("WWW-Authenticate", 'Bearer realm="a"'), ("WWW-Authenticate", "Basic realm=b")]
        link.answer(b"", "%s Word" % status, fields)
        return True

    def ask(self, target, token=None):
        return request(self.port, "GET", target, [("Authorization", token)] if token else [])

    def asked(self, *requests):
        """The answers, and how often the authorizer was asked for them."""
        before = self.authorizer.request_count
        answers = [self.ask(*one) for one in requests]
        return answers, self.authorizer.request_count - before

    def test_s31_a_verdict_is_kept_with_its_variables(self):
        answers, count = self.asked(*[("/a", "200 ann"), ("/b", "200 ann"), ("/c?d", "200 ann")])
        self.assertEqual([a.status for a in answers], [200] * 3)
        self.assertEqual([a.get("X-User") for a in answers], ["ann"] * 3)
        self.assertEqual(count, 1)
        answers, count = self.asked(("/a", "200 bob"), ("/a", "200 ann"))
        self.assertEqual([a.get("X-User") for a in answers], ["bob", "ann"])
        self.assertEqual(count, 1)

    def test_s31_refusals_are_kept_too(self):
        answers, count = self.asked(("/a", "403 eve"), ("/a", "403 eve"), ("/a", "401 old"), ("/a", "401 old"))
        self.assertEqual([a.status for a in answers], [403, 403, 401, 401])
        self.assertEqual(count, 2)
        for answer in answers[2:]:
            self.assertEqual(answer.all("WWW-Authenticate"), ['Bearer realm="a"', "Basic realm=b"])
            self.assertEqual(answer.get("X-User"), "old")

    def test_errors_are_asked_for_again(self):
        for status in ("500", "503", "404", "302"):
            with self.subTest(status):
                answers, count = self.asked(("/a", status + " x"), ("/a", status + " x"))
                self.assertEqual([a.status for a in answers], [500, 500])
                self.assertEqual(count, 2)

    def test_an_empty_key_is_never_shared(self):
        answers, count = self.asked(("/a",), ("/a",), ("/b",))
        self.assertEqual([a.status for a in answers], [200] * 3)
        self.assertEqual(count, 3)

    def test_its_time(self):
        _, count = self.asked(("/short", "200 brief"), ("/short", "200 brief"))
        self.assertIn(count, (1, 2))
        wait_for(lambda: self.asked(("/short", "200 brief"))[1] == 1, 5)

    def test_the_key_decides(self):
        _, count = self.asked(("/path/1", "200 p"), ("/path/2", "200 p"), ("/path/1", "200 p"))
        self.assertEqual(count, 2)
        _, count = self.asked(("/none", "200 n"), ("/none", "200 n"))
        self.assertEqual(count, 2)

    def test_locations_that_keep_other_variables_share_nothing(self):
        answers, count = self.asked(("/a", "200 v"), ("/other", "200 v"), ("/other", "200 v"), ("/a", "200 v"))
        self.assertEqual(count, 2)
        self.assertEqual([(a.get("X-User"), a.get("X-Other")) for a in answers],
                         [("v", None), (None, "other-v"), (None, "other-v"), ("v", None)])

    def test_memory_is_bounded_and_the_oldest_goes(self):
        in_parallel(4, lambda i: [self.ask("/small", "200 %d-%d" % (i, n)) for n in range(60)])
        _, count = self.asked(("/small", "200 0-0"))
        self.assertEqual(count, 1)
        _, count = self.asked(("/small", "200 0-0"))
        self.assertEqual(count, 0)

    def test_a_reload_begins_anew(self):
        _, count = self.asked(("/a", "200 r"), ("/a", "200 r"))
        self.assertEqual(count, 1)
        self.gw.reload()
        _, count = self.asked(("/a", "200 r"), ("/a", "200 r"))
        self.assertEqual(count, 1)


if __name__ == "__main__":
    main()
