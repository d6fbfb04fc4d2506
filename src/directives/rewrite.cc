// return: row only, see policy/rewrite/return.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "return",
     .contexts = config::in_server | config::in_location | in_ifs,
     .args = {{{"code|url", ArgType::templ}, {"text|url", ArgType::templ, Presence::optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .phase = Phase::rewrite,
     .apply = policy::apply_return,
     .doc = "Answer at once: CODE, CODE TEXT, CODE URL or URL (302); 444 closes without an answer."},
};

}  // namespace

constinit const table::Module return_module{"return", rows, policy::finish_return};

}  // namespace gh::directives
