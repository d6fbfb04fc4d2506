#include "tools/manual.h"

#include <doctest/doctest.h>

#include "config/load.h"
#include "directives/directives.h"
#include "proxy/variables.h"
#include "tools/prose.h"

using namespace gh;
using config::ArgType;
using config::Row;

namespace {

const Row pid{.name = "pid",
              .contexts = config::in_main,
              .args = {{{"file", ArgType::word}}},
              .fallback = "-x",
              .doc = "The 'file'."};
const table::VariableRow variables[] = {{"uri", nullptr, config::Phase::server_rewrite, false, "the path"},
                                        {"arg_", nullptr, config::Phase::content, true, "an argument"}};

Result<std::string> make(std::string_view prose, std::vector<const Row*> rows = {&pid}) {
  static const config::Known known[] = {{"gzip", config::Known::Fate::later, "not yet"},
                                        {"brotli", config::Known::Fate::later, "not yet"},
                                        {"lua", config::Known::Fate::refused, "never"}};
  return tools::make_manual(prose, {std::move(rows), known}, variables);
}

std::string error_of(const Result<std::string>& page) { return page ? "none" : page.error().text; }

bool has(const Result<std::string>& page, std::string_view text) {
  return page && page->find(text) != std::string::npos;
}

/// `said`: what is wrong with the text in that block, for the message of a failure.
bool reads(const std::string& text, config::Contexts top, const config::Language& language, std::string& said) {
  config::LoadOptions options;
  options.main_file = "/dev/null";
  options.globals = text;
  options.top = top;
  const auto loaded = config::load(options, language);
  if (loaded->diagnostics.has_errors()) said += config::print(loaded->diagnostics, loaded->sources, {});
  return !loaded->diagnostics.has_errors();
}

}  // namespace

TEST_CASE("manual: facts of the row stand before the prose") {
  const auto page = make("%date D\n= X\n@ pid\nWords `a-b` and 'c'.\n.dot\n");
  REQUIRE_MESSAGE(page, error_of(page));
  CHECK(
      has(page, ".SS pid\nThe 'file'.\n.PP\n.PD 0\n.IP Syntax 11\n\\fBpid FILE;\\fR\n.IP Default 11\n\\fB\\-x\\fR\n"));
  CHECK(has(page, ".PD\n.PP\nWords \\fBa\\-b\\fR and 'c'.\n\\&.dot\n"));
}

TEST_CASE("manual: bytes that roff reads stand for themselves") {
  const auto page = make("%date D\n= X\n== P\n'quote ~^\\\n\n    .x \"a\" 'b'\n    'c\n@ pid\ntext\n");
  REQUIRE_MESSAGE(page, error_of(page));
  CHECK(has(page, ".SS P\n\\&'quote \\(ti\\(ha\\e\n"));
  CHECK(has(page, ".EX\n\\&.x \\(dqa\\(dq \\(aqb\\(aq\n\\&\\(aqc\n.EE\n"));
}

TEST_CASE("manual: lists from the tables") {
  const auto page = make("%date D\n= X\n@@ variables\n\n@@ known\n\n@@ phases\n@ pid\ntext\n");
  REQUIRE_MESSAGE(page, error_of(page));
  CHECK(has(page,
            ".TP\n\\fB$arg_NAME\\fR\nan argument.\nKnown from phase content on.\n.TP\n\\fB$uri\\fR\nthe path.\n.PP"));
  CHECK(has(page, "Passed over with a warning: not yet.\ngzip,\nbrotli.\n.PP\nRefused: never.\nlua.\n"));
  CHECK(has(page, "\\fB1 address\\fR"));
  CHECK(has(page, "\\fB15 log\\fR"));
}

TEST_CASE("manual: a row without prose, prose without a row, and empty ones are all named") {
  static const Row user{.name = "user", .contexts = config::in_main, .doc = "Who."};
  static const Row bare{.name = "bare", .contexts = config::in_main};
  const auto page = make("= X\n@ pid\n@ nobody\ntext\n@@ things\n@ bare\ntext\n", {&pid, &user, &bare});
  CHECK(error_of(page) ==
        "man/prose.txt has no %date\n"
        "directive `user` has no block `@ user` in man/prose.txt\n"
        "directive `bare` has no doc line\n"
        "man/prose.txt:2: `@ pid` has no text\n"
        "man/prose.txt:3: no directive is called `nobody`\n"
        "man/prose.txt: no list is called `things`");
  CHECK(error_of(make("x")) == "man/prose.txt: line 1: text before the first `= SECTION`");
}

TEST_CASE("manual: the page of the program can be made") {
  const auto page = tools::make_manual(tools::prose_text, directives::language(), proxy::variable_rows());
  REQUIRE_MESSAGE(page, error_of(page));
  CHECK(has(page, ".SS proxy_pass\n"));
  CHECK(has(page, ".SS server in upstream\n"));
}

TEST_CASE("manual: the examples are read without an error in one of the blocks they could stand in") {
  const auto prose = tools::parse_prose(tools::prose_text);
  REQUIRE(prose);
  const config::Language language = directives::language();
  constexpr config::Contexts blocks[] = {config::in_main | config::in_http, config::in_server, config::in_location,
                                         config::in_upstream, config::in_plan, config::in_consumer, config::in_cors,
                                         config::in_oidc_provider, config::in_store};
  std::size_t examples = 0;
  for (const tools::ProseBlock& block : prose->blocks) {
    for (const tools::Paragraph& paragraph : block.paragraphs) {
      if (paragraph.kind != tools::Paragraph::Kind::example) continue;
      ++examples;
      std::string said;
      bool good = false;
      for (const config::Contexts top : blocks) good = good || reads(paragraph.text, top, language, said);
      CHECK_MESSAGE(good, block.title, ": ", paragraph.text, "\n", said);
    }
  }
  CHECK(examples > 20);
}
