#!/usr/bin/env python3
"""Runs the wire tests: each file in a process of its own, several at a time.

    tests/wire/run.py [-k WORD]... [-j N] [-v]        GATEHOUSE=path/to/binary  GH_SLOW=1

A file that fails is shown with all it printed. The last line is `N passed, N failed, N skipped`.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT_S = 300  # for one file; times six when sanitizers slow everything down
# Long ones first, so that the last one to finish is a short one.
FIRST = ("test_timeouts", "test_hostile", "test_upstreams", "test_reload", "test_process", "test_names", "test_bodies")


def run_file(name):
    started = time.monotonic()
    slow = os.environ.get("GH_SLOW", "0") not in ("", "0")
    limit = LIMIT_S * (6 if slow else 1)
    try:
        done = subprocess.run([sys.executable, os.path.join(HERE, name + ".py")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=limit)
        code, output = done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as expired:
        code, output = 1, (expired.stdout or b"").decode("utf-8", "replace") + "\nno end within %d s\n" % limit
    found = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", output, re.M)
    counts = [int(n) for n in found[-1]] if found else [0, 1, 0]
    if code != 0 and counts[1] == 0:
        counts[1] = 1
    return name, counts, time.monotonic() - started, output


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-k", action="append", default=[], metavar="WORD", help="only files whose name holds WORD")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="files at a time (default 2)")
    parser.add_argument("-v", action="store_true", help="show the output of files that pass, too")
    options = parser.parse_args()
    names = sorted(f[:-3] for f in os.listdir(HERE) if f.startswith("test_") and f.endswith(".py"))
    names = [n for n in names if not options.k or any(word in n for word in options.k)]
    names.sort(key=lambda n: FIRST.index(n) if n in FIRST else len(FIRST))
    if not names:
        print("no test file fits %s" % " ".join(options.k))
        return 2
    color = sys.stdout.isatty()
    totals, started = [0, 0, 0], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(max(1, options.j)) as pool:
        jobs = [pool.submit(run_file, name) for name in names]
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            name, counts, took, output = job.result()
            totals = [a + b for a, b in zip(totals, counts)]
            word = "FAIL" if counts[1] else "ok"
            if color:
                word = "\033[%dm%s\033[0m" % (31 if counts[1] else 32, word)
            print("[%2d/%d] %-4s wire/%-22s %3d passed %s%s%.1f s" % (
                number, len(names), word, name[5:], counts[0], "%d failed " % counts[1] if counts[1] else "",
                "%d skipped " % counts[2] if counts[2] else "", took), flush=True)
            if counts[1] or options.v:
                print("    " + output.rstrip().replace("\n", "\n    "), flush=True)
    print("wire: %.0f s" % (time.monotonic() - started))
    print("%d passed, %d failed, %d skipped" % tuple(totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
