// limit_req (LANGUAGE.md 11.4): requests are held to the rate of a zone; above it they wait or are refused. All limits
// of a location are decided together, but those whose key is an identity, which are once it is known. The arithmetic
// and the memory are state/rate_zone.h.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "policy/key_lint.h"
#include "policy/limit_steps.h"
#include "policy/policy.h"
#include "policy/store_denial.h"
#include "policy/zones.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/limit_status.h"
#include "proxy/worker.h"
#include "state/rate_script.h"
#include "state/rate_zone.h"
#include "table/build.h"
#include "upstream/store_client.h"
#include "upstream/stores.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

/// Values of $limit_req_status, see Exchange.
enum Outcome : std::int8_t {
  none = 0,
  passed = 1,
  delayed = 2,
  rejected = 3,
  delayed_dry_run = 4,
  rejected_dry_run = 5
};

struct Zone {
  std::string name;
  std::shared_ptr<state::RateZone> memory;
  table::Template key;
  state::Rate rate;
  std::shared_ptr<const table::StorePlan> store;  // null: on this node
  state::StoredRate stored;
};

struct Use {
  std::string zone;
  config::Span where;
  std::uint32_t burst = 0, delay = 0;  // as in state::RateLimit
};
struct Uses { std::vector<Use> list; };

struct Settings : LimitSettings {};

/// What a step of a location reads. `limits[i]` and `origins[i]` belong to `zones[i]`.
struct Plan : LimitPlan {
  std::vector<std::shared_ptr<const Zone>> zones;
  std::vector<state::RateLimit> limits;
  std::vector<table::Origin> origins;
  Settings settings;
};

using Asks = std::array<state::RateAsk, max_limits>;

/// A question to a store. In the arena of the exchange.
class RateCall final : public redis::Call, public proxy::AtEnd {
 public:
  enum class State : std::uint8_t { pending, answered, failed };

  RateCall(Exchange& x, const Plan& plan, std::span<const state::StoredRateAsk> asked)
      : asks(asked), x_(x), plan_(plan), run_number_(x.run_number()) {
    run = forget_it;
    script = &state::rate_script();
    words = state::rate_words(asks, x.arena);
  }
  bool on_reply(const redis::Reply& reply) override {
    if (!state::read_rate_reply(reply, asks, decision)) return false;
    tell(State::answered);
    return true;
  }
  void on_failure(std::string_view) override { tell(State::failed); }
  /// The one that this step of the route has asked; null: it has not.
  static RateCall* of(Exchange& x, const Plan& plan) {
    for (proxy::AtEnd* end = x.at_end; end; end = end->next) {
      if (end->run != forget_it) continue;
      auto* const call = static_cast<RateCall*>(end);
      if (call->run_number_ == x.run_number() && &call->plan_ == &plan) return call;
    }
    return nullptr;
  }

  const std::span<const state::StoredRateAsk> asks;
  State state = State::pending;
  state::RateDecision decision;

 private:
  static void forget_it(proxy::AtEnd& end) { static_cast<RateCall&>(end).forget(); }
  void tell(State now) {
    state = now;
    if (run_number_ == x_.run_number()) x_.resume();
  }
  Exchange& x_;
  const Plan& plan_;
  const std::uint32_t run_number_;
};

// ---- a request -----------------------------------------------------------------------------------------------------

void note(Exchange& x, const Plan& plan, Outcome outcome) {
  proxy::note_limits(x.main().limit_req_status, plan.asked, outcome);
}

void log_decision(const Exchange& x, const Plan& plan, const state::RateDecision& decision, bool is_delay) {
  LogLevel level = plan.settings.level;
  if (is_delay) level = static_cast<LogLevel>(static_cast<int>(level) + 1);
  if (!x.wants_log(level) || !decision.limit) return;
  const auto at = static_cast<std::size_t>(decision.limit - plan.limits.data());
  x.log(level, fmt::format("{} request{}{}, excess: {}.{:03}{} by zone \"{}\"", is_delay ? "delaying" : "limiting",
                           is_delay ? "" : "s", plan.settings.dry_run ? ", dry run" : "", decision.excess / 1000,
                           decision.excess % 1000, is_delay ? "," : "", plan.zones[at]->name));
}

