// LANGUAGE.md 1: lexing, byte for byte.
#include "config/parse.h"

#include <doctest/doctest.h>

#include <ctime>

#include "steps.h"

using namespace gh::config;

namespace {

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<Node> nodes;
};

std::unique_ptr<Read> read(std::string text, std::size_t max_nesting = 64, std::size_t max_directives = 100000) {
  auto out = std::make_unique<Read>();
  const std::uint32_t file = out->sources.add("t.conf", std::move(text));
  out->nodes = parse(out->sources, file, out->diagnostics, max_nesting, max_directives);
  return out;
}

/// The words of the first directive, joined by "|".
std::string words(const std::string& text) {
  const auto r = read(text);
  std::string out;
  for (const Node& node : r->nodes) {
    if (node.kind == NodeKind::comment) continue;
    for (const Word& word : node.words) out += (out.empty() ? "" : "|") + std::string(word.value);
    break;
  }
  return out + (r->diagnostics.has_errors() ? " !" + std::string(r->diagnostics.all().front().code) : "");
}

}  // namespace

TEST_CASE("words end at blanks, semicolons and opening braces (1.3)") {
  CHECK(words("a b c;") == "a|b|c");
  CHECK(words("a\tb\r\nc;") == "a|b|c");
  CHECK(words("return 200 a};") == "return|200|a}");
  CHECK(words("a b#c;") == "a|b#c");
  CHECK(words("a #b\nc;") == "a|c");
  CHECK(words("a{b c;}") == "a");
}

TEST_CASE("quotes count only as the first byte of a word (1.4, 1.5, 1.9)") {
  CHECK(words("a \"b c\" 'd e';") == "a|b c|d e");
  CHECK(words("a b\"c\"d;") == "a|b\"c\"d");
  CHECK(words("a \"b\nc;{}#\";") == "a|b\nc;{}#");
  CHECK(words("a \"\" '';") == "a||");
  CHECK(words("a \"b\"c;") == "a|b !E0104");
  CHECK(words("if ($x = \"y\") {}") == "if|($x|=|y|)");
  CHECK(words("if ($x = \"y\"){}") == "if|($x|=|y|)");
  CHECK(words("a ($x in (\"b\", \"c\")) d;") == "a|($x|in|(\"b\",|c|))|d");
}

TEST_CASE("a backslash works alike in quoted and plain words (1.6)") {
  CHECK(words(R"(a \" \' \\ \t;)") == "a|\"|'|\\|\t");
  CHECK(words(R"(a "\"\'\\\n";)") == "a|\"'\\\n");
  CHECK(words(R"(a \.\d\ b\;c\{;)") == R"(a|\.\d\ b\;c\{)");
  CHECK(unescape(R"(\r\x\\)") == "\r\\x\\");
}

TEST_CASE("a dollar before a brace opens no block (1.7)") {
  CHECK(words("a ${b}c;") == "a|${b}c");
  CHECK(words("a $b{c d;}") == "a|$b");
  CHECK(words("location ~ ^/v[0-9]{1,2}/ {}") == "location|~|^/v[0-9]{1,2}/ !E0107");
}

TEST_CASE("spans hold the quotes, the terminator and the braces") {
  const auto r = read("a \"b\";\n# c\nd { e; }");
  REQUIRE(r->nodes.size() == 3);
  CHECK(r->sources.text(r->nodes[0].span) == "a \"b\";");
  CHECK(r->sources.text(r->nodes[0].words[1].span) == "\"b\"");
  CHECK(r->nodes[1].kind == NodeKind::comment);
  CHECK(r->sources.text(r->nodes[1].span) == "# c");
  CHECK(r->sources.text(r->nodes[2].span) == "d { e; }");
  CHECK(r->sources.text(r->nodes[2].body) == " e; ");
  CHECK(r->sources.where(r->nodes[2].children[0].span) == "t.conf:3:5");
}

TEST_CASE("a byte order mark and odd blanks are warned about (1.1, 1.2)") {
  const auto bom = read("\xEF\xBB\xBFlisten 80;");
  CHECK_FALSE(bom->diagnostics.has_errors());
  CHECK(bom->diagnostics.all().front().code == "W705");
  CHECK(bom->nodes.front().name() == "listen");
  const auto nbsp = read("listen\xC2\xA0" "80;");
  CHECK(nbsp->diagnostics.warnings() == 1);
  CHECK(nbsp->nodes.front().words.size() == 1);
  CHECK(read("a \"\xC2\xA0\";")->diagnostics.all().empty());  // inside quotes it is text
}

TEST_CASE("raw blocks are skipped whole (2.3)") {
  const auto lua =
      read("content_by_lua_block {\n -- } \n s = \"}\" .. [[ } ]] .. [=[ ]] } ]=]\n f({1})\n}\nlisten 80;");
  CHECK_FALSE(lua->diagnostics.has_errors());
  REQUIRE(lua->nodes.size() == 2);
  CHECK(lua->nodes[0].kind == NodeKind::raw);
  CHECK(lua->nodes[1].name() == "listen");
  const auto respond = read("respond { a '}' ; b { c d; } # }\n }\nlisten 80;");
  CHECK_FALSE(respond->diagnostics.has_errors());
  CHECK(respond->nodes[0].kind == NodeKind::raw);
  CHECK(respond->nodes.size() == 2);
}

TEST_CASE("limits have codes of their own (1.8)") {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += "a {";
    return text + std::string(depth, '}');
  };
  CHECK_FALSE(read(nested(64))->diagnostics.has_errors());
  CHECK(read(nested(65))->diagnostics.all().front().code == "E0110");
  CHECK(read(nested(65))->diagnostics.errors() == 1);
  CHECK(read(nested(100000))->diagnostics.errors() == 1);

  CHECK_FALSE(read("a;b;c;", 64, 3)->diagnostics.has_errors());
  const auto many = read("a;b;c {d;", 64, 3);
  CHECK(many->diagnostics.errors() == 1);
  CHECK(many->diagnostics.all().front().code == "E0111");

  CHECK_FALSE(read("a " + std::string(1u << 20, 'x') + ";")->diagnostics.has_errors());
  CHECK(read("a " + std::string((1u << 20) + 1, 'x') + ";")->diagnostics.all().front().code == "E0112");
}

TEST_CASE("time is linear for inputs made to be slow") {
  const auto seconds_for = [](const std::string& piece, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += piece;
    const std::clock_t start = std::clock();
    (void)read(text);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  for (const char* piece : {"{", "}", "\"", "'a\n\"b\n", "a \"b;\n", "x_by_lua_block{[[", "respond{\"\\\"", "\\", "${",
                            "a{1,", "#", "a\n"}) {
    CAPTURE(piece);
    const double few = seconds_for(piece, 100000), many = seconds_for(piece, 400000);
    CHECK(many < 10 * few + 0.1);  // four times as much input; a quadratic parser needs 16 times as long
  }
}

TEST_CASE("a valid file that is cut inside a directive has an error (13.5)") {
  const std::string text = "http { server { listen 80; location / { return 200 \"a b\"; } } }";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    CAPTURE(cut);
    CHECK(read(text.substr(0, cut))->diagnostics.has_errors());
  }
  CHECK_FALSE(read(text)->diagnostics.has_errors());
}
