#!/usr/bin/env python3
"""The compiled table as golden files: `gatehouse dump -c NAME.conf` in this folder must print NAME.golden.json.

    tests/table/run.py [--update] [-k WORD]        GATEHOUSE=path/to/binary

Files named _*.conf are parts that others include. --update writes what the binary says now: read the difference before
committing it. The output must be JSON that parses, and the same again when asked twice.
"""
import argparse
import difflib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("GATEHOUSE") or os.path.join(ROOT, "build", "release", "gatehouse"))


def dump(name):
    """(text, trouble): the table as printed, with this folder's path left out."""
    try:
        done = subprocess.run([BINARY, "dump", "-c", name + ".conf"], cwd=HERE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    except subprocess.TimeoutExpired:
        return "", "no end within 60 s"
    if done.returncode != 0:
        return "", "exit %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace"))
    text = done.stdout.decode("utf-8", "backslashreplace").replace(HERE + "/", "")
    try:
        json.loads(text)
    except ValueError as error:
        return text, "not JSON: %s" % error
    return text, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--update", action="store_true")
    parser.add_argument("-k", default="", metavar="WORD", help="only names that hold WORD")
    options = parser.parse_args()
    names = sorted(f[:-5] for f in os.listdir(HERE) if f.endswith(".conf") and not f.startswith("_"))
    known = set(names)
    passed = failed = 0
    for stray in sorted(f for f in os.listdir(HERE) if f.endswith(".golden.json") and f[:-12] not in known):
        print("FAIL table/%s: has no .conf" % stray)
        failed += 1
    for name in names:
        if options.k not in name:
            continue
        path = os.path.join(HERE, name + ".golden.json")
        got, trouble = dump(name)
        if not trouble and dump(name)[0] != got:
            trouble = "two dumps of one file differ"
        wanted = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                wanted = f.read()
        if not trouble and got != wanted and options.update:
            with open(path, "w", encoding="utf-8") as f:
                f.write(got)
            print("updated table/%s.golden.json" % name)
            wanted = got
        if not trouble and got == wanted:
            passed += 1
            continue
        failed += 1
        print("FAIL table/%s %s" % (name, trouble))
        for line in difflib.unified_diff(wanted.splitlines(), got.splitlines(), "golden", "actual", lineterm=""):
            print("    " + line)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
