// limit_req: rows, and what can be said when all zones are known; the policy is policy/limit/limit_req.cc.
#include <algorithm>
#include <set>

#include "directives/directives.h"
#include "directives/setters.h"
#include "policy/policy.h"
#include "table/build.h"

namespace gh::directives {
namespace {

/// Local to the outermost scope: the zones that some limit_req names.
struct UsedZones { std::set<std::string> names; };

void apply_limit_req(Scope& scope, const Bound& directive) {
  table::outermost(scope).local<UsedZones>().names.insert(std::string(directive.find("zone=")->text));
  policy::apply_limit_req(scope, directive);
}

constexpr Presence optional = Presence::optional;

constexpr Row rows[] = {
    {.name = "limit_req_zone",
     .contexts = config::in_http,
     .args = {{{"key", ArgType::templ},
               {"zone=", ArgType::word},
               {"rate=", ArgType::rate},
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
     .apply = apply_limit_req,
     .doc = "Hold requests to the rate of a zone; a burst waits, or passes at once with nodelay."},
    setting("limit_req_status", hsl, {"code", ArgType::status, Presence::required, {}, 400, 599}, "503",
            policy::apply_limit_req_status, "Status of requests above the limit."),
    setting("limit_req_log_level", hsl, {"level", ArgType::one_of, Presence::required, "info|notice|warn|error"},
            "error", policy::apply_limit_req_log_level, "Log level of refusals; delays are logged one level lower."),
    setting("limit_req_dry_run", hsl, on_off, "off", policy::apply_limit_req_dry_run,
            "Count and log, but let all pass."),
};

void warn_unused(Scope& main) {
  if (main.builder.diagnostics.has_errors()) return;  // perhaps one of them is the use
  constexpr std::string_view kind = "limit_req/";
  const auto& used = main.local<UsedZones>().names;
  for (const auto& [id, entry] : main.builder.zones) {
    const std::string name = id.substr(std::min(kind.size(), id.size()));
    if (!id.starts_with(kind) || used.contains(name)) continue;
    main.warning(table::code::zone_unused, entry.where, "zone `" + name + "` is never used")
        .with_help("name it in a limit_req, or remove it");
  }
}

void end(Scope& main) {
  main.builder.at_end([&main] { warn_unused(main); });
}

}  // namespace

constinit const table::Module limit_req_module{"limit_req", rows, policy::finish_limit_req, nullptr, end};

}  // namespace gh::directives
