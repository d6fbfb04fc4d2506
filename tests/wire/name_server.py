"""A name server of our own on a loopback port, UDP and TCP. `names` maps a name to (addresses, ttl), to a behaviour
("nxdomain", "silent", "servfail", "garbage"), or to a dict: {"cname": name}, {"srv": [(priority, weight, port, target)]},
{"a": addresses, "cut": True} (the answer comes whole only over TCP); "ttl" is 1 where it is not said."""
import ipaddress
import socket
import struct
import threading

A, CNAME, AAAA, SRV = 1, 5, 28, 33


def packed_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


class NameServer:
    def __init__(self, names=None):
        self.names, self.asked = names or {}, []
        self.socket, self.listener = self._bind()
        self.port = self.socket.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        threading.Thread(target=self._run_tcp, daemon=True).start()

    @staticmethod
    def _bind():
        """The kernel chooses the UDP port; the TCP one has to be the same, so another is tried when it is taken."""
        while True:
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(("127.0.0.1", 0))
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                tcp.bind(udp.getsockname())
                tcp.listen(5)
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()

    def _run_tcp(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            with client, client.makefile("rb") as stream:
                size = stream.read(2)
                if len(size) == 2:
                    answer = self._answer(stream.read(struct.unpack(">H", size)[0]), whole=True)
                    client.sendall(struct.pack(">H", len(answer)) + answer)

    def stop(self):
        self.stopping = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(5)
        self.socket.close()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def count(self, name):
        return sum(1 for n, kind in self.asked if n == name and kind == A)

    def _run(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            if self.stopping:
                return
            answer = self._answer(query)
            if answer:
                self.socket.sendto(answer, client)

    def _answer(self, query, whole=False):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        question = query[12:at + 5]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        entry = self.names.get(name, "nxdomain")
        if entry == "silent":
            return None
        if entry == "garbage":
            return query[:2] + b"\x81\x80\xff\xff\xff\xff" + b"\xc0" * 40
        codes = {"nxdomain": 3, "servfail": 2}
        if isinstance(entry, str):
            return query[:2] + struct.pack(">HHHHH", 0x8180 | codes[entry], 1, 0, 0, 0) + question
        if isinstance(entry, dict):
            return self._special(query, question, kind, entry, whole)
        addresses, ttl = entry
        return self._records(query, question, [(kind, ttl, p) for p in self._packed(addresses, kind)])

    def _special(self, query, question, kind, entry, whole):
        ttl = entry.get("ttl", 1)
        if entry.get("cut") and not whole:
            return query[:2] + struct.pack(">HHHHH", 0x8380, 1, 0, 0, 0) + question
        records = [(kind, ttl, p) for p in self._packed(entry.get("a", ()), kind)]
        if "cname" in entry:
            records.append((CNAME, ttl, packed_name(entry["cname"])))
        if kind == SRV:
            records += [(SRV, ttl, struct.pack(">HHH", *srv[:3]) + packed_name(srv[3])) for srv in entry.get("srv", ())]
        return self._records(query, question, records)

    @staticmethod
    def _packed(addresses, kind):
        version = {A: 4, AAAA: 6}.get(kind)
        return [ipaddress.ip_address(a).packed for a in addresses if ipaddress.ip_address(a).version == version]

    @staticmethod
    def _records(query, question, records):
        data = b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, ttl, len(d)) + d for kind, ttl, d in records)
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(records), 0, 0) + question + data
