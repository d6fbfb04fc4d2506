// The zones of limit_count: key, memory, and what is counted: one rate, or that of the plan which a request has, with
// its quotas.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/count_rate.h"
#include "state/count_script.h"
#include "table/build.h"
#include "table/exact_map.h"
#include "table/store_plan.h"

namespace gh::policy {

/// Before a zone's name in Builder::zones and the registry.
constexpr std::string_view limit_count_zone = "limit_count/";

struct LimitCountZone {
  /// Those of `tiers` that a plan has.
  struct Share {
    std::uint32_t first = 0, count = 0;
  };
  std::string name;
  std::shared_ptr<state::CountZone> memory;
  table::Template key;
  std::vector<CountTier> tiers;  // complete when all has been read
  Share share;                   // of all requests, or of those with none of the plans
  table::Template plan;          // which plan a request has; empty: there are none
  table::ExactMap plans;         // its name to an index of `shares`
  std::vector<Share> shares;
  std::shared_ptr<const table::StorePlan> store;  // null: counted on this node
  std::vector<state::StoredLimit> stored;         // of each tier, when there is a store

  [[nodiscard]] bool has_plans() const { return !plan.is_empty(); }
  [[nodiscard]] Share share_of(proxy::Exchange& exchange, Arena& arena) const {
    if (!has_plans()) return share;
    const std::uint32_t found = plans.find(plan.render(exchange, arena));
    return found == table::ExactMap::npos ? share : shares[found];
  }
  [[nodiscard]] std::uint32_t most_tiers() const;  // of one request
};

}  // namespace gh::policy
