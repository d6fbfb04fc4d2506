// limit_count: so many requests in a window. All limits of a request are decided together: one that refuses uses up
// none of the others. Those whose key is an identity are asked once it is known, and then the earlier ones are given
// back. The arithmetic and the memory are state/count_zone.h.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "policy/limit/limit_count_fields.h"
#include "policy/limit/limit_count_zone.h"
#include "policy/policy.h"
#include "policy/zones.h"
#include "proxy/error_page.h"
#include "proxy/limit_report.h"
#include "table/codes.h"

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
  CountTexts texts;
  unsigned status = 429;
  std::string message;
};

/// What a step of a location reads. `counts[i]` belongs to `limits[i]`.
struct Plan {
  std::vector<Limit> limits;
  std::vector<state::CountLimit> counts;
  Settings settings;
  Phase phase = Phase::limit;
};

// ---- a request -----------------------------------------------------------------------------------------------------

/// Limits that were asked together. In the arena of the exchange that the client asked for.
struct Asked {
  const Plan* plan = nullptr;  // null: not asked yet
  CountAsk* asks = nullptr;
  CountAnswer* answers = nullptr;
  std::size_t count = 0;

  [[nodiscard]] std::span<const CountAsk> all() const { return {asks, count}; }
  [[nodiscard]] const Limit& limit(std::size_t i) const {
    return plan->limits[static_cast<std::size_t>(asks[i].limit - plan->counts.data())];
  }
};

struct Report : LimitReport {
  Asked early, late;
  const Limit* shown = nullptr;  // in the fields of the answer
  std::uint32_t shown_remaining = 0;
  std::int64_t shown_reset_ms = 0;
  std::int64_t retry_ms = 0;     // refused
};

void add_fields(Exchange& x, proxy::AtHead& fields) {
  const auto& report = static_cast<const Report&>(fields);
  if (report.shown) add_count_fields(x, report.shown->texts, report.shown_remaining, report.shown_reset_ms);
  if (report.retry_ms > 0) add_retry_after(x, report.retry_ms);
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
  asked.asks = main.arena.array<CountAsk>(plan.limits.size());
  asked.answers = main.arena.array<CountAnswer>(plan.limits.size());
  for (std::size_t i = 0; i < plan.limits.size(); ++i) {
    const std::string_view key = plan.limits[i].zone->key.render(x, x.arena);
    if (key.empty()) continue;
    asked.asks[asked.count++] = {&plan.counts[i], x.parent ? main.arena.copy(key) : key};
  }
  return &asked;
}

/// Of all limits asked so far: the one that has the least left.
void report_tightest(Report& report, const Asked& asked) {
  for (std::size_t i = 0; i < asked.count; ++i) {
    const CountAnswer& answer = asked.answers[i];
    const auto is_tighter = [&](std::uint32_t remaining, std::int64_t reset_ms) {
      return std::pair(answer.remaining, -answer.reset_ms) < std::pair(remaining, -reset_ms);
    };
    if (report.status == LimitReport::Status::none || is_tighter(report.remaining, report.reset_ms)) {
      report.status = LimitReport::Status::passed;
      report.remaining = answer.remaining;
      report.reset_ms = answer.reset_ms;
    }
    const Limit& limit = asked.limit(i);
    if (!limit.texts.forms.any()) continue;
    if (report.shown && !is_tighter(report.shown_remaining, report.shown_reset_ms)) continue;
    report.shown = &limit;
    report.shown_remaining = answer.remaining;
    report.shown_reset_ms = answer.reset_ms;
  }
}

Verdict reject(Exchange& x, Report& report, const Asked& asked) {
  std::size_t worst = 0;  // the one that asks for the longest wait
  for (std::size_t i = 1; i < asked.count; ++i) {
    if (asked.answers[i].retry_ms > asked.answers[worst].retry_ms) worst = i;
  }
  const Limit& limit = asked.limit(worst);
  const CountAnswer& answer = asked.answers[worst];
  const Settings& settings = asked.plan->settings;
  if (x.wants_log(settings.level)) {
    x.log(settings.level, fmt::format("limiting requests{}, count: {}, retry after {} s, by zone \"{}\"",
                                      settings.dry_run ? ", dry run" : "", limit.texts.limit,
                                      LimitReport::seconds(answer.retry_ms), limit.zone->name));
  }
  report.remaining = answer.remaining;
  report.reset_ms = answer.reset_ms;
  if (settings.dry_run) {
    report.status = LimitReport::Status::rejected_dry_run;
    return Verdict::next;
  }
  if (&asked == &report.late && report.early.count > 0 && report.status == LimitReport::Status::passed) {
    state::give_back(report.early.all(), {report.early.answers, report.early.count});
  }
  report.status = LimitReport::Status::rejected;
  report.shown = limit.texts.forms.any() ? &limit : nullptr;
  report.shown_remaining = answer.remaining;
  report.shown_reset_ms = answer.reset_ms;
  report.retry_ms = answer.retry_ms;
  x.reason = "limit_count";
  if (!limit.message.empty() && !proxy::find_error_page(*x.route, limit.status)) x.page_text = limit.message;
  return x.error(limit.status);
}

/// The zones have answered: at once those of this node; a shared store's would be waited for in between.
Verdict settle(Exchange& x, const Asked& asked, bool passes) {
  auto& report = static_cast<Report&>(*x.main().limit_count);
  if (!passes) return reject(x, report, asked);
  if (!asked.plan->settings.dry_run) report_tightest(report, asked);
  else if (report.status == LimitReport::Status::none) report.status = LimitReport::Status::passed;
  return Verdict::next;
}

Verdict run(Exchange& x, const void* params) {
  Asked* const asked = begin(x, *static_cast<const Plan*>(params));
  if (!asked || asked->count == 0) return Verdict::next;
  const state::CountTime now{x.clock().now_us(), x.clock().unix_ms()};
  return settle(x, *asked, state::decide(asked->all(), now, {asked->answers, asked->count}));
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
  if (!zone || use.cost <= zone->amount.most) return zone;
  builder.diagnostics
      .error(table::code::out_of_bounds, use.where,
             fmt::format("one request would cost {}, and zone `{}` never has more than {}", use.cost, zone->name,
                         zone->amount.most))
      .with_help("with that cost all requests would be refused");
  return nullptr;
}

void add_limit(Plan& plan, const Use& use, std::shared_ptr<const LimitCountZone> zone) {
  plan.counts.push_back({zone->memory.get(), zone->amount, use.cost});
  CountTexts texts = make_count_texts(use.forms, *zone);
  plan.limits.push_back({std::move(zone), std::move(texts), use.status, use.message});
}

void resolve(table::Builder& builder, const std::vector<Use>& uses, const Settings& settings, table::Route& route) {
  const std::shared_ptr<Plan> plans[] = {std::make_shared<Plan>(), std::make_shared<Plan>()};
  plans[1]->phase = Phase::identity_limit;
  for (const Use& use : uses) {
    auto zone = find_zone(builder, use);
    if (!zone) continue;
    const bool by_identity = builder.variables.known_from(zone->key) > Phase::limit;
    add_limit(*plans[by_identity ? 1 : 0], use, std::move(zone));
  }
  if (builder.diagnostics.has_errors()) return;
  for (const auto& plan : plans) {
    if (plan->limits.empty()) continue;
    plan->settings = settings;
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
  use.cost = static_cast<std::uint32_t>(directive.number("cost=", 1));
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
