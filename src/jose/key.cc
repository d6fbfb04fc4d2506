#include "jose/key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "jose/key_material.h"

namespace gh::jose {

namespace {

constexpr int most_exponent_bits = 64;  // as OpenSSL has it for large moduli: verifying costs its length

const char* hash_name(Algorithm signature) {
  switch (hash_bytes(signature)) {
    case 32:
      return "SHA2-256";
    case 48:
      return "SHA2-384";
    default:
      return "SHA2-512";
  }
}

std::size_t index_from(Algorithm first, Algorithm one) {
  return static_cast<std::size_t>(one) - static_cast<std::size_t>(first);
}

BnPtr number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return BnPtr(number);
}

MdCtxPtr begin_verification(EVP_PKEY* key, Algorithm algorithm) {
  MdCtxPtr begun(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  if (!begun ||
      EVP_DigestVerifyInit_ex(begun.get(), &options, hash_name(algorithm), nullptr, nullptr, key, nullptr) != 1) {
    return nullptr;
  }
  if (!pss_algorithms.has(algorithm)) return begun;
  const bool set = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  return set ? std::move(begun) : nullptr;
}

using MacPtr = std::unique_ptr<EVP_MAC, FreeBy<EVP_MAC_free>>;

MacCtxPtr begin_mac(const Secret& secret, Algorithm algorithm) {
  const MacPtr mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacCtxPtr begun(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(hash_name(algorithm)), 0),
      OSSL_PARAM_construct_end()};
  return begun && EVP_MAC_init(begun.get(), secret.bytes(), secret.size(), params) == 1 ? std::move(begun) : nullptr;
}

/// Points whose multiples are so few that anybody makes signatures for them: y is 0, 1, -1, of order 8, or not reduced.
bool is_weak_point(Curve curve, std::string_view x) {
  std::string y(x);
  y.back() = static_cast<char>(curve == Curve::ed25519 ? y.back() & 0x7f : 0);  // the sign of the other coordinate
  const std::string zero(y.size(), '\0');
  if (y == zero || y == "\1" + zero.substr(1)) return true;
  if (curve == Curve::ed448) {  // 2^448 - 2^224 - 1 has its zero bit in byte 28
    return y.substr(29, 27) == std::string(27, '\xff') && static_cast<unsigned char>(y[28]) >= 0xfe;
  }
  static constexpr std::string_view order_8[] = {{"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5"
                                                  "\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88"
                                                  "\x6d\x53\xfc\x05",
                                                  32},
                                                 {"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a"
                                                  "\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77"
                                                  "\x92\xac\x03\x7a",
                                                  32}};
  if (y == order_8[0] || y == order_8[1]) return true;
  return y.back() == '\x7f' && y.substr(1, 30) == std::string(30, '\xff') && static_cast<unsigned char>(y[0]) >= 0xec;
}

}  // namespace

std::string crypto_reason(std::string_view otherwise) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text(reason ? std::string_view(reason) : otherwise);
  ERR_clear_error();
  return text;
}

Result<Key> Key::make(KeyParts parts, const KeyRules& rules) {
  Key key(std::move(parts));
  if (auto good = key.check(rules); !good) return Unexpected(std::move(good.error()));
  if (auto good = key.allow(rules); !good) return Unexpected(std::move(good.error()));
  if (auto good = key.begin(); !good) return Unexpected(std::move(good.error()));
  return key;
}

Result<Key> Key::from_secret(std::string_view secret, const KeyRules& rules, std::optional<std::string> kid,
                             Algorithm pinned) {
  KeyParts parts;
  parts.secret = Secret(secret);
  parts.kid = std::move(kid);
  parts.pinned = pinned;
  return make(std::move(parts), rules);
}

Result<void> Key::check(const KeyRules& rules) {
  if (parts_.is_private && !rules.private_keys) return fail("a private key stands where a public one is meant");
  if (parts_.type != KeyType::secret && !parts_.handle) return fail("there is no key");
  switch (parts_.type) {
    case KeyType::rsa:
      return check_rsa();
    case KeyType::ec:
      return check_ec();
    case KeyType::edwards:
      return check_edwards();
    case KeyType::secret:
      return check_secret(rules);
    case KeyType::agreement:
      break;
  }
  size_bytes_ = coordinate_bytes(parts_.curve);
  return {};
}

