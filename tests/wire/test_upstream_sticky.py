"""Sessions: sticky cookie, route and learn, draining; and what waits for a free server (queue)."""
import hashlib
import threading
import time
from collections import Counter

from harness import Conn, WireTest, get, main, wait_for


class Sticky(WireTest):
    ORIGINS = 3
    HTTP = """
    upstream cookie { server @O0@; server @O1@; server @O2@; sticky cookie srv expires=1h domain=.$host path=/ secure
        httponly samesite=$arg_site; }
    upstream route { server @O0@ route=a; server @O1@ route=b; server @O2@ route=c drain; sticky route $cookie_r $arg_r; }
    upstream learn { server @O0@; server @O1@; server @O2@;
        sticky learn create=$upstream_http_x_session lookup=$cookie_s zone=sessions:1m timeout=1h; }
    upstream next { server @O0@ max_fails=0; server @O1@ max_fails=0; sticky cookie srv; }
    upstream dead { server @O0@ down; server @O1@ down; sticky cookie srv; }
    server { listen @P0@; add_header X-Peer $upstream_addr always;
        location /cookie { proxy_pass http://cookie; }
        location /route { proxy_pass http://route; }
        location /learn { proxy_pass http://learn; }
        location /dead { proxy_pass http://dead; }
        location /next { proxy_pass http://next; proxy_next_upstream http_503; }
    }
    """

    def peer(self, target, cookie=None):
        answer = get(self.port, target, [("Cookie", cookie)] if cookie else ())
        return [o.address for o in self.origins].index((answer.get("X-Peer") or "").split(", ")[-1])

    def test_cookie_brings_back_to_the_server(self):
        for i, origin in enumerate(self.origins):
            sid = hashlib.md5(origin.address.encode()).hexdigest()
            for _ in range(4):
                self.assertEqual(self.peer("/cookie/b/1", "x=1; srv=%s; y=2" % sid), i)

    def test_cookie_has_its_attributes(self):
        answer = self.get("/cookie/b/1?site=wrong")
        value, *rest = answer.get("Set-Cookie").split("; ")
        self.assertEqual(value, "srv=" + hashlib.md5(answer.get("X-Peer").encode()).hexdigest())
        attributes = dict((a.split("=", 1) + [""])[:2] for a in rest)
        self.assertEqual(attributes.pop("expires")[-4:], " GMT")
        self.assertEqual(attributes, {"max-age": "3600", "domain": ".localhost", "path": "/", "samesite": "strict",
                                      "secure": "", "httponly": ""})
        self.assertNotIn("samesite", self.get("/cookie/b/1").get("Set-Cookie"))

    def test_unknown_cookies_are_balanced(self):
        for cookie in ("srv=", "srv=garbage", "srv=" + "x" * 3000):
            self.assertEqual(Counter(self.peer("/cookie/b/1", cookie) for _ in range(6)), {0: 2, 1: 2, 2: 2})

    def test_a_failed_try_moves_the_session(self):
        sid = hashlib.md5(self.origins[0].address.encode()).hexdigest()
        self.origins[0].script("/next/x", b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
        answer = get(self.port, "/next/x", [("Cookie", "srv=" + sid)])
        self.assertEqual(answer.get("X-Peer"), "%s, %s" % (self.origins[0].address, self.origins[1].address))
        self.assertEqual(answer.get("Set-Cookie"),
                         "srv=" + hashlib.md5(self.origins[1].address.encode()).hexdigest())

    def test_no_server_no_cookie(self):
        answer = self.assertStatus(self.get("/dead"), 502)
        self.assertIsNone(answer.get("Set-Cookie"))

    def test_route(self):
        self.assertEqual({self.peer("/route/b/1", "r=b") for _ in range(4)}, {1})
        self.assertEqual({self.peer("/route/b/1?r=a") for _ in range(4)}, {0})
        self.assertEqual({self.peer("/route/b/1?r=a", "r=b") for _ in range(4)}, {1}, "the first variable counts")

    def test_drain_serves_its_sessions_only(self):
        self.assertEqual(Counter(self.peer("/route/b/1") for _ in range(6)), {0: 3, 1: 3})
        self.assertEqual({self.peer("/route/b/1?r=c") for _ in range(4)}, {2})


class Learn(WireTest):
    ORIGINS = 2
    HTTP = """
    upstream learn { server @O0@; server @O1@;
        sticky learn create=$upstream_http_x_session create=$arg_new lookup=$cookie_s zone=sessions:1m timeout=@T@; }
    server { listen @P0@; add_header X-Peer $upstream_addr always; location / { proxy_pass http://learn; } }
    """.replace("@T@", "1h")

    def peer(self, target, cookie=None):
        return get(self.port, target, [("Cookie", cookie)] if cookie else ()).get("X-Peer")

    def test_a_session_begins_with_an_answer(self):
        first = self.peer("/b/1?new=one")
        for _ in range(5):
            self.assertEqual(self.peer("/b/1", "s=one"), first)
        self.assertEqual(len({self.peer("/b/1", "s=unknown") for _ in range(4)}), 2)

    def test_a_session_survives_a_reload(self):
        first = self.peer("/b/1?new=two")
        self.gw.reload()
        for _ in range(4):
            self.assertEqual(self.peer("/b/1", "s=two"), first)

    def test_sessions_are_shared_by_the_workers(self):
        first = self.peer("/b/1?new=three")
        self.assertEqual({self.peer("/b/1", "s=three") for _ in range(24)}, {first})


class LearnOnWorkers(Learn):
    OPTIONS = {"main": "worker_processes 4;"}


class Queue(WireTest):
    ORIGINS = 1
    HTTP = """
    upstream one { server @O0@ max_conns=1; queue 2 timeout=20s; }
    upstream short { server @O0@ max_conns=1; queue 5 timeout=300ms; }
    server { listen @P0@; location /one { proxy_pass http://one; } location /short { proxy_pass http://short; } }
    """
    OPTIONS = {"main": "worker_processes 2;"}

    def in_background(self, target, results):
        def run():
            results.append(get(self.port, target, timeout=30).status)
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def test_requests_wait_for_their_turn_and_no_more_than_stated(self):
        results = []
        busy = self.in_background("/one/wait/1", results)
        wait_for(lambda: self.origin.active == 1, 5)
        waiting = [self.in_background("/one/b/1", results) for _ in range(4)]
        for thread in [busy] + waiting:
            thread.join()
        self.assertEqual(Counter(results), {200: 3, 502: 2})
        self.gw.wait_log("upstream queue is full while connecting to upstream")

    def test_the_wait_ends(self):
        results = []
        over = threading.Event()

        def hold(link, received):
            over.wait(30)
            link.answer(b"late")
            return True
        self.addCleanup(over.set)
        self.origin.script("/short/hold", hold)
        busy = self.in_background("/short/hold", results)
        wait_for(lambda: self.origin.active == 1, 5)
        started = time.monotonic()
        self.assertStatus(self.get("/short/b/1"), 502)
        self.assertGreater(time.monotonic() - started, 0.25)
        over.set()
        busy.join()
        self.assertEqual(results, [200])
        self.gw.wait_log("upstream queue timed out while connecting to upstream")

    def test_a_client_that_leaves_gives_up_its_place(self):
        results = []
        busy = self.in_background("/one/wait/1", results)
        wait_for(lambda: self.origin.active == 1, 5)
        for _ in range(4):
            with Conn(self.port) as conn:
                conn.send(b"GET /one/b/1 HTTP/1.1\r\nHost: h\r\n\r\n")
                time.sleep(0.05)
        wait_for(lambda: get(self.port, "/one/b/1", timeout=30).status == 200, 10)
        busy.join()
        self.assertEqual(results, [200])


if __name__ == "__main__":
    main()
