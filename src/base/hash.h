// Hashes that configuration semantics depend on, and one fast hash for our own tables.
#pragma once

#include <cstdint>
#include <string_view>

namespace gh {

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed = 0);   // IEEE 802.3; `hash` and its ketama points
std::uint32_t murmur2(std::string_view bytes, std::uint32_t seed = 0); // MurmurHash2 32-bit; split_clients
std::uint64_t fnv1a(std::string_view bytes);                           // tables of ours; not against attackers
/// Keyed 64-bit hash (SipHash-1-3) for tables whose keys a peer controls; the key is drawn once per process.
std::uint64_t keyed_hash(std::string_view bytes);
/// 128 bits of the same kind, for tables that keep no keys: two of them will not meet.
struct Hash128 {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 keyed_hash128(std::string_view bytes);

}  // namespace gh
