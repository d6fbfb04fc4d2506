// Verified tokens: rows, see policy/access/auth_jwt*.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/access/auth_jwt.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr config::Contexts hsl_except = hsl | config::in_limit_except;
constexpr std::int64_t day_s = 24 * 60 * 60;
constexpr std::int64_t most_cache_bytes = std::int64_t{1} << 32;

constexpr ArgSpec answer(std::string_view name) {
  return {name, ArgType::status, Presence::optional, {}, 400, 599};
}

constexpr Row rows[] = {
    {.name = "auth_jwt", .contexts = hsl_except,
     .args = {{{"realm|off", ArgType::templ}, {"token=", ArgType::templ, Presence::optional}}}, .fallback = "off",
     .phase = Phase::access, .apply = policy::apply_auth_jwt,
     .doc = "Let pass who brings a verified token (JWT), in Authorization: Bearer or in a variable."},
    {.name = "auth_jwt_key_file", .contexts = hsl_except, .args = {{{"file", ArgType::conf_path}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_jwt_key_file,
     .doc = "Keys to verify tokens with: a JWKS document or a public key in PEM form. Read at start and reload."},
    {.name = "auth_jwt_key_request", .contexts = hsl_except, .args = {{{"uri", ArgType::word}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::access,
     .apply = policy::apply_auth_jwt_key_request, .doc = "A location whose answer is the JWKS document with the keys."},
    {.name = "auth_jwt_key_url", .contexts = hsl_except,
     .args = {{{"url", ArgType::word}, {"cache=", ArgType::msec, Presence::optional, {}, 1000},
               {"cooldown=", ArgType::msec, Presence::optional, {}, 100},
               {"timeout=", ArgType::msec, Presence::optional, {}, 100, 60000},
               {"trusted=", ArgType::conf_path, Presence::optional}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_jwt_key_url,
     .doc = "A URL that the JWKS document with the keys is fetched from, and again before it is old."},
    {.name = "auth_jwt_secret", .contexts = hsl_except,
     .args = {{{"env:NAME|file:PATH", ArgType::word}, {"algorithms=", ArgType::word, Presence::optional},
               {"allow_short", ArgType::flag, Presence::optional}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_jwt_secret,
     .doc = "The secret that tokens are signed with (HS256, HS384, HS512); where it is, not itself."},
    {.name = "auth_jwt_issuer", .contexts = hsl_except, .args = {{{"issuer", ArgType::word, Presence::repeat_one}}},
     .phase = Phase::access, .apply = policy::apply_auth_jwt_issuer, .doc = "Issuers (iss) whose tokens are taken."},
    {.name = "auth_jwt_audience", .contexts = hsl_except, .args = {{{"audience", ArgType::word, Presence::repeat_one}}},
     .phase = Phase::access, .apply = policy::apply_auth_jwt_audience,
     .doc = "Audiences (aud) of which a token must name one."},
    {.name = "auth_jwt_error", .contexts = hsl_except,
     .args = {{answer("missing="), answer("invalid="), answer("expired="), answer("claims="),
               {"message", ArgType::word, Presence::optional}}},
     .inherit = Inherit::append, .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_jwt_error,
     .doc = "Status and text of the answer when a token is missing, invalid, expired or says the wrong things."},
    {.name = "auth_jwt_claim_set", .contexts = config::in_http,
     .args = {{{"$variable", ArgType::variable}, {"name", ArgType::word, Presence::repeat_one}}},
     .inherit = Inherit::none, .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_jwt_set,
     .declare = policy::declare_auth_jwt_claim_set, .doc = "A variable for a claim, also one within others."},
    {.name = "auth_jwt_header_set", .contexts = config::in_http,
     .args = {{{"$variable", ArgType::variable}, {"name", ArgType::word, Presence::repeat_one}}},
     .inherit = Inherit::none, .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_jwt_set,
     .declare = policy::declare_auth_jwt_header_set, .doc = "A variable for a member of a token's header."},
    setting("auth_jwt_key_cache", hsl, {"time", ArgType::msec}, "0", policy::apply_auth_jwt_key_cache,
            "How long the keys of auth_jwt_key_request are kept; 0 asks for each request."),
    setting("auth_jwt_leeway", hsl, {"time", ArgType::sec, Presence::required, {}, 0, day_s}, "0s",
            policy::apply_auth_jwt_leeway, "How far the clocks of issuers may be off."),
    setting("auth_jwt_type", hsl, {"signed|encrypted|nested", ArgType::one_of, Presence::required,
                                   "signed|encrypted|nested"}, "signed", policy::apply_auth_jwt_type,
            "Which tokens are taken: signed, encrypted, or signed and then encrypted."),
    setting("auth_jwt_require_exp", hsl, {"on|off", ArgType::on_off}, "on", policy::apply_auth_jwt_require_exp,
            "Refuse tokens that never end?"),
    setting("auth_jwt_cache", config::in_http, {"size", ArgType::bytes, Presence::required, {}, 0, most_cache_bytes},
            "16m", policy::apply_auth_jwt_cache, "Memory for tokens that were good a moment ago; 0 keeps none."),
};

constexpr Row require_rows[] = {
    {.name = "auth_jwt_require", .contexts = hsl_except,
     .args = {{{"$variable", ArgType::variable, Presence::repeat_one},
               {"error=", ArgType::status, Presence::optional, {}, 400, 599}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::authorize,
     .apply = policy::apply_auth_jwt_require,
     .doc = "Variables of the token that must be neither empty nor 0."},
};

}  // namespace

constinit const table::Module auth_jwt_module{"auth_jwt", rows, policy::finish_auth_jwt, nullptr,
                                              policy::end_auth_jwt};
constinit const table::Module auth_jwt_require_module{"auth_jwt_require", require_rows,
                                                      policy::finish_auth_jwt_require};

}  // namespace gh::directives
