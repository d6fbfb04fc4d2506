"""What the origins of raw bytes, of TLS and of HTTP/2 have in common: a socket, and a thread for each connection."""
import socket
import threading


class Listener:
    """Listens at `address`, on a port that the kernel chose; `one` runs in a thread of its own for each connection."""

    def __init__(self):
        self.threads = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.one, args=self.arrived(conn), daemon=True)
            self.threads.append(thread)
            thread.start()

    def arrived(self, conn):
        """What `one` gets. In the order in which connections come."""
        return (conn,)

    def one(self, conn):
        raise NotImplementedError

    def forget(self):
        """Another test begins."""

    def stop(self):
        # A thread that waits in accept() keeps the socket open until it wakes.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def hang_up(connections):
    """Also those that a thread reads from."""
    for each in connections:
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        each.close()
