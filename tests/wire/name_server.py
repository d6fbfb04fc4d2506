"""A name server of our own on a loopback UDP port. `names` maps a name to (addresses, ttl), or to a behaviour:
"nxdomain", "silent", "servfail", "garbage"."""
import ipaddress
import socket
import struct
import threading

A, AAAA = 1, 28


class NameServer:
    def __init__(self, names=None):
        self.names, self.asked = names or {}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(5)
        self.socket.close()

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

    def _answer(self, query):
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
        addresses, ttl = entry
        version = {A: 4, AAAA: 6}.get(kind)
        packed = [ipaddress.ip_address(a).packed for a in addresses if ipaddress.ip_address(a).version == version]
        records = b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, ttl, len(p)) + p for p in packed)
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(packed), 0, 0) + question + records
