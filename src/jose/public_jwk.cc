#include "jose/public_jwk.h"

#include <openssl/core_names.h>

#include <vector>

#include "base/digest.h"
#include "jose/base64url.h"
#include "jose/key_material.h"
#include "json/write.h"

namespace gh::jose {

namespace {

/// Big-endian; of `size` bytes, or as many as it needs when that is 0. Empty: OpenSSL has no such number.
std::string number_of(const Key& key, const char* name, std::size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key.handle(), name, &raw) != 1) return {};
  const BnPtr number(raw);
  std::vector<unsigned char> bytes(size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size);
  if (BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size())) < 0) return {};
  return encode_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string raw_public(const Key& key) {
  std::vector<unsigned char> bytes(coordinate_bytes(key.curve()));
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key.handle(), bytes.data(), &size) != 1 || size != bytes.size()) return {};
  return encode_base64url({reinterpret_cast<const char*>(bytes.data()), size});
}

/// The members that make the key, in the order that RFC 7638 3.2 wants.
Result<std::string> members_of(const Key& key) {
  const std::string curve(curve_name(key.curve()));
  switch (key.type()) {
    case KeyType::rsa: {
      const std::string e = number_of(key, OSSL_PKEY_PARAM_RSA_E, 0), n = number_of(key, OSSL_PKEY_PARAM_RSA_N, 0);
      if (e.empty() || n.empty()) break;
      return "\"e\":\"" + e + "\",\"kty\":\"RSA\",\"n\":\"" + n + '"';
    }
    case KeyType::ec: {
      const std::size_t size = coordinate_bytes(key.curve());
      const std::string x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
      const std::string y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size);
      if (x.empty() || y.empty()) break;
      return "\"crv\":\"" + curve + "\",\"kty\":\"EC\",\"x\":\"" + x + "\",\"y\":\"" + y + '"';
    }
    case KeyType::edwards:
    case KeyType::agreement: {
      const std::string x = raw_public(key);
      if (x.empty()) break;
      return "\"crv\":\"" + curve + "\",\"kty\":\"OKP\",\"x\":\"" + x + '"';
    }
    case KeyType::secret:
      return fail("a secret has no public half");
  }
  return fail(crypto_reason("its public half cannot be read"));
}

}  // namespace

Result<std::string> thumbprint(const Key& key) {
  const auto members = members_of(key);
  if (!members) return Unexpected(Error(members.error()));
  return encode_base64url(digest(DigestKind::sha256, {"{", *members, "}"}));
}

Result<std::string> public_jwk(const Key& key, Algorithm algorithm) {
  const auto members = members_of(key);
  if (!members) return Unexpected(Error(members.error()));
  std::string out = "{" + *members + ",\"use\":\"sig\",\"alg\":";
  json::append_text(out, algorithm_name(algorithm));
  if (key.kid()) json::append_text(out += ",\"kid\":", *key.kid());
  return out + '}';
}

}  // namespace gh::jose
