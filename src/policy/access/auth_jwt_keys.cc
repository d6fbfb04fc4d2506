// Where auth_jwt's keys come from: auth_jwt_key_file, auth_jwt_secret, auth_jwt_key_url and auth_jwt_key_request.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "policy/access/auth_jwt.h"
#include "policy/policy.h"
#include "table/build.h"
#include "table/codes.h"
#include "upstream/fetch_tls.h"

namespace gh::policy {

using table::JwtKeySetPtr;

namespace {

constexpr std::size_t most_trusted_bytes = 4 * 1024 * 1024;
constexpr std::int64_t request_cooldown_ms = 10000;
constexpr std::string_view pem_begin = "-----BEGIN ";

/// Local to the outermost scope. The lists are kept, so that no other one comes to lie at the same place.
struct FixedKeys {
  std::map<std::pair<const JwtSources*, bool>, std::pair<std::shared_ptr<const JwtSources>, JwtKeySetPtr>> all;
};

void report(table::Scope& scope, const JwtSource& source, std::string what, std::string help) {
  scope.error(table::code::bad_keys, source.where, std::move(what)).with_help(std::move(help));
}

void add_pem(table::Scope& scope, const JwtSource& source, const jose::KeyRules& rules, jose::KeySet& to) {
  auto key = jose::Key::from_pem(source.content->view(), rules);
  if (key) return to.add(std::move(*key));
  report(scope, source, fmt::format("the key in `{}` is of no use here: {}", printable(source.text), key.error().text),
         "a public key or a certificate in PEM form, or a JWKS document");
}

void add_file(table::Scope& scope, const JwtSource& source, const jose::KeyRules& rules, jose::KeySet& to) {
  const std::string_view text = source.content->view();
  if (text.starts_with(pem_begin)) return add_pem(scope, source, rules, to);
  auto read = jose::read_key_set(text, rules);
  if (!read) {
    return report(scope, source, fmt::format("`{}` is no JWKS document: {}", printable(source.text), read.error().text),
                  "it looks like {\"keys\": [{\"kty\": \"RSA\", \"kid\": ...}]}; a key in PEM form will do, too");
  }
  const std::string skipped = table::skipped_text(read->skipped);
  if (read->set.empty()) {
    return report(scope, source, fmt::format("`{}` holds no key that is of use here", printable(source.text)),
                  skipped.empty() ? "put the keys of the issuer into it" : skipped);
  }
  if (!skipped.empty()) {
    scope.warning(table::code::unusable_keys, source.where,
                  fmt::format("`{}` holds keys that are of no use here", printable(source.text)))
        .with_help(skipped);
  }
  to.add_all(std::move(read->set));
}

void add_secret(table::Scope& scope, const JwtSource& source, jose::KeySet& to) {
  const jose::KeyRules rules{.private_keys = false, .secrets = true, .short_secrets = source.allows_short};
  std::vector<jose::Algorithm> algorithms = source.algorithms;
  if (algorithms.empty()) algorithms.push_back(jose::Algorithm::unknown);
  for (const jose::Algorithm algorithm : algorithms) {
    auto key = jose::Key::from_secret(source.secret->view(), rules, {}, algorithm);
    if (key) {
      to.add(std::move(*key));
      continue;
    }
    report(scope, source, fmt::format("the secret of `{}` is of no use here: {}", source.secret->reference(),
                                      key.error().text),
           "random bytes, as many as the hash has or more (RFC 7518 3.2): `openssl rand -base64 48`; `allow_short` "
           "takes it as it is");
    return;
  }
}

}  // namespace

JwtKeyRequest::JwtKeyRequest(std::string its_uri, std::string its_args, std::int64_t its_cache_ms)
    : uri(std::move(its_uri)),
      args(std::move(its_args)),
      cache_ms(its_cache_ms),
      keys(std::min(its_cache_ms, request_cooldown_ms)) {}

JwtKeySetPtr fixed_keys(table::Scope& scope, const std::shared_ptr<const JwtSources>& sources, bool decrypts) {
  auto& known = table::outermost(scope).local<FixedKeys>().all;
  const auto [at, is_new] = known.try_emplace({sources.get(), decrypts});
  if (!is_new) return at->second.second;
  jose::KeySet keys;
  const jose::KeyRules rules{.private_keys = decrypts, .secrets = true, .short_secrets = false};
  for (const JwtSource& source : sources->list) {
    if (source.kind == JwtSource::Kind::file) add_file(scope, source, rules, keys);
    if (source.kind == JwtSource::Kind::secret) add_secret(scope, source, keys);
  }
  at->second = {sources, keys.empty() ? nullptr : table::make_key_set(std::move(keys))};
  return at->second.second;
}

std::vector<std::shared_ptr<table::JwtKeyUrl>> key_urls(table::Scope& scope, const JwtSources& sources) {
  std::vector<std::shared_ptr<table::JwtKeyUrl>> out;
  for (const JwtSource& source : sources.list) {
    if (source.kind != JwtSource::Kind::url) continue;
    table::JwtKeyUrlSettings settings = source.url;
    if (scope.has<table::ResolverSettings>()) settings.resolver = scope.shared<table::ResolverSettings>();
    settings.resolver_timeout_ms = scope.get<table::CoreSettings>().resolver_timeout_ms;
    const auto make = [](const auto&) { return std::make_shared<table::JwtKeyUrls>(); };
    auto& registry = scope.builder.registry();
    out.push_back(registry.adopt_or_create<table::JwtKeyUrls>(table::JwtKeyUrls::registry_name, "1", make)
                      .object->of(std::move(settings)));
  }
  return out;
}

// ---- directives ----------------------------------------------------------------------------------------------------

namespace {

/// "HS256,HS384". False after a diagnostic.
bool read_algorithms(table::Scope& scope, const config::Value& value, std::vector<jose::Algorithm>& to) {
  static constexpr jose::AlgorithmSet of_secrets =
      jose::hmac_algorithms.with(jose::wrap_algorithms).with({jose::Algorithm::dir});
  for (const std::string_view name : split(value.text, ',')) {
    const jose::Algorithm algorithm = jose::find_algorithm(name);
    if (of_secrets.has(algorithm)) {
      to.push_back(algorithm);
      continue;
    }
    const bool other = algorithm != jose::Algorithm::unknown;
    scope.error(table::code::bad_choice, value.span,
                fmt::format("`{}` is no algorithm {}", printable(name, 40), other ? "of secrets" : "that is served"))
        .with_help(other ? "it needs a key of its own: auth_jwt_key_file or auth_jwt_key_url"
                         : "HS256, HS384 and HS512, joined by commas; of encrypted tokens dir, A128KW, A192KW, A256KW");
    return false;
  }
  return true;
}

/// Local to the outermost scope: reading the system's authorities takes its time.
struct FetchTlsMade { std::map<std::string, std::shared_ptr<const upstream::FetchTls>> all; };

/// False after a diagnostic.
bool add_tls(table::Scope& scope, const config::Value& url, const config::Value* trusted,
             table::JwtKeyUrlSettings& settings) {
  const std::string file(trusted ? trusted->text : std::string_view());
  auto& tls = table::outermost(scope).local<FetchTlsMade>().all[file];
  if (!tls) {
    auto made = upstream::FetchTls::make(file);
    if (!made) {
      scope.error(table::code::tls_file, trusted ? trusted->span : url.span, made.error().text)
          .with_help("name a file of certificates in PEM form that the issuer's certificate leads to");
      return false;
    }
    tls = std::move(*made);
  }
  settings.tls = tls;
  if (const auto content = table::read_small_file(file, most_trusted_bytes); trusted && content) {
    settings.trusted = hex_digest(DigestKind::sha256, content->view());
  }
  return true;
}

bool is_loopback(const std::string& host) {
  const auto address = Address::parse_ip(host, 0);
  return host == "localhost" || (address && address->text().starts_with("127.")) || host == "::1";
}

}  // namespace

void apply_auth_jwt_key_file(table::Scope& scope, const config::Bound& directive) {
  note_jwt_setting(scope, directive);
  auto& sources = scope.edit_list<JwtSources>().list;  // stated, even when it is of no use
  const config::Value& file = directive.at(0);
  if (file.text.find('$') != std::string_view::npos) {
    scope.error(table::code::bad_choice, file.span, "variables do not stand in the name of this file")
        .with_label("it is read when the configuration is")
        .with_help("name a file in each server or location; to choose by request: auth_jwt_key_request /_jwks, and a "
                   "location there with `alias`");
    return;
  }
  JwtSource source{.kind = JwtSource::Kind::file, .where = file.span, .text = std::string(file.text)};
  auto content = table::read_small_file(source.text, jose::most_set_bytes);
  if (!content) {
    scope.error(content.error().code == ENOENT ? table::code::file_missing : table::code::unreadable, file.span,
                fmt::format("cannot read `{}`: {}", printable(source.text), content.error().text))
        .with_label("needed here")
        .with_help("name a JWKS document, or a public key in PEM form");
    return;
  }
  source.content = std::make_shared<const Secret>(std::move(*content));
  sources.push_back(std::move(source));
}

void apply_auth_jwt_secret(table::Scope& scope, const config::Bound& directive) {
  note_jwt_setting(scope, directive);
  auto& sources = scope.edit_list<JwtSources>().list;
  JwtSource source{.kind = JwtSource::Kind::secret, .where = directive.at(0).span};
  source.secret = table::read_secret(scope, directive.at(0));
  source.allows_short = directive.has("allow_short");
  const config::Value* const algorithms = directive.find("algorithms=");
  if (algorithms && !read_algorithms(scope, *algorithms, source.algorithms)) return;
  if (source.secret) sources.push_back(std::move(source));
}

void apply_auth_jwt_key_url(table::Scope& scope, const config::Bound& directive) {
  note_jwt_setting(scope, directive);
  auto& sources = scope.edit_list<JwtSources>().list;
  const config::Value& text = directive.at(0);
  JwtSource source{.kind = JwtSource::Kind::url, .where = text.span, .text = std::string(text.text)};
  auto url = http::HttpUrl::parse(text.text, http::HttpUrl::Schemes::http_and_https);
  if (!url && text.text.find('@') != std::string_view::npos) {
    scope.error(table::code::plain_secret, text.span, "a secret does not stand in a configuration")
        .with_label("user and password in a URL")
        .with_help("keys are public: leave them out, or ask by auth_jwt_key_request, a location that sets "
                   "Authorization");
    return;
  }
  if (!url) {
    scope.error(table::code::bad_url, text.span, fmt::format("`{}` is no URL to fetch keys from", printable(text.text)))
        .with_label(url.error().text)
        .with_help("for example `auth_jwt_key_url https://idp.example/.well-known/jwks.json`");
    return;
  }
  if (text.text.starts_with("http://") && !is_loopback(url->host)) {
    scope
        .warning(table::code::open_keys, text.span, "keys that come over plain HTTP can be replaced on their way")
        .with_help("use https://, or a location of this gateway that asks over TLS: auth_jwt_key_request");
  }
  source.url = {.url = std::move(*url), .text = source.text, .trusted = {}, .tls = {},
                .cache_ms = directive.number("cache=", 3600 * 1000),
                .cooldown_ms = directive.number("cooldown=", 10 * 1000),
                .timeout_ms = directive.number("timeout=", 5 * 1000)};
  if (source.url.url.tls && !add_tls(scope, text, directive.find("trusted="), source.url)) return;
  sources.push_back(std::move(source));
}

void apply_auth_jwt_key_request(table::Scope& scope, const config::Bound& directive) {
  note_jwt_setting(scope, directive);
  auto& list = scope.edit_list<JwtSources>().list;
  const config::Value& uri = directive.at(0);
  if (!uri.text.starts_with("/") || uri.text.find('$') != std::string_view::npos) {
    scope.error(table::code::bad_choice, uri.span, "`" + printable(uri.text, 60) + "` is no URI of this server")
        .with_help("name a location, without variables: auth_jwt_key_request /_jwks");
    return;
  }
  if (std::any_of(list.begin(), list.end(), [](const JwtSource& s) { return s.kind == JwtSource::Kind::request; })) {
    scope.error(table::code::duplicate, directive.span(), "`auth_jwt_key_request` stands twice here")
        .with_help("have one location give the keys of both");
    return;
  }
  list.push_back({.kind = JwtSource::Kind::request, .where = uri.span, .text = std::string(uri.text)});
}

}  // namespace gh::policy
