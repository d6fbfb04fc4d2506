// limit_count: so many requests in a window. All limits of a request are decided together: one that refuses uses up
// none of the others. Those whose key is an identity are asked once it is known, and then the earlier ones are given
// back. The arithmetic and the memory are state/count_zone.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "policy/limit/limit_count_fields.h"
#include "policy/limit/limit_count_store.h"
#include "policy/limit/limit_count_zone.h"
#include "base/text.h"
#include "policy/policy.h"
#include "policy/zones.h"
#include "proxy/error_page.h"
#include "proxy/join.h"
#include "proxy/limit_report.h"
#include "table/codes.h"
#include "table/expression.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using proxy::LimitReport;
using state::CountAnswer;
using state::CountAsk;
using table::Verdict;

namespace {

static_assert(max_limits <= state::max_count_asks);

struct Use {
  std::string zone;
  config::Span where;
  std::uint32_t cost = 1;
  table::Expression costs;  // in its place
  unsigned status = 429;
  CountForms forms;
  std::string message;
};
/// What one block states. With `off` it leaves the outer ones behind.
struct Uses {
  std::vector<Use> list;
  bool off = false;
};
/// With those of the blocks around it: local to the scope, made once.
struct Effective { std::shared_ptr<const std::vector<Use>> uses; };

struct Settings : LimitSettings {};

struct Limit {
  std::shared_ptr<const LimitCountZone> zone;
  std::vector<CountTexts> texts;  // of each of the zone's tiers
  std::uint32_t cost = 1;
  table::Expression costs;
  unsigned status = 429;
  std::string message;
  table::Origin origin;
};

/// What a step of a location reads.
struct Plan {
  std::vector<Limit> limits;
  std::size_t most_asks = 0;  // of one request
  Settings settings;
  Phase phase = Phase::limit;
};

// ---- a request -----------------------------------------------------------------------------------------------------

/// Limits that were asked together. In the arena of the exchange that the client asked for.
struct Asked : CountAsks {
  const Plan* plan = nullptr;  // null: not asked yet
  struct From {
    const Limit* limit;
    std::uint32_t tier;
  };
  From* from = nullptr;

  [[nodiscard]] const CountTexts& texts(std::size_t i) const { return from[i].limit->texts[from[i].tier]; }
  [[nodiscard]] const CountTier& tier(std::size_t i) const { return from[i].limit->zone->tiers[from[i].tier]; }
};

struct Report : LimitReport {
  Asked early, late;
  const CountTexts* shown = nullptr;  // in the fields of the answer
  std::uint32_t shown_remaining = 0;
  std::int64_t shown_reset_ms = 0;
  std::int64_t retry_ms = 0;     // refused
};

void add_fields(Exchange& x, proxy::AtHead& fields) {
  const auto& report = static_cast<const Report&>(fields);
  if (report.shown) add_count_fields(x, *report.shown, report.shown_remaining, report.shown_reset_ms);
  if (report.retry_ms > 0) add_retry_after(x, report.retry_ms);
}

/// Whole units, rounded up; never fewer than none. What is no number costs 1, so that nothing is free by accident.
std::uint32_t units_of(table::ExprValue value) {
  if (value.is_text()) value = table::parse_number(value.text());
  if (!value.is_number()) return 1;
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp(std::ceil(value.as_real()), 0.0, double{most}));
}

std::uint32_t cost_of(Exchange& x, const Limit& limit) {
  if (!limit.costs) return limit.cost;
  return units_of(limit.costs.evaluate({x, x.arena, x.clock().unix_ms(), {}, nullptr}));
}

/// In memory that lasts as long as the report.
std::string_view key_of(Exchange& x, std::string_view key, const CountTier& tier) {
  if (tier.suffix.empty()) return x.parent ? x.main().arena.copy(key) : key;
  char* const to = x.main().arena.chars(key.size() + tier.suffix.size());
  tier.suffix.copy(to + key.copy(to, key.size()), tier.suffix.size());
  return {to, key.size() + tier.suffix.size()};
}

