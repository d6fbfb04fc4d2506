// introspect: rows, see policy/access/auth_introspect.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "auth_introspect",
     .contexts = hsl | config::in_limit_except,
     .args = {{{"url|off", ArgType::word},
               {"client=", ArgType::word, Presence::optional},
               {"secret=", ArgType::word, Presence::optional},
               {"auth=", ArgType::one_of, Presence::optional, "basic|post"},
               {"cache=", ArgType::sec, Presence::optional, {}, 0, 86400},
               {"token=", ArgType::templ, Presence::optional},
               {"realm=", ArgType::word, Presence::optional},
               {"timeout=", ArgType::msec, Presence::optional, {}, 1, 60000},
               {"trusted=", ArgType::conf_path, Presence::optional},
               {"error=", ArgType::status, Presence::optional, {}, 500, 599}}},
     .fallback = "off",
     .phase = Phase::access,
     .apply = policy::apply_auth_introspect,
     .doc = "Ask the server that gave out a token whether it counts (RFC 7662)."},
};

}  // namespace

constinit const table::Module introspect_module{"introspect", rows, policy::finish_auth_introspect};

}  // namespace gh::directives
