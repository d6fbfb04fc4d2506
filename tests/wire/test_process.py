"""The process: start, pid file, signals, draining, workers, and starts that must fail."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

from harness import (BINARY, FACTOR, TEMPLATE, Conn, Gateway, WireTest, beyond_nginx, free_port, get, in_parallel, main,
                     wait_for)

PROXY = "upstream pool { server @O@; keepalive 4; } server { listen @P0@; location / { proxy_pass http://pool; } }"


class Start(WireTest):
    def refused(self, http, pattern, **options):
        """This configuration must not start: exit code not 0, no pid file, a reason on stderr or in the log."""
        gw = Gateway(http, self.origins, start=False, **options)
        self.addCleanup(gw.discard)
        gw.probe, *gw.ports = [free_port() for _ in range(5)]
        gw.write_config()
        gw.run()
        self.assertNotEqual(gw.wait_exit(10), 0)
        self.assertRegex(gw.read("stderr") + gw.error_log(), pattern)
        self.assertFalse(os.path.exists(gw.path("gateway.pid")))
        return gw

    def test_the_pid_file_comes_after_listening(self):
        for _ in range(5):
            gw = Gateway(PROXY, self.origins)
            answer = get(gw.ports[0], "/b/1")  # at once, with no second try
            self.assertEqual((answer.status, gw.pid), (200, gw.process.pid))
            gw.stop()

    def looks_at(self, text, *options):
        """Exit code and report of a check of this text."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.conf")
            with open(path, "w") as file:
                file.write(text)
            done = subprocess.run([BINARY, *options, "-c", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, timeout=30)
            return done.returncode, done.stdout

    @beyond_nginx
    def test_a_fragment_is_checked_whole_but_for_what_stands_around_it(self):
        code, said = self.looks_at("proxy_pass htp://x; add_header A b; return 20x; error_page 999 /x;",
                                   "--check", "--context", "location")
        self.assertEqual((code, said.count("E0318"), said.count("E0308")), (1, 2, 4), said)
        code, said = self.looks_at("proxy_pass http://users; limit_req zone=z; add_header A $from_a_map;",
                                   "--check", "--context", "location")
        self.assertEqual(code, 0, said)
        code, said = self.looks_at("listen 999999; location / { return 20x; }", "--check", "--context", "server")
        self.assertEqual((code, said.count("error[")), (1, 2), said)

    @beyond_nginx
    def test_a_log_that_cannot_be_opened_is_told_before_the_start(self):
        text = "server { listen 127.0.0.1:0; access_log /nowhere/at/all.log; location / { return 200; } }"
        self.assertEqual([self.looks_at(text, option)[0] for option in ("--check", "--check=full", "-t")], [0, 1, 1])
        self.assertIn("E0407", self.looks_at(text, "-t")[1])

    def test_a_port_in_use_is_reported(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.refused("server { listen %s; }" % address, "(?is)%s.*in use" % re.escape(address))

    def test_bad_configurations_do_not_start(self):
        for http, pattern in (("server { listn 80; }", r"gateway\.conf:\d+"), ("server { listen 80 }",
                                                                               r"gateway\.conf"),
                              ("server { listen @P0@; location / { proxy_pass nowhere; } }", r"gateway\.conf:\d+"),
                              ("server { listen @P0@; location / { limit_req zone=none; } }", "none")):
            with self.subTest(http):
                self.refused(http, pattern)

    def test_a_missing_file(self):
        gw = self.refused("server { listen @P0@; include missing.conf; }", "missing.conf")
        done = subprocess.run([BINARY, "-p", gw.dir + "/", "-c", "nowhere.conf", "-e", "error.log"], cwd=gw.dir,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10 * FACTOR)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"nowhere.conf", done.stdout)

    def test_an_unwritable_log(self):
        self.refused("access_log /nonexistent/folder/access.log; server { listen @P0@; }",
                     "/nonexistent/folder/access.log")

    def test_a_user_that_does_not_exist(self):
        if os.geteuid() != 0:
            self.skipTest("needs root: an ordinary user cannot become anybody")
        for line, code in (("user no-such-user-here;", r"gateway\.conf:\d+:\d+: error\[E0411\].*no-such-user-here"),
                           ("user daemon no-such-group-here;", r"E0411.*group `no-such-group-here`")):
            with self.subTest(line):
                gw = self.refused("server { listen @P0@; }", code, template=TEMPLATE.replace("@MAIN@", line))
                code, text = gw.tool("-t")
                self.assertEqual((code, text.count("error[E0411]")), (1, 1), text)
                code, text = gw.tool("--check")  # which may be made on another machine
                self.assertEqual((code, text.count("warning[W323]")), (0, 1), text)

    def test_the_tester(self):
        gw = self.start(PROXY)
        code, text = gw.tool("-t")
        self.assertEqual(code, 0, text)
        gw.allowed.append("[emerg]")
        gw.write("gateway.conf", gw.read("gateway.conf") + "}")
        code, text = gw.tool("-t")
        self.assertEqual(code, 1, text)
        self.assertIn("gateway.conf:", text)
        self.assertEqual(get(gw.ports[0], "/b/1").status, 200)
        code, text = gw.tool("-v")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"\d+\.\d+\.\d+")

    def test_globals_from_the_command_line(self):
        template = "events { } http { server { listen @P0@; return 200 ok; } }"
        gw = Gateway("", self.origins, template=template, args=["-g", "daemon off; pid gateway.pid;"])
        self.addCleanup(gw.stop)
        self.assertEqual(get(gw.ports[0]).text, "ok")

    @beyond_nginx
    def test_http_and_events_may_be_left_out(self):
        gw = Gateway("", self.origins, template="pid gateway.pid; server { listen @P0@; return 200 bare; }")
        self.addCleanup(gw.stop)
        self.assertEqual(get(gw.ports[0]).text, "bare")

    @beyond_nginx
    def test_a_kernel_chosen_port_is_told(self):
        gw = Gateway("", self.origins, template="pid gateway.pid; server { listen 127.0.0.1:0; return 200 chosen; }")
        self.addCleanup(gw.stop)
        port = int(wait_for(lambda: re.search(r"127\.0\.0\.1:([1-9]\d*)", gw.read("stderr") + gw.error_log()), 3)[1])
        self.assertEqual(get(port).text, "chosen")


