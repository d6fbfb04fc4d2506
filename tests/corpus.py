#!/usr/bin/env python3
"""Real files load: what nginx accepts passes `gatehouse --check`, what it rejects is rejected on the same line.

    tests/corpus.py FOLDER [INDEX] [--list] [--later NAME,NAME ...] [-k WORD]        GATEHOUSE=path/to/binary

INDEX (FOLDER/index.tsv) has a line a file, with tabs: its path in FOLDER, its kind (full, full-nohttp, http-level,
server-level, location-level, template), three columns that are not read here, what nginx answered (`ok`,
`ok-but-no-events`, `rejected`, anything else: not judged), and the line that nginx named.

A file is copied and put inside the blocks of its kind. Includes of files that are not there become empty ones, as they
did for nginx; that certificates and keys are not there or not named (E0421, E0424) is looked away from, as it was then.
Files that use what is refused on purpose (E0601) are counted apart, by name. --later: directives whose E0602 is looked
away from. The exit code is 1 when fewer than 97 % of the accepted files pass, or a rejected one passes.
"""
import argparse
import collections
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.abspath(os.environ.get("GATEHOUSE") or os.path.join(ROOT, "build", "release", "gatehouse"))
ACCEPTED = ("ok", "ok-but-no-events")
LEAST_SHARE = 0.97
AROUND = {"http-level": ("http {", "}"), "server-level": ("http { server {", "} }"),
          "location-level": ("http { server { location / {", "} } }")}
# What stands in the nginx.conf that such files are parts of.
USUAL = {"log_format main": "log_format main '$remote_addr';",
         "$connection_upgrade": "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"}
# A zone that is never defined: nginx sees it after it has missed `events`.
SEEN_LATER = {"ok-but-no-events": {"E0403"}}
HOSTS = ("W401", "W416")  # a name that must resolve, for nginx
INCLUDE = re.compile(r"(^|[\s;{}])(include\s+)(\"[^\"]*\"|'[^']*'|[^;\s{}]+)(\s*;)", re.M)


class Case:
    def __init__(self, row):
        self.path, self.kind, self.verdict = row["file"], row["kind"], row["nginx"]
        self.line = int(row["line"]) if row["line"] else None
        self.errors, self.warnings, self.exit = [], [], None

    def codes(self):
        return [d["code"] for d in self.errors]

    def is_refused(self):
        return "E0601" in self.codes()

    def first(self):
        d = self.errors[0]
        return "%s line %s: %s" % (d["code"], d.get("span", {}).get("line", "-"), d["message"])


def name_in(diagnostic):
    found = re.search(r"`([^`]*)`", diagnostic["message"])
    return found[1] if found else diagnostic["message"]


def stub_includes(text, folder):
    """The text with each included file that is not there (or is a pattern) replaced by an empty one."""
    empty = os.path.join(folder, "empty.part")
    open(empty, "w").close()
    return INCLUDE.sub(lambda m: m[1] + m[2] + empty + m[4], text)


