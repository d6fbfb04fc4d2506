// openapi: rows only, see policy/request/openapi.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr std::int64_t most_bytes = 64 * 1024 * 1024;

constexpr Row rows[] = {
    {.name = "openapi",
     .contexts = hsl,
     .args = {{{"off", ArgType::flag, Presence::optional},
               {"file", ArgType::conf_path, Presence::optional},
               {"validate=", ArgType::one_of, Presence::optional, "request|response|request,response|off"},
               {"routes=", ArgType::on_off, Presence::optional},
               {"base=", ArgType::word, Presence::optional},
               {"error=", ArgType::status, Presence::optional, {}, 400, 599},
               {"max_size=", ArgType::bytes, Presence::optional, {}, 1, most_bytes}}},
     .fallback = "off",
     .phase = Phase::request,
     .apply = policy::apply_openapi,
     .doc = "An OpenAPI document that says which requests there are, and what they and their answers look like."},
};

}  // namespace

constinit const table::Module openapi_module{"openapi", rows, policy::finish_openapi};

}  // namespace gh::directives
