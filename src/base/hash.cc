#include "base/hash.h"

#include <sys/random.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace gh {

namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) ? (value >> 1) ^ 0xEDB88320u : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> crc_table = make_crc_table();

std::uint32_t load32(const char* from) {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::uint64_t load64(const char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// The last 0-7 bytes, low byte first.
std::uint64_t load_tail(const char* from, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  }
  return value;
}

struct SipKey {
  std::uint64_t k0, k1;
  static SipKey draw() {
    SipKey key;
    if (getrandom(&key, sizeof key, 0) != static_cast<ssize_t>(sizeof key)) std::abort();  // never weaker than promised
    return key;
  }
};

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  explicit SipState(const SipKey& key)
      : v0(key.k0 ^ 0x736f6d6570736575u),
        v1(key.k1 ^ 0x646f72616e646f6du),
        v2(key.k0 ^ 0x6c7967656e657261u),
        v3(key.k1 ^ 0x7465646279746573u) {}
  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void add(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

static_assert(std::endian::native == std::endian::little, "loads assume a little-endian machine");

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t crc = ~seed;
  for (char c : bytes) crc = (crc >> 8) ^ crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::uint32_t murmur2(std::string_view bytes, std::uint32_t seed) {
  constexpr std::uint32_t m = 0x5bd1e995;
  std::uint32_t h = seed ^ static_cast<std::uint32_t>(bytes.size());
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 4; at += 4, left -= 4) {
    std::uint32_t k = load32(at) * m;
    k = (k ^ (k >> 24)) * m;
    h = (h * m) ^ k;
  }
  if (left > 0) h = (h ^ static_cast<std::uint32_t>(load_tail(at, left))) * m;
  h = (h ^ (h >> 13)) * m;
  return h ^ (h >> 15);
}

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h;
}

namespace {

std::uint64_t sip(const SipKey& key, std::string_view bytes) {
  SipState state(key);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) state.add(load64(at));
  state.add(load_tail(at, left) | static_cast<std::uint64_t>(bytes.size()) << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace

std::uint64_t keyed_hash(std::string_view bytes) {
  static const SipKey key = SipKey::draw();
  return sip(key, bytes);
}

Hash128 keyed_hash128(std::string_view bytes) {
  static const SipKey low = SipKey::draw(), high = SipKey::draw();
  return {sip(low, bytes), sip(high, bytes)};
}

}  // namespace gh
