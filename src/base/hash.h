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

}  // namespace gh
