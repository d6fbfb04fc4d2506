#include "base/base64.h"

#include "base/text.h"

namespace gh {

namespace {

int sextet(char c, Base64 alphabet) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == (alphabet == Base64::url ? '-' : '+')) return 62;
  if (c == (alphabet == Base64::url ? '_' : '/')) return 63;
  return -1;
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += letters[bits >> (held - 6) & 63];
  }
  if (held > 0) out += letters[bits << (6 - held) & 63];
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string_view> decode_base64(std::string_view text, char* to, Base64 alphabet) {
  text = text.substr(0, text.find('='));
  if (text.size() % 4 == 1) return std::nullopt;
  std::uint32_t bits = 0;
  unsigned held = 0;
  char* end = to;
  for (const char c : text) {
    const int value = sextet(c, alphabet);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *end++ = static_cast<char>(bits >> held & 0xff);
  }
  return std::string_view(to, static_cast<std::size_t>(end - to));
}

}  // namespace gh
