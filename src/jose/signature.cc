#include "jose/signature.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/digest.h"

namespace gh::jose {

namespace {

constexpr std::size_t most_coordinate = 66;                          // of P-521
constexpr std::size_t most_der = 3 + 2 * (2 + 1 + most_coordinate);  // SEQUENCE of two INTEGERs

using EcSignaturePtr = std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>>;

std::string_view as_text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// 0: failed.
std::size_t compute_mac(const Key& key, Algorithm algorithm, std::string_view bytes, Mac& mac) {
  MacMaker* const maker = key.mac(algorithm);
  const std::size_t size = maker ? maker->make(bytes, mac) : 0;
  return size == hash_bytes(algorithm) ? size : 0;
}

bool verify_mac(const Key& key, Algorithm algorithm, std::string_view bytes, std::string_view signature) {
  Mac mac;
  const std::size_t size = compute_mac(key, algorithm, bytes, mac);
  return size > 0 && equal_secrets(as_text(mac.data(), size), signature);
}

bool verify_rsa(const Key& key, Algorithm algorithm, std::string_view bytes, std::string_view signature) {
  if (signature.size() != key.size_bytes()) return false;
  const MdCtxPtr context(EVP_MD_CTX_new());
  return context && EVP_MD_CTX_copy_ex(context.get(), key.begun_verification(algorithm)) == 1 &&
         EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(bytes), bytes.size()) == 1;
}

const EVP_MD* hash_of(Algorithm algorithm) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const sha384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  static const EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  const std::size_t size = hash_bytes(algorithm);
  return size == 0 ? nullptr : size == 32 ? sha256 : size == 48 ? sha384 : sha512;
}

/// 0 < number < order; all of one size.
bool is_in_range(std::string_view number, std::string_view order) {
  return number < order && number.find_first_not_of('\0') != std::string_view::npos;
}

/// An INTEGER: no heading zeroes but the one that keeps it positive.
unsigned char* put_integer(unsigned char* to, std::string_view number) {
  number.remove_prefix(std::min(number.find_first_not_of('\0'), number.size() - 1));
  const bool pad = (static_cast<unsigned char>(number[0]) & 0x80) != 0;
  *to++ = 0x02;
  *to++ = static_cast<unsigned char>(number.size() + (pad ? 1 : 0));
  if (pad) *to++ = 0;
  return std::copy(number.begin(), number.end(), to);
}

/// r and s, as JOSE writes them, to what OpenSSL reads. Empty when one is out of range.
std::string_view to_der(std::string_view signature, std::string_view order, std::array<unsigned char, most_der>& der) {
  const std::string_view r = signature.substr(0, order.size()), s = signature.substr(order.size());
  if (!is_in_range(r, order) || !is_in_range(s, order)) return {};
  std::array<unsigned char, most_der> inner;
  const auto size = static_cast<std::size_t>(put_integer(put_integer(inner.data(), r), s) - inner.data());
  unsigned char* to = der.data();
  *to++ = 0x30;
  if (size > 0x7f) *to++ = 0x81;
  *to++ = static_cast<unsigned char>(size);
  to = std::copy_n(inner.data(), size, to);
  return as_text(der.data(), static_cast<std::size_t>(to - der.data()));
}

bool verify_ecdsa(const Key& key, Algorithm algorithm, std::string_view bytes, std::string_view signature) {
  if (signature.size() != 2 * key.size_bytes()) return false;
  std::array<unsigned char, most_der> memory;
  const std::string_view der = to_der(signature, key.order(), memory);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const EVP_MD* const md = hash_of(algorithm);
  if (der.empty() || EVP_Digest(bytes.data(), bytes.size(), hash, &size, md, nullptr) != 1) return false;
  const EvpKeyCtxPtr context(EVP_PKEY_CTX_new(key.handle(), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), as_bytes(der), der.size(), hash, size) == 1;
}

bool verify_edwards(const Key& key, std::string_view bytes, std::string_view signature) {
  if (signature.size() != 2 * key.size_bytes()) return false;
  const MdCtxPtr context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.handle()) == 1 &&
         EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(bytes), bytes.size()) == 1;
}

/// As OpenSSL writes it: ECDSA in DER. Empty: failed.
std::string sign_with_key(const Key& key, Algorithm algorithm, std::string_view bytes) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  if (!context || EVP_DigestSignInit(context.get(), &options, hash_of(algorithm), nullptr, key.handle()) != 1)
    return {};
  if (pss_algorithms.has(algorithm) && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                                        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return {};
  }
  std::string signature(most_signature, '\0');
  std::size_t size = signature.size();
  auto* const to = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), to, &size, as_bytes(bytes), bytes.size()) != 1) return {};
  signature.resize(size);
  return signature;
}

std::string from_der(std::string_view der, std::size_t coordinate) {
  const unsigned char* at = as_bytes(der);
  const EcSignaturePtr read(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(2 * coordinate, '\0');
  auto* const to = reinterpret_cast<unsigned char*>(out.data());
  const int size = static_cast<int>(coordinate);
  const bool good = read && BN_bn2binpad(ECDSA_SIG_get0_r(read.get()), to, size) == size &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(read.get()), to + size, size) == size;
  return good ? out : std::string();
}

bool verify_by_family(const Key& key, Algorithm algorithm, std::string_view bytes, std::string_view signature) {
  if (hmac_algorithms.has(algorithm)) return verify_mac(key, algorithm, bytes, signature);
  if (rsa_algorithms.has(algorithm)) return verify_rsa(key, algorithm, bytes, signature);
  if (ecdsa_algorithms.has(algorithm)) return verify_ecdsa(key, algorithm, bytes, signature);
  return edwards_algorithms.has(algorithm) && verify_edwards(key, bytes, signature);
}

}  // namespace

bool verify_signature(const Key& key, Algorithm algorithm, std::string_view signed_bytes, std::string_view signature) {
  if (!key.can(Operation::verify, algorithm)) return false;
  const bool good = verify_by_family(key, algorithm, signed_bytes, signature);
  if (!good) ERR_clear_error();  // TLS on this thread reads the same list
  return good;
}

Result<std::string> make_signature(const Key& key, Algorithm algorithm, std::string_view bytes) {
  if (!key.can(Operation::sign, algorithm)) return fail("the key is not for signing with this algorithm");
  std::string made;
  if (hmac_algorithms.has(algorithm)) {
    Mac mac;
    made = as_text(mac.data(), compute_mac(key, algorithm, bytes, mac));
  } else {
    made = sign_with_key(key, algorithm, bytes);
    if (!made.empty() && ecdsa_algorithms.has(algorithm)) made = from_der(made, key.size_bytes());
  }
  if (made.empty()) return fail(crypto_reason("signing failed"));
  return made;
}

void waste_mac_time(Algorithm algorithm, std::string_view bytes) {
  static const auto nobodys = Key::from_secret(std::string(64, 'x'), {});
  if (nobodys) verify_signature(*nobodys, algorithm, bytes, "");
}

}  // namespace gh::jose
