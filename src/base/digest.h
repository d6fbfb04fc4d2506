// Digests by OpenSSL, and what secrets need: comparing without telling how far they agree. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gh {

enum class DigestKind : std::uint8_t { md5, sha1, sha256 };

/// Of the parts, one behind the other: 16, 20 or 32 bytes. Empty when the system's policy forbids this digest.
std::string digest(DigestKind kind, std::initializer_list<std::string_view> parts);
/// As above, in lower-case hexadecimal digits.
std::string hex_digest(DigestKind kind, std::string_view text);
/// HMAC-SHA256 under a key that is drawn once per process and never leaves it.
using Proof = std::array<std::uint8_t, 32>;
Proof process_hmac(std::string_view bytes);
/// True when both are equal; the time it takes depends on their sizes only.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace gh
