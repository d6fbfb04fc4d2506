// oauth2_token: rows, see policy/request/proxy_oauth2_token.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "proxy_oauth2_token",
     .contexts = hsl,
     .args = {{{"url|off", ArgType::word},
               {"client=", ArgType::word, Presence::optional},
               {"secret=", ArgType::word, Presence::optional},
               {"auth=", ArgType::one_of, Presence::optional, "basic|post"},
               {"scope=", ArgType::word, Presence::optional},
               {"audience=", ArgType::word, Presence::optional},
               {"resource=", ArgType::word, Presence::optional},
               {"timeout=", ArgType::msec, Presence::optional, {}, 1, 60000},
               {"trusted=", ArgType::conf_path, Presence::optional},
               {"error=", ArgType::status, Presence::optional, {}, 500, 599}}},
     .fallback = "off",
     .phase = Phase::request,
     .apply = policy::apply_proxy_oauth2_token,
     .doc = "Send requests upstream with a token of the gateway's own (client credentials, RFC 6749)."},
};

}  // namespace

constinit const table::Module oauth2_token_module{"oauth2_token", rows, policy::finish_proxy_oauth2_token};

}  // namespace gh::directives
