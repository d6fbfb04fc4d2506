// expires: rows only, see policy/response/expires.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "expires",
     .contexts = hsl | config::in_location_if,
     .args = {{{"time|epoch|max|off", ArgType::templ}, {"time", ArgType::templ, Presence::optional}}},
     .fallback = "off",
     .phase = Phase::response,
     .apply = policy::apply_expires,
     .doc = "Expires and Cache-Control: `expires [modified] TIME`, @TIME of the day, epoch or max."},
};

}  // namespace

constinit const table::Module expires_module{"expires", rows, policy::finish_expires};

}  // namespace gh::directives
