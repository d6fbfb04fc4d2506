"""Many handshakes at once do not hold up the connections that are served by the same worker.

Time in which the system had no processor for the gateway or for the test is taken off: other programs may run beside
it. What is left is what the gateway itself let a request wait for, and it is compared with the work that it did."""
import glob
import select
import socket
import ssl
import statistics
import time

from harness import FACTOR, Conn, WireTest, beyond_nginx, main, not_slow
from tls_client import certificate, client_context, files, uses

SMALL, LARGE = certificate("rsa2048.example", kind="rsa"), certificate("rsa4096.example", kind="rsa4096")
CLIENTS = 100


def hello(name):
    """The first bytes of a client; its rest is never sent."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context().wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


def scheduled(pid):
    """Seconds that the threads of the process have run, and that they and this thread have waited for a processor."""
    ran = waited = 0
    for path in glob.glob("/proc/%d/task/*/schedstat" % pid) + ["/proc/thread-self/schedstat"]:
        try:
            with open(path) as f:
                one_ran, one_waited = map(int, f.read().split()[:2])
        except OSError:  # a thread that has ended, a kernel that does not count
            continue
        ran += 0 if "self" in path else one_ran
        waited += one_waited
    return ran / 1e9, waited / 1e9


@beyond_nginx
@not_slow
class Stall(WireTest):
    OPTIONS = {"files": files(SMALL, LARGE), "main": "worker_processes 1;"}
    HTTP = """ server { listen @P0@; return 200 ok; } server { listen @P1@ ssl; server_name %s; %s return 200 ok; }
        server { listen @P1@; server_name %s; %s return 200 ok; } """ % (SMALL.name, uses(SMALL), LARGE.name,
                                                                         uses(LARGE))

    def storm(self, name):
        """How long requests of a plain connection waited (s) while all clients wait for their handshake, and the work
        that the gateway did meanwhile."""
        pid = self.gw.process.pid
        first, latencies = hello(name), []
        clients = [socket.create_connection(("127.0.0.1", self.gw.ports[1])) for _ in range(CLIENTS)]
        try:
            with Conn(self.gw.ports[0]) as conn:
                conn.get("/")
                for client in clients:
                    client.sendall(first)
                begun, waiting, ran_before = time.monotonic(), set(clients), scheduled(pid)[0]
                while waiting:
                    before, idle = time.monotonic(), scheduled(pid)[1]
                    self.assertEqual(conn.get("/").status, 200)
                    latencies.append(time.monotonic() - before - (scheduled(pid)[1] - idle))
                    for client in select.select(list(waiting), [], [], 0)[0]:
                        self.assertNotEqual(client.recv(65536), b"")
                        waiting.discard(client)
                    self.assertLess(time.monotonic() - begun, 30 * FACTOR)
                return latencies, scheduled(pid)[0] - ran_before
        finally:
            for client in clients:
                client.close()

    def test_others_are_served_meanwhile(self):
        for name in (SMALL.name, LARGE.name):
            with self.subTest(name=name):
                latencies, work = self.storm(name)
                print("%s: %d handshakes, %.0f ms of work; meanwhile %d requests, median %.2f ms, worst %.2f ms" % (
                    name, CLIENTS, work * 1e3, len(latencies), statistics.median(latencies) * 1e3,
                    max(latencies) * 1e3))
                # In one go they would leave room for a request before and one behind them, which waits for all.
                self.assertGreaterEqual(len(latencies), 5)
                self.assertLess(max(latencies), work / 2)


if __name__ == "__main__":
    main()
