#include "jose/encryption.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>

#include "base/digest.h"

namespace gh::jose {

namespace {

constexpr std::size_t gcm_iv_bytes = 12, gcm_tag_bytes = 16, cbc_iv_bytes = 16, block_bytes = 16;
constexpr std::size_t wrap_extra_bytes = 8;

std::string big_endian(std::uint64_t number, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = bytes; i-- > 0; number >>= 8) out[i] = static_cast<char>(number & 0xff);
  return out;
}

std::string counted(std::string_view text) { return big_endian(text.size(), 4).append(text); }

// ---- content -------------------------------------------------------------------------------------------------------

std::optional<std::string> decrypt_gcm(const Secret& key, const Encrypted& what) {
  if (what.iv.size() != gcm_iv_bytes || what.tag.size() != gcm_tag_bytes) return {};
  const EVP_CIPHER* const cipher = key.size() == 16   ? EVP_aes_128_gcm()
                                   : key.size() == 24 ? EVP_aes_192_gcm()
                                                      : EVP_aes_256_gcm();
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  std::string out(what.ciphertext.size(), '\0'), tag = what.tag;
  auto* const to = reinterpret_cast<unsigned char*>(out.data());
  int size = 0, rest = 0;
  const bool good =
      context && EVP_DecryptInit_ex2(context.get(), cipher, key.bytes(), as_bytes(what.iv), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, as_bytes(what.protected_text),
                        static_cast<int>(what.protected_text.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), to, &size, as_bytes(what.ciphertext),
                        static_cast<int>(what.ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), to + size, &rest) == 1;
  if (!good) OPENSSL_cleanse(out.data(), out.size());
  return good ? std::optional(std::move(out)) : std::nullopt;
}

/// RFC 7518 5.2.2.2: the first half of the key is the MAC's, which is looked at before anything is decrypted.
bool is_authentic_cbc(const Secret& key, const Encrypted& what) {
  const std::size_t half = key.size() / 2;
  const EVP_MD* const md = half == 16 ? EVP_sha256() : half == 24 ? EVP_sha384() : EVP_sha512();
  std::string input(what.protected_text);
  input.append(what.iv).append(what.ciphertext).append(big_endian(what.protected_text.size() * 8, 8));
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(md, key.bytes(), static_cast<int>(half), as_bytes(input), input.size(), mac, &size)) return false;
  return equal_secrets({reinterpret_cast<const char*>(mac), half}, what.tag);
}

std::optional<std::string> decrypt_cbc(const Secret& key, const Encrypted& what) {
  if (what.iv.size() != cbc_iv_bytes || what.ciphertext.empty() || what.ciphertext.size() % block_bytes != 0) return {};
  if (!is_authentic_cbc(key, what)) return {};
  const std::size_t half = key.size() / 2;
  const EVP_CIPHER* const cipher = half == 16 ? EVP_aes_128_cbc() : half == 24 ? EVP_aes_192_cbc() : EVP_aes_256_cbc();
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  std::string out(what.ciphertext.size() + block_bytes, '\0');
  auto* const to = reinterpret_cast<unsigned char*>(out.data());
  int size = 0, rest = 0;
  const bool good = context &&
                    EVP_DecryptInit_ex2(context.get(), cipher, key.bytes() + half, as_bytes(what.iv), nullptr) == 1 &&
                    EVP_DecryptUpdate(context.get(), to, &size, as_bytes(what.ciphertext),
                                      static_cast<int>(what.ciphertext.size())) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), to + size, &rest) == 1;
  if (!good) return {};
  out.resize(static_cast<std::size_t>(size + rest));
  return out;
}

std::optional<std::string> decrypt_content(const Secret& key, const Encrypted& what) {
  if (key.size() != key_bytes(what.content) || key.empty()) return {};
  return gcm_algorithms.has(what.content) ? decrypt_gcm(key, what) : decrypt_cbc(key, what);
}

// ---- the content key -----------------------------------------------------------------------------------------------