Verdict reject(Exchange& x, const Plan& plan, const state::RateDecision& decision) {
  if (decision.verdict == state::RateZone::Verdict::reject) log_decision(x, plan, decision, false);
  else x.log(LogLevel::alert, "could not allocate node in a limit_req zone");
  note(x, plan, plan.settings.dry_run ? rejected_dry_run : rejected);
  if (plan.settings.dry_run) return Verdict::next;
  if (!decision.limit) return x.error(plan.settings.status);
  const auto at = static_cast<std::size_t>(decision.limit - plan.limits.data());
  const bool is_full = decision.verdict != state::RateZone::Verdict::reject;
  return x.error(plan.settings.status, plan.origins[at],
                 proxy::join(x.arena, is_full ? "full zone " : "zone ", plan.zones[at]->name));
}

Verdict delay(Exchange& x, const Plan& plan, const state::RateDecision& decision) {
  log_decision(x, plan, decision, true);
  note(x, plan, plan.settings.dry_run ? delayed_dry_run : delayed);
  if (plan.settings.dry_run) return Verdict::next;
  x.resume_after(static_cast<std::int64_t>(decision.delay_ms));
  return Verdict::wait;
}

Verdict conclude(Exchange& x, const Plan& plan, const state::RateDecision& decision) {
  if (decision.verdict != state::RateZone::Verdict::pass) return reject(x, plan, decision);
  if (decision.delay_ms > 0) return delay(x, plan, decision);
  note(x, plan, passed);
  return Verdict::next;
}

Verdict conclude_here(Exchange& x, const Plan& plan, std::span<const state::RateAsk> asks) {
  return conclude(x, plan, state::decide(asks, x.clock().now_ms()));
}

/// The limits that this request has a key for.
std::span<const state::RateAsk> asks_of(Exchange& x, const Plan& plan, Asks& asks) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < plan.limits.size(); ++i) {
    const std::string_view key = plan.zones[i]->key.render(x, x.arena);
    if (key.empty()) continue;
    if (key.size() > state::RateZone::max_key_bytes) {
      x.log(LogLevel::error,
            fmt::format("the key of limit_req zone \"{}\" is too long: {} bytes", plan.zones[i]->name, key.size()));
      continue;
    }
    asks[count++] = {&plan.limits[i], key};
  }
  return {asks.data(), count};
}

Verdict without_store(Exchange& x, const Plan& plan, std::span<const state::RateAsk> asks) {
  switch (plan.store->on_error) {
    case table::OnStoreError::local: return conclude_here(x, plan, asks);
    case table::OnStoreError::allow: return conclude(x, plan, {});
    case table::OnStoreError::deny: break;
  }
  note(x, plan, plan.settings.dry_run ? rejected_dry_run : rejected);
  if (plan.settings.dry_run) return Verdict::next;
  const auto at = static_cast<std::size_t>(asks.front().limit - plan.limits.data());
  return deny_without_store(x, plan.store, plan.origins[at]);
}

Verdict ask_store(Exchange& x, const Plan& plan) {
  Asks room;
  if (const RateCall* const call = RateCall::of(x, plan)) {
    if (call->state == RateCall::State::pending) return Verdict::again;
    if (call->state == RateCall::State::answered) return conclude(x, plan, call->decision);
    return without_store(x, plan, asks_of(x, plan, room));
  }
  const auto asks = asks_of(x, plan, room);
  if (asks.empty()) return Verdict::next;
  auto* const stored = x.arena.array<state::StoredRateAsk>(asks.size());
  for (std::size_t i = 0; i < asks.size(); ++i) {
    const auto at = static_cast<std::size_t>(asks[i].limit - plan.limits.data());
    stored[i] = {&plan.zones[at]->stored, asks[i]};
  }
  void* const memory = x.arena.allocate(sizeof(RateCall), alignof(RateCall));
  auto* const call = new (memory) RateCall(x, plan, {stored, asks.size()});
  if (!x.worker.stores.client(plan.store).send(*call)) return without_store(x, plan, asks);
  x.when_freed(*call);
  return Verdict::again;
}

