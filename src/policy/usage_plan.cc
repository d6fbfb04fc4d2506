#include "policy/usage_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/suggest.h"
#include "policy/policy.h"
#include "table/codes.h"

namespace gh::policy {

using Kind = state::CountWindow::Kind;

namespace {

constexpr std::size_t max_quotas = 4;

struct PlanDraft { UsagePlan* plan = nullptr; };  // local to the block

UsagePlan& plan_of(table::Scope& scope) { return *scope.local<PlanDraft>().plan; }

/// A plan that says nothing would let all pass: perhaps its lines were forgotten. (What is wrong with a line was said.)
void check_plan(table::Scope& scope, const config::Bound& directive, const config::Value& name) {
  bool says_something = false;
  config::for_each_directive(directive.node->children, [&](const config::Node&) { says_something = true; });
  if (says_something) return;
  scope
      .error(table::code::missing_parameter, name.span,
             fmt::format("plan `{}` states no limit", printable(name.text, 60)))
      .with_help("add `rate 100r/15m;` or `quota 10000r/day;`, or `rate off;` for callers without a limit");
}

/// Nothing is added after a diagnostic.
bool add_tier(config::Diagnostics& diagnostics, const std::string& name, const CountRate& rate, Kind kind,
              std::uint32_t burst, std::vector<CountTier>& tiers) {
  auto tier = make_tier(diagnostics, rate, kind, burst);
  if (!tier) return false;
  tier->name = name;
  tier->suffix = fmt::format("{}{}:{}", '\0', name, window_text(tier->limit.window));
  const auto same = [&](const CountTier& other) { return other.suffix == tier->suffix; };
  if (std::any_of(tiers.begin(), tiers.end(), same)) {
    diagnostics.error(table::code::duplicate, rate.where,
                      fmt::format("plan `{}` counts by this window twice", printable(name, 60)))
        .with_help("keep the smaller count");
    return false;
  }
  tiers.push_back(std::move(*tier));
  return true;
}

}  // namespace

UsagePlans& usage_plans(table::Scope& scope) { return table::outermost(scope).local<UsagePlans>(); }

bool plan_exists(table::Builder& builder, const UsagePlans& plans, std::string_view name, config::Span where) {
  if (plans.by_name.contains(name)) return true;
  std::vector<std::string_view> names;
  for (const auto& [other, plan] : plans.by_name) names.push_back(other);
  const std::string near(config::nearest(name, names));
  const std::string shown = printable(name, 60);
  builder.diagnostics.error(table::code::unknown_plan, where, "unknown plan `" + shown + "`")
      .with_help(near.empty() ? "define it: plan " + shown + " { rate 100r/15m; }" : "did you mean `" + near + "`?");
  return false;
}

std::optional<std::vector<CountTier>> tiers_of(config::Diagnostics& diagnostics, const std::string& name,
                                               const UsagePlan& plan, Kind kind) {
  std::vector<CountTier> tiers;
  bool good = true;
  if (plan.rate) {
    good = add_tier(diagnostics, name, *plan.rate, plan.burst != 0 ? Kind::bucket : kind, plan.burst, tiers);
  }
  for (const CountRate& quota : plan.quotas) good = add_tier(diagnostics, name, quota, Kind::fixed, 0, tiers) && good;
  if (!good) return std::nullopt;
  return tiers;
}

void apply_plan(table::Scope& outer, const config::Bound& directive) {
  const config::Value& name = directive.at(0);
  const auto [it, is_new] = usage_plans(outer).by_name.try_emplace(std::string(name.text));
  if (!is_new) {
    outer.error(table::code::duplicate_name, name.span, "plan `" + printable(name.text, 60) + "` is defined twice")
        .with_related(it->second.where, "first defined here")
        .with_help("give one of them another name");
    return;
  }
  it->second.where = name.span;
  table::Scope scope(outer.builder, &outer, config::in_plan);
  scope.where = directive.span();
  scope.local<PlanDraft>().plan = &it->second;
  outer.builder.build_block(scope, directive.children);
  check_plan(outer, directive, name);
}

void apply_plan_rate(table::Scope& scope, const config::Bound& directive) {
  const config::Value& text = directive.at(0);
  const config::Value* const burst = directive.find("burst=");
  UsagePlan& plan = plan_of(scope);
  plan.says_off = text.text == "off";
  if (!plan.says_off) plan.rate = read_count_rate(scope, text, "plan");
  if (burst && (plan.says_off || (plan.rate && plan.rate->is_calendar()))) {
    scope.error(table::code::bad_choice, burst->span,
                plan.says_off ? "`rate off` has no burst" : "a day and a month of the calendar have no burst")
        .with_help("leave `burst=` out");
    return;
  }
  plan.burst = static_cast<std::uint32_t>(directive.number("burst=", 0));
}

void apply_plan_quota(table::Scope& scope, const config::Bound& directive) {
  UsagePlan& plan = plan_of(scope);
  if (plan.quotas.size() == max_quotas) {
    scope.error(table::code::out_of_bounds, directive.span(), fmt::format("a plan has at most {} quotas", max_quotas));
    return;
  }
  if (const auto quota = read_count_rate(scope, directive.at(0), "quota")) plan.quotas.push_back(*quota);
}

void end_plans(table::Scope& main) {
  main.builder.at_end([&main] {
    const UsagePlans& plans = usage_plans(main);
    if (plans.used || main.builder.diagnostics.has_errors()) return;
    for (const auto& [name, plan] : plans.by_name) {
      main.warning(table::code::plan_unused, plan.where, "plan `" + name + "` limits nothing: no zone counts by plans")
          .with_help("add `limit_count_zone $consumer zone=plans:10m plan=$consumer_plan default=" + name +
                     ";`, and name the zone in a limit_count");
    }
  });
}

}  // namespace gh::policy
