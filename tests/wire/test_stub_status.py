"""stub_status counts as nginx's does."""
import re

from harness import Conn, WireTest, get, in_parallel, main, wait_for


class StubStatus(WireTest):
    HTTP = """
    server { listen @P0@; location / { proxy_pass http://@O@; } location /static { return 200 ok; } }
    server { listen @P1@; location = /status { stub_status; } }
    """
    OPTIONS = {"main": "worker_processes 2;"}

    def status(self):
        answer = self.assertStatus(get(self.gw.ports[1], "/status"), 200)
        self.assertTrue(answer.get("Content-Type").startswith("text/plain"))
        match = re.fullmatch(r"Active connections: (\d+) \n"
                             r"server accepts handled requests\n (\d+) (\d+) (\d+) \n"
                             r"Reading: (\d+) Writing: (\d+) Waiting: (\d+) \n", answer.text)
        self.assertTrue(match, repr(answer.text))
        names = ("active", "accepts", "handled", "requests", "reading", "writing", "waiting")
        return dict(zip(names, map(int, match.groups())))

    def test_counts(self):
        before = self.status()
        with Conn(self.port) as conn:
            for _ in range(5):
                conn.get("/static")
            now = self.status()
            self.assertEqual(now["requests"] - before["requests"], 6)
            self.assertEqual(now["accepts"] - before["accepts"], 2)
            self.assertEqual(now["accepts"], now["handled"])
            self.assertGreaterEqual(now["active"], 2)
            self.assertGreaterEqual(now["writing"], 1)
            wait_for(lambda: self.status()["waiting"] >= 1, 3)

    def test_workers_are_summed(self):
        before = self.status()
        in_parallel(20, lambda i: get(self.port, "/static"))
        self.assertEqual(self.status()["requests"] - before["requests"], 21)


if __name__ == "__main__":
    main()
