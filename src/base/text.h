// Text helpers over string_view: ASCII only, no locale, no allocation unless a std::string is returned.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gh {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
/// 0-15, or -1 when `c` is no hexadecimal digit.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
namespace detail {
constexpr std::array<bool, 256> make_tchar_table() {
  std::array<bool, 256> table{};
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  for (int c = 0; c < 128; ++c) {
    if (is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c))) table[static_cast<std::size_t>(c)] = true;
  }
  return table;
}
inline constexpr std::array<bool, 256> tchar_table = make_tchar_table();
}  // namespace detail
/// RFC 9110 5.6.2 tchar.
constexpr bool is_tchar(char c) { return detail::tchar_table[static_cast<unsigned char>(c)]; }

bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
/// Without leading and trailing SP and HTAB (RFC 9110 5.6.3 OWS).
std::string_view trim(std::string_view text);
/// Digits only, whole text, no sign; nothing on overflow or an empty text.
std::optional<std::uint64_t> parse_uint(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
/// One element of a comma-separated field value (RFC 9110 5.6.1), trimmed; removes it from `rest`. False at the end.
bool next_list_element(std::string_view& rest, std::string_view& element);
/// True when `token` is an element of the comma-separated `list`, compared without case.
bool list_has(std::string_view list, std::string_view token);
/// For people: control bytes and non-ASCII as \xHH, at most `limit` bytes of text, then "...".
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace gh
