// gateway_reason_header: rows only, see policy/response/gateway_reason.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "gateway_reason_header",
     .contexts = hsl,
     .args = {{{"(condition)", ArgType::expr, Presence::optional},
               {"off", ArgType::flag, Presence::optional},
               {"name=", ArgType::word, Presence::optional},
               {"$variable", ArgType::variable, Presence::optional}}},
     .fallback = "off",
     .phase = Phase::response,
     .apply = policy::apply_gateway_reason_header,
     .doc = "Says in a field which directive made an answer of the gateway's own, to those who may know."},
};

}  // namespace

constinit const table::Module reason_module{"reason", rows, policy::finish_gateway_reason_header};

}  // namespace gh::directives
