// The filter may only leave out what cannot match: random patterns and subjects are searched with it and without.
#include "table/regex_list.h"

#include <random>
#include <string>

#include <doctest/doctest.h>

using namespace gh;
using table::RegexList;

namespace {

using Regexes = std::vector<std::shared_ptr<const Regex>>;

std::shared_ptr<const Regex> make(std::string_view pattern, bool ignore_case = false) {
  auto compiled = Regex::compile(pattern, ignore_case);
  return compiled ? std::make_shared<const Regex>(std::move(*compiled)) : nullptr;
}

std::uint32_t in_order(const Regexes& regexes, std::string_view subject) {
  for (std::uint32_t i = 0; i < regexes.size(); ++i) {
    if (regexes[i]->match(subject, nullptr) == Regex::Match::yes) return i;
  }
  return RegexList::npos;
}

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) { return engine_() % limit; }
  template <std::size_t n>
  std::string_view any(const char* const (&texts)[n]) { return texts[below(n)]; }

 private:
  std::mt19937 engine_;
};

/// Fragments that mean something to the reader of literals, put together without regard to sense.
std::string random_pattern(Dice& dice, int depth = 0) {
  static const char* const atoms[] = {"/", "a", "b", "A", ".", "\\.", "ab", "/a", "\\d", "\\w", "[ab]", "[^a]", "[]a]",
                                      "[[:alpha:]]", "[a-c]", "[A]", "\\n", "\\x61", "\\/", "(?=a)", "(?!b)", "\\b",
                                      "(?:", "(", "(?<n>", "(?>", "(?i)", "$", "^", "\\Qa|\\E", "(?#x)", "[a\\]b]"};
  static const char* const counts[] = {"", "", "", "", "", "?", "*", "+", "{2}", "{0,1}", "+?", "{,2}", "{1}b", "*+"};
  std::string out = depth == 0 && dice.below(3) > 0 ? "^" : "";
  for (std::size_t size = 1 + dice.below(4); size > 0; --size) {
    const std::string atom(dice.any(atoms));
    out += atom;
    const bool opens = atom == "(" || atom == "(?:" || atom == "(?<n>" || atom == "(?>";
    if (opens) out += (depth < 3 ? random_pattern(dice, depth + 1) : "b") + ")";
    out += dice.any(counts);
  }
  if (dice.below(5) == 0) out += "|" + random_pattern(dice, depth == 0 ? 0 : depth + 1);
  if (depth == 0 && dice.below(3) == 0) out += dice.below(3) > 0 ? "$" : "\\z";
  return out;
}

std::string random_subject(Dice& dice) {
  static const char* const parts[] = {"/", "a", "b", "ab", ".", "A", "B", "c", "1", "/a", "/b", "|", "]", "\\", "\xc3"};
  std::string out = dice.below(8) == 0 ? "" : "/";
  for (std::size_t size = dice.below(7); size > 0; --size) out += dice.any(parts);
  if (dice.below(8) == 0) out += '\n';
  return out;
}

}  // namespace

TEST_CASE("random lists find what trying all in order finds") {
  Dice dice(20260101);
  int hits = 0, patterns = 0, with_literals = 0, wrong = 0;
  for (int round = 0; round < 1500; ++round) {
    Regexes regexes;
    for (std::size_t i = dice.below(30); i > 0; --i) {
      if (auto regex = make(random_pattern(dice), dice.below(3) == 0)) regexes.push_back(std::move(regex));
    }
    for (const auto& regex : regexes) {
      ++patterns;
      if (regex->literals().where != RegexLiterals::Where::nowhere) ++with_literals;
    }
    const RegexList list = RegexList::build(regexes);
    for (int i = 0; i < 40; ++i) {
      const std::string subject = random_subject(dice);
      Captures captures;
      const std::uint32_t want = in_order(regexes, subject);
      const RegexList::Found found = list.find(subject, captures);
      if (want != RegexList::npos) ++hits;
      if (found.index == want) continue;
      ++wrong;
      CAPTURE(subject);
      if (want != RegexList::npos) CAPTURE(regexes[want]->pattern());
      CHECK(found.index == want);
    }
  }
  CHECK(wrong == 0);
  CHECK(hits > 5000);                   // or the subjects met nothing
  CHECK(with_literals > patterns / 10);  // or nothing was filtered
}

TEST_CASE("a pattern alone, filtered, matches what it matches unfiltered") {
  Dice dice(7);
  for (int round = 0; round < 30000; ++round) {
    const bool ignore_case = dice.below(3) == 0;
    const auto regex = make(random_pattern(dice), ignore_case);
    if (regex == nullptr || regex->literals().where == RegexLiterals::Where::nowhere) continue;
    const RegexList list = RegexList::build({regex});
    for (int i = 0; i < 10; ++i) {
      const std::string subject = random_subject(dice);
      Captures captures;
      if (regex->match(subject, nullptr) != Regex::Match::yes || list.find(subject, captures).index == 0) continue;
      CAPTURE(subject);
      CAPTURE(regex->pattern());
      FAIL("left out though it matches");
    }
  }
}

TEST_CASE("of 500 patterns one is run") {
  Regexes regexes;
  for (int i = 0; i < 500; ++i) regexes.push_back(make("^/r" + std::to_string(1000 + i) + "/.+$"));
  regexes.push_back(make("^/R(x|y)/", true));
  regexes.push_back(make("\\.(jpg|png)$", true));
  const RegexList list = RegexList::build(regexes);
  Captures captures;
  const auto expect = [&](std::string_view subject, std::uint32_t index, std::uint32_t executions) {
    CAPTURE(subject);
    const RegexList::Found found = list.find(subject, captures);
    CHECK(found.index == index);
    CHECK(found.executions == executions);
  };
  expect("/r1499/x", 499, 1);
  expect("/r1499/", RegexList::npos, 1);
  expect("/rY/", 500, 1);
  expect("/a/b.PNG", 501, 1);
  expect("/a/b.PNG\n", 501, 1);
  expect("/r1000/b.png", 0, 1);
  expect("/other", RegexList::npos, 0);
  expect("", RegexList::npos, 0);
}

TEST_CASE("a catastrophic pattern ends the search with its limit") {
  const Regexes regexes = {make("^/x$"), make("^/(a+)+$"), make("^/a")};
  const RegexList list = RegexList::build(regexes);
  Captures captures;
  const RegexList::Found found = list.find("/" + std::string(60, 'a') + "!", captures);
  CHECK(found.index == 1);
  CHECK(found.limit_hit);
}
