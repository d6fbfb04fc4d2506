// identity: rows, see policy/address/identity_header.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "identity_header",
     .contexts = hsl,
     .args = {{{"name|off", ArgType::word}, {"value", ArgType::templ, Presence::optional}}},
     .inherit = Inherit::append,
     .repeatable = true,
     .phase = Phase::address,
     .apply = policy::apply_identity_header,
     .doc = "A field that tells services who asks; what clients send under its name is dropped on the whole server."},
};

}  // namespace

constinit const table::Module identity_module{"identity", rows, policy::finish_identity_header};

}  // namespace gh::directives
