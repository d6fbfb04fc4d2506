#!/usr/bin/env python3
"""What a policy costs: CPU time of the gateway for each request, beside the same gateway without it, in one run.

    tests/cost.py [--rounds N] [--seconds S] [NAME ...]        GATEHOUSE=path/to/binary

The gateway proxies with a rate limit, five fields and an access log, as real ones do; each variant adds one policy.
h2load asks over 16 connections kept alive; the origin is another gatehouse; the gateway has a processor of its own where
there are two. Rounds go through all variants in turn, so that what else the machine does meets all alike. Ratios are
medians over the rounds, with the smallest and the largest. Needs h2load, python3-jwt and, for `redis`, redis-server.
"""
import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.abspath(os.environ.get("GATEHOUSE") or os.path.join(ROOT, "build", "release", "gatehouse"))
SECRET = "0123456789abcdef0123456789abcdef"
sys.path.append("/usr/lib/python3/dist-packages")  # where Debian's packages are, whichever python3 runs this

BASE = """worker_processes 1;
pid %(dir)s/pid;
error_log %(dir)s/error.log warn;
access_log %(dir)s/access.log;
limit_req_zone $binary_remote_addr zone=perip:10m rate=1000000r/s;
keepalive_requests 100000000;
%(http)s
upstream origin { server 127.0.0.1:%(origin)d; keepalive 64; keepalive_requests 100000000; }
server {
    listen 127.0.0.1:%(port)d;
    location / {
        %(location)s
        limit_req zone=perip burst=1000 nodelay;
        proxy_pass http://origin;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        add_header X-Gen 1;
    }
}
"""
ORIGIN = """worker_processes 1; pid %(dir)s/pid; error_log %(dir)s/error.log; access_log off; keepalive_requests 100000000;
server { listen 127.0.0.1:%(port)d; location / { return 200 "a hundred bytes of an answer ...................."; } }
"""
JWT = "auth_jwt api; auth_jwt_secret file:%(dir)s/secret algorithms=HS256;"
VARIANTS = {
    "plain": ("", ""),
    "jwt": ("", JWT),
    "jwt-new": ("auth_jwt_cache 0;", JWT),
    "jwt-rs256-new": ("auth_jwt_cache 0;", "auth_jwt api; auth_jwt_key_file %(dir)s/public.pem;"),
    "count": ("limit_count_zone $binary_remote_addr zone=c:10m rate=1000000000r/h;", "limit_count zone=c headers=off;"),
    "count-headers": ("limit_count_zone $binary_remote_addr zone=c:10m rate=1000000000r/h;", "limit_count zone=c;"),
    "redis": ("store s { url redis://127.0.0.1:%(redis)d; }"
              "limit_count_zone $binary_remote_addr zone=c:10m rate=100000000r/h store=s;",
              "limit_count zone=c headers=off;"),
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    sys.exit("nothing listens on port %d" % port)


class Bench:
    def __init__(self, folder, stack):
        self.folder, self.stack = folder, stack
        last = max(os.sched_getaffinity(0))
        self.gateway_cpu, self.others_cpu = {last}, os.sched_getaffinity(0) - {last} or {last}
        os.sched_setaffinity(0, self.others_cpu)
        self.origin = self.start_gatehouse("origin", ORIGIN, self.others_cpu)[1]
        self.redis = None

    def start(self, command, cpus, port):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        wait_for_port(port, process)
        return process

    def start_gatehouse(self, name, text, cpus, **more):
        folder, port = os.path.join(self.folder, name), free_port()
        os.mkdir(folder)
        self.make_keys(folder)
        path = os.path.join(folder, "gateway.conf")
        with open(path, "w") as f:
            f.write(text % dict(dir=folder, port=port, **more))
        return self.start([BINARY, "-c", path], cpus, port), port

    @staticmethod
    def make_keys(folder):
        with open(os.path.join(folder, "secret"), "w") as f:
            f.write(SECRET)
        with open(os.path.join(ROOT, "tests", "wire", "rsa2048.key")) as f:
            key = f.read()
        public = subprocess.run(["openssl", "pkey", "-pubout"], input=key, capture_output=True, text=True, check=True)
        with open(os.path.join(folder, "public.pem"), "w") as f:
            f.write(public.stdout)

    def redis_port(self):
        if not self.redis:
            self.redis = free_port()
            self.start(["redis-server", "--port", str(self.redis), "--bind", "127.0.0.1", "--save", ""],
                       self.others_cpu, self.redis)
        return self.redis

    def start_variant(self, name):
        http, location = VARIANTS[name]
        redis = self.redis_port() if name == "redis" else 0
        places = {"dir": os.path.join(self.folder, name), "redis": redis}
        return self.start_gatehouse(name, BASE, self.gateway_cpu, origin=self.origin, http=http % places,
                                    location=location % places)


def cpu_ns(pid):
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            total += int(f.read().split()[0])
    return total


def token(algorithm):
    import jwt
    key = SECRET
    if algorithm == "RS256":
        with open(os.path.join(ROOT, "tests", "wire", "rsa2048.key")) as f:
            key = f.read()
    now = int(time.time())
    claims = {"sub": "user-12345", "iss": "https://issuer.example.com", "aud": "api", "role": "admin", "iat": now,
              "exp": now + 36000}
    return jwt.encode(claims, key, algorithm)


def measure(process, port, seconds, bearer):
    """Microseconds of CPU a request, and the median time of one in microseconds."""
    before = cpu_ns(process.pid)
    out = subprocess.run(["h2load", "--h1", "-c", "16", "-D", str(seconds), "-H", "Authorization: Bearer " + bearer,
                          "http://127.0.0.1:%d/" % port], capture_output=True, text=True).stdout
    spent = cpu_ns(process.pid) - before
    good = int(re.search(r"status codes: (\d+) 2xx", out)[1])
    bad = sum(map(int, re.search(r"2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", out).groups()))
    if bad or not good:
        sys.exit("%d requests were answered otherwise than asked for" % bad)
    return spent / 1000 / good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="variants: %s" % ", ".join(VARIANTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement")
    options = parser.parse_args()
    if unknown := set(options.names) - set(VARIANTS):
        parser.error("unknown: %s" % ", ".join(sorted(unknown)))
    if not shutil.which("h2load"):
        sys.exit("h2load is missing (package nghttp2-client)")
    names = ["plain"] + [name for name in options.names or VARIANTS if name != "plain"]
    tokens = {name: token("RS256" if "rs256" in name else "HS256") for name in names}
    figures = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        bench = Bench(folder, stack)
        gateways = {name: bench.start_variant(name) for name in names}
        for number in range(options.rounds + 1):  # the first one only warms up
            for name in names:
                if sys.stderr.isatty():
                    print("\rround %d of %d: %-16s" % (number, options.rounds, name), end="", file=sys.stderr)
                cost = measure(*gateways[name], options.seconds, tokens[name])
                if number:
                    figures[name].append(cost)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    print("| variant | CPU us a request | ratio to plain (min-max) |\n|---|---|---|")
    for name in names:
        ratios = [mine / plain for mine, plain in zip(figures[name], figures["plain"])]
        print("| %s | %.2f | %.3f (%.3f-%.3f) |" % (name, statistics.median(figures[name]), statistics.median(ratios),
                                                   min(ratios), max(ratios)))


if __name__ == "__main__":
    main()
