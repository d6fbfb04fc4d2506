// What a byte may be in HTTP/1.1: one 256-entry table, built at compile time. Used by the parsers of this folder only.
// RFC 9110 5.5, 5.6.2; RFC 3986 3.2.2; RFC 9112 3.
#pragma once

#include <array>
#include <cstdint>

#include "base/text.h"

namespace gh::http {

enum CharClass : std::uint8_t {
  cls_token = 1,    // tchar
  cls_usual = 2,    // letters, digits, "-": what nginx takes in a field name without a second look
  cls_value = 4,    // VCHAR, SP, HTAB, obs-text: a field value or reason phrase
  cls_target = 8,   // 0x21-0x7e without "#": a request-target never has a fragment
  cls_host = 16,    // unreserved, sub-delims, "%": a reg-name
  cls_method = 32,  // capital letters and "-": all that the methods we take are made of
  cls_visible = 64  // VCHAR, SP, HTAB: a chunk extension
};

constexpr std::uint8_t classify(unsigned byte) {
  const char c = static_cast<char>(byte);
  const bool ascii = byte < 0x80;
  const bool vchar = byte > 0x20 && byte < 0x7f;
  unsigned bits = 0;
  if (ascii && is_tchar(c)) bits |= cls_token;
  if (ascii && (is_alpha(c) || is_digit(c) || c == '-')) bits |= cls_usual;
  if (vchar || c == ' ' || c == '\t') bits |= cls_value | cls_visible;
  if (!ascii) bits |= cls_value;
  if (vchar && c != '#') bits |= cls_target;
  if (ascii && (is_alpha(c) || is_digit(c) || std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos))
    bits |= cls_host;
  if ((c >= 'A' && c <= 'Z') || c == '-') bits |= cls_method;
  return static_cast<std::uint8_t>(bits);
}

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) table[i] = classify(i);
  return table;
}
inline constexpr std::array<std::uint8_t, 256> char_classes = make_char_classes();

constexpr std::uint8_t class_of(char c) { return char_classes[static_cast<unsigned char>(c)]; }
constexpr bool is_class(char c, CharClass wanted) { return (class_of(c) & wanted) != 0; }
constexpr bool all_of_class(std::string_view text, CharClass wanted) {
  for (const char c : text)
    if (!is_class(c, wanted)) return false;
  return true;
}

}  // namespace gh::http
