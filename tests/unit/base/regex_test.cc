#include "base/regex.h"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

using namespace gh;

namespace {
Regex make(std::string_view pattern, bool ignore_case = false) {
  auto compiled = Regex::compile(pattern, ignore_case);
  REQUIRE(compiled);
  return std::move(*compiled);
}
}  // namespace

TEST_CASE("groups are offsets into the subject; an unset group is empty") {
  const Regex regex = make("^/(\\w+)(/x)?/(\\d+)$");
  Captures captures;
  const std::string_view subject = "/user/42";
  REQUIRE(regex.match(subject, &captures) == Regex::Match::yes);
  CHECK(captures.count == 4);
  CHECK(captures.group(subject, 0) == subject);
  CHECK(captures.group(subject, 1) == "user");
  CHECK(captures.groups[2].begin == 0xffffffffu);
  CHECK(captures.group(subject, 2).empty());
  CHECK(captures.group(subject, 3) == "42");
  CHECK(captures.group(subject, 4).empty());
  CHECK(regex.match("/user/", &captures) == Regex::Match::no);
  CHECK(captures.count == 0);
  CHECK(regex.match(subject, nullptr) == Regex::Match::yes);
  CHECK(regex.group_count() == 3);
}

TEST_CASE("more groups than there is room for: the first ten are filled") {
  const Regex regex = make("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)");
  Captures captures;
  REQUIRE(regex.match("abcdefghijk", &captures) == Regex::Match::yes);
  CHECK(captures.count == 10);
  CHECK(captures.group("abcdefghijk", 9) == "i");
  CHECK(regex.group_count() == 11);
}

TEST_CASE("names, case and the empty subject") {
  const Regex regex = make("^(?<first>a)(?P<second>b)", true);
  REQUIRE(regex.names().size() == 2);
  for (const auto& name : regex.names()) CHECK(name.group == (name.name == "first" ? 1u : 2u));
  CHECK(regex.match("AB", nullptr) == Regex::Match::yes);
  CHECK(make("ab").match("AB", nullptr) == Regex::Match::no);
  CHECK(make("^$").match({}, nullptr) == Regex::Match::yes);
  CHECK(make("^.$").match("\xff", nullptr) == Regex::Match::yes);  // bytes, not UTF-8
}

TEST_CASE("a bad pattern says what and where") {
  auto bad = Regex::compile("a(b", false);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().text == "missing closing parenthesis");
  CHECK(bad.error().code == 3);
}

TEST_CASE("a pattern that explodes ends at the match limit") {
  const Regex regex = make("^(a+)+$");
  CHECK(regex.match(std::string(40, 'a') + "b", nullptr) == Regex::Match::limit);
  CHECK(regex.match("aaa", nullptr) == Regex::Match::yes);
}

TEST_CASE("one regex serves many threads") {
  const Regex regex = make("(\\d+)-(\\d+)");
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&regex, &wrong, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string subject = "x" + std::to_string(t) + "-" + std::to_string(i);
        Captures captures;
        const bool found = regex.match(subject, &captures) == Regex::Match::yes;
        if (!found || captures.group(subject, 2) != std::to_string(i)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
