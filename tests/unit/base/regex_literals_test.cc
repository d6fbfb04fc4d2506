#include "base/regex_literals.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

using namespace gh;

namespace {

/// "/a|/b" for a start, "...php" for an end (the right way round), "i:" in front when case is folded; "" for nowhere.
std::string literals(std::string_view pattern, bool ignore_case = false) {
  const RegexLiterals found = find_regex_literals(pattern, ignore_case);
  if (found.where == RegexLiterals::Where::nowhere) return "";
  std::string out = found.folded ? "i:" : "";
  for (std::size_t i = 0; i < found.texts.size(); ++i) {
    if (i > 0) out += '|';
    std::string text = found.texts[i];
    if (found.where == RegexLiterals::Where::end) {
      std::reverse(text.begin(), text.end());
      out += "...";
    }
    out += text;
  }
  return out;
}

}  // namespace

TEST_CASE("what stands behind ^ starts every subject") {
  CHECK(literals("^/api/v\\d") == "/api/v");
  CHECK(literals("^/a\\.b\\/c\\-d$") == "/a.b/c-d");
  CHECK(literals("\\A/x") == "/x");
  CHECK(literals("^/r12/") == "/r12/");
  CHECK(literals("^/r12/.+$") == "/r12/");
  CHECK(literals("^/[|]x") == "/|x");
  CHECK(literals("^/[.]git") == "/.git");
  CHECK(literals("^/v[12]/") == "/v1/|/v2/");
  CHECK(literals("^/[]|(]") == "/(|/]|/|");
}

TEST_CASE("what may be absent ends the text") {
  CHECK(literals("^/ab?c") == "/a");
  CHECK(literals("^/ab*") == "/a");
  CHECK(literals("^/ab{0,2}") == "/a");
  CHECK(literals("^/ab{2}c") == "/a");
  CHECK(literals("^/ab+") == "/ab");
  CHECK(literals("^/ab+?c") == "/ab");
  CHECK(literals("^/a\\.?") == "/a");
  CHECK(literals("^/(a|b)+c") == "/a|/b");
  CHECK(literals("^/(a|b)?c") == "/");
  CHECK(literals("^/(|a)") == "/");
}

TEST_CASE("alternatives give a text each") {
  CHECK(literals("^/(a|b)") == "/a|/b");
  CHECK(literals("^/(api|v1/(x|y))/z") == "/api/z|/v1/x/z|/v1/y/z");
  CHECK(literals("^/a(?:x|y)") == "/ax|/ay");
  CHECK(literals("^/a(?<n>x|y)") == "/ax|/ay");
  CHECK(literals("^/a(?P<n>x|y)(?'m'z)") == "/axz|/ayz");
  CHECK(literals("^/a|^/b") == "/a|/b");
  CHECK(literals("^/a(b|bc)") == "/ab");  // one that starts with another finds nothing more
  CHECK(literals("^/(a|b\\d)/c") == "/a|/b");
}

TEST_CASE("what stands before $ ends every subject") {
  CHECK(literals("\\.php$") == "....php");
  CHECK(literals("\\.(jpg|png)$") == "....png|....jpg");
  CHECK(literals("^/.*\\.php$") == "....php");
  CHECK(literals("[^/]\\.php\\z") == "....php");
  CHECK(literals("a$|b$") == "...a|...b");
  CHECK(literals("\\.php(/|$)") == "");
  CHECK(literals("x\\d{2}y$") == "...y");
}

TEST_CASE("without case the texts are lower case") {
  CHECK(literals("^/API/(X|y)", true) == "i:/api/x|/api/y");
  CHECK(literals("(?i)^/Api") == "i:/api");
  CHECK(literals("^(?i)/api") == "");
}

TEST_CASE("nothing is claimed where a match might start otherwise") {
  CHECK(literals("/api") == "");
  CHECK(literals("^/a|/b") == "");
  CHECK(literals("^/a[(]|/b") == "");
  CHECK(literals("^/a\\(|/b") == "");
  CHECK(literals("^/[[:alpha:](]|/b") == "");
  CHECK(literals("^/a(?#()x") == "");
  CHECK(literals("^/a(?# ( )|/b") == "");
  CHECK(literals("^/a\\Q(\\E|/b") == "");
  CHECK(literals("^\\w") == "");
  CHECK(literals("^.") == "");
  CHECK(literals("(?=a)b$x") == "");
  CHECK(literals("\\x41b$") == "");       // the digits are not literal
  CHECK(literals("(a)\\12$") == "");
  CHECK(literals("[a[:b]c|d:]e$") == "");  // no class of POSIX
  CHECK(literals("^/a(*ACCEPT)b") == "");
  CHECK(literals("^/a{b") == "");
}

TEST_CASE("texts and their number are bounded") {
  const std::string text(300, 'x');
  CHECK(literals("^" + text).size() == RegexLiterals::max_bytes);
  CHECK(literals("^/[abcdefgh][abcdefgh][abcdefgh]") == "/a|/b|/c|/d|/e|/f|/g|/h");
  std::string many = "^/(0";
  for (int i = 1; i < 40; ++i) many += '|' + std::to_string(i * 100);
  CHECK(literals(many + ")") == "/");
  CHECK(literals("^/" + std::string(100, '(') + "a" + std::string(100, ')')) == "");
}
