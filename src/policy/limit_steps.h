// What limit_req and limit_conn share: the limits of a block become two steps: those whose key is an identity behind
// the checks of it, the others before. What one step decides is decided together.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "policy/zones.h"
#include "proxy/limit_status.h"

namespace gh::policy {

/// What a step reads; each kind adds its limits.
struct LimitPlan {
  proxy::LimitsAsked asked = proxy::LimitsAsked::early;
  std::shared_ptr<const table::StorePlan> store;   // of all of them; null: on this node
  const table::Template* first_key = nullptr;      // null: there is none yet
};

/// False after a diagnostic: this zone cannot be decided together with those before.
bool join_plan(table::Builder& builder, std::string_view name, config::Span where,
               const std::shared_ptr<const table::StorePlan>& store, const table::Template& key, LimitPlan& plan);

/// Zones may be defined behind their use, so this is called when all has been read. `add(plan, zone, use)` adds a
/// limit; `rest` is what an example of a zone ends with.
template <class Zone, class Plan, class Uses, class Settings, class Add>
void add_limit_steps(table::Builder& builder, std::string_view kind, std::string_view rest, const Uses& uses,
                     const Settings& settings, table::Route& route, table::StepFn run, Add&& add) {
  const std::string_view name = kind.substr(0, kind.find('/'));
  const std::shared_ptr<Plan> early = std::make_shared<Plan>(), late = std::make_shared<Plan>();
  late->asked = proxy::LimitsAsked::by_identity;
  for (const auto& use : uses) {
    const auto found = builder.zones.find(std::string(kind) + use.zone);
    if (found == builder.zones.end()) {
      unknown_zone(builder, kind, use.zone, use.where,
                   fmt::format("{}_zone $binary_remote_addr zone={}:10m{};", name, use.zone, rest));
      continue;
    }
    auto zone = std::static_pointer_cast<const Zone>(found->second.object);
    if (!zone) continue;
    Plan& plan = builder.variables.known_from(zone->key) > config::Phase::limit ? *late : *early;
    if (join_plan(builder, name, use.where, zone->store, zone->key, plan)) add(plan, std::move(zone), use);
  }
  for (const auto& plan : {early, late}) {
    plan->settings = settings;
    const config::Phase phase = plan == late ? config::Phase::identity_limit : config::Phase::limit;
    if (plan->first_key) table::add_step(route, phase, run, plan, name);
  }
}

}  // namespace gh::policy
