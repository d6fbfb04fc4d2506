// mirror and mirror_request_body (policy/content/mirror.cc).
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "mirror",
     .contexts = hsl,
     .args = {{{"uri", ArgType::word}}},
     .fallback = "off",
     .inherit = Inherit::replace,
     .repeatable = true,
     .phase = Phase::precontent,
     .apply = policy::apply_mirror,
     .doc = "Send a copy of each request to the location of this URI; its answer is thrown away."},
    setting("mirror_request_body", hsl, on_off, "on", policy::apply_mirror_request_body,
            "Whether copies have the request's body, which is read before anything is sent then."),
};

}  // namespace

constinit const table::Module mirror_module{"mirror", rows, policy::finish_mirror};

}  // namespace gh::directives
