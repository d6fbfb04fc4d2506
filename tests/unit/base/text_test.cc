#include "base/text.h"

#include <doctest/doctest.h>

using namespace gh;

TEST_CASE("tchar is what RFC 9110 5.6.2 lists and nothing else") {
  int count = 0;
  for (int c = 0; c < 256; ++c) count += is_tchar(static_cast<char>(c)) ? 1 : 0;
  CHECK(count == 10 + 52 + 15);
  for (char c : std::string_view("!#$%&'*+-.^_`|~azAZ09")) CHECK(is_tchar(c));
  for (char c : std::string_view(" \t\"(),/:;<=>?@[\\]{}\x7f\x80\xff")) CHECK_FALSE(is_tchar(c));
  CHECK_FALSE(is_tchar('\0'));
}

TEST_CASE("case is ASCII's only") {
  CHECK(iequals("Content-Length", "cONTENT-lENGTH"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("@", "`"));  // these differ in the case bit alone
  CHECK_FALSE(iequals("\xc4", "\xe4"));
  CHECK(to_lower("AbC-1") == "abc-1");
  CHECK(upper('z') == 'Z');
  CHECK(upper('{') == '{');
}

TEST_CASE("hexadecimal digits") {
  CHECK(hex_digit('0') == 0);
  CHECK(hex_digit('f') == 15);
  CHECK(hex_digit('A') == 10);
  CHECK(hex_digit('g') == -1);
  CHECK(hex_digit('/') == -1);
}

TEST_CASE("trim takes blanks and tabs only") {
  CHECK(trim(" \t a b \t") == "a b");
  CHECK(trim("\r\n") == "\r\n");
  CHECK(trim("  ").empty());
}

TEST_CASE("numbers are digits to the last, and never overflow") {
  CHECK(parse_uint("0") == 0u);
  CHECK(parse_uint("18446744073709551615") == UINT64_MAX);
  CHECK_FALSE(parse_uint("18446744073709551616"));
  CHECK_FALSE(parse_uint("99999999999999999999"));
  CHECK_FALSE(parse_uint(""));
  CHECK_FALSE(parse_uint("+1"));
  CHECK_FALSE(parse_uint("1 "));
  CHECK_FALSE(parse_uint("0x1"));
}

TEST_CASE("split keeps empty parts") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split("a,", ',') == std::vector<std::string_view>{"a", ""});
}

TEST_CASE("list elements: empty ones are ignored, quoted commas do not separate (RFC 9110 5.6.1)") {
  std::string_view rest = " , a ,, \"b,\\\",c\" ;q=1,d";
  std::string_view element;
  REQUIRE(next_list_element(rest, element));
  CHECK(element == "a");
  REQUIRE(next_list_element(rest, element));
  CHECK(element == "\"b,\\\",c\" ;q=1");
  REQUIRE(next_list_element(rest, element));
  CHECK(element == "d");
  CHECK_FALSE(next_list_element(rest, element));
  CHECK(list_has("keep-alive, Upgrade", "upgrade"));
  CHECK_FALSE(list_has("upgraded", "upgrade"));
  CHECK_FALSE(list_has("\"a, close\"", "close"));
}

TEST_CASE("printable shows control bytes and stops at its limit") {
  CHECK(printable("a\r\n\x7f\xff") == "a\\x0D\\x0A\\x7F\\xFF");
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
}
