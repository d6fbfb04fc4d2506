// limit_count_zone: which requests are counted together, how many of them a window may have, and what a window is.
#include "policy/limit/limit_count_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "policy/key_lint.h"
#include "policy/usage_plan.h"
#include "policy/policy.h"
#include "policy/zones.h"
#include "table/codes.h"

namespace gh::policy {

using state::CountWindow;
using Kind = state::CountWindow::Kind;

namespace {

/// The kind of window, from the rate's unit, `window=` and `burst=`; false: said why.
bool read_kind(table::Scope& scope, const config::Bound& directive, Kind of_rate, Kind& kind) {
  const config::Value* const window = directive.find("window=");
  const config::Value* const burst = directive.find("burst=");
  const std::string_view word = window ? window->text : burst ? "gcra" : "";
  kind = word == "fixed" ? Kind::fixed : word == "gcra" ? Kind::bucket : Kind::sliding;
  if (burst && kind != Kind::bucket) {
    scope.error(table::code::bad_choice, burst->span, "only a window=gcra has a burst")
        .with_help("write window=gcra, or leave burst= out");
    return false;
  }
  if (of_rate == Kind::sliding) return true;
  if (!word.empty() && kind != Kind::fixed) {
    scope.error(table::code::bad_choice, window ? window->span : burst->span,
                "a day and a month of the calendar are fixed windows")
        .with_help("leave it out, or write r/d for any 24 hours");
    return false;
  }
  kind = of_rate;
  return true;
}

/// The one rate of a zone without plans; false: said why.
bool read_rate(table::Scope& scope, const config::Bound& directive, LimitCountZone& zone) {
  const config::Value* const text = directive.find("rate=");
  if (!text) {
    scope.error(table::code::missing_parameter, directive.span(), "`limit_count_zone` needs `rate=`")
        .with_help("for example rate=100r/15m, or plan=$consumer_plan default=NAME for the rates of plans");
    return false;
  }
  if (const config::Value* const fallback = directive.find("default=")) {
    scope.error(table::code::bad_choice, fallback->span, "`default=` names a plan, and there is no `plan=`")
        .with_help("add plan=$consumer_plan, or leave it out");
    return false;
  }
  const auto rate = read_count_rate(scope, *text, "limit_count");
  Kind kind = Kind::sliding;
  if (!rate || !read_kind(scope, directive, rate->kind, kind)) return false;
  const auto burst = static_cast<std::uint32_t>(directive.number("burst=", 0));
  auto tier = make_tier(scope.builder.diagnostics, *rate, kind, burst);
  if (!tier) return false;
  tier->name = zone.name;
  zone.tiers.push_back(std::move(*tier));
  zone.share = {0, 1};
  return true;
}

/// With `plan=` it is the plans that say how much; false: said why.
bool refuses_own_rate(table::Scope& scope, const config::Bound& directive) {
  for (const std::string_view name : {"rate=", "burst="}) {
    const config::Value* const value = directive.find(name);
    if (!value) continue;
    scope.error(table::code::bad_choice, value->span, fmt::format("`{}` and `plan=` do not go together", name))
        .with_help("the plans state it: plan basic { rate 100r/15m; }");
    return true;
  }
  if (directive.has("default=")) return false;
  scope.error(table::code::missing_parameter, directive.find("plan=")->span, "`plan=` needs `default=`")
      .with_help("name the plan of requests that have none, or an unknown one: default=basic");
  return true;
}

/// When all plans are known.
void join_plans(table::Scope& main, LimitCountZone& zone, Kind kind, const std::string& fallback, config::Span where) {
  UsagePlans& plans = usage_plans(main);
  plans.used = true;
  if (!plan_exists(main.builder, plans, fallback, where)) return;
  std::vector<table::ExactMap::Entry> names;
  for (const auto& [name, plan] : plans.by_name) {
    auto tiers = tiers_of(main.builder.diagnostics, name, plan, kind);
    if (!tiers) continue;
    const LimitCountZone::Share share{static_cast<std::uint32_t>(zone.tiers.size()),
                                      static_cast<std::uint32_t>(tiers->size())};
    for (CountTier& tier : *tiers) {
      tier.limit.zone = zone.memory.get();
      zone.tiers.push_back(std::move(tier));
    }
    names.push_back({name, static_cast<std::uint32_t>(zone.shares.size())});
    zone.shares.push_back(share);
    if (name == fallback) zone.share = share;
  }
  zone.plans = table::ExactMap::build(names);
}

/// When all stores and plans are known.
void join_store(table::Builder& builder, LimitCountZone& zone, const std::string& name, config::Span where,
                const std::string& prefix) {
  zone.store = find_store(builder, name, where);
  if (!zone.store) return;
  for (const CountTier& tier : zone.tiers) {
    if (!state::is_storable(tier.limit.window, tier.limit.amount)) {
      builder.diagnostics
          .error(table::code::out_of_bounds, where, "a bucket of that many requests is too large for a store")
          .with_help("write the rate by a shorter unit, or take window=fixed");
      return;
    }
    const std::string id = zone.has_plans() ? zone.name + '/' + tier.name : zone.name;
    zone.stored.push_back(state::make_stored_limit(prefix, id, tier.limit.window, tier.limit.amount));
    zone.stored.back().cut = tier.suffix.size();
  }
}

/// All that decides what the words of a key mean: as long as it is the same, counts survive a reload.
std::string shape_of(const LimitCountZone& zone) {
  if (zone.has_plans()) return fmt::format("{} by plans", zone.key.source());
  return fmt::format("{} window={}", zone.key.source(), window_text(zone.tiers.front().limit.window));
}

/// `plan=` and what goes with it, or `rate=`; false: said why.
bool read_amounts(table::Scope& scope, const config::Bound& directive, LimitCountZone& zone) {
  const config::Value* const plan = directive.find("plan=");
  if (!plan) return read_rate(scope, directive, zone);
  zone.plan = scope.compile(*plan);
  return !refuses_own_rate(scope, directive);
}

}  // namespace

std::uint32_t LimitCountZone::most_tiers() const {
  std::uint32_t most = share.count;
  for (const Share& other : shares) most = std::max(most, other.count);
  return most;
}

void apply_limit_count_zone(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = *directive.find("zone=");
  auto zone = std::make_shared<LimitCountZone>();
  std::int64_t bytes = 0;
  if (!read_zone(scope, where, state::CountZone::min_bytes, zone->name, bytes)) return;
  auto* const entry = claim_zone(scope, limit_count_zone, zone->name, directive, where);
  if (!entry) return;
  zone->key = scope.compile(*directive.find("key"));
  check_limit_key(scope, *directive.find("key"), zone->key);
  if (!read_amounts(scope, directive, *zone)) return;
  zone->memory = adopt_zone<state::CountZone>(scope, where, limit_count_zone, zone->name, shape_of(*zone), bytes);
  if (!zone->memory) return;
  if (zone->has_plans()) {
    Kind kind = Kind::sliding;
    if (!read_kind(scope, directive, Kind::sliding, kind)) return;
    const config::Value& fallback = *directive.find("default=");
    scope.builder.at_end([&main = table::outermost(scope), zone, kind, name = std::string(fallback.text),
                          span = fallback.span] { join_plans(main, *zone, kind, name, span); });
  } else {
    zone->tiers.front().limit.zone = zone->memory.get();
  }
  if (const config::Value* const store = read_store(scope, directive, {"prefix="})) {
    scope.builder.at_end([&builder = scope.builder, zone, name = std::string(store->text), where = store->span,
                          prefix = std::string(directive.text("prefix=", "limit:"))] {
      join_store(builder, *zone, name, where, prefix);
    });
  }
  entry->object = std::move(zone);
}

}  // namespace gh::policy
