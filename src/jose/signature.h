// Signatures and MACs over bytes (RFC 7518 3, RFC 8037 3.1). The key decides what it may be used for (Key::can). Any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jose/key.h"

namespace gh::jose {

inline constexpr std::size_t most_signature = most_rsa_bits / 8;  // in bytes; RSA has the longest

/// False for each reason alike: a key that is not for this algorithm, a signature of another length, a wrong one.
bool verify_signature(const Key& key, Algorithm algorithm, std::string_view signed_bytes, std::string_view signature);

Result<std::string> make_signature(const Key& key, Algorithm algorithm, std::string_view bytes);

/// Takes the time of an HMAC, so that it does not show whether there is a secret of some name.
void waste_mac_time(Algorithm algorithm, std::string_view bytes);

}  // namespace gh::jose
