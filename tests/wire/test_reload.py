"""A reload changes what is asked for and loses nothing; one that fails changes nothing and says why."""
import os
import re
import signal
import threading
import time

from harness import IS_NGINX, Conn, WireTest, beyond_nginx, get, main, wait_for

PLAIN = "server { listen @P0@; location / { return 200 one; } }"


class Load:
    """Requests in threads until stopped; `failed` collects what was not 200."""

    def __init__(self, port, threads=4, keep=True):
        self.port, self.keep, self.done, self.failed, self.stopping = port, keep, 0, [], False
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        conn = Conn(self.port)
        while not self.stopping:
            try:
                if not self.keep:
                    conn.close()
                    conn = Conn(self.port)
                answer = conn.get("/load")
                if answer.status != 200 or not answer.complete:
                    self.failed.append(repr(answer))
                if answer.get("Connection") == "close":
                    if self.keep:
                        self.failed.append("a keep-alive connection was closed")
                    conn = Conn(self.port)
                self.done += 1
            except (OSError, AssertionError) as error:
                self.failed.append(repr(error))
                conn = Conn(self.port)
        conn.close()

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(10)
        return self.failed


class Reload(WireTest):
    def test_the_new_configuration_answers(self):
        gw = self.start(PLAIN)
        self.assertEqual(get(gw.ports[0]).text, "one")
        gw.reload(PLAIN.replace("one", "two"))
        self.assertEqual(get(gw.ports[0]).text, "two")

    def test_nothing_is_lost_under_load(self):
        http = "keepalive_requests 10000000; upstream pool { server @O@; keepalive 8; }" \
               "server { listen @P0@; location / { proxy_pass http://pool; } }"
        gw = self.start(http, main="worker_processes 2;")
        for keep in (False, True):
            if keep and IS_NGINX:
                continue
            load = Load(gw.ports[0], keep=keep)
            for _ in range(10):
                gw.reload()
            failed = load.stop()
            self.assertEqual(failed[:3], [], "%d of %d failed" % (len(failed), load.done))
            self.assertGreater(load.done, 20)

    @beyond_nginx
    def test_idle_connections_are_kept_and_see_the_new_table(self):
        gw = self.start(PLAIN)
        conns = [Conn(gw.ports[0]) for _ in range(20)]
        for conn in conns[:10]:
            self.assertEqual(conn.get("/").text, "one")  # the other ten have not asked yet
        gw.reload(PLAIN.replace("one", "two"))
        for conn in conns:
            self.assertEqual(conn.get("/").text, "two")
            conn.close()

    def test_requests_in_flight_finish_with_the_old_table(self):
        http = "server { listen @P0@; location / { add_header X-Gen %s; proxy_pass http://@O@; } }"
        gw = self.start(http % "old")
        with Conn(gw.ports[0]) as conn:
            conn.send(b"GET /wait/1 HTTP/1.1\r\nHost: h\r\n\r\n")
            wait_for(lambda: self.origin.active, 3)
            gw.reload(http % "new")
            self.assertEqual(get(gw.ports[0], "/b/1").get("X-Gen"), "new")
            answer = conn.read()
            self.assertEqual((answer.status, answer.get("X-Gen")), (200, "old"))

    def test_a_body_in_flight_survives(self):
        gw = self.start("server { listen @P0@; location / { proxy_request_buffering off; proxy_pass http://@O@; } }")
        with Conn(gw.ports[0]) as conn:
            conn.send(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
            wait_for(lambda: self.origin.request_count, 3)
            gw.reload()
            conn.send(b"56789")
            self.assertEqual(conn.read().json()["body"], "0123456789")

    def test_old_generations_go(self):
        gw = self.start(PLAIN, level="notice")
        gw.reload()
        gw.wait_log("exited with code 0")

    def test_broken_configurations_change_nothing(self):
        gw = self.start(PLAIN, main="worker_processes 2;")
        gw.allowed.append("[emerg]")
        load = Load(gw.ports[0], 2, keep=not IS_NGINX)
        good = gw.read("gateway.conf")
        for bad, line in ((good.replace("return 200 one", "retrun 200 one"), None),
                          (good.replace("return 200 one;", "return 200 one"), None),
                          (good + "}", None), (good.replace("location /", "proxy_pass http://nowhere/; location /"),
                                               None),
                          (good.replace("location / {", "location / { proxy_read_timeout 5parsecs;", 1), None),
                          (good + "include missing.conf;", None)):
            with self.subTest(bad[-60:]):
                before = len(gw.error_log())
                gw.write("gateway.conf", bad)
                gw.signal(signal.SIGHUP)
                wait_for(lambda: "gateway.conf:" in gw.error_log()[before:]
                         or "missing.conf" in gw.error_log()[before:], 5)
                self.assertEqual(get(gw.ports[0]).text, "one")
        self.assertEqual(load.stop()[:3], [])
        gw.write("gateway.conf", good)
        gw.reload()

    @beyond_nginx
    def test_a_refused_reload_logs_its_warnings_as_warnings(self):
        gw = self.start(PLAIN)
        gw.allowed.append("[emerg]")
        gw.write_config(PLAIN + "server { allow 10.1.2.3/8;\nretrun 200 x; }")
        gw.signal(signal.SIGHUP)
        gw.wait_log("configuration refused")
        lines = gw.error_log().splitlines()
        levels = {code: [re.search(r"\[(\w+)\]", line)[1] for line in lines if "[%s]" % code in line]
                  for code in ("W707", "E0201")}
        self.assertEqual(levels, {"W707": ["warn"], "E0201": ["emerg"]})

    def test_a_missing_configuration_changes_nothing(self):
        gw = self.start(PLAIN)
        gw.allowed.append("[emerg]")
        os.rename(gw.path("gateway.conf"), gw.path("away.conf"))
        gw.signal(signal.SIGHUP)
        gw.wait_log("No such file|gateway.conf")
        self.assertEqual(get(gw.ports[0]).text, "one")

    def test_listeners_come_and_go(self):
        gw = self.start(PLAIN)
        with self.assertRaises(OSError):
            get(gw.ports[1])
        both = PLAIN + "server { listen @P1@; location / { return 200 second; } }"
        gw.reload(both)
        self.assertEqual(get(gw.ports[1]).text, "second")
        gw.reload(PLAIN)

        def refused():
            try:
                get(gw.ports[1], timeout=1)
            except (OSError, AssertionError):
                return True
        wait_for(refused, 5)
        self.assertEqual(get(gw.ports[0]).text, "one")

    def test_a_port_in_use_fails_the_reload_only(self):
        gw = self.start(PLAIN)
        gw.allowed += ["[emerg]"]
        http = PLAIN + "server { listen %s; return 200 x; }" % self.origin.address
        gw.write_config(http)
        gw.signal(signal.SIGHUP)
        gw.wait_log(r"(?i)address already in use", 8)
        self.assertEqual(get(gw.ports[0]).text, "one")
        self.assertIn(self.origin.address, gw.error_log())
        gw.reload(PLAIN.replace("one", "well"))
        self.assertEqual(get(gw.ports[0]).text, "well")

    @beyond_nginx
    def test_s_reload_waits_and_tells(self):
        gw = self.start(PLAIN)
        gw.allowed.append("[emerg]")
        gw.write_config(PLAIN.replace("one", "two"))
        code, text = gw.tool("-s", "reload")
        self.assertEqual(code, 0, text)
        self.assertTrue(text.strip())
        self.assertEqual(get(gw.ports[0]).text, "two")  # no waiting: it has happened
        gw.write("gateway.conf", gw.read("gateway.conf").replace("return 200 two", "retrun 200 two"))
        code, text = gw.tool("-s", "reload")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"gateway\.conf:\d+:\d+")
        self.assertIn("retrun", text)
        self.assertEqual(get(gw.ports[0]).text, "two")

    @beyond_nginx
    def test_many_reloads_leak_nothing(self):
        gw = self.start("upstream pool { server @O@; keepalive 4; }"
                        "server { listen @P0@; location / { proxy_pass http://pool; } }")

        def round_of(count):
            for _ in range(count):
                code, text = gw.tool("-s", "reload")
                self.assertEqual(code, 0, text)
                get(gw.ports[0], "/b/10")
            return gw.open_files()
        first = round_of(5)
        self.assertLessEqual(round_of(30), first + 1)

    @beyond_nginx
    def test_signals_that_pile_up(self):
        gw = self.start(PLAIN)
        for _ in range(50):
            gw.signal(signal.SIGHUP)
        gw.reload(PLAIN.replace("one", "last"))
        self.assertEqual(get(gw.ports[0]).text, "last")


