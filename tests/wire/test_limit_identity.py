"""limit_req and limit_conn whose keys are identities: asked behind the checks of who asks, those by address before."""
import base64

from harness import Conn, WireTest, beyond_nginx, main, wait_for
from redis_server import Redis
from tokens import SECRET, bearer, signed


def basic(user):
    return [("Authorization", "Basic " + base64.b64encode(("%s:secret" % user).encode()).decode())]


ANN, BOB = bearer(signed(sub="ann")), bearer(signed(sub="bob"))

ZONES = """
    limit_req_zone $jwt_claim_sub zone=user:1m rate=1r/m%s;
    limit_req_zone $arg_k zone=query:1m rate=1r/m%s;
    map $jwt_claim_sub $tenant { ann one; bob one; default $jwt_claim_sub; }
    limit_req_zone $tenant zone=tenant:1m rate=1r/m%s;
    limit_req_zone $remote_user zone=name:1m rate=1r/m%s;
    limit_conn_zone $jwt_claim_sub zone=open:1m%s;
    limit_conn_zone $arg_k zone=any:1m%s;
"""
SERVER = """
    log_format told '$uri $arg_k $status "$limit_req_status" "$limit_conn_status" "$gateway_reason"';
    server {
        listen @P0@; access_log told.log told;
        auth_jwt_secret env:JWT_SECRET algorithms=HS256;
        auth_jwt shop;
        limit_req_status 429;
        add_header X-Limit "$limit_req_status$limit_conn_status" always;
        location /user { limit_req zone=user burst=1 nodelay; proxy_pass http://@O@; }
        location /tenant { limit_req zone=tenant burst=1 nodelay; proxy_pass http://@O@; }
        location /mixed { limit_req zone=user burst=1 nodelay; limit_req zone=query burst=4 nodelay;
                          proxy_pass http://@O@; }
        location /open { limit_conn open 1; proxy_pass http://@O@/hang; }
        location /both { limit_conn open 1; limit_conn any 2; proxy_pass http://@O@/hang; }
        location /jump { limit_req zone=user burst=1 nodelay; limit_req zone=query burst=9 nodelay;
                         try_files /none /user; }
        location /name { auth_jwt off; auth_basic people; auth_basic_user_file people; limit_req zone=name;
                         proxy_pass http://@O@; }
    }
"""


class Identity(WireTest):
    OPTIONS = {"env": {"JWT_SECRET": SECRET}, "files": {"people": "ann:{PLAIN}secret\nbob:{PLAIN}secret\n"}}
    STORE = DEFINED = ""

    @classmethod
    def setUpClass(cls):
        cls.HTTP = cls.DEFINED + ZONES % ((cls.STORE,) * 4 + ("", "")) + SERVER
        super().setUpClass()

    def statuses(self, path, fields, count=1):
        return [self.get(path, fields).status for _ in range(count)]


@beyond_nginx
class Here(Identity):
    def test_each_user_is_counted(self):
        self.assertEqual(self.statuses("/user", ANN, 3), [200, 200, 429])
        self.assertEqual(self.statuses("/user", BOB, 3), [200, 200, 429])

    def test_without_a_token_nobody_is_counted(self):
        self.assertEqual(self.statuses("/user?k=none", [], 5), [401] * 5)
        self.assertEqual(self.statuses("/user", bearer(signed(sub="carl")), 3), [200, 200, 429])
        self.assertEqual(self.statuses("/user", bearer(signed("x" * 50, sub="dora")), 3), [401] * 3)
        self.assertEqual(self.statuses("/user", bearer(signed(sub="dora")), 2), [200, 200])

    def test_what_is_computed_of_an_identity(self):
        self.assertEqual(self.statuses("/tenant", ANN) + self.statuses("/tenant", BOB, 2), [200, 200, 429])

    def test_a_user_of_auth_basic(self):
        self.assertEqual(self.statuses("/name", []), [401])
        self.assertEqual(self.statuses("/name", basic("eve"), 2), [401, 401])
        self.assertEqual(self.statuses("/name", basic("ann"), 2), [200, 429])
        self.assertEqual(self.statuses("/name", basic("bob"), 2), [200, 429])

    def test_the_others_stay_before_the_checks(self):
        self.assertEqual(self.statuses("/mixed?k=early", [], 6), [401] * 5 + [429])
        carol = bearer(signed(sub="carol"))
        self.assertEqual(self.statuses("/mixed?k=m", carol, 3), [200, 200, 429])
        self.assertEqual(self.get("/mixed?k=m", carol).get("X-Limit"), "REJECTED")
        self.gw.wait_log(r'/mixed m 429 "REJECTED" "-" ".*limit_req.*zone user', name="told.log")

    def test_once_for_a_request(self):
        fay = bearer(signed(sub="fay"))
        self.assertEqual(self.statuses("/jump?k=j", fay, 3), [200, 200, 429])

    def test_connections_of_each_user(self):
        for path in ("/open", "/both"):
            name = path[1:]
            first, second = bearer(signed(sub=name + "1")), bearer(signed(sub=name + "2"))
            self.assertEqual(self.statuses(path + "?k=none", []), [401])
            with Conn(self.port) as a, Conn(self.port) as b:
                self.hold(a, path + "?k=" + name, first)
                self.assertEqual(self.statuses(path + "?k=" + name, first), [503])
                self.hold(b, path + "?k=" + name, second)
            self.gw.wait_log(r'^%s %s 499 "-" "PASSED"' % (path, name), name="told.log")

    def hold(self, conn, path, fields):
        before = self.origin.request_count
        conn.send("GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n" % (path, "".join("%s: %s\r\n" % f for f in fields)))
        wait_for(lambda: self.origin.request_count > before)


@beyond_nginx
class InStore(Identity):
    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.STORE = " store=shared"
        cls.DEFINED = "store shared { url %s; }" % cls.redis.url
        super().setUpClass()

    def test_each_user_is_counted(self):
        self.assertEqual(self.statuses("/user", [], 3), [401] * 3)
        self.assertEqual(self.statuses("/mixed?k=m", ANN, 3), [200, 200, 429])
        self.assertEqual(self.statuses("/user", BOB, 3), [200, 200, 429])
        self.assertIn("limit:{ann}:user:r", self.redis.keys())


if __name__ == "__main__":
    main()
