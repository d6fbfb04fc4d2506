#include "json/compare.h"

#include <doctest/doctest.h>

#include <string>

using namespace gh::json;

namespace {

Document parsed(std::string_view text) {
  auto document = Document::parse(text, {.bytes = 10'000'000});
  REQUIRE_MESSAGE(document.has_value(), text);
  return std::move(*document);
}

bool same(std::string_view a, std::string_view b) {
  const Document left = parsed(a), right = parsed(b);
  std::uint64_t steps = 1000;
  const bool is_equal = equal(left.root(), right.root(), steps);
  if (is_equal) CHECK(fingerprint(left.root(), steps) == fingerprint(right.root(), steps));
  CHECK(steps > 0);
  return is_equal;
}

bool multiple(std::string_view number, std::string_view unit) {
  const Document left = parsed(number), right = parsed(unit);
  return is_multiple(left.root(), right.root());
}

}  // namespace

TEST_CASE("equal by what they mean") {
  CHECK(same("1", "1.0"));
  CHECK(same("100", "1e2"));
  CHECK(same("0", "-0.0"));
  CHECK(same("\"a\"", "\"\\u0061\""));
  CHECK(same(R"({"a":1,"b":[2,{}]})", R"({ "b":[2.0,{}], "a":1 })"));
  CHECK_FALSE(same("1", "true"));
  CHECK_FALSE(same("0", "false"));
  CHECK_FALSE(same("[1,2]", "[2,1]"));
  CHECK_FALSE(same("[1]", "[1,1]"));
  CHECK_FALSE(same(R"({"a":1})", R"({"b":1})"));
  CHECK_FALSE(same(R"({"a":null})", "{}"));
  CHECK_FALSE(same("[]", "{}"));
  CHECK_FALSE(same("9007199254740993", "9007199254740992.0"));
  CHECK_FALSE(same("18446744073709551615", "18446744073709551616"));
}

TEST_CASE("numbers in their order, exact between integers and doubles") {
  const auto order = [](std::string_view a, std::string_view b) {
    const Document left = parsed(a), right = parsed(b);
    return compare_numbers(left.root(), right.root());
  };
  CHECK(order("-1", "18446744073709551615") < 0);
  CHECK(order("9007199254740993", "9007199254740992.0") > 0);
  CHECK(order("1.0", "1") == 0);
  CHECK(is_whole(parsed("1e3").root()));
  CHECK(is_whole(parsed("-2.0").root()));
  CHECK_FALSE(is_whole(parsed("2.5").root()));
}

TEST_CASE("multiples by decimal digits") {
  CHECK(multiple("0.3", "0.1"));
  CHECK(multiple("0.0075", "0.0001"));
  CHECK_FALSE(multiple("0.00751", "0.0001"));
  CHECK(multiple("-10", "5"));
  CHECK(multiple("0", "3"));
  CHECK(multiple("1e3", "250"));
  CHECK(multiple("12391239123", "1e-8"));
  CHECK_FALSE(multiple("1e308", "0.123456789"));
  CHECK_FALSE(multiple("7", "2"));
  CHECK_FALSE(multiple("1.5", "5"));
  CHECK(multiple("1e308", "1e-300"));
  CHECK(multiple("18446744073709551615", "5"));
}

TEST_CASE("steps are counted: what is too large is told, not done") {
  std::string text = "[";
  for (int i = 0; i < 5000; ++i) text += "[],";
  text += "0]";
  const Document left = parsed(text), right = parsed(text);
  std::uint64_t steps = 1000;
  CHECK_FALSE(equal(left.root(), right.root(), steps));
  CHECK(steps == 0);
  steps = 10'000;
  CHECK(equal(left.root(), right.root(), steps));
  steps = 100;
  static_cast<void>(fingerprint(left.root(), steps));
  CHECK(steps == 0);
}