def run(case, corpus, folder, later):
    with open(os.path.join(corpus, case.path), encoding="latin-1", newline="") as f:
        text = stub_includes(f.read(), folder)
    part = os.path.join(folder, "file.conf")
    with open(part, "w", encoding="latin-1", newline="") as f:
        f.write(text)
    main = part
    if case.kind in AROUND:
        main = os.path.join(folder, "main.conf")
        before, after = AROUND[case.kind]
        for sign, line in USUAL.items():
            if not re.search(r"(log_format|map\s+\S+)\s+%s\s" % re.escape(sign.split()[-1]), text):
                before = before.replace("http {", "http { " + line, 1)
        with open(main, "w") as f:
            f.write("%s include %s; %s\n" % (before, part, after))
    done = subprocess.run([BINARY, "--check", "--format", "json", "--max-errors", "10000", "-p", folder, "-c", main],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    case.exit = done.returncode
    try:
        found = json.loads(done.stdout.decode("utf-8", "replace"))["diagnostics"]
    except ValueError:
        found = [{"severity": "error", "code": "no answer", "message": done.stderr.decode("utf-8", "replace")[:200]}]
    skipped = [d for d in found if d["code"] in ("E0421", "E0424") or (d["code"] == "E0602" and name_in(d) in later)]
    case.errors = [d for d in found if d["severity"] == "error" and d not in skipped]
    case.warnings = [d for d in found if d["severity"] == "warning"]


def say_accepted(cases, options):
    refused = [c for c in cases if c.is_refused()]
    later = [c for c in cases if not c.is_refused() and c.errors and
             set(c.codes()) <= SEEN_LATER.get(c.verdict, set())]
    judged = [c for c in cases if not c.is_refused() and c not in later]
    failing = [c for c in judged if c.errors]
    passed = len(judged) - len(failing)
    share = passed / len(judged) if judged else 1
    print("accepted by nginx: %d of %d pass (%.1f %%); %d more use what is refused on purpose" %
          (passed, len(judged), 100 * share, len(refused)))
    for case in later:
        print("  nginx did not get as far: %s: %s" % (case.path, case.first()))
    names = collections.Counter(name_in(d) for c in refused for d in c.errors if d["code"] == "E0601")
    print("  refused on purpose: " + ", ".join("%s %d" % pair for pair in names.most_common()))
    groups = collections.defaultdict(list)
    for case in failing:
        groups[case.errors[0]["code"]].append(case)
    everywhere = collections.Counter((d["code"], name_in(d)) for c in failing
                                     for d in {(e["code"], name_in(e)): e for e in c.errors}.values())
    for code, members in sorted(groups.items(), key=lambda g: -len(g[1])):
        print("  %s first in %d files: %s" % (code, len(members), ", ".join(
            "%s %d" % (name, n) for (which, name), n in everywhere.most_common() if which == code)))
        for case in members if options.list else []:
            print("    %s: %s" % (case.path, case.first()))
    warned = collections.Counter(code for c in judged for code in {d["code"] for d in c.warnings})
    print("  files with a warning: " + ", ".join("%s %d" % pair for pair in warned.most_common()))
    return share >= LEAST_SHARE


def say_rejected(cases):
    accepted = [c for c in cases if not c.errors]
    hosts = [c for c in accepted if any(d["code"] in HOSTS and d["span"]["line"] == c.line for d in c.warnings)]
    wrong = [c for c in accepted if c not in hosts]
    print("rejected by nginx: %d of %d are rejected, %d more only name a host that does not resolve" %
          (len(cases) - len(accepted), len(cases), len(hosts)))
    for case in wrong:
        print("  accepted here: %s (nginx: line %s)" % (case.path, case.line))
    for case in cases:
        lines = [d.get("span", {}).get("line") for d in case.errors]
        if case.errors and case.line is not None and case.line not in lines:
            print("  another line: %s: nginx names %s; %s" % (case.path, case.line, case.first()))
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("index", nargs="?")
    parser.add_argument("--list", action="store_true", help="name each failing file")
    parser.add_argument("--later", default="", help="names whose E0602 is looked away from")
    parser.add_argument("-k", default="", metavar="WORD", help="only files whose path holds WORD")
    options = parser.parse_args()
    with open(options.index or os.path.join(options.folder, "index.tsv"), newline="") as f:
        cases = [Case(row) for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)]
    cases = [c for c in cases if options.k in c.path]
    total = len(cases)
    cases = [c for c in cases if c.verdict in ACCEPTED or c.verdict == "rejected"]
    print("%d files, %d of them judged (the others are templates, or need modules or files that are not there)" %
          (total, len(cases)))
    later = {name.strip("`") for name in re.split(r"[,\s]+", options.later) if name}
    folder = tempfile.mkdtemp(prefix="corpus.")
    try:
        for case in cases:
            run(case, options.folder, folder, later)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    good = say_accepted([c for c in cases if c.verdict in ACCEPTED], options)
    good = say_rejected([c for c in cases if c.verdict == "rejected"]) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
