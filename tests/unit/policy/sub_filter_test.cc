// sub_filter's search: leftmost first, then the list's order; the fuzz target compares it with a search by hand.
#include "policy/response/sub_filter_matcher.h"

#include <doctest/doctest.h>

#include <chrono>

using gh::policy::SubMatcher;
using gh::policy::SubPatterns;

namespace {

struct Writer final : SubMatcher::Sink {
  std::string out;
  void on_text(std::string_view text) override { out += text; }
  void on_match(std::uint32_t number) override { out += static_cast<char>('0' + number); }
};

std::string replaced(const std::vector<std::string>& strings, std::string_view body, bool once = false,
                     std::size_t step = 1000000) {
  const SubPatterns patterns(strings);
  SubMatcher matcher(patterns, once);
  Writer writer;
  for (std::size_t at = 0; at < body.size(); at += step) matcher.feed(body.substr(at, step), writer);
  matcher.end(writer);
  return writer.out;
}

}  // namespace

TEST_CASE("the leftmost match comes first, then the first string of the list") {
  for (std::size_t step : {1u, 2u, 3u, 5u, 100u}) {
    CHECK(replaced({"aabb", "aaabb"}, "aabbaaabbaabb", false, step) == "010");
    CHECK(replaced({"abpatternyz", "abpa", "tter"}, "abpatternyzAabpatternyA", false, step) == "0A12nyA");
    CHECK(replaced({"a", "ab"}, "abab", false, step) == "0b0b");
    CHECK(replaced({"ab", "a"}, "abab", false, step) == "00");
    CHECK(replaced({"AbC"}, "xabcABC", false, step) == "x00");
    CHECK(replaced({"abcabd"}, "abcabcabd", false, step) == "abc0");
    CHECK(replaced({"aa"}, "aaaaa", false, step) == "00a");
    CHECK(replaced({"abcd", "bc"}, "abcx abcd", false, step) == "a1x 0");
  }
}

TEST_CASE("with once each string is found at its first place") {
  for (std::size_t step : {1u, 4u, 100u}) {
    CHECK(replaced({"aab", "yyz"}, "yyzyyzaabaabyyz", true, step) == "1yyz0aabyyz");
    CHECK(replaced({"foo", "foo"}, "foofoofoo", true, step) == "01foo");
    CHECK(replaced({"a", "ab", "abc"}, "abcabcabc", true, step) == "0bc1c2");
  }
}

TEST_CASE("only bytes that may become part of a match are held back") {
  const SubPatterns patterns({"za", "zabc"});
  SubMatcher matcher(patterns, false);
  Writer writer;
  matcher.feed("xyz", writer);
  CHECK(writer.out == "xy");
  CHECK(matcher.held_bytes() == 1);
  matcher.feed("a", writer);
  CHECK(writer.out == "xy0");  // the longer one stands behind it in the list
  matcher.feed("bc", writer);
  CHECK(writer.out == "xy0bc");
}

TEST_CASE("time is linear for strings that make a search by hand go back and forth") {
  std::string string(8000, 'a');
  string += 'b';
  const std::string body(400000, 'a');
  const auto start = std::chrono::steady_clock::now();
  CHECK(replaced({string, "aaaa"}, body).size() == 100000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));  // by hand: 3,200,000,000 comparisons
}
