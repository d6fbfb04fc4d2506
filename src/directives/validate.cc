// validate: rows only, see policy/request/validate.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr std::int64_t most_bytes = 64 * 1024 * 1024;

constexpr Row rows[] = {
    {.name = "validate",
     .contexts = hsl,
     .args = {{{"off", ArgType::flag, Presence::optional},
               {"body=", ArgType::conf_path, Presence::optional},
               {"query=", ArgType::conf_path, Presence::optional},
               {"headers=", ArgType::conf_path, Presence::optional},
               {"error=", ArgType::status, Presence::optional, {}, 400, 599},
               {"max_size=", ArgType::bytes, Presence::optional, {}, 1, most_bytes}}},
     .fallback = "off",
     .phase = Phase::request,
     .apply = policy::apply_validate,
     .doc = "JSON Schemas that the body, the query and the fields of a request must fit."},
};

}  // namespace

constinit const table::Module validate_module{"validate", rows, policy::finish_validate};

}  // namespace gh::directives