/// Once for a request, whatever internal redirects and subexchanges follow.
Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  if (proxy::limits_have_decided(x.main().limit_req_status, plan.asked)) return Verdict::next;
  if (plan.store) return ask_store(x, plan);
  Asks room;
  const auto asks = asks_of(x, plan, room);
  return asks.empty() ? Verdict::next : conclude_here(x, plan, asks);
}

// ---- the configuration ---------------------------------------------------------------------------------------------

constexpr std::string_view kind = limit_req_zone;

/// The row has checked that it is a number, "r/" and one of s m h d.
state::Rate read_rate(std::string_view text) {
  const std::size_t slash = text.find("r/");
  const std::uint64_t number = parse_uint(text.substr(0, slash)).value_or(0);
  switch (text.empty() ? 's' : text.back()) {
    case 'm': return state::Rate::per_minute(number);
    case 'h': return state::Rate::per_hour(number);
    case 'd': return state::Rate::per_day(number);
    default: return state::Rate::per_second(number);
  }
}

bool is_rate_form(std::string_view text) {
  const std::size_t slash = text.find("r/");
  if (slash == std::string_view::npos || slash + 3 != text.size()) return false;
  const auto number = parse_uint(text.substr(0, slash));
  return number && *number > 0 && *number <= 1000000000 &&
         std::string_view("smhd").find(text.back()) != std::string_view::npos;
}

void add_limit(Plan& plan, std::shared_ptr<const Zone> zone, const Use& use) {
  plan.limits.push_back({zone->memory.get(), zone->rate, use.burst, use.delay});
  plan.zones.push_back(std::move(zone));
  plan.origins.push_back({"limit_req", use.where});
}

}  // namespace

void apply_limit_req_zone(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = *directive.find("zone=");
  auto zone = std::make_shared<Zone>();
  std::int64_t bytes = 0;
  if (!read_zone(scope, where, state::RateZone::min_bytes, zone->name, bytes)) return;
  auto* const entry = claim_zone(scope, kind, zone->name, directive, where);
  if (!entry) return;
  zone->key = scope.compile(*directive.find("key"));
  check_limit_key(scope, *directive.find("key"), zone->key);
  const config::Value& rate = *directive.find("rate=");
  if (!is_rate_form(rate.text)) {
    scope.error(table::code::bad_rate, rate.span, "`rate=" + std::string(rate.text) + "` is no rate of limit_req")
        .with_help("for example rate=10r/s, 30r/m, 100r/h or 1000r/d");
    return;
  }
  zone->rate = read_rate(rate.text);
  zone->memory = adopt_zone<state::RateZone>(scope, where, kind, zone->name, zone->key.source(), bytes);
  if (!zone->memory) return;
  if (const config::Value* const store = read_store(scope, directive, {"prefix="})) {
    zone->stored = state::make_stored_rate(directive.text("prefix=", "limit:"), zone->name, zone->rate);
    find_store_later(scope, *store, zone);
  }
  entry->object = std::move(zone);
}

void apply_limit_req(table::Scope& scope, const config::Bound& directive) {
  constexpr std::int64_t thousand = 1000;
  const config::Value& zone = *directive.find("zone=");
  Use use{std::string(zone.text), zone.span, static_cast<std::uint32_t>(directive.number("burst=", 0) * thousand), 0};
  use.delay = directive.has("nodelay") ? state::RateLimit::no_delay
                                       : static_cast<std::uint32_t>(directive.number("delay=", 0) * thousand);
  add_use(scope, kind, scope.edit_list<Uses>().list, std::move(use));
}

void apply_limit_req_status(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().status = static_cast<unsigned>(directive.at(0).number);
}

void apply_limit_req_log_level(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().level = read_limit_level(directive);
}

void apply_limit_req_dry_run(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().dry_run = directive.at(0).number != 0;
}

void finish_limit_req(table::Scope& scope, table::Route& route) {
  if (!scope.has<Uses>() || scope.get<Uses>().list.empty()) return;
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, &route, uses = scope.shared<Uses>(), settings = scope.get<Settings>()] {
    add_limit_steps<Zone, Plan>(builder, kind, " rate=10r/s", uses->list, settings, route, run, add_limit);
  });
}

}  // namespace gh::policy
