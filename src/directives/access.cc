// Who may pass: allow and deny, auth_basic, auth_request, how their checks are joined: satisfy, auth_delay, and what is
// required of those who may: auth_require. The policies are policy/access/*.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr config::Contexts hsl_except = hsl | config::in_limit_except;

constexpr Row allow_rows[] = {
    {.name = "allow", .contexts = hsl_except, .args = {{{"address", ArgType::cidr}}}, .inherit = Inherit::replace,
     .repeatable = true, .phase = Phase::access, .apply = policy::apply_allow,
     .doc = "Let an address or network pass: the first allow or deny that fits decides; also all, unix:."},
    {.name = "deny", .contexts = hsl_except, .args = {{{"address", ArgType::cidr}}}, .inherit = Inherit::replace,
     .repeatable = true, .phase = Phase::access, .apply = policy::apply_deny,
     .doc = "Refuse an address or network with 403; also all, unix:."},
};

constexpr Row auth_basic_rows[] = {
    {.name = "auth_basic", .contexts = hsl_except, .args = {{{"realm|off", ArgType::templ}}}, .fallback = "off",
     .phase = Phase::access, .apply = policy::apply_auth_basic,
     .doc = "Ask for a name and a password; browsers show the realm."},
    {.name = "auth_basic_user_file", .contexts = hsl_except, .args = {{{"file", ArgType::templ}}},
     .phase = Phase::access, .apply = policy::apply_auth_basic_user_file,
     .doc = "Names and hashes of passwords, a line each: name:hash. Read again when it changes."},
};

constexpr Row auth_request_rows[] = {
    {.name = "auth_request", .contexts = hsl, .args = {{{"uri|off", ArgType::word}}}, .fallback = "off",
     .phase = Phase::access, .apply = policy::apply_auth_request,
     .doc = "Ask another location whether a request may pass: 2xx yes, 401 and 403 no."},
    {.name = "auth_request_set", .contexts = hsl,
     .args = {{{"$variable", ArgType::variable}, {"value", ArgType::templ}}}, .inherit = Inherit::replace,
     .repeatable = true, .phase = Phase::access, .apply = policy::apply_auth_request_set,
     .declare = policy::declare_auth_request_set,
     .doc = "Keep something of auth_request's answer in a variable, for example $upstream_http_x_user."},
    {.name = "auth_request_cache", .contexts = hsl,
     .args = {{{"time|off", ArgType::word},
               {"key=", ArgType::templ, Presence::optional},
               {"size=", ArgType::bytes, Presence::optional, {}, 32 * 1024}}},
     .fallback = "off", .phase = Phase::access, .apply = policy::apply_auth_request_cache,
     .doc = "Keep what auth_request was told for a while, for requests with the same key."},
};

constexpr Row auth_require_rows[] = {
    {.name = "auth_require", .contexts = hsl_except,
     .args = {{{"(condition)", ArgType::expr, Presence::optional}, {"$variable", ArgType::variable, Presence::repeat},
               {"error=", ArgType::status, Presence::optional, {}, 400, 599}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::authorize, .apply = policy::apply_auth_require,
     .doc = "What must hold for a request to pass: a condition, or variables that are neither empty nor 0."},
};

constexpr Row rows[] = {
    setting("satisfy", hsl, {"all|any", ArgType::one_of, Presence::required, "all|any"}, "all", policy::apply_satisfy,
            "Must all access checks let a request pass, or is one enough?"),
    setting("auth_delay", hsl, time_ms, "0", policy::apply_auth_delay,
            "How long an answer 401 is held back, against guessing."),
};

}  // namespace

constinit const table::Module allow_module{"allow", allow_rows, policy::finish_allow};
constinit const table::Module auth_basic_module{"auth_basic", auth_basic_rows, policy::finish_auth_basic};
constinit const table::Module auth_request_module{"auth_request", auth_request_rows, policy::finish_auth_request};
constinit const table::Module auth_require_module{"auth_require", auth_require_rows, policy::finish_auth_require};
/// Behind all modules that add checks.
constinit const table::Module access_group_module{"access", rows, policy::finish_access, nullptr,
                                                         policy::list_exempt_routes};

}  // namespace gh::directives
