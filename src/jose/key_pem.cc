#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "jose/key.h"
#include "jose/key_material.h"

namespace gh::jose {

namespace {

constexpr std::size_t most_pem_bytes = 64 * 1024;

bool holds(std::string_view pem, std::string_view text) { return pem.find(text) != std::string_view::npos; }
/// Nobody is asked for a password.
int no_password(char*, int, int, void*) { return -1; }

EvpKeyPtr read_any(std::string_view pem, bool is_private) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return nullptr;
  if (is_private) return EvpKeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!holds(pem, "-----BEGIN CERTIFICATE-----")) {
    return EvpKeyPtr(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
  }
  const CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  return EvpKeyPtr(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

Curve curve_of(const EVP_PKEY* key) {
  char name[64];
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof name, &size) != 1) return Curve::none;
  const std::string_view group(name, size);
  return group == "prime256v1" || group == "P-256"  ? Curve::p256
         : group == "secp384r1" || group == "P-384" ? Curve::p384
         : group == "secp521r1" || group == "P-521" ? Curve::p521
                                                    : Curve::none;
}

bool find_type(const EVP_PKEY* key, KeyParts& parts) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    parts.type = KeyType::rsa;
    return true;
  }
  if (EVP_PKEY_is_a(key, "EC") == 1) parts.curve = curve_of(key);
  for (const Curve okp : {Curve::ed25519, Curve::ed448, Curve::x25519, Curve::x448}) {
    if (EVP_PKEY_is_a(key, std::string(curve_name(okp)).c_str()) == 1) parts.curve = okp;
  }
  parts.type = type_of(parts.curve);
  return parts.curve != Curve::none;
}

}  // namespace

Result<Key> Key::from_pem(std::string_view pem, const KeyRules& rules, std::optional<std::string> kid,
                          Algorithm pinned) {
  if (pem.size() > most_pem_bytes) return fail("larger than 64 KiB");
  if (!holds(pem, "-----BEGIN ")) return fail("there is no key in it");
  KeyParts parts;
  parts.is_private = holds(pem, "PRIVATE KEY-----");
  if (parts.is_private && !rules.private_keys) return fail("a private key stands where a public one is meant");
  ERR_clear_error();
  parts.handle = read_any(pem, parts.is_private);
  if (!parts.handle) return fail(crypto_reason("it is no key"));
  ERR_clear_error();
  if (!find_type(parts.handle.get(), parts)) return fail("keys of this type or curve are not served");
  parts.kid = std::move(kid);
  parts.pinned = pinned;
  return make(std::move(parts), rules);
}

}  // namespace gh::jose