void add_asks(Exchange& x, const Limit& limit, Asked& asked) {
  const std::string_view key = limit.zone->key.render(x, x.arena);
  if (key.empty()) return;
  const std::uint32_t cost = cost_of(x, limit);
  const LimitCountZone::Share share = limit.zone->share_of(x, x.arena);
  for (std::uint32_t tier = share.first; tier < share.first + share.count; ++tier) {
    const CountTier& counted = limit.zone->tiers[tier];
    asked.from[asked.count] = {&limit, tier};
    asked.stored[asked.count] = limit.zone->store ? &limit.zone->stored[tier] : nullptr;
    asked.answers[asked.count] = {};
    asked.known[asked.count] = false;
    asked.asks[asked.count++] = {&counted.limit, key_of(x, key, counted), cost};
  }
  if (share.count == 0) return;
  const auto* const store = limit.zone->store ? &limit.zone->store : nullptr;
  const CountPart* const last = asked.part_count == 0 ? nullptr : &asked.parts[asked.part_count - 1];
  if (!last || last->store != store || (store && (*store)->url.cluster && last->key != key)) {
    asked.parts[asked.part_count++] = {store, asked.count - share.count, 0, CountPart::Counted::nowhere, key};
  }
  asked.parts[asked.part_count - 1].count += share.count;
}

/// Once for a request, whatever internal redirects and subexchanges follow: null when it was.
Asked* begin(Exchange& x, const Plan& plan) {
  Exchange& main = x.main();
  if (!main.limit_count) {
    auto* const made = main.arena.make<Report>();
    made->add = add_fields;
    main.limit_count = made;
    main.when_answered(*made);
  }
  auto& report = static_cast<Report&>(*main.limit_count);
  Asked& asked = plan.phase == Phase::limit ? report.early : report.late;
  if (asked.plan) return nullptr;
  asked.plan = &plan;
  asked.asks = main.arena.array<CountAsk>(plan.most_asks);
  asked.stored = main.arena.array<const state::StoredLimit*>(plan.most_asks);
  asked.answers = main.arena.array<CountAnswer>(plan.most_asks);
  asked.known = main.arena.array<bool>(plan.most_asks);
  asked.parts = main.arena.array<CountPart>(plan.limits.size());
  asked.from = main.arena.array<Asked::From>(plan.most_asks);
  for (const Limit& limit : plan.limits) add_asks(x, limit, asked);
  return &asked;
}

/// Of all limits asked so far: the one that has the least left.
void report_tightest(Report& report, const Asked& asked) {
  for (std::size_t i = 0; i < asked.count; ++i) {
    if (!asked.known[i]) continue;
    const CountAnswer& answer = asked.answers[i];
    const auto is_tighter = [&](std::uint32_t remaining, std::int64_t reset_ms) {
      return std::pair(answer.remaining, -answer.reset_ms) < std::pair(remaining, -reset_ms);
    };
    if (report.status == LimitReport::Status::none || is_tighter(report.remaining, report.reset_ms)) {
      report.status = LimitReport::Status::passed;
      report.remaining = answer.remaining;
      report.reset_ms = answer.reset_ms;
    }
    const CountTexts& texts = asked.texts(i);
    if (!texts.forms.any()) continue;
    if (report.shown && !is_tighter(report.shown_remaining, report.shown_reset_ms)) continue;
    report.shown = &texts;
    report.shown_remaining = answer.remaining;
    report.shown_reset_ms = answer.reset_ms;
  }
}

