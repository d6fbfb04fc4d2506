#include "jose/base64url.h"

#include <array>
#include <cstdint>

namespace gh::jose {

namespace {

constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_letter = 0x80;  // no sextet has this bit

constexpr std::array<std::uint8_t, 256> make_sextets() {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_letter);
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(letters[i])] = i;
  return table;
}
constexpr auto sextets = make_sextets();

unsigned sextet(char c) { return sextets[static_cast<unsigned char>(c)]; }

}  // namespace

bool decode_base64url(std::string_view text, char* to) {
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return false;
  unsigned seen = 0;
  const auto put = [&to](std::uint32_t bits) { *to++ = static_cast<char>(bits & 0xff); };
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const unsigned a = sextet(text[at]), b = sextet(text[at + 1]), c = sextet(text[at + 2]), d = sextet(text[at + 3]);
    seen |= a | b | c | d;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    put(bits >> 16);
    put(bits >> 8);
    put(bits);
  }
  if (rest == 0) return (seen & no_letter) == 0;
  const unsigned a = sextet(text[at]), b = sextet(text[at + 1]), c = rest == 3 ? sextet(text[at + 2]) : 0;
  seen |= a | b | c;
  const std::uint32_t bits = a << 18 | b << 12 | c << 6;
  put(bits >> 16);
  if (rest == 3) put(bits >> 8);
  const std::uint32_t unused = rest == 3 ? bits & 0xff : bits & 0xffff;
  return (seen & no_letter) == 0 && unused == 0;
}

bool decode_base64url(std::string_view text, std::string& to) {
  to.resize(base64url_decoded_bytes(text.size()));
  return decode_base64url(text, to.data());
}

std::string encode_base64url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffff;
    for (held += 8; held >= 6; held -= 6) out += letters[bits >> (held - 6) & 63];
  }
  if (held > 0) out += letters[bits << (6 - held) & 63];
  return out;
}

}  // namespace gh::jose
