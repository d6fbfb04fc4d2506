// Keys and tokens for the tests of this folder: any header and any claims can be signed, also those that nobody should.
#pragma once

#include <doctest/doctest.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <map>
#include <string>
#include <string_view>

#include "jose/base64url.h"
#include "jose/key_set.h"
#include "jose/signature.h"
#include "jose/token.h"
#include "unit/jose/made_tokens.h"

namespace gh::jose {

inline constexpr KeyRules all_keys{.private_keys = true, .secrets = true, .short_secrets = false};
inline constexpr std::int64_t now_s = 1'700'000'000;

inline json::Document document_of(std::string_view text) {
  auto read = json::Document::parse(text);
  REQUIRE(read);
  return std::move(*read);
}

inline Result<Key> read_key(std::string_view jwk, const KeyRules& rules = all_keys) {
  const json::Document document = document_of(jwk);
  return Key::from_jwk(document.root(), rules);
}

inline Key key_of(std::string_view jwk, const KeyRules& rules = all_keys) {
  auto key = read_key(jwk, rules);
  const std::string why = key ? "" : key.error().text;
  INFO(jwk << ": " << why);
  REQUIRE(key);
  return std::move(*key);
}

/// Why it is refused; "" when it is not.
inline std::string why_no_key(std::string_view jwk, const KeyRules& rules = all_keys) {
  const auto key = read_key(jwk, rules);
  return key ? "" : key.error().text;
}

/// The JWK of one of the keys of made_tokens.h, with `members` more: `"kid":"a"`.
inline std::string made_jwk(std::string_view name, std::string_view members = {}) {
  for (const made::Key& key : made::keys) {
    if (key.name != name) continue;
    std::string jwk = key.jwk;
    if (!members.empty()) jwk.insert(1, std::string(members) + ",");
    return jwk;
  }
  REQUIRE_MESSAGE(false, name);
  return {};
}

inline Key made_key(std::string_view name, std::string_view members = {}) { return key_of(made_jwk(name, members)); }

inline KeySet set_of(Key key) {
  KeySet set;
  set.add(std::move(key));
  return set;
}

inline KeySet made_set(std::string_view name, std::string_view members = {}) { return set_of(made_key(name, members)); }

/// Made once: checking the primes of a private key takes its time.
inline const KeySet& shared_set(std::string_view name) {
  static std::map<std::string, KeySet, std::less<>> sets;
  auto found = sets.find(name);
  if (found == sets.end()) found = sets.emplace(name, made_set(name)).first;
  return found->second;
}

/// What `write` puts into a BIO.
template <class Write>
std::string written(Write write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string pem_of(const Key& key) {
  return written([&](BIO* to) { PEM_write_bio_PUBKEY(to, key.handle()); });
}

inline std::string private_pem_of(const Key& key) {
  return written([&](BIO* to) { PEM_write_bio_PrivateKey(to, key.handle(), nullptr, nullptr, 0, nullptr, nullptr); });
}

inline std::string hmac_sha256(std::string_view secret, std::string_view bytes) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), as_bytes(bytes), bytes.size(), mac, &size);
  return {reinterpret_cast<const char*>(mac), size};
}

inline std::string unsigned_token(std::string_view header, std::string_view claims) {
  return encode_base64url(header) + '.' + encode_base64url(claims);
}

/// Signed rightly, whatever the texts say.
inline std::string token_of(const Key& key, Algorithm algorithm, std::string_view header, std::string_view claims) {
  const std::string text = unsigned_token(header, claims);
  const auto signature = make_signature(key, algorithm, text);
  REQUIRE(signature);
  return text + '.' + encode_base64url(*signature);
}

inline const Key& hmac_key() {
  static const Key key = made_key("h256");
  return key;
}
inline const KeySet& hmac_set() {
  static const KeySet set = made_set("h256");
  return set;
}

inline constexpr std::string_view plain_header = R"({"alg":"HS256","typ":"JWT"})";
inline constexpr std::string_view plain_claims = R"({"sub":"a","exp":1700000100})";

inline std::string hmac_token(std::string_view header, std::string_view claims = plain_claims) {
  return token_of(hmac_key(), Algorithm::hs256, header, claims);
}

inline Reason reason_of(std::string_view token, const KeySet& keys = hmac_set(), const Rules& rules = {},
                        std::int64_t now = now_s) {
  return verify(token, keys, rules, now).finding.reason;
}

}  // namespace gh::jose

namespace doctest {
template <>
struct StringMaker<gh::jose::Reason> {
  static String convert(gh::jose::Reason reason) { return toString(static_cast<int>(reason)); }
};
}  // namespace doctest
