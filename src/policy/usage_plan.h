// `plan`: what callers of one kind may have, by name: a rate, and quotas beside it. A limit_count_zone with `plan=`
// counts by the plan that a request has. Build thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/count_rate.h"

namespace gh::policy {

struct UsagePlan {
  config::Span where;
  std::optional<CountRate> rate;  // none: `rate off`, or quotas alone
  std::uint32_t burst = 0;        // 0: none is stated
  std::vector<CountRate> quotas;
  bool says_off = false;
};

/// Local to the outermost scope.
struct UsagePlans {
  std::map<std::string, UsagePlan, std::less<>> by_name;
  bool used = false;  // a zone counts by plans
};
UsagePlans& usage_plans(table::Scope& scope);

/// False after error E0416. When all has been read.
bool plan_exists(table::Builder& builder, const UsagePlans& plans, std::string_view name, config::Span where);

/// What a zone counts for requests of this plan, each with its suffix of keys. `kind`: how the zone counts a rate that
/// states no burst. Nothing after a diagnostic; an unlimited plan has none.
std::optional<std::vector<CountTier>> tiers_of(config::Diagnostics& diagnostics, const std::string& name,
                                               const UsagePlan& plan, state::CountWindow::Kind kind);

}  // namespace gh::policy
