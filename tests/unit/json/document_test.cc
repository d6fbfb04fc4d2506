#include "json/document.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace gh;
using namespace gh::json;

namespace {

Document parsed(std::string_view text, Duplicates duplicates = Duplicates::allow) {
  auto document = Document::parse(text, {}, duplicates);
  REQUIRE_MESSAGE(document.has_value(), text);
  return std::move(*document);
}

/// "OFFSET: TEXT" of the error, "read" when there is none.
std::string error(std::string_view text, const Limits& limits = {}, Duplicates duplicates = Duplicates::allow) {
  const auto document = Document::parse(text, limits, duplicates);
  if (document) return "read";
  return std::to_string(document.error().offset) + ": " + document.error().text;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("each kind of value") {
  CHECK(parsed("null").root().is_null());
  CHECK(*parsed(" true ").root().as_bool());
  CHECK_FALSE(*parsed("false").root().as_bool());
  CHECK(*parsed("-12").root().as_int64() == -12);
  CHECK(*parsed("1.5e2").root().as_double() == 150.0);
  CHECK(parsed("\"a\"").root().text() == "a");
  CHECK(parsed("[]").root().is_array());
  CHECK(parsed("{}").root().is_object());
  CHECK(parsed("\t\n\r [1]\n").root().size() == 1);
}

TEST_CASE("integers are exact over the whole range of 64 bits, and doubles beyond") {
  CHECK(*parsed("-9223372036854775808").root().as_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(*parsed("18446744073709551615").root().as_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(parsed("18446744073709551615").root().as_int64());
  CHECK_FALSE(parsed("-1").root().as_uint64());
  CHECK(*parsed("18446744073709551615").root().as_double() == 18446744073709551615.0);
  const Document large = parsed("18446744073709551616");
  CHECK(large.root().kind() == Kind::number);
  CHECK(large.root().raw() == "18446744073709551616");
  CHECK(parsed("1.0").root().kind() == Kind::number);
  CHECK(parsed("-0").root().kind() == Kind::integer);
  CHECK(*parsed("1e-400").root().as_double() == 0.0);
  CHECK(error("1e400") == "0: a number that is too large");
}

TEST_CASE("members and elements in their order, and their spans") {
  const Document document = parsed(R"( {"b": [1, {"x":2} , "t\n"] , "a" : {} , "c":tru)" "e}");
  std::string names;
  for (const auto member : document.root().members()) names += member.name;
  CHECK(names == "bac");
  std::vector<std::string_view> spans;
  for (const Value value : document.root().find("b").elements()) spans.push_back(value.raw());
  CHECK(spans == std::vector<std::string_view>{"1", "{\"x\":2}", R"("t\n")"});
  CHECK(document.root().find("b").raw() == R"([1, {"x":2} , "t\n"])");
  CHECK(document.root().find("a").raw() == "{}");
  CHECK(document.root().find("c").raw() == "true");
  CHECK(document.root().raw() == document.text().substr(1));
  CHECK(*document.root().find("b").at(1).find("x").as_int64() == 2);
  CHECK(document.root().find("b").size() == 3);
}

TEST_CASE("what is not there is absent and answers as null") {
  const Document document = parsed(R"({"a":null})");
  CHECK(document.root().find("a"));
  const Value absent = document.root().find("b").find("c").at(3);
  CHECK_FALSE(absent);
  CHECK(absent.is_null());
  CHECK(absent.raw().empty());
  CHECK(absent.text().empty());
  CHECK(absent.size() == 0);
  CHECK(absent.members().empty());
  CHECK(absent.elements().empty());
  CHECK_FALSE(absent.as_double());
  CHECK_FALSE(parsed("[1]").root().at(1));
  CHECK_FALSE(parsed("{\"a\":1}").root().at(0));
}

TEST_CASE("escapes are undone in texts and names") {
  const Document document = parsed(R"({"\u0061lg":"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t\u0000end"})");
  const Value value = document.root().find("alg");
  REQUIRE(value);
  CHECK(value.text() == std::string_view("\xc3\xa9\xf0\x9f\x98\x80\"\\/\b\f\n\r\t\0end", 18));
  CHECK(value.raw() == R"("\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t\u0000end")");
}

TEST_CASE("one name twice: refused when asked, else the last one counts") {
  CHECK(*parsed(R"({"a":1,"a":2})").root().find("a").as_int64() == 2);
  CHECK(error(R"({"a":1,"a":2})", {}, Duplicates::refuse) == "7: two members have the same name");
  CHECK(error(R"({"x":{"alg":1,"\u0061lg":2}})", {}, Duplicates::refuse) == "14: two members have the same name");
  CHECK(error(R"([{"a":1},{"a":1}])", {}, Duplicates::refuse) == "read");
  CHECK(error(R"({"a":{"a":1},"b":{"a":1}})", {}, Duplicates::refuse) == "read");
}

TEST_CASE("errors and where they stand") {
  CHECK(error("") == "0: there is no value");
  CHECK(error(" \n") == "0: there is no value");
  CHECK(error("[1,2") == "4: the text ends too early");
  CHECK(error("{\"a\":") == "5: the text ends too early");
  CHECK(error("\"abc") == "0: a string without its closing quote");
  CHECK(error("[\"a\nb\"]") == "3: a control character in a string");
  CHECK(error("[\"a\xff\"]") == "3: invalid UTF-8");
  CHECK(error("[\"\xed\xa0\x80\"]") == "2: invalid UTF-8");
  CHECK(error("[\"\xc0\x80\"]") == "2: invalid UTF-8");
  CHECK(error("{\"a\":1} x") == "8: there is something after the value");
  CHECK(error("1,2") == "2: there is something after the value");
  CHECK(error("[1]]") == "3: there is something after the value");
  CHECK(error("[01]") == "1: a number that is not written as JSON has it");
  CHECK(error("[truex]") == "1: an unknown word");
  CHECK(error(R"(["\ud800"])") == "1: a bad escape in a string");
  CHECK(error(R"(["\udc00"])") == "1: a bad escape in a string");
  CHECK(error(R"({"\x":1})") == "1: a bad escape in a name");
}

TEST_CASE("what RFC 8259 does not have is refused") {
  const char* wrong[] = {"[1,]", "[,1]", "[1,,2]", "[1 2]", "{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\" 1}", "{a:1}",
                         "{\"a\":1 \"b\":2}", "{\"a\":\"b\":1}", "{\"a\":1:2}", "{\"a\":true:2}", "{1:2}", "['a']", "NaN",
                         "Infinity", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "-01", "00", "1.e1", "nul", "True", "[1}",
                         "{\"a\":1]", "]", "}", "[", "{", ":", ",", "\"", "[\"", "{\"a", "1],[2", "1] [", "],[", "\"a\"b",
                         "\"a\" \"b\"", "[\"a\"b]", "\xef\xbb\xbf{}", "// c\n1", "/**/1", "[1]\v", "\f1", "\"\\u12\"",
                         "\"\\u12g4\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\\'\"", "\"\x7f\x80\"", "[\"\x01\"]",
                         "{\"a\":}", "{:1}", "[:]", "[1:2]", "{\"a\",\"b\"}", "[[1]", "{\"a\":{}", "1 1", "nulll", "[-]"};
  for (const char* text : wrong) CHECK_MESSAGE(error(text) != "read", text);
  CHECK(error(std::string_view("1\0", 2)) != "read");
  CHECK(error(std::string_view("\"\0\"", 3)) != "read");
}

TEST_CASE("limits: bytes, depth, values, each at its edge") {
  CHECK(error("[1]", {.bytes = 3}) == "read");
  CHECK(error("[1] ", {.bytes = 3}) == "3: more than 3 bytes");
  CHECK(error(nested(64)) == "read");
  CHECK(error(nested(65)) == "64: nested deeper than 64");
  CHECK(error("7", {.depth = 0}) == "read");
  CHECK(error("[]", {.depth = 0}) == "0: nested deeper than 0");
  CHECK(error(nested(1000), {.depth = 50'000}) == "read");
  CHECK(error(nested(1001), {.depth = 50'000}) == "1000: nested deeper than 1000");
  CHECK(error(std::string(100'000, '['), {}) == "64: nested deeper than 64");
  CHECK(error("[1,2,3]", {.values = 4}) == "read");
  CHECK(error("[1,2,3,4]", {.values = 4}) == "7: more than 4 values");
  const auto deep = Document::parse(nested(65));
  CHECK(deep.error().is_limit);
  CHECK_FALSE(Document::parse("[").error().is_limit);
}

TEST_CASE("values stay when their document moves, and a large text is read whole") {
  std::string text = "[";
  for (int i = 0; i < 150'000; ++i) text += std::to_string(i) + ",";
  text += "\"end\"]";
  auto read = Document::parse(text, {.bytes = text.size(), .depth = 1, .values = 150'002});
  REQUIRE(read);
  const Value last = read->root().at(150'000);
  const Document moved = std::move(*read);
  CHECK(last.text() == "end");
  std::int64_t sum = 0;
  for (const Value value : moved.root().elements()) sum += value.as_int64().value_or(0);
  CHECK(sum == 150'000LL * 149'999 / 2);
  CHECK(moved.bytes_held() > text.size());
}
