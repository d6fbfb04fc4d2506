// TokenIssuer: the tokens that jwt_issue gives. An access token is a JWT (RFC 9068) that anybody with the public key
// can verify; a refresh token is a text that only a gateway with the same key, issuer and audience can read or make, so
// that neither is ever taken for the other. Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jose/key.h"
#include "policy/oidc_session.h"
#include "state/token_families.h"
#include "table/secret_value.h"

namespace gh::policy {

/// A private key or a secret, and what it signs with.
struct SigningKey {
  jose::Key key;
  jose::Algorithm algorithm = jose::Algorithm::unknown;
  std::shared_ptr<const table::SecretValue> text;  // as it was read: what seals is derived from it
};
/// `algorithm` unknown: the usual one of the key's type. Without a `kid` a public key is named by its thumbprint.
Result<SigningKey> read_signing_key(std::shared_ptr<const table::SecretValue> text, jose::Algorithm algorithm,
                                    std::optional<std::string> kid);
using SigningKeys = std::vector<std::shared_ptr<const SigningKey>>;
/// The JWKS document of those that have a public half; empty when none has.
std::string public_keys(const SigningKeys& keys);

/// What is issued to whom: it goes on in the refresh token.
struct IssuedTo {
  std::string subject;
  std::string claims = "{}";  // beside the registered ones; a JSON object
  state::TokenFamily family{};
  std::uint32_t number = 0;   // of the refresh token in its family
  std::int64_t ends_s = 0;    // of the family, Unix time
};

class TokenIssuer {
 public:
  /// The first of the keys signs and seals, all open. There is one at least.
  TokenIssuer(SigningKeys keys, std::string issuer, std::vector<std::string> audiences);

  Result<std::string> access_token(const IssuedTo& who, std::int64_t now_s, std::int64_t ends_s) const;
  /// Empty: OpenSSL failed.
  [[nodiscard]] std::string refresh_token(const IssuedTo& who) const;
  /// Nothing: none of ours. Whether its time is over is the caller's business.
  [[nodiscard]] std::optional<IssuedTo> open_refresh_token(std::string_view token) const;

 private:
  SigningKeys keys_;
  std::string issuer_, audience_;  // as JSON
  std::unique_ptr<Sealer> sealer_;
};

state::TokenFamily new_family();

}  // namespace gh::policy
