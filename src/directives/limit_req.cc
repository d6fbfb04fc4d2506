// limit_req: rows; the policy is policy/limit/limit_req.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "policy/zones.h"

namespace gh::directives {
namespace {

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "limit_req_zone",
     .contexts = config::in_http,
     .args = {{{"key", ArgType::templ},
               {"zone=", ArgType::word},
               {"rate=", ArgType::rate},
               {"store=", ArgType::store, optional},
               {"prefix=", ArgType::word, optional},
               {"sync", ArgType::flag, optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_limit_req_zone,
     .doc = "A table of keys with the rate each may have: zone=NAME:SIZE rate=10r/s."},
    {.name = "limit_req",
     .contexts = hsl,
     .args = {{{"zone=", ArgType::zone},
               {"burst=", ArgType::count, optional, {}, 0, 4000000},
               {"nodelay", ArgType::flag, optional},
               {"delay=", ArgType::count, optional, {}, 0, 4000000}}},
     .inherit = Inherit::replace,
     .repeatable = true,
     .phase = Phase::limit,
     .apply = policy::apply_limit_req,
     .doc = "Hold requests to the rate of a zone; a burst waits, or passes at once with nodelay."},
    setting("limit_req_status", hsl, {"code", ArgType::status, Presence::required, {}, 400, 599}, "503",
            policy::apply_limit_req_status, "Status of requests above the limit."),
    setting("limit_req_log_level", hsl, {"level", ArgType::one_of, Presence::required, "info|notice|warn|error"},
            "error", policy::apply_limit_req_log_level, "Log level of refusals; delays are logged one level lower."),
    setting("limit_req_dry_run", hsl, on_off, "off", policy::apply_limit_req_dry_run,
            "Count and log, but let all pass."),
};

void end(Scope& main) { policy::warn_of_unused(main, policy::limit_req_zone); }

}  // namespace

constinit const table::Module limit_req_module{"limit_req", rows, policy::finish_limit_req, nullptr, end};

}  // namespace gh::directives
