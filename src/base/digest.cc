#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <cstdlib>
#include <memory>

namespace gh {

namespace {

/// Fetched once: looking a digest up costs more than hashing a short text. Null when it is not to be had.
const EVP_MD* algorithm(DigestKind kind) {
  static const EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return kind == DigestKind::md5 ? md5 : kind == DigestKind::sha1 ? sha1 : sha256;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using ProcessKey = std::array<unsigned char, 32>;

ProcessKey draw_key() {
  ProcessKey key;
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) std::abort();  // never weaker
  return key;
}

}  // namespace

std::string digest(DigestKind kind, std::initializer_list<std::string_view> parts) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  const EVP_MD* const md = algorithm(kind);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!md || !context || EVP_DigestInit_ex2(context.get(), md, nullptr) != 1) return {};
  for (const std::string_view part : parts) {
    if (EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1) return {};
  }
  if (EVP_DigestFinal_ex(context.get(), bytes, &size) != 1) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string hex_digest(DigestKind kind, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : digest(kind, {text})) {
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

Proof process_hmac(std::string_view bytes) {
  static const ProcessKey key = draw_key();
  Proof out{};
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(), &size)) {
    std::abort();  // an all-zero proof would fit everybody
  }
  return out;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace gh
