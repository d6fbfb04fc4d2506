#include "policy/token_issuer.h"

#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>
#include <limits>

#include "jose/base64url.h"
#include "jose/issue.h"
#include "jose/public_jwk.h"
#include "json/document.h"
#include "json/write.h"

namespace gh::policy {

using jose::Algorithm;

namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::string_view pem_begin = "-----BEGIN ";
constexpr jose::KeyRules rules{.private_keys = true, .secrets = true, .short_secrets = false};

Algorithm usual_algorithm(const jose::Key& key) {
  switch (key.type()) {
    case jose::KeyType::rsa: return Algorithm::rs256;
    case jose::KeyType::edwards: return Algorithm::eddsa;
    case jose::KeyType::ec:
      return key.curve() == jose::Curve::p256   ? Algorithm::es256
             : key.curve() == jose::Curve::p384 ? Algorithm::es384
                                                : Algorithm::es512;
    default: return Algorithm::unknown;
  }
}

std::string label_of(std::string_view issuer, const std::vector<std::string>& audiences) {
  std::string label = "jwt_issue refresh token\n";
  label += issuer;
  for (const std::string& audience : audiences) label.append("\n").append(audience);
  return label;
}

std::string audience_json(const std::vector<std::string>& audiences) {
  std::string out = audiences.size() == 1 ? "" : "[";
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    if (i > 0) out += ',';
    json::append_text(out, audiences[i]);
  }
  return audiences.size() == 1 ? out : out + ']';
}

/// `,"name":` and what it is given.
std::string& next_member(std::string& out, std::string_view name) {
  out += ',';
  json::append_name(out, name);
  return out;
}

}  // namespace

Result<SigningKey> read_signing_key(std::shared_ptr<const table::SecretValue> text, Algorithm algorithm,
                                    std::optional<std::string> kid) {
  const bool is_pem = text->view().starts_with(pem_begin);
  const auto read = [&](const std::optional<std::string>& name) {
    return is_pem ? jose::Key::from_pem(text->view(), rules, name) : jose::Key::from_secret(text->view(), rules, name);
  };
  auto key = read(kid);
  if (!key) return Unexpected(std::move(key.error()));
  if (algorithm == Algorithm::unknown) algorithm = usual_algorithm(*key);
  if (algorithm == Algorithm::unknown) return fail("it is a secret, and no algorithm is stated for it");
  if (is_pem && !key->is_private()) return fail("it is a public key, which signs nothing");
  if (!key->can(jose::Operation::sign, algorithm)) {
    return fail("it does not sign with " + std::string(jose::algorithm_name(algorithm)));
  }
  if (is_pem && !kid) {
    const auto print = jose::thumbprint(*key);
    if (!print) return Unexpected(Error(print.error()));
    key = read(*print);
    if (!key) return Unexpected(std::move(key.error()));
  }
  return SigningKey{std::move(*key), algorithm, std::move(text)};
}

std::string public_keys(const SigningKeys& keys) {
  std::string out;
  for (const auto& each : keys) {
    const auto jwk = jose::public_jwk(each->key, each->algorithm);
    if (jwk) out.append(out.empty() ? "{\"keys\":[" : ",").append(*jwk);
  }
  return out.empty() ? out : out + "]}\n";
}

state::TokenFamily new_family() {
  state::TokenFamily family{};
  if (RAND_bytes(family.data(), static_cast<int>(family.size())) != 1) std::abort();  // never weaker than promised
  return family;
}

TokenIssuer::TokenIssuer(SigningKeys keys, std::string issuer, std::vector<std::string> audiences)
    : keys_(std::move(keys)), audience_(audience_json(audiences)) {
  json::append_text(issuer_, issuer);
  std::vector<std::string_view> secrets;
  for (const auto& key : keys_) secrets.push_back(key->text->view());
  sealer_ = std::make_unique<Sealer>(secrets, label_of(issuer, audiences));
}

Result<std::string> TokenIssuer::access_token(const IssuedTo& who, std::int64_t now_s, std::int64_t ends_s) const {
  const auto more = json::Document::parse(who.claims);
  if (!more || !more->root().is_object()) return fail("the claims are no JSON object");
  std::string claims = "{\"iss\":" + issuer_;
  json::append_text(next_member(claims, "sub"), who.subject);
  next_member(claims, "aud") += audience_;
  json::append_number(next_member(claims, "iat"), now_s);
  json::append_number(next_member(claims, "exp"), ends_s);
  json::append_text(next_member(claims, "jti"), random_text(id_bytes));
  // RFC 9068 2.2: who asks for the token is the client, unless the configuration knows better
  if (!more->root().find("client_id")) json::append_text(next_member(claims, "client_id"), who.subject);
  for (const json::Value::Member member : more->root().members()) {
    json::append_value(next_member(claims, member.name), member.value);
  }
  return jose::issue_token(keys_.front()->key, keys_.front()->algorithm, claims + '}', "at+jwt");
}

std::string TokenIssuer::refresh_token(const IssuedTo& who) const {
  const std::string_view family(reinterpret_cast<const char*>(who.family.data()), who.family.size());
  std::string text = "{\"f\":\"" + jose::encode_base64url(family) + "\"";
  json::append_number(next_member(text, "n"), std::uint64_t{who.number});
  json::append_number(next_member(text, "e"), who.ends_s);
  json::append_text(next_member(text, "s"), who.subject);
  next_member(text, "c") += who.claims;
  return sealer_->seal(Sealer::Kind::refresh, text + '}');
}

std::optional<IssuedTo> TokenIssuer::open_refresh_token(std::string_view token) const {
  const auto text = sealer_->open(Sealer::Kind::refresh, token);
  if (!text) return std::nullopt;
  const auto document = json::Document::parse(*text);
  if (!document) return std::nullopt;
  const json::Value root = document->root();
  const auto number = root.find("n").as_int64(), ends = root.find("e").as_int64();
  std::string family;
  IssuedTo who;
  const bool is_whole = number && *number >= 0 && *number < std::numeric_limits<std::uint32_t>::max() && ends &&
                        root.find("s").is_text() && root.find("c").is_object() &&
                        jose::decode_base64url(root.find("f").text(), family) && family.size() == who.family.size();
  if (!is_whole) return std::nullopt;
  std::memcpy(who.family.data(), family.data(), family.size());
  who.number = static_cast<std::uint32_t>(*number);
  who.ends_s = *ends;
  who.subject = root.find("s").text();
  who.claims = root.find("c").raw();
  return who;
}

}  // namespace gh::policy
