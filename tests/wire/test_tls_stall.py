"""Many handshakes at once do not hold up the connections that are served by the same worker."""
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


@beyond_nginx
@not_slow
class Stall(WireTest):
    OPTIONS = {"files": files(SMALL, LARGE), "main": "worker_processes 1;"}
    HTTP = """ server { listen @P0@; return 200 ok; } server { listen @P1@ ssl; server_name %s; %s return 200 ok; }
        server { listen @P1@; server_name %s; %s return 200 ok; } """ % (SMALL.name, uses(SMALL), LARGE.name,
                                                                         uses(LARGE))

    def storm(self, name):
        """Latencies of a plain connection (s) while all clients wait for their handshake, and how long those took."""
        first, latencies = hello(name), []
        clients = [socket.create_connection(("127.0.0.1", self.gw.ports[1])) for _ in range(CLIENTS)]
        try:
            with Conn(self.gw.ports[0]) as conn:
                conn.get("/")
                for client in clients:
                    client.sendall(first)
                begun, waiting = time.monotonic(), set(clients)
                while waiting:
                    before = time.monotonic()
                    self.assertEqual(conn.get("/").status, 200)
                    latencies.append(time.monotonic() - before)
                    for client in select.select(list(waiting), [], [], 0)[0]:
                        self.assertNotEqual(client.recv(65536), b"")
                        waiting.discard(client)
                    self.assertLess(time.monotonic() - begun, 30 * FACTOR)
                return latencies, time.monotonic() - begun
        finally:
            for client in clients:
                client.close()

    def test_others_are_served_meanwhile(self):
        for name in (SMALL.name, LARGE.name):
            with self.subTest(name=name):
                latencies, took = self.storm(name)
                print("%s: %d handshakes in %.0f ms; meanwhile %d requests, median %.2f ms, worst %.2f ms" % (
                    name, CLIENTS, took * 1e3, len(latencies), statistics.median(latencies) * 1e3,
                    max(latencies) * 1e3))
                # In one go they would leave room for a request before and one behind them, which waits for all.
                self.assertGreaterEqual(len(latencies), 5)
                self.assertLess(max(latencies), took / 2)


if __name__ == "__main__":
    main()