void log_refusal(Exchange& x, const Asked& asked, std::size_t i) {
  const Settings& settings = asked.plan->settings;
  if (!x.wants_log(settings.level)) return;
  const LimitCountZone& zone = *asked.from[i].limit->zone;
  const std::int64_t retry_ms = asked.answers[i].retry_ms;
  x.log(settings.level, fmt::format("limiting requests{}, count: {}, {}, by zone \"{}\"{}",
                                    settings.dry_run ? ", dry run" : "", asked.texts(i).limit,
                                    retry_ms == CountAnswer::never
                                        ? fmt::format("one costs {}", asked.asks[i].cost)
                                        : fmt::format("retry after {} s", LimitReport::seconds(retry_ms)), zone.name,
                                    zone.has_plans() ? ", plan \"" + asked.tier(i).name + '"' : ""));
}

/// All that was counted for a request that is refused.
void give_all_back(Exchange& x, Report& report, Asked& asked) {
  give_back_parts(x, asked);
  if (&asked == &report.late) give_back_parts(x, report.early);
}

/// A store is not to be had, and nothing passes without it.
Verdict deny(Exchange& x, Report& report, Asked& asked, std::int64_t retry_ms) {
  if (asked.plan->settings.dry_run) {
    report.status = LimitReport::Status::rejected_dry_run;
    return Verdict::next;
  }
  give_all_back(x, report, asked);
  report.status = LimitReport::Status::rejected;
  report.shown = nullptr;
  report.retry_ms = std::max<std::int64_t>(retry_ms, 1000);
  const std::uint32_t at = asked.parts[asked.next_part].first;
  const Limit& limit = *asked.from[at].limit;
  return x.error(503, limit.origin, proxy::join(x.arena, "without store ", limit.zone->store->name));
}

/// What may never pass waits the longest.
std::int64_t wait_of(const CountAnswer& answer) {
  return answer.retry_ms == CountAnswer::never ? std::numeric_limits<std::int64_t>::max() : answer.retry_ms;
}

Verdict reject(Exchange& x, Report& report, Asked& asked) {
  std::size_t worst = 0;  // the one that asks for the longest wait
  for (std::size_t i = 1; i < asked.count; ++i) {
    if (wait_of(asked.answers[i]) > wait_of(asked.answers[worst])) worst = i;
  }
  const Limit& limit = *asked.from[worst].limit;
  const CountAnswer& answer = asked.answers[worst];
  const Settings& settings = asked.plan->settings;
  log_refusal(x, asked, worst);
  report.remaining = answer.remaining;
  report.reset_ms = answer.reset_ms;
  if (settings.dry_run) {
    report.status = LimitReport::Status::rejected_dry_run;
    return Verdict::next;
  }
  give_all_back(x, report, asked);
  report.status = LimitReport::Status::rejected;
  report.shown = asked.texts(worst).forms.any() ? &asked.texts(worst) : nullptr;
  report.shown_remaining = answer.remaining;
  report.shown_reset_ms = answer.reset_ms;
  report.retry_ms = answer.retry_ms;
  if (!limit.message.empty() && !proxy::find_error_page(*x.route, limit.status)) x.page_text = limit.message;
  const std::string_view zone = proxy::join(x.arena, "zone ", limit.zone->name);
  const bool fits = answer.retry_ms != CountAnswer::never;
  return x.error(limit.status, limit.origin,
                 fits ? zone : proxy::join(x.arena, zone, ": it costs more than the limit"));
}

/// Those of this node answer at once; a store's answer is waited for.
Verdict ask(Exchange& x, Asked& asked) {
  auto& report = static_cast<Report&>(*x.main().limit_count);
  std::int64_t denied_ms = 0;
  switch (ask_parts(x, asked, denied_ms)) {
    case CountVerdict::waits: return Verdict::again;
    case CountVerdict::refused: return reject(x, report, asked);
    case CountVerdict::denied: return deny(x, report, asked, denied_ms);
    case CountVerdict::passes: break;
  }
  if (!asked.plan->settings.dry_run) report_tightest(report, asked);
  else if (report.status == LimitReport::Status::none) report.status = LimitReport::Status::passed;
  return Verdict::next;
}

