// What a login leaves with the browser or in a store: sealed texts (AES-256-GCM) that nobody but a gateway with the
// same key can read or make. A session says who has logged in; a pending login, what the answer of the provider must
// fit to. Pure but for randomness; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gh::policy {

struct OidcSession {
  std::string claims, userinfo;                      // JSON objects; userinfo may be empty
  std::string id_token, access_token, refresh_token;  // empty: not there, or nobody needs it
  std::int64_t ends_s = 0;                           // unix time
  std::int64_t renew_s = 0;                          // from then on its tokens are renewed; 0: never
};

struct PendingLogin {
  std::string state, nonce, verifier, target;        // where to go when it is done
  std::int64_t ends_s = 0;
};

/// Seals texts of one kind for one provider. The first key seals, all open.
class Sealer {
 public:
  /// `label` tells the provider and what depends on it from others with the same secret.
  Sealer(const std::vector<std::string_view>& secrets, std::string_view label);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  enum class Kind : std::uint8_t { session = 's', login = 'l', refresh = 'r' };
  /// In base64url, only to be opened for the same `place`. Empty: it is too long, or OpenSSL failed.
  [[nodiscard]] std::string seal(Kind kind, std::string_view text, std::string_view place = {}) const;
  /// Nothing: it was not sealed with any of the keys, or is of another kind or place.
  [[nodiscard]] std::optional<std::string> open(Kind kind, std::string_view sealed, std::string_view place = {}) const;

 private:
  using Key = std::array<unsigned char, 32>;
  std::vector<Key> keys_;
};

std::string write_session(const OidcSession& session);
std::optional<OidcSession> read_session(std::string_view text);
std::string write_login(const PendingLogin& login);
std::optional<PendingLogin> read_login(std::string_view text);

/// `bytes` of randomness in base64url.
std::string random_text(std::size_t bytes);
/// RFC 7636 4.2, S256.
std::string challenge_of(std::string_view verifier);

/// A path and query of this server; anything else, which could lead elsewhere, becomes "/".
std::string safe_return(std::string_view target);

}  // namespace gh::policy
