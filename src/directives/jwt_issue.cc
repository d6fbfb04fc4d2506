// jwt_issue: rows, see policy/content/jwt_issue.cc and jwt_issue_keys.cc.
#include "policy/jwt_issue.h"

#include "directives/directives.h"
#include "directives/setters.h"

namespace gh::directives {
namespace {

constexpr std::int64_t day_s = 24 * 60 * 60, year_s = 366 * day_s;

constexpr Row rows[] = {
    {.name = "jwt_issue", .contexts = config::in_location,
     .args = {{{"subject=", ArgType::templ, Presence::optional}}}, .inherit = Inherit::none, .phase = Phase::content,
     .apply = policy::apply_jwt_issue, .doc = "Give signed tokens to who has proven to be who (RFC 6749)."},
    {.name = "jwt_issue_key", .contexts = hsl,
     .args = {{{"env:NAME|file:PATH", ArgType::word}, {"algorithm=", ArgType::word, Presence::optional},
               {"kid=", ArgType::word, Presence::optional}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::content, .apply = policy::apply_jwt_issue_key,
     .doc = "The key that tokens are signed with: a private key in PEM form, or a secret. Others are old or new."},
    {.name = "jwt_issue_issuer", .contexts = hsl, .args = {{{"issuer", ArgType::word}}}, .phase = Phase::content,
     .apply = policy::apply_jwt_issue_issuer, .doc = "Who signs the tokens (iss)."},
    {.name = "jwt_issue_audience", .contexts = hsl, .args = {{{"audience", ArgType::word, Presence::repeat_one}}},
     .phase = Phase::content, .apply = policy::apply_jwt_issue_audience, .doc = "Whom the tokens are for (aud)."},
    {.name = "jwt_issue_expires", .contexts = hsl,
     .args = {{{"time", ArgType::sec, Presence::required, {}, 1, day_s}}}, .fallback = "15m", .phase = Phase::content,
     .apply = policy::apply_jwt_issue_expires, .doc = "How long a token is good."},
    {.name = "jwt_issue_claim", .contexts = hsl,
     .args = {{{"name", ArgType::word}, {"value", ArgType::templ, Presence::optional},
               {"(expression)", ArgType::expr, Presence::optional}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::content, .apply = policy::apply_jwt_issue_claim,
     .doc = "A claim of the tokens: a text with variables, or what an expression is."},
    {.name = "jwt_issue_refresh", .contexts = hsl,
     .args = {{{"time|off", ArgType::word}, {"cookie=", ArgType::word, Presence::optional},
               {"path=", ArgType::word, Presence::optional}}},
     .fallback = "off", .phase = Phase::content, .apply = policy::apply_jwt_issue_refresh,
     .doc = "Give refresh tokens as well, and take them, until a login is so old."},
};

constexpr Row keys_rows[] = {
    {.name = "jwt_issue_keys", .contexts = config::in_location, .inherit = Inherit::none, .phase = Phase::content,
     .apply = policy::apply_jwt_issue_keys, .doc = "Answer with the public keys of jwt_issue_key, as a JWKS document."},
};

}  // namespace

constinit const table::Module jwt_issue_module{"jwt_issue", rows, policy::finish_jwt_issue};
constinit const table::Module jwt_issue_keys_module{"jwt_issue_keys", keys_rows, policy::finish_jwt_issue_keys};

}  // namespace gh::directives