Result<void> Key::check_rsa() {
  const BnPtr modulus = number_of(handle(), OSSL_PKEY_PARAM_RSA_N);
  const BnPtr exponent = number_of(handle(), OSSL_PKEY_PARAM_RSA_E);
  if (!modulus || !exponent) return fail(crypto_reason("the numbers are no RSA key"));
  const auto bits = static_cast<std::size_t>(BN_num_bits(modulus.get()));
  if (bits < least_rsa_bits)
    return fail(fmt::format("an RSA key has at least {} bits, this one {}", least_rsa_bits, bits));
  if (bits > most_rsa_bits)
    return fail(fmt::format("an RSA key has at most {} bits, this one {}", most_rsa_bits, bits));
  if (BN_is_odd(modulus.get()) == 0) return fail("the RSA modulus is even");
  if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) {
    return fail("the RSA exponent is 1 or even");
  }
  if (BN_num_bits(exponent.get()) > most_exponent_bits) return fail("the RSA exponent has more than 64 bits");
  size_bytes_ = (bits + 7) / 8;
  return {};
}

Result<void> Key::check_ec() {
  size_bytes_ = coordinate_bytes(parts_.curve);
  const BnPtr order = number_of(handle(), OSSL_PKEY_PARAM_EC_ORDER);
  if (size_bytes_ == 0 || !order) return fail(crypto_reason("the curve of the key is not served"));
  order_.resize(size_bytes_);
  if (BN_bn2binpad(order.get(), reinterpret_cast<unsigned char*>(order_.data()), static_cast<int>(size_bytes_)) < 0) {
    return fail(crypto_reason("the curve of the key is not served"));
  }
  return {};
}

Result<void> Key::check_edwards() {
  size_bytes_ = coordinate_bytes(parts_.curve);
  std::string point(size_bytes_, '\0');
  std::size_t size = point.size();
  if (EVP_PKEY_get_raw_public_key(handle(), reinterpret_cast<unsigned char*>(point.data()), &size) != 1 ||
      size != point.size()) {
    return fail(crypto_reason("the key is not one of its curve"));
  }
  if (is_weak_point(parts_.curve, point)) return fail("anybody can sign for this key: its point has a small order");
  return {};
}

Result<void> Key::check_secret(const KeyRules& rules) {
  const std::string_view bytes = parts_.secret.view();
  size_bytes_ = bytes.size();
  if (!rules.secrets) return fail("a secret stands where a public key is meant");
  if (bytes.empty()) return fail("the secret is empty");
  // Whoever has the public key could sign with it: the oldest confusion of all.
  if (bytes.find("-----BEGIN ") != std::string_view::npos) return fail("the secret is a key or certificate in PEM");
  const std::size_t least = hmac_algorithms.has(parts_.pinned) ? hash_bytes(parts_.pinned) : 0;
  if (bytes.size() < least && !rules.short_secrets) {
    return fail(fmt::format("a secret for {} has at least {} bytes, this one {}", algorithm_name(parts_.pinned), least,
                            bytes.size()));
  }
  return {};
}

AlgorithmSet Key::verified_by_type(const KeyRules& rules) const {
  AlgorithmSet found;
  switch (parts_.type) {
    case KeyType::rsa:
      return rsa_algorithms;
    case KeyType::ec:
      return {parts_.curve == Curve::p256   ? Algorithm::es256
              : parts_.curve == Curve::p384 ? Algorithm::es384
                                            : Algorithm::es512};
    case KeyType::edwards:
      return {Algorithm::eddsa, parts_.curve == Curve::ed25519 ? Algorithm::ed25519 : Algorithm::ed448};
    case KeyType::agreement:
      return {};
    case KeyType::secret:
      break;
  }
  for (const Algorithm one : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
    if (size_bytes_ >= hash_bytes(one) || rules.short_secrets) found.add(one);
  }
  return found;
}

