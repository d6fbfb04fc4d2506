// limit_conn: rows, and what can be said when all zones are known; the policy is policy/limit/limit_conn.cc.
#include <algorithm>
#include <set>

#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "table/build.h"

namespace gh::directives {
namespace {

/// Local to the outermost scope: the zones that some limit_conn names.
struct UsedZones { std::set<std::string> names; };

void apply_limit_conn(Scope& scope, const Bound& directive) {
  table::outermost(scope).local<UsedZones>().names.insert(std::string(directive.find("zone")->text));
  policy::apply_limit_conn(scope, directive);
}

constexpr Row rows[] = {
    {.name = "limit_conn_zone", .contexts = config::in_http,
     .args = {{{"key", ArgType::templ}, {"zone=", ArgType::word}}}, .inherit = Inherit::none, .repeatable = true,
     .apply = policy::apply_limit_conn_zone, .doc = "A table of keys with their requests under way: zone=NAME:SIZE."},
    {.name = "limit_conn", .contexts = hsl,
     .args = {{{"zone", ArgType::zone}, {"number", ArgType::count, Presence::required, {}, 1, 65535}}},
     .inherit = Inherit::replace, .repeatable = true, .phase = Phase::limit, .apply = apply_limit_conn,
     .doc = "So many requests of one key of a zone at a time; more are refused."},
    setting("limit_conn_status", hsl, {"code", ArgType::status, Presence::required, {}, 400, 599}, "503",
            policy::apply_limit_conn_status, "Status of requests above the number."),
    setting("limit_conn_log_level", hsl, {"level", ArgType::one_of, Presence::required, "info|notice|warn|error"},
            "error", policy::apply_limit_conn_log_level, "Log level of refusals."),
    setting("limit_conn_dry_run", hsl, on_off, "off", policy::apply_limit_conn_dry_run,
            "Count and log, but let all pass."),
};

void warn_unused(Scope& main) {
  if (main.builder.diagnostics.has_errors()) return;  // perhaps one of them is the use
  constexpr std::string_view kind = "limit_conn/";
  const auto& used = main.local<UsedZones>().names;
  for (const auto& [id, entry] : main.builder.zones) {
    const std::string name = id.substr(std::min(kind.size(), id.size()));
    if (!id.starts_with(kind) || used.contains(name)) continue;
    main.warning(table::code::zone_unused, entry.where, "zone `" + name + "` is never used")
        .with_help("name it in a limit_conn, or remove it");
  }
}

void end(Scope& main) {
  main.builder.at_end([&main] { warn_unused(main); });
}

}  // namespace

constinit const table::Module limit_conn_module{"limit_conn", rows, policy::finish_limit_conn, nullptr, end};

}  // namespace gh::directives
