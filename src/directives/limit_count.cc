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
               {"plan=", ArgType::templ, optional},
               {"default=", ArgType::word, optional}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_limit_count_zone,
     .doc = "A table of keys with how many requests each may have in a window: zone=NAME:SIZE rate=100r/15m."},
    {.name = "plan",
     .contexts = config::in_http,
     .args = {{{"name", ArgType::word}}},
     .block = Block::directives,
     .inside = config::in_plan,
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_plan,
     .doc = "What callers of one kind may have: a rate, and quotas beside it; a limit_count_zone counts by it."},
    {.name = "rate",
     .contexts = config::in_plan,
     .args = {{{"rate|off", ArgType::word}, {"burst=", ArgType::count, optional, {}, 1, 4000000000}}},
     .inherit = Inherit::none,
     .apply = policy::apply_plan_rate,
     .doc = "How many requests in a window: 100r/15m; with burst= a bucket that holds so many; off: no rate."},
    {.name = "quota",
     .contexts = config::in_plan,
     .args = {{{"quota", ArgType::word}}},
     .inherit = Inherit::none,
     .repeatable = true,
     .apply = policy::apply_plan_quota,
     .doc = "How many requests in a fixed window beside the rate: 10000r/day, 1000000r/month."},
    {.name = "limit_count",
     .contexts = hsl,
     .args = {{{"zone=", ArgType::zone, optional},
               {"cost=", ArgType::expr, optional},
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

void end(Scope& main) {
  policy::end_plans(main);
  policy::end_limit_count(main);
}

}  // namespace

constinit const table::Module limit_count_module{"limit_count", rows, policy::finish_limit_count, nullptr, end};

}  // namespace gh::directives