/// What this exchange has asked a store and waits for; null: nothing.
Asked* waiting(Exchange& x, const Plan& plan) {
  auto& report = static_cast<Report&>(*x.main().limit_count);
  Asked& asked = plan.phase == Phase::limit ? report.early : report.late;
  return asked.plan == &plan && waits_for(x, asked) ? &asked : nullptr;
}

Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  Asked* asked = begin(x, plan);
  if (!asked) asked = waiting(x, plan);
  return !asked || asked->count == 0 ? Verdict::next : ask(x, *asked);
}

// ---- the configuration ---------------------------------------------------------------------------------------------

/// Zones may be defined behind their use, so a plan is made when all has been read. Null after a diagnostic.
std::shared_ptr<const LimitCountZone> find_zone(table::Builder& builder, const Use& use) {
  const auto found = builder.zones.find(std::string(limit_count_zone) + use.zone);
  if (found == builder.zones.end()) {
    unknown_zone(builder, limit_count_zone, use.zone, use.where,
                 "limit_count_zone $binary_remote_addr zone=" + use.zone + ":10m rate=100r/15m;");
    return nullptr;
  }
  auto zone = std::static_pointer_cast<const LimitCountZone>(found->second.object);
  if (!zone || zone->has_plans()) return zone;
  const std::uint32_t most = zone->tiers.front().limit.amount.most;
  if (use.cost <= most) return zone;
  builder.diagnostics
      .error(table::code::out_of_bounds, use.where,
             fmt::format("one request would cost {}, and zone `{}` never has more than {}", use.cost, zone->name, most))
      .with_help("with that cost all requests would be refused");
  return nullptr;
}

/// From which phase on all is known that this limit needs.
Phase known_from(table::Builder& builder, const Use& use, const LimitCountZone& zone) {
  Phase latest = std::max(builder.variables.known_from(zone.key), builder.variables.known_from(zone.plan));
  table::Template variables;
  table::TemplateFault fault;
  if (!use.costs || !table::Template::compile(use.costs.variables_text(), builder.variables, variables, fault)) {
    return latest;
  }
  return std::max(latest, builder.variables.known_from(variables));
}

void add_limit(Plan& plan, const Use& use, std::shared_ptr<const LimitCountZone> zone) {
  plan.most_asks += zone->most_tiers();
  std::vector<CountTexts> texts;
  for (const CountTier& tier : zone->tiers) texts.push_back(make_count_texts(use.forms, tier));
  plan.limits.push_back({std::move(zone), std::move(texts), use.cost, use.costs, use.status, use.message,
                         {"limit_count", use.where}});
}

void resolve(table::Builder& builder, const std::vector<Use>& uses, const Settings& settings, table::Route& route) {
  const std::shared_ptr<Plan> plans[] = {std::make_shared<Plan>(), std::make_shared<Plan>()};
  plans[1]->phase = Phase::identity_limit;
  for (const Use& use : uses) {
    auto zone = find_zone(builder, use);
    if (!zone) continue;
    const bool by_identity = known_from(builder, use, *zone) > Phase::limit;
    add_limit(*plans[by_identity ? 1 : 0], use, std::move(zone));
  }
  if (builder.diagnostics.has_errors()) return;
  for (const auto& plan : plans) {
    if (plan->limits.empty()) continue;
    if (plan->most_asks > state::max_count_asks) {
      builder.diagnostics.error(table::code::out_of_bounds, uses.back().where,
                                fmt::format("one request would be counted more than {} times", state::max_count_asks))
          .with_help("the rate and each quota of a plan count");
      return;
    }
    plan->settings = settings;
    // Those of one store are asked together; this node's own, which cost nothing, first.
    std::stable_sort(plan->limits.begin(), plan->limits.end(), [](const Limit& a, const Limit& b) {
      return std::less<>()(a.zone->store.get(), b.zone->store.get());
    });
    table::add_step(route, plan->phase, run, plan, "limit_count");
  }
}

