// Escapes of log lines: log_format escape=.
#include "observe/log_text.h"

#include <doctest/doctest.h>

#include <string>

using gh::observe::Escape;

namespace {

std::string written(std::string_view value, Escape escape) {
  gh::proxy::Output out;
  gh::observe::write_value(out, value, escape);
  return std::string(out.view());
}

}  // namespace

TEST_CASE("every byte, at every place of a word of eight") {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t before = 0; before < 10; ++before) {
      const std::string value = std::string(before, 'a') + static_cast<char>(c) + std::string(9, 'b');
      const bool plain = c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned>(c));
      const std::string shown = plain ? std::string(1, static_cast<char>(c)) : std::string(hex);
      REQUIRE(written(value, Escape::standard) == std::string(before, 'a') + shown + std::string(9, 'b'));
      REQUIRE(written(value, Escape::none) == value);
    }
  }
}

TEST_CASE("json: RFC 8259 7") {
  CHECK(written("plain \xc3\xa4 text, longer than a word", Escape::json) == "plain \xc3\xa4 text, longer than a word");
  CHECK(written("a\"b\\c/d", Escape::json) == "a\\\"b\\\\c/d");
  CHECK(written("\n\r\t\b\f", Escape::json) == "\\n\\r\\t\\b\\f");
  CHECK(written(std::string_view("\0\x1f\x7f", 3), Escape::json) == "\\u0000\\u001F\x7f");
}

TEST_CASE("what is not there is a dash, but nothing in json") {
  CHECK(written({}, Escape::standard) == "-");
  CHECK(written({}, Escape::json).empty());
  CHECK(written({}, Escape::none).empty());
  CHECK(written("", Escape::standard).empty());
}

TEST_CASE("long values grow the line") {
  const std::string value(100000, '\\');
  CHECK(written(value, Escape::standard).size() == 400000);
}
