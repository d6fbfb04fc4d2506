// limit_count: rows; the policies are policy/limit/limit_count.cc and limit_count_zone.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"

namespace gh::directives {
namespace {

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "limit_count_zone",
     .contexts = config::in_http,
     .args = {{{"key", ArgType::templ},
               {"zone=", ArgType::word},
               {"rate=", ArgType::word, optional},
               {"window=", ArgType::one_of, optional, "sliding|fixed|gcra"},
               {"burst=", ArgType::count, optional, {}, 1, 4000000000},
               {"store=", ArgType::store, optional},
               {"prefix=", ArgType::word, optional},
               {"plan=", ArgType::word, optional},
               {"default=", ArgType::word, optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_limit_count_zone,
     .doc = "A table of keys with how many requests each may have in a window: zone=NAME:SIZE rate=100r/15m."},
    {.name = "limit_count",
     .contexts = hsl,
     .args = {{{"zone=", ArgType::zone, optional},
               {"cost=", ArgType::count, optional, {}, 1, 4000000000},
               {"status=", ArgType::status, optional, {}, 400, 599},
               {"headers=", ArgType::word, optional},
               {"message=", ArgType::word, optional},
               {"off", ArgType::flag, optional}}},
     .inherit = Inherit::append,
     .repeatable = true,
     .phase = Phase::limit,
     .apply = policy::apply_limit_count,
     .doc = "Count requests in a zone and refuse those above its rate; outer limits count as well, unless `off`."},
    setting("limit_count_log_level", hsl, {"level", ArgType::one_of, Presence::required, "info|notice|warn|error"},
            "error", policy::apply_limit_count_log_level, "Log level of refusals."),
    setting("limit_count_dry_run", hsl, on_off, "off", policy::apply_limit_count_dry_run,
            "Count and log, but let all pass."),
};

}  // namespace

constinit const table::Module limit_count_module{"limit_count", rows, policy::finish_limit_count, nullptr,
                                                 policy::end_limit_count};

}  // namespace gh::directives