/// Those of the blocks around it come first; a zone that is stated again counts once, as the inner block says.
std::shared_ptr<const std::vector<Use>> effective(table::Scope& scope) {
  if (!scope.is_own<Uses>()) return scope.parent ? effective(*scope.parent) : nullptr;
  auto& made = scope.local<Effective>();
  if (made.uses) return made.uses;
  const std::shared_ptr<const Uses> own = scope.shared<Uses>();
  const auto outer = own->off || !scope.parent ? nullptr : effective(*scope.parent);
  auto joined = std::make_shared<std::vector<Use>>();
  if (outer) {
    std::copy_if(outer->begin(), outer->end(), std::back_inserter(*joined), [&](const Use& use) {
      return std::none_of(own->list.begin(), own->list.end(), [&](const Use& other) { return other.zone == use.zone; });
    });
  }
  joined->insert(joined->end(), own->list.begin(), own->list.end());
  if (joined->size() > max_limits) {
    scope.error(table::code::out_of_bounds, joined->back().where,
                fmt::format("more than {} limit_count for one request, with those of the blocks around", max_limits));
    joined->resize(max_limits);
  }
  made.uses = std::move(joined);
  return made.uses;
}

/// A number, or an expression; false: said why.
bool read_cost(table::Scope& scope, const config::Value* value, Use& use) {
  if (!value) return true;
  if (value->text.starts_with('(')) {
    use.costs = table::compile_expression(scope, *value, {});
    return static_cast<bool>(use.costs);
  }
  const auto number = parse_uint(value->text);
  if (number && *number <= std::numeric_limits<std::uint32_t>::max()) {
    use.cost = static_cast<std::uint32_t>(*number);
    return true;
  }
  scope.error(number ? table::code::out_of_bounds : table::code::bad_number, value->span,
              "`cost=" + printable(value->text, 60) + "` is no cost")
      .with_help("a whole number, or an expression: cost=($request_method == \"POST\" ? 5 : 1)");
  return false;
}

/// `limit_count off`: nothing else stands beside it.
void apply_off(table::Scope& scope, const config::Bound& directive) {
  scope.edit_list<Uses>().off = true;
  if (directive.values.size() == 1) return;
  scope.error(table::code::bad_choice, directive.span(), "`limit_count off` takes nothing else")
      .with_help("write `limit_count off;`, and what counts here on lines of its own");
}

}  // namespace

void apply_limit_count(table::Scope& scope, const config::Bound& directive) {
  if (directive.has("off")) return apply_off(scope, directive);
  const config::Value* const zone = directive.find("zone=");
  if (!zone) {
    scope.error(table::code::missing_parameter, directive.span(), "`limit_count` needs `zone=`")
        .with_help("name a zone: limit_count zone=api; or write `limit_count off;`");
    return;
  }
  Use use;
  use.zone = zone->text;
  use.where = zone->span;
  if (!read_cost(scope, directive.find("cost="), use)) return;
  use.status = static_cast<unsigned>(directive.number("status=", 429));
  use.message = directive.text("message=");
  if (const config::Value* const text = directive.find("headers=")) {
    const auto forms = read_count_forms(text->text);
    if (!forms) {
      scope.error(table::code::bad_choice, text->span, "`headers=" + std::string(text->text) + "` is no form of fields")
          .with_help("one of draft-6, draft-7 and draft-8, or legacy, or both as in draft-6,legacy, or off");
      return;
    }
    use.forms = *forms;
  }
  add_use(scope, limit_count_zone, scope.edit_list<Uses>().list, std::move(use));
}

void apply_limit_count_log_level(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().level = read_limit_level(directive);
}

void apply_limit_count_dry_run(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().dry_run = directive.at(0).number != 0;
}

void finish_limit_count(table::Scope& scope, table::Route& route) {
  const auto uses = effective(scope);
  if (!uses || uses->empty()) return;
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, &route, uses, settings = scope.get<Settings>()] {
    resolve(builder, *uses, settings, route);
  });
}

void end_limit_count(table::Scope& main) { warn_of_unused(main, limit_count_zone); }

}  // namespace gh::policy
