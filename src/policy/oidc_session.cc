#include "policy/oidc_session.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

#include "base/digest.h"
#include "base/text.h"
#include "jose/base64url.h"
#include "jose/secret.h"
#include "json/document.h"
#include "json/write.h"

namespace gh::policy {

namespace {

constexpr char version = '\1';
constexpr std::size_t nonce_bytes = 12, tag_bytes = 16, head_bytes = 1 + nonce_bytes;
constexpr std::size_t most_sealed_bytes = 64 * 1024;
constexpr std::size_t most_text_bytes = most_sealed_bytes / 4 * 3 - head_bytes - tag_bytes;
constexpr std::size_t most_target_bytes = 2000;

using jose::as_bytes;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// HKDF (RFC 5869) with SHA-256: the secret may be any text.
void derive(std::string_view secret, std::string_view label, unsigned char* key, std::size_t size) {
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr);
  EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  char hash[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<char*>(secret.data()), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(label.data()), label.size()),
      OSSL_PARAM_construct_end()};
  const bool is_made = context && EVP_KDF_derive(context, key, size, params) == 1;
  EVP_KDF_CTX_free(context);
  if (!is_made) std::abort();  // never weaker than promised
}

/// What is not encrypted, but part of the tag.
bool add_known(EVP_CIPHER_CTX* context, char kind, std::string_view place, bool is_sealing) {
  const unsigned char head[2] = {static_cast<unsigned char>(version), static_cast<unsigned char>(kind)};
  const auto add = is_sealing ? EVP_EncryptUpdate : EVP_DecryptUpdate;
  int size = 0;
  return add(context, nullptr, &size, head, sizeof head) == 1 &&
         add(context, nullptr, &size, as_bytes(place), static_cast<int>(place.size())) == 1;
}

bool encrypt(const unsigned char* key, char kind, std::string_view place, std::string_view text, std::string& out) {
  const jose::CipherCtxPtr context(EVP_CIPHER_CTX_new());
  int size = 0, rest = 0;
  out.resize(head_bytes + text.size() + tag_bytes);
  out[0] = version;
  unsigned char* const nonce = bytes_of(out) + 1;
  unsigned char* const to = bytes_of(out) + head_bytes;
  return context && RAND_bytes(nonce, nonce_bytes) == 1 &&
         EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, nonce) == 1 &&
         add_known(context.get(), kind, place, true) &&
         EVP_EncryptUpdate(context.get(), to, &size, as_bytes(text), static_cast<int>(text.size())) == 1 &&
         EVP_EncryptFinal_ex(context.get(), to + size, &rest) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, to + text.size()) == 1;
}

bool decrypt(const unsigned char* key, char kind, std::string_view place, const std::string& sealed,
             std::string& out) {
  const jose::CipherCtxPtr context(EVP_CIPHER_CTX_new());
  int size = 0, rest = 0;
  const std::size_t text_bytes = sealed.size() - head_bytes - tag_bytes;
  std::string tag = sealed.substr(head_bytes + text_bytes);
  const unsigned char* const from = as_bytes(sealed);
  out.resize(text_bytes + 1);  // never empty, for its data()
  const bool is_ours =
      context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, from + 1) == 1 &&
      add_known(context.get(), kind, place, false) &&
      EVP_DecryptUpdate(context.get(), bytes_of(out), &size, from + head_bytes, static_cast<int>(text_bytes)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes_of(out) + size, &rest) == 1;
  out.resize(text_bytes);
  return is_ours;
}

void add_text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += out.size() == 1 ? "" : ",";
  json::append_name(out, name);
  json::append_text(out, value);
}

void add_number(std::string& out, std::string_view name, std::int64_t value) {
  out += out.size() == 1 ? "" : ",";
  json::append_name(out, name);
  json::append_number(out, value);
}

void add_json(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += out.size() == 1 ? "" : ",";
  json::append_name(out, name);
  out += value;
}

}  // namespace

// ---- sealing -------------------------------------------------------------------------------------------------------

Sealer::Sealer(const std::vector<std::string_view>& secrets, std::string_view label) : keys_(secrets.size()) {
  for (std::size_t i = 0; i < secrets.size(); ++i) derive(secrets[i], label, keys_[i].data(), keys_[i].size());
}

