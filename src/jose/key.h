// One key, and what it may be used for. Made of a JWK (RFC 7517, 7518 6, 8037 2), of PEM, or of the bytes of a secret;
// weak or broken ones are refused. Immutable once made: any number of threads use one at once. Nothing here prints
// what is secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "jose/algorithm.h"
#include "jose/mac_maker.h"
#include "jose/secret.h"
#include "json/document.h"

namespace gh::jose {

enum class KeyType : std::uint8_t { rsa, ec, edwards, agreement, secret };  // OKP is two: what signs, what agrees
enum class Curve : std::uint8_t { none, p256, p384, p521, ed25519, ed448, x25519, x448 };
enum class Operation : std::uint8_t { verify, sign, decrypt };

inline constexpr std::size_t least_rsa_bits = 2048;
inline constexpr std::size_t most_rsa_bits = 8192;  // verifying costs its square

/// Which keys a place takes.
struct KeyRules {
  bool private_keys = false;   // for signing and decrypting; where public keys are meant they are refused
  bool secrets = true;         // of kty "oct"; a set that anybody can fetch must not hold any
  bool short_secrets = false;  // shorter than the hash, against RFC 7518 3.2
};

/// What `use` and `key_ops` leave. A bit set.
enum KeyUses : std::uint8_t { may_verify = 1, may_sign = 2, may_decrypt = 4, may_all = 7 };

/// What is known of a key before it is judged.
struct KeyParts {
  KeyType type = KeyType::secret;
  Curve curve = Curve::none;
  EvpKeyPtr handle;  // all but secrets
  Secret secret;
  bool is_private = false;
  std::optional<std::string> kid;
  Algorithm pinned = Algorithm::unknown;
  std::uint8_t uses = may_all;
};

class Key {
 public:
  /// `parts` are checked: sizes, exponents, points, and that something is left that it may be used for.
  static Result<Key> make(KeyParts parts, const KeyRules& rules);
  static Result<Key> from_jwk(json::Value jwk, const KeyRules& rules);
  /// A public key, a certificate or, where the rules allow it, a private key without a password.
  static Result<Key> from_pem(std::string_view pem, const KeyRules& rules, std::optional<std::string> kid = {},
                              Algorithm pinned = Algorithm::unknown);
  static Result<Key> from_secret(std::string_view secret, const KeyRules& rules, std::optional<std::string> kid = {},
                                 Algorithm pinned = Algorithm::unknown);

  [[nodiscard]] KeyType type() const { return parts_.type; }
  [[nodiscard]] Curve curve() const { return parts_.curve; }
  [[nodiscard]] const std::optional<std::string>& kid() const { return parts_.kid; }
  [[nodiscard]] Algorithm pinned() const { return parts_.pinned; }
  [[nodiscard]] bool is_private() const { return parts_.is_private; }
  /// This decides which algorithm is used, not the token: what the key's own `alg` pins, or else what its type, curve
  /// and size are for.
  [[nodiscard]] bool can(Operation operation, Algorithm algorithm) const {
    return allowed_[static_cast<std::size_t>(operation)].has(algorithm);
  }
  /// RSA: of the modulus. Curves: of a coordinate. Secrets: all.
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }
  /// For logs: "RSA of 2048 bits", "a secret of 32 bytes".
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] EVP_PKEY* handle() const { return parts_.handle.get(); }
  [[nodiscard]] const Secret& secret() const { return parts_.secret; }
  /// The order of the curve's group, as many bytes as a coordinate has. Empty when this is no EC key.
  [[nodiscard]] std::string_view order() const { return order_; }
  /// A begun verification, to be copied: beginning one costs more than a short one itself. Null: not for this key.
  [[nodiscard]] const EVP_MD_CTX* begun_verification(Algorithm algorithm) const;
  /// MACs with this key. Null: not for this key.
  [[nodiscard]] MacMaker* mac(Algorithm algorithm) const;

 private:
  explicit Key(KeyParts parts) : parts_(std::move(parts)) {}
  Result<void> check(const KeyRules& rules);
  Result<void> check_rsa();
  Result<void> check_ec();
  Result<void> check_edwards();
  Result<void> check_secret(const KeyRules& rules);
  [[nodiscard]] AlgorithmSet verified_by_type(const KeyRules& rules) const;
  [[nodiscard]] AlgorithmSet decrypted_by_type() const;
  Result<void> allow(const KeyRules& rules);
  Result<void> begin();

  KeyParts parts_;
  std::array<AlgorithmSet, 3> allowed_{};  // by operation
  std::size_t size_bytes_ = 0;
  std::string order_;
  std::array<MdCtxPtr, 6> verifications_;  // rs256 to ps512
  std::array<std::unique_ptr<MacMaker>, 3> macs_;  // hs256 to hs512
};

/// The public key of an ECDH-ES header ("epk"): type, curve and handle; on its curve.
Result<KeyParts> read_ephemeral(json::Value epk);

/// The words of OpenSSL for what failed last, and its list of errors emptied.
std::string crypto_reason(std::string_view otherwise);

}  // namespace gh::jose