AlgorithmSet Key::decrypted_by_type() const {
  AlgorithmSet found;
  switch (parts_.type) {
    case KeyType::rsa:
      return oaep_algorithms;
    case KeyType::ec:
    case KeyType::agreement:
      return agreement_algorithms;
    case KeyType::edwards:
      return {};
    case KeyType::secret:
      break;
  }
  for (const Algorithm one : {Algorithm::a128kw, Algorithm::a192kw, Algorithm::a256kw}) {
    if (size_bytes_ == key_bytes(one)) found.add(one);
  }
  for (const std::size_t size : {16U, 24U, 32U, 48U, 64U}) {
    if (size_bytes_ == size) found.add(Algorithm::dir);
  }
  return found;
}

Result<void> Key::allow(const KeyRules& rules) {
  AlgorithmSet verified = verified_by_type(rules), decrypted = decrypted_by_type();
  if (content_algorithms.has(parts_.pinned)) {  // RFC 7520 5.6 pins the key of `dir` so
    verified = {};
    decrypted = size_bytes_ == key_bytes(parts_.pinned) ? decrypted.both({Algorithm::dir}) : AlgorithmSet{};
  } else if (parts_.pinned != Algorithm::unknown) {
    AlgorithmSet only{parts_.pinned};  // EdDSA is the older name of what its curve says (RFC 9864)
    if (edwards_algorithms.has(parts_.pinned) && verified.has(parts_.pinned)) only = verified;
    verified = verified.both(only);
    decrypted = decrypted.both(only);
  }
  const bool signs = parts_.is_private || parts_.type == KeyType::secret;
  if ((parts_.uses & may_verify) != 0) allowed_[static_cast<std::size_t>(Operation::verify)] = verified;
  if ((parts_.uses & may_sign) != 0 && signs) allowed_[static_cast<std::size_t>(Operation::sign)] = verified;
  if ((parts_.uses & may_decrypt) != 0 && signs) allowed_[static_cast<std::size_t>(Operation::decrypt)] = decrypted;
  for (const AlgorithmSet& set : allowed_)
    if (!set.empty()) return {};
  return fail(fmt::format("{} is left without anything that it may be used for", describe()));
}

Result<void> Key::begin() {
  const AlgorithmSet verified =
      allowed_[static_cast<std::size_t>(Operation::verify)].with(allowed_[static_cast<std::size_t>(Operation::sign)]);
  for (std::size_t i = 0; i < verifications_.size(); ++i) {
    const auto algorithm = static_cast<Algorithm>(static_cast<std::size_t>(Algorithm::rs256) + i);
    if (!verified.has(algorithm)) continue;
    verifications_[i] = begin_verification(handle(), algorithm);
    if (!verifications_[i]) return fail(crypto_reason("this OpenSSL has no such algorithm"));
  }
  for (std::size_t i = 0; i < macs_.size(); ++i) {
    const auto algorithm = static_cast<Algorithm>(static_cast<std::size_t>(Algorithm::hs256) + i);
    if (!verified.has(algorithm)) continue;
    MacCtxPtr begun = begin_mac(secret(), algorithm);
    if (!begun) return fail(crypto_reason("this OpenSSL has no such algorithm"));
    macs_[i] = std::make_unique<MacMaker>(std::move(begun));
  }
  return {};
}

const EVP_MD_CTX* Key::begun_verification(Algorithm algorithm) const {
  return rsa_algorithms.has(algorithm) ? verifications_[index_from(Algorithm::rs256, algorithm)].get() : nullptr;
}

MacMaker* Key::mac(Algorithm algorithm) const {
  return hmac_algorithms.has(algorithm) ? macs_[index_from(Algorithm::hs256, algorithm)].get() : nullptr;
}

std::string Key::describe() const {
  switch (parts_.type) {
    case KeyType::rsa:
      return fmt::format("{}RSA of {} bits", is_private() ? "private " : "", EVP_PKEY_get_bits(handle()));
    case KeyType::secret:
      return fmt::format("a secret of {} bytes", parts_.secret.size());
    default:
      return fmt::format("{}{}", is_private() ? "private " : "", curve_name(parts_.curve));
  }
}

}  // namespace gh::jose