/// AES key wrap (RFC 3394). Empty: failed.
Secret unwrap(std::string_view wrapping, std::string_view wrapped) {
  if (wrapped.size() < 2 * wrap_extra_bytes || wrapped.size() % wrap_extra_bytes != 0) return {};
  const std::size_t bytes = wrapping.size();
  const EVP_CIPHER* const cipher = bytes == 16   ? EVP_aes_128_wrap()
                                   : bytes == 24 ? EVP_aes_192_wrap()
                                                 : EVP_aes_256_wrap();
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  if (!context) return {};
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Secret out(wrapped.size());
  int size = 0;
  const bool good =
      EVP_DecryptInit_ex2(context.get(), cipher, as_bytes(wrapping), nullptr, nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), out.bytes(), &size, as_bytes(wrapped), static_cast<int>(wrapped.size())) == 1;
  if (!good || static_cast<std::size_t>(size) != wrapped.size() - wrap_extra_bytes) return {};
  out.shrink(static_cast<std::size_t>(size));
  return out;
}

/// A key of its own when that fails, so that a wrong padding looks as a wrong content does (RFC 7516 11.5).
Secret decrypt_oaep(const Key& key, const Encrypted& what) {
  Secret drawn(key_bytes(what.content));
  if (RAND_bytes(drawn.bytes(), static_cast<int>(drawn.size())) != 1) return {};
  const EVP_MD* const md = what.algorithm == Algorithm::rsa_oaep ? EVP_sha1() : EVP_sha256();
  const EvpKeyCtxPtr context(EVP_PKEY_CTX_new(key.handle(), nullptr));
  Secret out(key.size_bytes());
  std::size_t size = out.size();
  const bool good = context && EVP_PKEY_decrypt_init(context.get()) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), md) == 1 &&
                    EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md) == 1 &&
                    EVP_PKEY_decrypt(context.get(), out.bytes(), &size, as_bytes(what.key), what.key.size()) == 1;
  if (!good || size != drawn.size()) return drawn;
  out.shrink(size);
  return out;
}

/// The secret that both sides have. Empty: failed, also for points of small order.
Secret agree(const Key& key, const Encrypted& what) {
  if (!what.ephemeral || what.ephemeral_curve != key.curve()) return {};
  const EvpKeyCtxPtr context(EVP_PKEY_CTX_new(key.handle(), nullptr));
  std::size_t size = 0;
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), what.ephemeral.get()) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return {};
  }
  Secret out(size);
  if (EVP_PKEY_derive(context.get(), out.bytes(), &size) != 1) return {};
  out.shrink(size);
  return out;
}

/// The Concat KDF of RFC 7518 4.6.2 with SHA-256.
Secret derive(const Secret& agreed, const Encrypted& what) {
  const bool direct = what.algorithm == Algorithm::ecdh_es;
  const Algorithm purpose = direct ? what.content : what.algorithm;
  const std::size_t bytes = key_bytes(purpose);
  const std::string info = counted(algorithm_name(purpose)) + counted(what.agreement_u) + counted(what.agreement_v) +
                           big_endian(bytes * 8, 4);
  Secret out(bytes);
  for (std::size_t at = 0, round = 1; at < bytes; ++round) {
    std::string hash = digest(DigestKind::sha256, {big_endian(round, 4), agreed.view(), info});
    if (hash.empty()) return {};
    for (std::size_t i = 0; i < hash.size() && at < bytes; ++i) out.data()[at++] = hash[i];
    OPENSSL_cleanse(hash.data(), hash.size());
  }
  return out;
}

Secret content_key(const Key& key, const Encrypted& what) {
  if (what.algorithm == Algorithm::dir) return what.key.empty() ? Secret(key.secret().view()) : Secret();
  if (wrap_algorithms.has(what.algorithm)) return unwrap(key.secret().view(), what.key);
  if (oaep_algorithms.has(what.algorithm)) return decrypt_oaep(key, what);
  const Secret agreed = agree(key, what);
  if (agreed.empty()) return {};
  const Secret derived = derive(agreed, what);
  if (what.algorithm != Algorithm::ecdh_es) return unwrap(derived.view(), what.key);
  return what.key.empty() ? Secret(derived.view()) : Secret();
}

}  // namespace

std::optional<std::string> decrypt(const Key& key, const Encrypted& what) {
  if (!key.can(Operation::decrypt, what.algorithm) || !content_algorithms.has(what.content)) return {};
  if (content_algorithms.has(key.pinned()) && key.pinned() != what.content) return {};
  auto content = decrypt_content(content_key(key, what), what);
  if (!content) ERR_clear_error();
  return content;
}

}  // namespace gh::jose