@beyond_nginx
class LargeReload(WireTest):
    """The main thread reads the new configuration: who tells it to end meanwhile does not wait for that."""

    def ends_within_a_reload(self, number):
        gw = self.start(PLAIN)
        server = ("server { listen @P1@; server_name s%d.example; location ~ ^/a%d/(.*)$ { return 200 $1; }\n"
                  "location ~ ^/b%d/[a-z]+/(x|y)$ { proxy_pass http://127.0.0.1:1; } location /c { return 204; } }\n")
        gw.write_config(PLAIN + "".join(server % (i, i, i) for i in range(4000)))
        began = time.monotonic()
        code, said = gw.tool("--check", timeout=60)
        whole = time.monotonic() - began
        self.assertEqual(code, 0, said)
        gw.signal(signal.SIGHUP)
        gw.wait_log(r"signal 1 \(Hangup\) received")
        began = time.monotonic()
        gw.signal(number)
        self.assertEqual(gw.wait_exit(60), 0)
        took = time.monotonic() - began
        self.assertLess(took, whole / 2, "a whole reading takes %.2f s" % whole)
        self.assertNotIn("config generation 2 serves", gw.error_log())

    def test_term(self):
        self.ends_within_a_reload(signal.SIGTERM)

    def test_quit(self):
        self.ends_within_a_reload(signal.SIGQUIT)


class Peers(WireTest):
    def test_peer_state_survives(self):
        """A peer that was found dead is not asked again only because of a reload."""
        http = """upstream pool { zone pool 64k; server @O0@ max_fails=1 fail_timeout=60s; server @O1@; }
                  server { listen @P0@; location / { proxy_pass http://pool; } }"""
        other = self.start_origin()
        gw = self.start(http, origins=[self.origin, other])
        self.origin.script("/x", lambda link, received: False)
        for _ in range(4):
            self.assertEqual(get(gw.ports[0], "/x").status, 200)
        self.assertEqual(self.origin.request_count, 1)
        gw.reload()
        for _ in range(4):
            self.assertEqual(get(gw.ports[0], "/x").status, 200)
        if not IS_NGINX:
            self.assertEqual(self.origin.request_count, 1)


if __name__ == "__main__":
    main()
