#include "tools/prose.h"

#include <doctest/doctest.h>

using namespace gh::tools;
using Kind = Paragraph::Kind;

TEST_CASE("prose: sections, directives and the kinds of paragraphs") {
  const auto read = parse_prose(
      "%date 2026-01-02\n= NAME\nfirst\nline\n\nsecond\n== Units\n+ size\nbytes\n  and more\n- one\n- two\ngoes on\n\n"
      "@ listen\nText:\n\n    a {\n\n    }\nbehind\n\n@@ phases\n");
  REQUIRE(read);
  CHECK(read->date == "2026-01-02");
  REQUIRE(read->blocks.size() == 3);

  const ProseBlock& name = read->blocks[0];
  CHECK(name.kind == ProseBlock::Kind::section);
  CHECK(name.line == 2);
  REQUIRE(name.paragraphs.size() == 2);
  CHECK(name.paragraphs[0].text == "first\nline");
  CHECK(name.paragraphs[1].text == "second");

  const ProseBlock& units = read->blocks[1];
  REQUIRE(units.paragraphs.size() == 3);
  CHECK(units.paragraphs[0].kind == Kind::term);
  CHECK(units.paragraphs[0].term == "size");
  CHECK(units.paragraphs[0].text == "bytes\nand more");
  CHECK(units.paragraphs[1].kind == Kind::item);
  CHECK(units.paragraphs[2].text == "two\ngoes on");

  const ProseBlock& listen = read->blocks[2];
  REQUIRE(listen.paragraphs.size() == 4);
  CHECK(listen.paragraphs[1].kind == Kind::example);
  CHECK(listen.paragraphs[1].text == "a {\n\n}");
  CHECK(listen.paragraphs[2].text == "behind");
  CHECK(listen.paragraphs[3].kind == Kind::insert);
  CHECK(listen.paragraphs[3].term == "phases");
  CHECK(read->find(ProseBlock::Kind::part, "units") == &units);
  CHECK(read->find(ProseBlock::Kind::directive, "units") == nullptr);
}

TEST_CASE("prose: a fault is named with its line") {
  const auto error_of = [](std::string_view text) {
    const auto read = parse_prose(text);
    return read ? std::string("none") : read.error().text;
  };
  CHECK(error_of("text") == "line 1: text before the first `= SECTION`");
  CHECK(error_of("= A\n@ x\n@ x\n") == "line 3: `x` stands twice");
  CHECK(error_of("= A\ncaf\xc3\xa9\n") == "line 2: not printable ASCII");
  CHECK(error_of("= A\n@@ known\ntext\n") == "line 3: an empty line must stand behind a list");
}

TEST_CASE("prose: the text that is compiled in can be read") {
  const auto read = parse_prose(prose_text);
  REQUIRE_MESSAGE(read, (read ? "" : read.error().text));
  CHECK(read->find(ProseBlock::Kind::directive, "proxy_pass") != nullptr);
}
