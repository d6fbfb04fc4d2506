// auth_jwt: what its files share. A plan is what one block asks of its tokens; a JwtCheck is one token's way through
// it, from the field of the request to a verdict, over waits for keys and for other threads.
//
//   auth_jwt_settings.cc  directives to plans          auth_jwt.cc         the check: which token, what is answered
//   auth_jwt_keys.cc      files, secrets, URLs to keys  auth_jwt_check.cc   verifying, waiting, renewing
//   auth_jwt_claims.cc    claims as variables, and what is required of them
//   auth_jwt_cache.cc     tokens that were good a moment ago
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jose/rules.h"
#include "jose/token.h"
#include "policy/access.h"
#include "policy/access/auth_jwt_cache.h"
#include "policy/presented_token.h"
#include "table/jwt_keys.h"
#include "table/scope.h"
#include "table/secret_value.h"

namespace gh::policy {

/// What a client may be told apart: auth_jwt_error.
enum class JwtFault : std::uint8_t { missing, invalid, expired, claims };
inline constexpr std::size_t jwt_faults = 4;

struct JwtAnswer {
  std::uint16_t status = 0;  // 0: as `invalid`, or 401
  std::string message;
};

/// auth_jwt_key_request: keys that another location of the server is asked for.
struct JwtKeyRequest {
  JwtKeyRequest(std::string its_uri, std::string its_args, std::int64_t its_cache_ms);
  const std::string uri, args;
  const std::int64_t cache_ms;  // 0: asked for each token
  table::JwtKeys keys;
};

struct JwtPlan : std::enable_shared_from_this<JwtPlan> {
  std::uint64_t number = 0;  // of all that decides on a token; locations that ask for the same share it
  table::Template realm;
  std::optional<TokenSource> token;      // `token=`; else the Authorization field
  jose::Rules rules;
  jose::KeyRules remote_rules;
  table::JwtKeySetPtr fixed;             // of files and secrets; null: none
  std::vector<std::shared_ptr<table::JwtKeyUrl>> urls;
  std::shared_ptr<JwtKeyRequest> request;
  std::array<JwtAnswer, jwt_faults> answers;
  std::shared_ptr<JwtCache> cache;       // null: none

  /// Changes with each set of keys that comes.
  [[nodiscard]] std::uint64_t keys_number() const;
  /// Is there nothing to be asked for first?
  [[nodiscard]] bool has_fresh_keys(std::int64_t now_ms) const {
    return !request || now_ms - request->keys.renewed_ms() < request->cache_ms;
  }
  /// Nothing to wait for, whatever the token.
  [[nodiscard]] bool judges_at_once() const { return fixed && !fixed->is_slow && urls.empty() && !request; }
};

/// One token on its way. Lives in the arena of its exchange until that memory goes.
class JwtCheck;
/// What is said of it, so far. `wait`: the exchange is resumed, and go_on_judging() asked.
struct JwtSaid {
  Access access = Access::wait;  // pass, refuse or wait
  jose::Finding finding{};       // of a refusal
  bool no_keys = false;          // refused because no keys ever came
};
/// When there is something to wait for, `x.access.pending` is the check to go on with.
JwtSaid begin_judging(proxy::Exchange& x, const JwtPlan& plan, std::string_view token);
JwtSaid go_on_judging(JwtCheck& check);
/// The request has this token from now on.
void hold_token(proxy::Exchange& x, std::shared_ptr<const proxy::VerifiedToken> token);

/// The check of a route, and that of a server before its routes are looked for.
void add_jwt_check(table::Scope& scope, const std::shared_ptr<const JwtPlan>& plan);
void add_early_jwt_check(table::Route& route, const std::shared_ptr<const JwtPlan>& plan);
/// "Bearer realm=..., error=..." for a refusal; `error` and `description` may be empty.
void add_bearer_challenge(proxy::Exchange& x, const table::Template& realm, std::string_view error,
                          std::string_view description);

// --- of the build

/// Of the whole configuration, local to its outermost block.
struct JwtUse {
  config::Span stated{};           // the first line about tokens that means nothing without auth_jwt
  std::string_view directive{};    // its name
  bool is_asked = false;           // auth_jwt stands somewhere
};
void note_jwt_setting(table::Scope& scope, const config::Bound& directive);
void end_auth_jwt(table::Scope& main);

/// One place that keys come from, as stated.
struct JwtSource {
  enum class Kind : std::uint8_t { file, secret, url, request };
  Kind kind = Kind::file;
  config::Span where{};
  std::string text{};                                  // path, URL or URI
  std::shared_ptr<const Secret> content{};  // of a file, as it was when the configuration was read
  std::shared_ptr<const table::SecretValue> secret{};
  std::vector<jose::Algorithm> algorithms{};           // of a secret; empty: all that it is long enough for
  bool allows_short = false;
  table::JwtKeyUrlSettings url{};
};
/// Those of an inner block take the place of all of the outer ones.
struct JwtSources { std::vector<JwtSource> list; };

/// The keys of files and secrets; null: there are none. What is wrong with them is said once.
table::JwtKeySetPtr fixed_keys(table::Scope& scope, const std::shared_ptr<const JwtSources>& sources, bool decrypts);
std::vector<std::shared_ptr<table::JwtKeyUrl>> key_urls(table::Scope& scope, const JwtSources& sources);

}  // namespace gh::policy
