"""A thousand reloads under load: nothing is lost, no connection is cut, memory and descriptors stay where they were."""
import os
import unittest

from harness import IS_NGINX, SLOW, WireTest, main, wait_for
from test_reload import Load

RELOADS = 100 if SLOW else 1000
WARM_UP = RELOADS // 5


def resident_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


@unittest.skipIf(IS_NGINX, "nginx closes idle connections at each reload")
class Soak(WireTest):
    def test_a_thousand_reloads(self):
        http = """keepalive_requests 100000000;
            limit_req_zone $binary_remote_addr zone=z:1m rate=1000000r/s;
            upstream pool { server @O@; keepalive 8; }
            server { listen @P0@; server_name ~^(?<sub>.+)\\.example$ soak;
                location / { limit_req zone=z burst=1000 nodelay; add_header X-Gen %d; proxy_pass http://pool; }
                location ~ ^/x/(?<y>\\d+) { return 200 $y; } }"""
        gw = self.start(http % 0, main="worker_processes 2;")
        load = Load(gw.ports[0], threads=2, keep=True)
        before = None
        for n in range(1, RELOADS + 1):
            gw.reload(http % n)
            if n == WARM_UP:
                before = resident_kib(gw.process.pid), descriptors(gw.process.pid)
        failed = load.stop()
        self.assertEqual(failed[:3], [], "%d of %d failed" % (len(failed), load.done))
        self.assertGreater(load.done, 100)
        # Idle upstream connections come and go; what a leak a reload would leave is a hundred times more.
        wait_for(lambda: descriptors(gw.process.pid) <= before[1] + 4, message="descriptors: %d, then %d" % (before[1], descriptors(gw.process.pid)))
        after = resident_kib(gw.process.pid)
        if not SLOW:
            self.assertLess(after, before[0] * 1.05 + 1024, "memory after %d and %d reloads, KiB" % (WARM_UP, RELOADS))
        print("soak: %d reloads, %d requests, %d -> %d KiB" % (RELOADS, load.done, before[0], after), flush=True)


if __name__ == "__main__":
    main()
