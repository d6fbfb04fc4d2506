// satisfy and auth_delay: how a block's access checks are joined (policy/access/access_group.cc).
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    setting("satisfy", hsl, {"all|any", ArgType::one_of, Presence::required, "all|any"}, "all", policy::apply_satisfy,
            "Must all access checks let a request pass, or is one enough?"),
    setting("auth_delay", hsl, time_ms, "0", policy::apply_auth_delay,
            "How long an answer 401 is held back, against guessing."),
};

}  // namespace

/// Behind all modules that add checks.
constinit const table::Module access_group_module{"access", rows, policy::finish_access};

}  // namespace gh::directives
