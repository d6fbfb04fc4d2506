"""What is not served yet stays shut: sockets of quic, grpc_pass and https:// upstreams."""
import os
import socket

from harness import Gateway, WireTest, beyond_nginx, free_port, get, main

PLAIN = "server { listen @P0@; location / { return 200 plain; } }"


def refuses(port, address="127.0.0.1"):
    with socket.socket() as s:
        return s.connect_ex((address, port)) != 0


@beyond_nginx
class ClosedSockets(WireTest):
    def test_the_other_sockets_of_the_server_answer(self):
        gw = self.start("""server { listen @P0@; listen @P1@ quic; listen @P2@ quic reuseport;
            location / { return 200 plain; } }""")
        self.assertEqual(get(gw.ports[0]).text, "plain")
        self.assertEqual([refuses(gw.ports[i]) for i in range(3)], [False, True, True])

    def test_the_same_port_answers_by_tcp(self):
        gw = self.start("server { listen @P0@; listen @P0@ quic; return 200 plain; }")
        self.assertEqual(get(gw.ports[0]).text, "plain")

    def test_nothing_to_listen_on_is_no_start(self):
        gw = Gateway("", start=False, template="pid gateway.pid; error_log error.log; events { } http {"
                                               " server { listen @P0@ quic; return 200 quic; } }")
        self.addCleanup(gw.discard)
        gw.probe, *gw.ports = [free_port() for _ in range(5)]
        gw.write_config()
        gw.run()
        self.assertEqual(gw.wait_exit(10), 1)
        self.assertIn("E0603", gw.read("stderr"))
        self.assertFalse(os.path.exists(gw.path("gateway.pid")))

    def test_nor_a_reload(self):
        gw = self.start(PLAIN)
        gw.write("gateway.conf", gw.expand("pid gateway.pid; error_log error.log; http {"
                                           " server { listen @P0@ quic; return 200 quic; } }"))
        code, said = gw.tool("-s", "reload")
        self.assertEqual((code, "E0603" in said), (1, True), said)
        self.assertEqual(get(gw.ports[0]).text, "plain")
        gw.allowed += ["E0603", "stays closed", "configuration refused"]


if __name__ == "__main__":
    main()
