#include "table/value_map.h"

#include <string>

#include <doctest/doctest.h>

using namespace gh;
using table::ValueMap;
using Verdict = ValueMap::Builder::Verdict;

namespace {

std::shared_ptr<const Regex> regex(std::string_view pattern, bool ignore_case = false) {
  auto compiled = Regex::compile(pattern, ignore_case);
  REQUIRE(compiled);
  return std::make_shared<const Regex>(std::move(*compiled));
}

std::uint32_t find(const ValueMap& map, std::string_view text) {
  Captures captures;
  return map.find(text, captures).entry;
}

}  // namespace

TEST_CASE("exact keys are found without case, and nothing else") {
  ValueMap::Builder builder;
  CHECK(builder.add("Foo", 0).verdict == Verdict::added);
  CHECK(builder.add("", 1).verdict == Verdict::added);
  CHECK(builder.add("*.x", 2).verdict == Verdict::added);  // no wildcard without `hostnames`
  CHECK(builder.add(std::string(400, 'K'), 3).verdict == Verdict::added);
  const auto twice = builder.add("fOO", 4);
  CHECK(twice.verdict == Verdict::twice);
  CHECK(twice.first == 0);
  const ValueMap map = builder.build();
  CHECK(find(map, "foo") == 0);
  CHECK(find(map, "FOO") == 0);
  CHECK(find(map, "foo.") == ValueMap::npos);
  CHECK(find(map, "") == 1);
  CHECK(find(map, "*.X") == 2);
  CHECK(find(map, "a.x") == ValueMap::npos);
  CHECK(find(map, std::string(400, 'k')) == 3);
  CHECK(find(map, std::string(401, 'k')) == ValueMap::npos);
  CHECK(find(ValueMap::Builder().build(), "x") == ValueMap::npos);
}

TEST_CASE("host names: exact, longest *.x, longest x.*, then regexes in order") {
  ValueMap::Builder builder;
  builder.use_hostnames();
  builder.add("example.com", 0);
  builder.add("*.Example.com", 1);
  builder.add("*.b.example.com", 2);
  builder.add("example.*", 3);
  builder.add("example.co.*", 4);
  builder.add(".dot.com", 5);
  builder.add_regex(regex("^[a-z]\\.example\\.com$"), 6);  // never reached: the wildcard comes first
  builder.add_regex(regex("^(?<n>[A-Z]+)\\.org$"), 7);
  builder.add_regex(regex("\\.ORG$", true), 8);
  const ValueMap map = builder.build();
  CHECK(find(map, "EXAMPLE.com") == 0);
  CHECK(find(map, "example.com.") == 0);
  CHECK(find(map, "a.example.com") == 1);
  CHECK(find(map, "c.a.example.com") == 1);
  CHECK(find(map, "a.b.EXAMPLE.com") == 2);
  CHECK(find(map, "b.example.com") == 1);
  CHECK(find(map, "example.net") == 3);
  CHECK(find(map, "example.co.uk") == 4);
  CHECK(find(map, "dot.com") == 5);
  CHECK(find(map, "x.dot.com") == 5);
  CHECK(find(map, "xdot.com") == ValueMap::npos);
  CHECK(find(map, "ABC.org") == 7);
  CHECK(find(map, "abc.org") == 8);
  CHECK(find(map, "") == ValueMap::npos);
  CHECK(find(map, ".") == ValueMap::npos);
}

TEST_CASE("groups of the regex that decided") {
  ValueMap::Builder builder;
  builder.add("x", 0);
  builder.add_regex(regex("^/(?<lang>..)/(.*)$"), 1);
  const ValueMap map = builder.build();
  Captures captures;
  const auto hit = map.find("/de/a", captures);
  REQUIRE(hit.regex != nullptr);
  CHECK(hit.entry == 1);
  CHECK(captures.group("/de/a", 1) == "de");
  CHECK(captures.group("/de/a", 2) == "a");
  CHECK(map.find("x", captures).regex == nullptr);
}

TEST_CASE("no regex is asked about the empty text") {
  ValueMap::Builder builder;
  builder.add_regex(regex("^"), 0);
  const ValueMap map = builder.build();
  CHECK(find(map, "") == ValueMap::npos);
  CHECK(find(map, "a") == 0);
}

TEST_CASE("a regex that gives up selects nothing") {
  ValueMap::Builder builder;
  builder.add_regex(regex("^(a+)+$"), 0);
  builder.add_regex(regex("."), 1);
  const ValueMap map = builder.build();
  Captures captures;
  const auto hit = map.find(std::string(60, 'a') + "!", captures);
  CHECK(hit.limit_hit);
  CHECK(hit.entry == ValueMap::npos);
  CHECK(hit.regex->pattern() == "^(a+)+$");
}

TEST_CASE("wildcards that are none, and those that meet") {
  ValueMap::Builder builder;
  builder.use_hostnames();
  for (const std::string_view bad : {"a.*.b", "a*.b", "*", "*.", "a..b", "*.a.*", "**.a", "*a"}) {
    CAPTURE(bad);
    CHECK(builder.add(bad, 9).verdict == Verdict::bad_wildcard);
  }
  CHECK(builder.add(".a.b", 0).verdict == Verdict::added);
  CHECK(builder.add("a.b", 1).first == 0);
  CHECK(builder.add("*.A.b", 2).first == 0);
  CHECK(builder.add("*.c.d", 3).verdict == Verdict::added);
  CHECK(builder.add(".c.d", 4).first == 3);
  CHECK(builder.add("w.*", 5).verdict == Verdict::added);
  CHECK(builder.add("W.*", 6).first == 5);
  CHECK(builder.add("w", 7).verdict == Verdict::added);
}
