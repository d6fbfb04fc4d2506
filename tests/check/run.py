#!/usr/bin/env python3
"""Diagnostics as golden files: `gatehouse --check -c NAME.conf` in this folder must print NAME.expected, byte for byte.

    tests/check/run.py [--update] [-k WORD]        GATEHOUSE=path/to/binary

The first line of an .expected file is `exit N`. Times (` in 3 ms`) are normalised to ` in N ms`. A first comment
`# arguments: --format json` in a .conf adds arguments; `# env: NAME=value` sets the environment. Files named _*.conf are
parts that others include. --update writes what the binary says now: read the difference before committing it.

conf/gateway.conf and conf/examples/*.conf are checked as well: they must pass without errors and warnings. Certificates
that they name in /etc/gatehouse/tls are those of the folder tls here.
"""
import argparse
import difflib
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("GATEHOUSE") or os.path.join(ROOT, "build", "release", "gatehouse"))


def head_comment(path, key):
    """The text behind `# key:` in the comment lines that open the file."""
    with open(path, encoding="latin-1") as f:
        for line in f:
            if not line.startswith("#"):
                return ""
            if line.startswith("# %s:" % key):
                return line.split(":", 1)[1].strip()
    return ""


def actual(name):
    conf = os.path.join(HERE, name + ".conf")
    env = dict(os.environ, **dict(pair.split("=", 1) for pair in shlex.split(head_comment(conf, "env"))))
    command = [BINARY, "--check", "-c", name + ".conf"] + shlex.split(head_comment(conf, "arguments"))
    try:
        done = subprocess.run(command, cwd=HERE, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
    except subprocess.TimeoutExpired:
        return "no end within 60 s\n"
    text = (done.stderr + done.stdout).decode("utf-8", "surrogateescape")
    text = re.sub(r" in \d+(\.\d+)? ?(ms|s|us|µs)\b", " in N ms", text).replace(HERE + "/", "")
    return "exit %d\n%s" % (done.returncode, text)


def faults_of_example(path):
    """What `--check` has against a configuration that is shipped; empty: nothing."""
    with open(path) as f:
        text = f.read().replace("/etc/gatehouse/tls/", os.path.join(HERE, "tls") + "/")
    folder = os.path.dirname(path)
    with tempfile.NamedTemporaryFile("w", suffix=".conf", dir=folder) as copy:  # beside the files that it names
        copy.write(text)
        copy.flush()
        env = dict(os.environ, **dict(pair.split("=", 1) for pair in shlex.split(head_comment(path, "env"))))
        done = subprocess.run([BINARY, "--check", "--deny-warnings", "-c", copy.name], stdin=subprocess.DEVNULL, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return "" if done.returncode == 0 else "exit %d\n%s" % (done.returncode, done.stderr.decode("utf-8", "replace"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--update", action="store_true")
    parser.add_argument("-k", default="", metavar="WORD", help="only names that hold WORD")
    options = parser.parse_args()
    names = sorted(f[:-5] for f in os.listdir(HERE) if f.endswith(".conf") and not f.startswith("_"))
    known = set(names)
    passed = failed = 0
    for stray in sorted(f for f in os.listdir(HERE) if f.endswith(".expected") and f[:-9] not in known):
        print("FAIL check/%s: has no .conf" % stray)
        failed += 1
    for name in names:
        if options.k not in name:
            continue
        path = os.path.join(HERE, name + ".expected")
        got = actual(name)
        wanted = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
                wanted = f.read()
        if got == wanted:
            passed += 1
        elif options.update:
            with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
                f.write(got)
            print("updated check/%s.expected" % name)
            passed += 1
        else:
            failed += 1
            print("FAIL check/%s" % name)
            for line in difflib.unified_diff(wanted.splitlines(), got.splitlines(), "expected", "actual", lineterm=""):
                print("    " + line.encode("utf-8", "backslashreplace").decode())
    shipped = [os.path.join(ROOT, "conf", "gateway.conf")] + sorted(glob.glob(os.path.join(ROOT, "conf/examples/*.conf")))
    for path in shipped:
        name = os.path.relpath(path, ROOT)
        if options.k not in name:
            continue
        faults = faults_of_example(path)
        passed, failed = (passed, failed + 1) if faults else (passed + 1, failed)
        if faults:
            print("FAIL %s: %s" % (name, faults))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
