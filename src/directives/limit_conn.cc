// limit_conn: rows; the policy is policy/limit/limit_conn.cc.
#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "policy/zones.h"

namespace gh::directives {
namespace {

constexpr Row rows[] = {
    {.name = "limit_conn_zone", .contexts = config::in_http,
     .args = {{{"key", ArgType::templ},
               {"zone=", ArgType::word},
               {"store=", ArgType::store, Presence::optional},
               {"prefix=", ArgType::word, Presence::optional},
               {"lease=", ArgType::msec, Presence::optional, {}, 1000, 3600000}}},
     .inherit = Inherit::none, .repeatable = true,
     .apply = policy::apply_limit_conn_zone, .doc = "A table of keys with their requests under way: zone=NAME:SIZE."},
    {.name = "limit_conn", .contexts = hsl,
     .args = {{{"zone", ArgType::zone}, {"number", ArgType::count, Presence::required, {}, 1, 65535}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::limit, .apply = policy::apply_limit_conn,
     .doc = "So many requests of one key of a zone at a time; more are refused."},
    setting("limit_conn_status", hsl, {"code", ArgType::status, Presence::required, {}, 400, 599}, "503",
            policy::apply_limit_conn_status, "Status of requests above the number."),
    setting("limit_conn_log_level", hsl, {"level", ArgType::one_of, Presence::required, "info|notice|warn|error"},
            "error", policy::apply_limit_conn_log_level, "Log level of refusals."),
    setting("limit_conn_dry_run", hsl, on_off, "off", policy::apply_limit_conn_dry_run,
            "Count and log, but let all pass."),
};

void end(Scope& main) { policy::warn_of_unused(main, policy::limit_conn_zone); }

}  // namespace

constinit const table::Module limit_conn_module{"limit_conn", rows, policy::finish_limit_conn, nullptr, end};

}  // namespace gh::directives
