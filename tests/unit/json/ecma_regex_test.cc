#include "json/ecma_regex.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh;
using namespace gh::json;

namespace {

bool fits(std::string_view pattern, std::string_view subject) {
  const auto regex = compile_ecma(pattern);
  REQUIRE_MESSAGE(regex.has_value(), pattern);
  return regex->match(subject, nullptr) == Regex::Match::yes;
}

std::string error(std::string_view pattern) {
  const auto regex = compile_ecma(pattern);
  return regex ? "compiled" : std::to_string(regex.error().code) + ": " + regex.error().text;
}

}  // namespace

TEST_CASE("what PCRE2 would read otherwise") {
  CHECK_FALSE(fits("^a$", "a\n"));
  CHECK_FALSE(fits("^.$", "\r"));
  CHECK_FALSE(fits("^.$", "\xe2\x80\xa8"));
  CHECK(fits("^.$", "\xf0\x9f\x98\x80"));
  CHECK(fits("^\\s$", "\xef\xbb\xbf"));
  CHECK(fits("^[\\sx]+$", " x\xc2\xa0"));
  CHECK_FALSE(fits("^\\S$", "\xe2\x80\x83"));
  CHECK(fits("^[\\S]$", "\xc3\xa9"));
  CHECK_FALSE(fits("^[\\S]$", "\t"));
  CHECK_FALSE(fits("^\\w$", "\xc3\xa9"));
  CHECK_FALSE(fits("^\\d$", "\xd9\xa1"));
  CHECK(fits("^[[:a]$", ":"));
  CHECK_FALSE(fits("[]", "x"));
  CHECK(fits("^[^]$", "\n"));
}

TEST_CASE("escapes") {
  CHECK(fits("^\\u00e9\\u{1F600}\\uD83D\\uDE00\\x41\\cI\\0$", std::string_view("\xc3\xa9\xf0\x9f\x98\x80\xf0\x9f\x98\x80" "A\t\0", 13)));
  CHECK(fits("^\\p{Letter}\\p{L}\\P{Lu}\\p{Script=Greek}$", "\xc3\xa9z1\xce\xb1"));
  CHECK(fits("^\\/\\-\\.$", "/-."));
  CHECK(fits("^(?<y>a)\\k<y>(?:b)(?=c)c(?!d)(?<=c)(?<!x)\\1$", "aabca"));
}

TEST_CASE("what is not ECMAScript's is refused") {
  CHECK(error("a\\Z") == "1: `\\Z` is no escape of ECMAScript's");
  CHECK(error("\\a") == "0: `\\a` is no escape of ECMAScript's");
  CHECK(error("(*UTF)a") == "0: nothing to repeat");
  CHECK(error("a++") == "2: nothing to repeat");
  CHECK(error("(?i)a") == "0: a group of this kind is not ECMAScript's");
  CHECK(error("(?>a)") == "0: a group of this kind is not ECMAScript's");
  CHECK(error("(?P<n>a)") == "0: a group of this kind is not ECMAScript's");
  CHECK(error("[a") == "2: `[` without its `]`");
  CHECK(error("a\\") == "1: `\\` with nothing behind it");
  CHECK(error("\\ud800") == "0: half of a surrogate pair");
  CHECK(error("\\u{110000}") == "0: `\\u{` without its hexadecimal digits and `}`");
  CHECK(error("\\p{}") == "0: an unknown property");
  CHECK(error("\\u12") == "0: an escape without its hexadecimal digits");
  CHECK(error("(a") != "compiled");
  CHECK(error("*a") != "compiled");
  CHECK(error("[z-a]") != "compiled");
}
