// CHECKER.md 3.1 and 3.6.
#include <doctest/doctest.h>

#include "config/diagnostic.h"
#include "steps.h"

using namespace gh::config;

namespace {

struct Example {
  Sources sources;
  Diagnostics diagnostics;
  Example() {
    const auto main = sources.add("gateway.conf", "a;\nb;\ninclude sites/api.conf;\n");
    const auto file =
        sources.add("sites/api.conf", "server {\n\tlisten 80;\n\tproxy_passs \"\xE6\x97\xA5\" x;\n}\n", {main, 6, 13});
    diagnostics.error("E0201", {file, 22, 33}, "unknown directive `proxy_passs`")
        .with_label("not a directive").with_help("did you mean `proxy_pass`?").with_fix({file, 22, 33}, "proxy_pass")
        .with_related({main, 0, 1}, "first here");
  }
};

}  // namespace

TEST_CASE("the text form: place, excerpt, carets, label, help") {
  Example e;
  CHECK(print(e.diagnostics, e.sources, {}) ==
        "error[E0201]: unknown directive `proxy_passs`\n"
        " --> sites/api.conf:3:2   (included from gateway.conf:3)\n"
        "  |\n"
        "3 |     proxy_passs \"\xE6\x97\xA5\" x;\n"
        "  |     ^^^^^^^^^^^ not a directive\n"
        " ::: gateway.conf:1:1\n"
        "1 | a;\n"
        "  | ^ first here\n"
        "  = help: did you mean `proxy_pass`?\n"
        "  = docs: gatehouse explain E0201\n\n");
}

TEST_CASE("paths are shown from the folder where the reader stands") {
  Sources sources;
  Diagnostics diagnostics;
  diagnostics.error("E0201", {sources.add("/srv/gw/sites/a.conf", "a;\n"), 0, 1}, "m");
  diagnostics.error("E0201", {sources.add("/srv/gwx/b.conf", "b;\n"), 0, 1}, "m");
  sources.show_from("/srv/gw/");
  CHECK(print(diagnostics, sources, {Format::brief, false, 50}) ==
        "sites/a.conf:1:1: error[E0201]: m\n/srv/gwx/b.conf:1:1: error[E0201]: m\n");
}

TEST_CASE("short, github and json forms") {
  Example e;
  CHECK(print(e.diagnostics, e.sources, {Format::brief, false, 50}) ==
        "sites/api.conf:3:2: error[E0201]: unknown directive `proxy_passs`\n");
  CHECK(print(e.diagnostics, e.sources, {Format::github, false, 50}) ==
        "::error file=sites/api.conf,line=3,col=2,endLine=3,endColumn=13,title=E0201::unknown directive `proxy_passs`: "
        "did you "
        "mean `proxy_pass`?\n");
  const std::string json = print(e.diagnostics, e.sources, {Format::json, false, 50});
  CHECK(json.find("{\"schema\":1,\"errors\":1,\"warnings\":0,\"notes\":0,\"diagnostics\":[{\"severity\":\"error\","
                  "\"code\":\"E0201\"") == 0);
  CHECK(json.find("\"span\":{\"file\":\"sites/"
                  "api.conf\",\"begin\":22,\"end\":33,\"line\":3,\"column\":2,\"end_line\":3,\"end_column\":13}") !=
        std::string::npos);
  CHECK(json.find("\"replacement\":\"proxy_pass\"") != std::string::npos);
}

TEST_CASE("colour only when asked, control bytes never") {
  Sources sources;
  Diagnostics diagnostics;
  const auto file = sources.add("a", "x\x1b[31m \xFF \xE2\x80\xAE;\n");
  diagnostics.error("E0201", {file, 0, 1}, "unknown directive `x\x1b[31m`");
  const std::string plain = print(diagnostics, sources, {});
  CHECK(plain.find('\x1b') == std::string::npos);
  CHECK(plain.find("x\\x1B[31m \\xFF <U+202E>;") != std::string::npos);
  CHECK(print(diagnostics, sources, {Format::text, true, 50}).find("\x1b[1;31merror") == 0);
  CHECK(print(diagnostics, sources, {Format::json, false, 50}).find("\\u001b") != std::string::npos);
}

TEST_CASE("carets stand below the text they mean: tabs, wide characters, the end of a line, long lines") {
  Sources sources;
  Diagnostics diagnostics;
  const std::string filler(400, 'a');
  const auto file = sources.add("a", "\xE6\x97\xA5 b;\n" + filler + " c " + filler + "\n");
  diagnostics.error("E0201", {file, 4, 5}, "one");
  diagnostics.error("E0101", {file, 6, 6}, "two");
  diagnostics.error("E0201", {file, 408, 409}, "three");
  const std::string text = print(diagnostics, sources, {});
  CHECK(text.find("1 | \xE6\x97\xA5 b;\n  |    ^\n") != std::string::npos);
  CHECK(text.find(" --> a:1:3\n") != std::string::npos);
  CHECK(text.find("1 | \xE6\x97\xA5 b;\n  |      ^\n") != std::string::npos);
  const std::size_t line = text.find("2 | ...aaa");
  REQUIRE(line != std::string::npos);
  const std::size_t next = text.find('\n', line) + 1;
  CHECK(text.find(" c ", line) + 1 - line == text.find('^', next) - next);
  CHECK(next - line < 200);
}

TEST_CASE("errors are sorted by place, includes where they stand, the same place and code once, and capped") {
  Sources sources;
  Diagnostics diagnostics;
  const auto main = sources.add("m", "a;\ninclude x;\nb;\n");
  const auto part = sources.add("x", "c;\n", {main, 3, 10});
  diagnostics.error("E0201", {main, 14, 15}, "third");
  diagnostics.error("E0201", {part, 0, 1}, "second");
  diagnostics.error("E0201", {main, 0, 1}, "first");
  diagnostics.error("E0201", {main, 0, 1}, "first again");
  diagnostics.sort_and_deduplicate(sources);
  CHECK(diagnostics.errors() == 3);
  CHECK(print(diagnostics, sources, {Format::brief, false, 2}) ==
        "m:1:1: error[E0201]: first\nx:1:1: error[E0201]: second\n1 more errors (--max-errors)\n");
}
