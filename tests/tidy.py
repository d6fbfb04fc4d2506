#!/usr/bin/env python3
"""The style that is a test: layers, sizes, headers, paths, and that each directive is found in its four places.

    tests/tidy.py [FOLDER]

Each violation is printed as file:line: text. The last line is `N passed, N failed, N skipped`, counting rules. FOLDER
is
the project (default: the one this file belongs to).
"""
import bisect
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if len(sys.argv) > 1:
    ROOT = os.path.abspath(sys.argv[1])
LAYERS = {"base": 1, "net": 2, "http": 2, "json": 2, "config": 2, "redis": 2, "jose": 3, "state": 3, "table": 4, "lint": 5,
          "upstream": 5,
          "proxy": 6, "policy": 7, "observe": 7, "tools": 8, "run": 9, "directives": 10}
MOST_LINES, MOST_FUNCTION_LINES, MOST_COLUMNS = 500, 70, 120
# Written in two pieces so that this file does not break its own rule.
MACHINE_PATHS = re.compile(r"(?<![\w.\-/])/" + r"(work|tmp|home|root|Users)/[\w.]")
GRAMMAR_USERS = ("src/config/parse.cc", "src/config/expression.cc")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def project_files():
    """What git tracks or would track; without git, everything but build folders."""
    try:
        done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=30)
        names = [n for n in done.stdout.decode("utf-8", "replace").split("\0") if n] if done.returncode == 0 else []
    except OSError:
        names = []
    if not names:
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [d for d in folders if d not in ("build", ".git", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return sorted(n for n in names if os.path.isfile(os.path.join(ROOT, n)))


def blank_out(source):
    """The source with comments, strings and characters blanked, so that braces can be counted;
        same length and lines."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^()\\\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                         r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S)
    source = pattern.sub(blank, source)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", blank, source, flags=re.M)


SCOPE = re.compile(r"^(?:template\s*<.*>\s*)?(?:inline\s+|export\s+|typedef\s+|static\s+|constexpr\s+|const\s+)*"
                   r"(namespace|class|struct|union|enum|extern)\b", re.S)


def functions(source):
    """(first line, last line) of each function body that stands at namespace or class level, by counting braces."""
    text = blank_out(source)
    starts = [m.end() for m in re.finditer("\n", text)]

    def line(at):
        return bisect.bisect_right(starts, at) + 1
    found, stack, last = [], [], 0  # stack: (kind, start of its statement)
    ended = None                    # start of the function whose block closed just before, for constructors' lists
    for match in re.finditer(r"[{};]", text):
        at, symbol = match.start(), match[0]
        outside = not any(kind != "scope" for kind, _ in stack)
        if symbol == "{":
            statement = text[last:at]
            words = statement.strip()
            begin = last + len(statement) - len(statement.lstrip())
            if not outside:
                kind = "inner"
            elif ended is not None and (words == "" or words.startswith(",")):
                kind, begin = "function", ended
            elif SCOPE.match(re.sub(r"^(?:(?:public|private|protected)\s*:|\[\[.*?\]\])\s*", "", words)) and \
                    not (words.endswith(")") or re.search(r"\)\s*(const|noexcept|override|->.*)?$", words)):
                kind = "scope"
            elif "(" in words and not re.search(r"=\s*$", words):
                kind = "function"
            else:
                kind = "inner"
            stack.append((kind, begin))
            ended = None
        elif symbol == "}":
            kind, begin = stack.pop() if stack else ("inner", at)
            ended = None
            if kind == "function":
                found.append((line(begin), line(at)))
                ended = begin
        else:
            ended = None
        last = at + 1
    merged = {}
    for first, end in found:
        merged[first] = max(end, merged.get(first, 0))
    return sorted(merged.items())


def top_level_strings(text, start):
    """The first string of each entry of the initialiser whose `{` stands at `start`: (offset, string)."""
    depth, want, at, found = 0, True, start, []
    while at < len(text):
        string = re.compile(r'"((?:\\.|[^"\\])*)"').match(text, at)
        comment = re.compile(r"//[^\n]*|'(?:\\.|[^'\\])'").match(text, at)
        if string:
            if want and depth >= 2:
                found.append((at, string[1]))
                want = False
            at = string.end()
            continue
        if comment:
            at = comment.end()
            continue
        symbol = text[at]
        if symbol in "{(":
            depth += 1
        elif symbol in "})":
            depth -= 1
            if depth == 0:
                break
        elif symbol == "," and depth == 1:
            want = True
        at += 1
    return found


def directive_rows(files):
    """name -> (file, line) of every row of the directive table."""
    rows = {}
    for path in files:
        if not re.match(r"src/(directives|policy)/.*\.cc$", path):
            continue
        text = read(path)
        for match in re.finditer(r"\bRow\s+\w+\s*\[[^\]]*\]\s*=\s*\{", text):
            for at, name in top_level_strings(text, match.end() - 1):
                if re.fullmatch(r"[a-z][a-z0-9_]*", name):
                    rows[name] = (path, text.count("\n", 0, at) + 1)
        for match in re.finditer(r'\.name\s*=\s*"([a-z][a-z0-9_]*)"', text):
            rows.setdefault(match[1], (path, text.count("\n", 0, match.start()) + 1))
    return rows


TYPED = "count|integer|bytes|offset|msec|sec|rate|ratio|status|on_off|one_of|cidr|regex|variable"
ROW_START = re.compile(r'\.name\s*=\s*"([a-z][a-z0-9_]*)"|\b(?:setting|lists|one|many)\(\s*"([a-z][a-z0-9_]*)"')


def typed_rows(files):
    """name -> (file, line) of every row, passed over or not, that has an argument with values that can be wrong."""
    texts = {f: read(f) for f in files if re.match(r"src/directives/.*\.(cc|h)$", f)}
    constant = re.compile(r"constexpr ArgSpec (\w+)\s*[({][^;]*?ArgType::(%s)\b" % TYPED)
    shared = {m[1] for path, text in texts.items() if path.endswith(".h") for m in constant.finditer(text)}
    rows = {}
    for path, text in texts.items():
        typed = shared | {m[1] for m in constant.finditer(text)}
        wanted = re.compile(r"ArgType::(%s)\b|(?<![\w:])(%s)\b(?!::)" % (TYPED, "|".join(sorted(typed)) or "-"))
        starts = [m for m in ROW_START.finditer(text) if not path.endswith(".h")]
        for row, after in zip(starts, starts[1:] + [None]):
            entry = text[row.end():after.start() if after else len(text)]
            entry = re.sub(r'"(?:\\.|[^"\\])*"|//[^\n]*', "", entry.split("\n};")[0].split("\n});")[0])
            if wanted.search(entry):
                rows[row[1] or row[2]] = (path, text.count("\n", 0, row.start()) + 1)
    return rows


def names_with_wrong_values(files):
    """Directives on the lines of tests/check/*.conf that an error of a value (E03..) points at."""
    names = set()
    for path in files:
        if not re.match(r"tests/check/\w+\.expected$", path):
            continue
        text = read(path)
        places = re.findall(r"error\[E03\d\d\].*\n\s*--> ([\w./]+):(\d+):", text)
        places += re.findall(r"^([\w./]+):(\d+):\d+: error\[E03\d\d\]", text, re.M)
        for name, line in places:
            source = os.path.join("tests/check", name)
            if source in files:
                names |= set(re.findall(r"[a-z][a-z0-9_]+", read(source).splitlines()[int(line) - 1]))
    return names


class Tidy:
    def __init__(self):
        self.files = project_files()
        self.code = [f for f in self.files if re.match(r"(src|grammar)/.*\.(h|hpp|cc|cpp)$", f)]
        self.violations = []

    def bad(self, path, line, text):
        self.violations.append("%s:%d: %s" % (path, line, text))

    # -- layers
    # ---------------------------------------------------------------------------------------------------------
    def rule_layers(self):
        """A folder includes only smaller numbers; folders with the same number never see each other."""
        for path in self.code:
            parts = path.split("/")
            own = parts[1] if parts[0] == "src" and len(parts) > 2 else ""
            if own and own not in LAYERS:
                self.bad(path, 1, "folder src/%s has no layer: give it one in tests/tidy.py" % own)
                continue
            for number, line in enumerate(read(path).splitlines(), 1):
                match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not match:
                    continue
                target = match[1]
                folder = target.split("/")[0]
                if "/" not in target or ".." in target:
                    self.bad(path, number, 'includes are written from src/: "%s"' % target)
                elif folder == "grammar":
                    if parts[0] != "grammar" and path not in GRAMMAR_USERS:
                        self.bad(path, number, "grammar/ is included by %s only" % " and ".join(GRAMMAR_USERS))
                elif parts[0] == "grammar":
                    self.bad(path, number, "grammar/ includes nothing of src/")
                elif folder in LAYERS and own and folder != own and LAYERS[folder] >= LAYERS[own]:
                    self.bad(path, number, "layer %d (%s) includes layer %d (%s)" % (LAYERS[own], own, LAYERS[folder],
                                                                                     folder))
                elif own == "policy" and target.count("/") == 2 and folder == "policy" and \
                        not os.path.splitext(target)[0].startswith(self.policy_of(path)):
                    self.bad(path, number, "a policy includes another one: %s" % target)

    def policy_of(self, path):
        """policy/PHASE/NAME of the policy that a file belongs to: static_file.cc is a part of static.cc beside it."""
        stem = os.path.splitext(path[4:])[0]
        owners = [p[4:-3] for p in self.files if p.startswith("src/policy/") and p.endswith(".cc")
                  and (p[4:-3] == stem or stem.startswith(p[4:-3] + "_"))]
        return min(owners, key=len, default=stem)

    def rule_heavy_templates(self):
        """PEGTL stays in two .cc and in grammar/."""
        for path in self.code:
            if path.startswith("grammar/") or path in GRAMMAR_USERS:
                continue
            for number, line in enumerate(read(path).splitlines(), 1):
                if re.match(r"\s*#\s*include\s+<tao/", line):
                    self.bad(path, number, "PEGTL is for %s and grammar/" % " and ".join(GRAMMAR_USERS))

    # -- sizes
    # ----------------------------------------------------------------------------------------------------------
    def rule_sizes(self):
        """Files, functions and lines have a most."""
        for path in self.code:
            source = read(path)
            lines = source.splitlines()
            if len(lines) > MOST_LINES:
                self.bad(path, MOST_LINES + 1, "%d lines, at most %d" % (len(lines), MOST_LINES))
            for number, line in enumerate(lines, 1):
                if len(line) > MOST_COLUMNS:
                    self.bad(path, number, "%d columns, at most %d" % (len(line), MOST_COLUMNS))
            for first, last in functions(source):
                if last - first + 1 > MOST_FUNCTION_LINES:
                    self.bad(path, first, "a function of %d lines, at most %d" % (last - first + 1,
                                                                                  MOST_FUNCTION_LINES))

    def rule_headers(self):
        """Each header opens with a comment that says what it is, and has #pragma once."""
        for path in self.code:
            if not path.endswith((".h", ".hpp")):
                continue
            source = read(path)
            if not source.startswith(("//", "/*")):
                self.bad(path, 1, "opens with no comment that says what it is")
            if not re.search(r"^#pragma once$", source, re.M):
                self.bad(path, 1, "has no #pragma once")

    def rule_one_type_of_a_name(self):
        """Two headers never define types of one name in one namespace: where both are linked, one would be read as the
        other."""
        seen = {}
        for path in self.code:
            if not path.startswith("src/") or not path.endswith(".h"):
                continue
            space = ""
            for number, line in enumerate(blank_out(read(path)).splitlines(), 1):
                opens = re.match(r"namespace ([\w:]+) \{", line)
                if opens:
                    space = opens[1]
                match = re.match(r"(?:struct|class|enum class|union) (\w+)(?: final)?(?: ?:(?!:)[^;]*)? \{", line)
                if not match:
                    continue
                first = seen.setdefault((space, match[1]), "%s:%d" % (path, number))
                if first != "%s:%d" % (path, number):
                    self.bad(path, number, "%s::%s is another type in %s" % (space, match[1], first))

    def rule_forbidden_words(self):
        """No std::regex, no iostream, no exceptions thrown, in src/."""
        for path in self.code:
            if not path.startswith("src/"):
                continue
            text = blank_out(read(path))
            for match in re.finditer(r"\bstd::regex\b|\bstd::(cout|cerr|clog|cin)\b|\bthrow\b", text):
                self.bad(path, text.count("\n", 0, match.start()) + 1, "%s is not used here" % match[0])
            for number, line in enumerate(read(path).splitlines(), 1):
                if re.match(r"\s*#\s*include\s+<(iostream|regex)>", line):
                    self.bad(path, number, "%s is not used here" % line.strip())

    # -- the tree
    # -------------------------------------------------------------------------------------------------------
    def rule_listed(self):
        """Each source file is in CMakeLists.txt, the only list of files."""
        if "CMakeLists.txt" not in self.files:
            return
        cmake = read("CMakeLists.txt")
        words = set(re.findall(r"[\w./-]+\.(?:cc|cpp)", cmake))
        for path in self.files:
            if re.match(r"src/.*\.cc$|tests/unit/.*\.cc$", path):
                below = path.split("/", 2)[-1] if path.startswith("src/") else path.split("/", 3)[-1]
                if not words & {path, below, path[4:], path.split("/", 2)[-1]}:
                    self.bad(path, 1, "is not in CMakeLists.txt")
        for path in self.files:
            match = re.match(r"tests/fuzz/(\w+)_fuzz\.cc$", path)
            if match and not re.search(r"gh_fuzz\(\s*%s\b" % match[1], cmake):
                self.bad(path, 1, "is not in CMakeLists.txt")

    def rule_machine_paths(self):
        """No path of the machine it was written on."""
        for path in self.files:
            if path.startswith("tests/fuzz/corpus/"):
                continue
            try:
                with open(os.path.join(ROOT, path), encoding="utf-8") as f:
                    text = f.read()
            except (UnicodeDecodeError, OSError):
                continue
            for match in MACHINE_PATHS.finditer(text):
                self.bad(path, text.count("\n", 0, match.start()) + 1, "a path of this machine: %s" % match[0])

    # -- four places
    # ------------------------------------------------------------------------------------------------------
    def man_names(self):
        """Words of the lines of man/gateway.conf.5 that open something: macros with text, or text in bold."""
        names = set()
        if "man/gateway.conf.5" in self.files:
            for line in read("man/gateway.conf.5").splitlines():
                if re.match(r'\.(SS|SH|TP|B|BR|BI|IP|It|Dl|Sx)\b|\\fB', line):
                    names |= set(re.findall(r"[a-z][a-z0-9_]+", re.sub(r"\\f[A-Z]|\\f\[\w*\]|\\-", " ", line)))
        return names

    def test_text(self):
        texts = []
        for path in self.files:
            if re.match(r"tests/(wire|unit|check|table)/.*\.(py|cc|conf)$", path):
                texts.append(read(path))
        return set(re.findall(r"[a-z][a-z0-9_]+", "\n".join(texts)))

    def rule_rows_have_man_and_test(self):
        """Each directive has a section in man/gateway.conf.5 and is used by a test."""
        man, tests = self.man_names(), self.test_text()
        for name, (path, line) in sorted(directive_rows(self.files).items()):
            if name not in man:
                self.bad(path, line, "directive `%s` has no section in man/gateway.conf.5" % name)
            if name not in tests:
                self.bad(path, line, "directive `%s` is used by no test" % name)

    def rule_wrong_values_are_shown(self):
        """Each directive with a typed argument stands in tests/check with a value that is refused."""
        shown = names_with_wrong_values(self.files)
        for name, (path, line) in sorted(typed_rows(self.files).items()):
            if name not in shown:
                self.bad(path, line, "directive `%s` has no wrong value in tests/check" % name)

    def rule_policies_have_their_places(self):
        """Each policy file has rows, a test and a man section, all found by its name."""
        man = self.man_names()
        directives = "\n".join(read(f) for f in self.files if f.startswith("src/directives/"))
        wire = {f: read(f) for f in self.files if re.match(r"tests/wire/test_.*\.py$", f)}
        for path in self.files:
            match = re.match(r"src/policy/\w+/(\w+)\.cc$", path)
            if not match:
                continue
            name = match[1]
            if self.policy_of(path) != path[4:-3]:
                continue
            if not re.search(r"policy/\w+/%s\b|\b(apply|finish)_%s\b|\"%s" % (name, name, name), directives):
                self.bad(path, 1, "policy `%s` has no row in src/directives/" % name)
            if not any(os.path.basename(f).startswith("test_" + name) or re.search(r"\b%s\b" % name, text)
                       for f, text in wire.items()):
                self.bad(path, 1, "policy `%s` has no wire test" % name)
            if name not in man:
                self.bad(path, 1, "policy `%s` has no section in man/gateway.conf.5" % name)

    def run(self):
        rules = [getattr(self, name) for name in dir(self) if name.startswith("rule_")]
        failed = total = 0
        for rule in rules:
            self.violations = []
            rule()
            for violation in self.violations:
                print(violation)
            failed += bool(self.violations)
            total += len(self.violations)
        if total:
            print("%d violations" % total)
        print("%d passed, %d failed, 0 skipped" % (len(rules) - failed, failed))
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(Tidy().run())