Sealer::~Sealer() {
  for (Key& key : keys_) OPENSSL_cleanse(key.data(), key.size());
}

std::string Sealer::seal(Kind kind, std::string_view text, std::string_view place) const {
  std::string sealed;
  if (text.size() > most_text_bytes) return {};
  if (!encrypt(keys_.front().data(), static_cast<char>(kind), place, text, sealed)) return {};
  return jose::encode_base64url(sealed);
}

std::optional<std::string> Sealer::open(Kind kind, std::string_view sealed, std::string_view place) const {
  std::string bytes, text;
  if (sealed.size() > most_sealed_bytes || !jose::decode_base64url(sealed, bytes)) return std::nullopt;
  if (bytes.size() < head_bytes + tag_bytes || bytes[0] != version) return std::nullopt;
  for (const Key& key : keys_) {
    if (decrypt(key.data(), static_cast<char>(kind), place, bytes, text)) return text;
  }
  return std::nullopt;
}

// ---- what is sealed ------------------------------------------------------------------------------------------------

namespace {

template <class T>
using Texts = std::pair<std::string_view, std::string T::*>;
constexpr Texts<OidcSession> session_texts[] = {{"i", &OidcSession::id_token},
                                                {"a", &OidcSession::access_token},
                                                {"r", &OidcSession::refresh_token}};
constexpr Texts<PendingLogin> login_texts[] = {{"s", &PendingLogin::state},
                                               {"n", &PendingLogin::nonce},
                                               {"v", &PendingLogin::verifier},
                                               {"t", &PendingLogin::target}};
constexpr std::string_view ends_name = "e";

template <class T, std::size_t N>
void write_members(std::string& out, const T& from, const Texts<T> (&texts)[N]) {
  for (const auto& [name, member] : texts) add_text(out, name, from.*member);
  add_number(out, ends_name, from.ends_s);
}

/// False: it does not say when it ends.
template <class T, std::size_t N>
bool read_members(json::Value root, T& to, const Texts<T> (&texts)[N]) {
  for (const auto& [name, member] : texts) to.*member = root.find(name).text();
  const auto ends = root.find(ends_name).as_int64();
  to.ends_s = ends.value_or(0);
  return ends.has_value();
}

}  // namespace

std::string write_session(const OidcSession& session) {
  std::string out = "{";
  add_json(out, "c", session.claims);
  add_json(out, "u", session.userinfo);
  write_members(out, session, session_texts);
  add_number(out, "n", session.renew_s);
  return out + "}";
}

std::optional<OidcSession> read_session(std::string_view text) {
  const auto document = json::Document::parse(text);
  const json::Value root = document ? document->root() : json::Value();
  const auto renew = root.find("n").as_int64();
  OidcSession session;
  if (!read_members(root, session, session_texts) || !renew || !root.find("c").is_object()) return std::nullopt;
  session.claims = root.find("c").raw();
  session.userinfo = root.find("u").raw();
  session.renew_s = *renew;
  return session;
}

std::string write_login(const PendingLogin& login) {
  std::string out = "{";
  write_members(out, login, login_texts);
  return out + "}";
}

std::optional<PendingLogin> read_login(std::string_view text) {
  const auto document = json::Document::parse(text);
  PendingLogin login;
  const bool is_whole = document && read_members(document->root(), login, login_texts);
  if (!is_whole || login.state.empty() || login.nonce.empty()) return std::nullopt;
  return login;
}

std::string random_text(std::size_t bytes) {
  std::string raw(bytes, '\0');
  if (RAND_bytes(bytes_of(raw), static_cast<int>(bytes)) != 1) std::abort();  // never weaker than promised
  return jose::encode_base64url(raw);
}

std::string challenge_of(std::string_view verifier) {
  return jose::encode_base64url(digest(DigestKind::sha256, {verifier}));
}

/// "//host" and "/\host" are other servers to a browser, which also drops tabs and line ends.
std::string safe_return(std::string_view target) {
  const auto is_odd = [](char c) { return c <= ' ' || c == '\x7f' || c == '\\'; };
  const bool is_path = target.starts_with('/') && !target.starts_with("//") && target.size() <= most_target_bytes &&
                       std::none_of(target.begin(), target.end(), is_odd);
  return is_path ? std::string(target) : "/";
}

}  // namespace gh::policy