class Signals(WireTest):
    def in_flight(self, path="/wait/0.7"):
        gw = Gateway(PROXY, self.origins, main="worker_processes 2;")
        self.addCleanup(gw.discard)
        conn = Conn(gw.ports[0])
        conn.send("GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % path)
        wait_for(lambda: self.origin.active, 3)
        return gw, conn

    def test_quit_drains(self):
        gw, conn = self.in_flight()
        idle = Conn(gw.ports[0])
        idle.get("/b/1")
        gw.process.send_signal(signal.SIGQUIT)
        self.assertTrue(idle.is_closed(3), "an idle connection is closed at once")

        def refused():
            try:
                Conn(gw.ports[0], timeout=1).close()
            except OSError:
                return True
        wait_for(refused, 3, message="still listening while draining")
        answer = conn.read()
        self.assertEqual((answer.status, answer.body), (200, b"waited"))
        self.assertTrue(conn.is_closed())
        self.assertEqual(gw.wait_exit(), 0)
        gw.stop()

    def test_quit_without_work_is_quick(self):
        gw = self.start(PROXY)
        get(gw.ports[0], "/b/1")
        started = time.monotonic()
        gw.process.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        self.assertLess(time.monotonic() - started, 1 * FACTOR)

    def test_term_and_int_end_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                gw, conn = self.in_flight("/hang")
                started = time.monotonic()
                gw.process.send_signal(number)
                self.assertEqual(gw.wait_exit(), 0)
                self.assertLess(time.monotonic() - started, 1 * FACTOR)
                conn.read_to_close(2)
                gw.stop()

    def test_worker_shutdown_timeout(self):
        gw = self.start(PROXY, main="worker_shutdown_timeout 500ms;")
        conn = Conn(gw.ports[0])
        self.addCleanup(conn.close)
        conn.send(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_for(lambda: self.origin.active, 3)
        started = time.monotonic()
        gw.process.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        self.assertLess(time.monotonic() - started, 3 * FACTOR)

    def test_term_ends_a_drain(self):
        gw, conn = self.in_flight("/hang")
        gw.process.send_signal(signal.SIGQUIT)
        time.sleep(0.2)
        gw.process.send_signal(signal.SIGTERM)
        self.assertEqual(gw.wait_exit(), 0)
        conn.close()
        gw.stop()

    def test_T_prints_each_file_once(self):
        gw = self.start("include part.conf; include part.conf; " + PROXY, files={"part.conf": "# part\n"})
        code, text = gw.tool("-T")
        self.assertEqual(code, 0, text)
        self.assertEqual(text.count("# configuration file %s:" % gw.path("part.conf")), 1, text)
        self.assertEqual(text.count("# part\n"), 1)

    def test_s_quit_stop_reopen(self):
        for name in ("quit", "stop"):
            with self.subTest(name):
                gw = self.start(PROXY)
                code, text = gw.tool("-s", name)
                self.assertEqual(code, 0, text)
                self.assertEqual(gw.wait_exit(), 0)
        gw = self.start(PROXY)
        os.rename(gw.path("access.log"), gw.path("old.log"))
        code, text = gw.tool("-s", "reopen")
        self.assertEqual(code, 0, text)
        wait_for(lambda: os.path.exists(gw.path("access.log")), 3)

    def test_s_without_a_process(self):
        gw = self.start(PROXY)
        gw.stop = gw.discard
        gw.process.send_signal(signal.SIGQUIT)
        gw.wait_exit()
        code, text = gw.tool("-s", "reload")
        self.assertNotEqual(code, 0)
        self.assertTrue(text.strip())

    def test_unix_sockets_are_removed(self):
        gw = Gateway("server { listen unix:@DIR@/s.sock; return 200 ok; }", self.origins)
        self.addCleanup(gw.discard)
        self.assertEqual(get(gw.path("s.sock")).text, "ok")
        gw.process.send_signal(signal.SIGQUIT)
        gw.wait_exit()
        self.assertFalse(os.path.exists(gw.path("s.sock")))

    @beyond_nginx
    def test_a_stale_unix_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as stale:
            gw = Gateway("server { listen unix:@DIR@/s.sock; return 200 ok; }", self.origins, start=False)
            stale.bind(gw.path("s.sock"))
        gw.start()
        self.addCleanup(gw.stop)
        self.assertEqual(get(gw.path("s.sock")).text, "ok")


class Workers(WireTest):
    def test_two_workers(self):
        gw = self.start(PROXY, main="worker_processes 2;")
        self.assertEqual(set(in_parallel(40, lambda i: get(gw.ports[0], "/b/100").status)), {200})

    def test_auto(self):
        gw = self.start(PROXY, main="worker_processes auto;")
        self.assertEqual(get(gw.ports[0], "/b/1").status, 200)

    def test_round_robin_is_shared_by_workers(self):
        other = self.start_origin()
        http = "upstream pool { zone pool 64k; server @O0@; server @O1@; }" \
               "server { listen @P0@; location / { proxy_pass http://pool; } }"
        gw = self.start(http, origins=[self.origin, other], main="worker_processes 2;")
        in_parallel(20, lambda i: get(gw.ports[0], "/x"))
        self.assertEqual((self.origin.request_count, other.request_count), (10, 10))

    def test_worker_rlimit_nofile(self):
        gw = self.start(PROXY, main="worker_rlimit_nofile 333;")
        def limits():
            found = []
            for pid in gw.pids():
                with open("/proc/%d/limits" % pid) as f:
                    found += re.findall(r"^Max open files +(\d+)", f.read(), re.M)
            return found
        wait_for(lambda: "333" in limits(), 3)

    def test_settings_that_only_tune(self):
        gw = self.start("tcp_nodelay off; msie_padding off; " + PROXY)
        self.assertEqual(get(gw.ports[0], "/b/1").status, 200)

    @beyond_nginx
    def test_one_process(self):
        gw = self.start(PROXY, main="worker_processes 2; master_process off;")
        self.assertEqual(get(gw.ports[0], "/b/1").status, 200)
        self.assertEqual(gw.pids(), [gw.process.pid])


if __name__ == "__main__":
    main()
