// stub_status: row only, see policy/content/stub_status.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "stub_status", .contexts = config::in_server | config::in_location,
     .args = {{{"word", ArgType::word, Presence::optional}}}, .inherit = Inherit::none, .phase = Phase::content,
     .apply = policy::apply_stub_status, .doc = "Connections and requests of the gateway, as text."},
};

}  // namespace

constinit const table::Module stub_status_module{"stub_status", rows, policy::finish_stub_status};

}  // namespace gh::directives
