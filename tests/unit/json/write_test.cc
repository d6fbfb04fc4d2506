#include "json/write.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace gh::json;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_text(out, text);
  return out;
}
template <class T>
std::string number(T value) {
  std::string out;
  append_number(out, value);
  return out;
}

}  // namespace

TEST_CASE("texts: what must be escaped is, the rest stays") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("a/b é \xf0\x9f\x98\x80") == "\"a/b é \xf0\x9f\x98\x80\"");
  CHECK(quoted("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
  CHECK(quoted(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
}

TEST_CASE("invalid UTF-8 is replaced, one U+FFFD for each broken sequence") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(quoted("a\xff" "b") == '"' + std::string("a") + r + "b\"");
  CHECK(quoted("\xc3") == '"' + r + '"');
  CHECK(quoted("\xe2\x82") == '"' + r + '"');
  CHECK(quoted("\xe2\x82x") == '"' + r + "x\"");
  CHECK(quoted("\xed\xa0\x80") == '"' + r + r + r + '"');
  CHECK(quoted("\xc0\x80") == '"' + r + r + '"');
  CHECK(quoted("\xf4\x90\x80\x80") == '"' + r + r + r + r + '"');
  CHECK(quoted("\xf0\x9f\x98\xf0\x9f\x98\x80") == '"' + r + "\xf0\x9f\x98\x80\"");
}

TEST_CASE("numbers in their shortest form that reads back the same") {
  CHECK(number(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(number(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(number(0.1) == "0.1");
  CHECK(number(4.2) == "4.2");
  CHECK(number(5.0) == "5");
  CHECK(number(-0.0) == "-0");
  CHECK(number(100000.0) == "100000");
  CHECK(number(1e20) == "100000000000000000000");
  CHECK(number(1e21) == "1e+21");
  CHECK(number(0.000001) == "0.000001");
  CHECK(number(1e-7) == "1e-07");
  CHECK(number(std::nan("")) == "null");
  CHECK(number(std::numeric_limits<double>::infinity()) == "null");
  for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789012345680.0, -1.5e-5}) {
    const auto read = Document::parse(number(value));
    REQUIRE(read);
    CHECK(*read->root().as_double() == value);
  }
}

TEST_CASE("values as they were read, and names") {
  const auto document = Document::parse(R"({"a" : [1.50, "\u0041"]})");
  std::string out;
  append_name(out, "x\"");
  append_value(out, document->root().find("a"));
  append_value(out, document->root().find("b"));
  append_bool(out, true);
  CHECK(out == R"("x\"":[1.50, "\u0041"]nulltrue)");
}
