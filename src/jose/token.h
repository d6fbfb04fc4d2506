// Tokens in the compact form: JWT (RFC 7519) as JWS (RFC 7515) or JWE (RFC 7516), one in the other at most once. Bytes
// and a time in, verdict out. Nothing that a token names is followed or trusted (jku, x5u, jwk, x5c): keys come from
// the set alone. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "jose/key_set.h"
#include "jose/rules.h"
#include "json/document.h"

namespace gh::jose {

/// Shared: an issuer's tokens have the same one for years, and a thread reads it once.
using HeaderPtr = std::shared_ptr<const json::Document>;

/// A token whose signature is right, or that was decrypted. Its content is not judged.
struct Opened {
  Finding finding;
  HeaderPtr header;    // of what holds the content
  HeaderPtr envelope;  // of the JWE around it, when it is nested
  std::string content;
};
Opened open_token(std::string_view token, const KeySet& keys, const Rules& rules);

struct Verdict {
  Finding finding;
  HeaderPtr header, envelope;
  std::optional<json::Document> claims;  // there when the verdict is good, or when only the claims were not
  std::string content;                   // of the claims, as it came
  explicit operator bool() const { return static_cast<bool>(finding); }
};
Verdict verify(std::string_view token, const KeySet& keys, const Rules& rules, std::int64_t now_unix_s);

}  // namespace gh::jose
