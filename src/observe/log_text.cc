#include "observe/log_text.h"

#include <cstdint>
#include <cstring>

namespace gh::observe {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t tops = 0x8080808080808080;

constexpr std::uint64_t has_zero(std::uint64_t word) { return (word - ones) & ~word & tops; }
constexpr std::uint64_t has_below(std::uint64_t word, std::uint8_t limit) {
  return (word - ones * limit) & ~word & tops;
}
constexpr std::uint64_t has_above(std::uint64_t word, std::uint8_t limit) {
  return ((word + ones * (127u - limit)) | word) & tops;
}

constexpr bool is_plain(char c, bool json) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && (json || byte <= 0x7e) && c != '"' && c != '\\';
}

/// Bytes at the front that stand for themselves; eight at a time, as a user agent has a hundred.
std::size_t plain_prefix(std::string_view text, bool json) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    std::uint64_t bad = has_below(word, 0x20) | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\');
    if (!json) bad |= has_above(word, 0x7e);
    if (bad) break;
  }
  while (at < text.size() && is_plain(text[at], json)) ++at;
  return at;
}

constexpr char hex_digits[] = "0123456789ABCDEF";

char* write_hex_escape(char c, char* to) {
  const auto byte = static_cast<unsigned char>(c);
  *to++ = '\\';
  *to++ = 'x';
  *to++ = hex_digits[byte >> 4];
  *to++ = hex_digits[byte & 15];
  return to;
}

char short_json_escape(char c) {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\b': return 'b';
    case '\f': return 'f';
    default: return 0;
  }
}

char* write_json_escape(char c, char* to) {
  *to++ = '\\';
  if (const char letter = short_json_escape(c)) {
    *to++ = letter;
    return to;
  }
  const auto byte = static_cast<unsigned char>(c);
  std::memcpy(to, "u00", 3);
  to[3] = hex_digits[byte >> 4];
  to[4] = hex_digits[byte & 15];
  return to + 5;
}

void write_escaped(proxy::Output& out, std::string_view rest, bool json) {
  constexpr std::size_t longest_escape = 6;
  char* const begin = out.room(rest.size() * longest_escape);
  char* end = begin;
  for (char c : rest) {
    if (is_plain(c, json)) *end++ = c;
    else end = json ? write_json_escape(c, end) : write_hex_escape(c, end);
  }
  out.add(static_cast<std::size_t>(end - begin));
}

}  // namespace

void write_value(proxy::Output& out, std::string_view value, Escape escape) {
  if (!value.data()) {
    if (escape == Escape::standard) out << '-';
    return;
  }
  if (escape == Escape::none) {
    out << value;
    return;
  }
  const bool json = escape == Escape::json;
  const std::size_t plain = plain_prefix(value, json);
  out << value.substr(0, plain);
  if (plain < value.size()) write_escaped(out, value.substr(plain), json);
}

}  // namespace gh::observe
