// What a JWE (RFC 7516) is made of: how its content key comes (RFC 7518 4, RFC 8037 3.2), and its content (RFC 7518 5).
// Only reading. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jose/key.h"

namespace gh::jose {

/// The five parts, decoded, and what the header says of them.
struct Encrypted {
  Algorithm algorithm = Algorithm::unknown;  // how the content key comes
  Algorithm content = Algorithm::unknown;    // what it is used with
  std::string_view protected_text;           // the header as it came: authenticated with the content
  std::string key, iv, ciphertext, tag;
  EvpKeyPtr ephemeral;                       // ECDH-ES: the sender's public key ("epk"), on its curve
  Curve ephemeral_curve = Curve::none;
  std::string agreement_u, agreement_v;      // apu, apv
};

/// Nothing, whatever was wrong: a reason would help whoever guesses (RFC 7516 11.5).
std::optional<std::string> decrypt(const Key& key, const Encrypted& what);

}  // namespace gh::jose
