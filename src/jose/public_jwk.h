// The public half of a key as a JWK (RFC 7517), for others to verify with. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jose/key.h"

namespace gh::jose {

/// RFC 7638, SHA-256, in base64url: a name that two different keys never share. Secrets have none.
Result<std::string> thumbprint(const Key& key);
/// With `use`, `alg` and the key's kid. Secrets are refused.
Result<std::string> public_jwk(const Key& key, Algorithm algorithm);

}  // namespace gh::jose
