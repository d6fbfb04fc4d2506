#include "json/write.h"

#include <array>
#include <charconv>
#include <cmath>

namespace gh::json {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Bytes of the well-formed sequence at the beginning of `text` (Unicode 15, table 3-7), which is no ASCII; 0 when
/// there is none, and then `bad` gets how many bytes one U+FFFD stands for.
std::size_t sequence_length(std::string_view text, std::size_t& bad) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  bad = 1;
  if (length == 0) return 0;
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t at = 1; at < length; ++at) {
    if (at >= text.size()) return 0;
    if (byte(at) < (at == 1 ? least : 0x80U) || byte(at) > (at == 1 ? most : 0xbfU)) return 0;
    bad = at + 1;
  }
  return length;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += hex[static_cast<unsigned char>(c) >> 4];
  out += hex[static_cast<unsigned char>(c) & 15];
}

template <class T>
void append_digits(std::string& out, T number) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // what was not yet copied begins here
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    std::size_t bad = 0;
    const std::size_t length = c < 0x80 ? 0 : sequence_length(text.substr(at), bad);
    if (length > 0) {
      at += length;
      continue;
    }
    out.append(text.substr(plain, at - plain));
    if (c < 0x80) {
      append_escape(out, text[at]);
      ++at;
    } else {
      out.append(replacement);
      at += bad;
    }
    plain = at;
  }
  out.append(text.substr(plain));
  out += '"';
}

void append_number(std::string& out, std::int64_t number) { append_digits(out, number); }
void append_number(std::string& out, std::uint64_t number) { append_digits(out, number); }

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const double size = std::fabs(number);
  const bool is_fixed = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 is_fixed ? std::chars_format::fixed : std::chars_format::scientific);
  out.append(digits.data(), end.ptr);
}

void append_name(std::string& out, std::string_view name) {
  append_text(out, name);
  out += ':';
}

}  // namespace gh::json
