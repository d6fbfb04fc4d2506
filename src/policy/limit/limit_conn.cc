// limit_conn: so many requests of one key at a time. A request counts from here until it is over; all limits of a
// location are asked in their order, and one that refuses takes back what the earlier ones counted. Those whose key is
// an identity are asked once it is known.
#include <fmt/format.h>

#include <array>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "policy/key_lint.h"
#include "policy/limit/limit_conn_store.h"
#include "policy/limit_steps.h"
#include "policy/policy.h"
#include "policy/store_denial.h"
#include "policy/zones.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
#include "proxy/limit_status.h"
#include "proxy/tunnel_plan.h"
#include "state/conn_zone.h"
#include "table/build.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using state::ConnZone;
using table::Verdict;

namespace {

constexpr std::string_view kind = limit_conn_zone;
constexpr std::int64_t usual_lease_ms = 30000;

/// Values of $limit_conn_status, see Exchange.
enum Outcome : std::int8_t { none = 0, passed = 1, rejected = 2, rejected_dry_run = 3 };

struct Zone {
  std::string name;
  std::shared_ptr<ConnZone> memory;
  table::Template key;
  std::shared_ptr<const table::StorePlan> store;  // null: on this node
  state::StoredConn stored;
};

struct Use {
  std::string zone;
  config::Span where;
  std::uint32_t most = 0;
};
struct Uses { std::vector<Use> list; };

struct Settings : LimitSettings {};

struct Limit {
  std::shared_ptr<const Zone> zone;
  std::uint32_t most = 0;
  table::Origin origin;
};
struct Plan : LimitPlan {
  std::vector<Limit> limits;
  Settings settings;
};

/// A limit that a request has a key for.
struct Ask {
  const Limit* limit = nullptr;
  std::string_view key;
};
using Asks = std::array<Ask, max_limits>;

// ---- a request -----------------------------------------------------------------------------------------------------

/// In the arena of the exchange that the client asked for; the zone lives as long as the table that is pinned there.
struct Counted : proxy::AtEnd {
  const Zone* zone = nullptr;  // null: given back
  ConnZone::Hold hold;
};

/// The same of a tunnel, which outlives the table.
class KeptCount final : public proxy::Kept {
 public:
  KeptCount(std::shared_ptr<ConnZone> zone, ConnZone::Hold hold) : zone_(std::move(zone)), hold_(hold) {}
  void end(proxy::Worker&) override { zone_->release(hold_); }

 private:
  const std::shared_ptr<ConnZone> zone_;
  const ConnZone::Hold hold_;
};

void give_back(proxy::AtEnd& end) {
  auto& counted = static_cast<Counted&>(end);
  if (const Zone* const zone = std::exchange(counted.zone, nullptr)) zone->memory->release(counted.hold);
}

std::unique_ptr<proxy::Kept> keep(proxy::AtEnd& end) {
  auto& counted = static_cast<Counted&>(end);
  const Zone* const zone = std::exchange(counted.zone, nullptr);
  return zone ? std::make_unique<KeptCount>(zone->memory, counted.hold) : nullptr;
}

void note(Exchange& x, const Plan& plan, Outcome outcome) {
  proxy::note_limits(x.main().limit_conn_status, plan.asked, outcome);
}

Verdict reject(Exchange& x, const Plan& plan, const Limit& limit, ConnZone::Verdict why) {
  const Zone& zone = *limit.zone;
  if (why == ConnZone::Verdict::too_many) {
    x.log(plan.settings.level, fmt::format("limiting connections{} by zone \"{}\"",
                                           plan.settings.dry_run ? ", dry run," : "", zone.name));
  } else {
    x.log(LogLevel::alert, fmt::format("limit_conn zone \"{}\" is full", zone.name));
  }
  note(x, plan, plan.settings.dry_run ? rejected_dry_run : rejected);
  if (plan.settings.dry_run) return Verdict::next;
  const bool is_full = why != ConnZone::Verdict::too_many;
  return x.error(plan.settings.status, limit.origin,
                 proxy::join(x.arena, is_full ? "full zone " : "zone ", zone.name));
}

std::span<const Ask> asks_of(Exchange& x, const Plan& plan, Asks& asks) {
  std::size_t count = 0;
  for (const Limit& limit : plan.limits) {
    const std::string_view key = limit.zone->key.render(x, x.arena);
    if (key.empty()) continue;
    if (key.size() > ConnZone::max_key_bytes) {
      x.log(LogLevel::error,
            fmt::format("the key of limit_conn zone \"{}\" is too long: {} bytes", limit.zone->name, key.size()));
      continue;
    }
    asks[count++] = {&limit, key};
  }
  return {asks.data(), count};
}

ConnZone::Verdict count_one(Exchange& main, const Ask& ask, std::uint32_t most) {
  ConnZone::Hold hold;
  const ConnZone::Verdict verdict = ask.limit->zone->memory->count(ask.key, most, hold);
  if (verdict != ConnZone::Verdict::counted) return verdict;
  auto& counted = *new (main.arena.allocate(sizeof(Counted), alignof(Counted))) Counted;
  counted.run = give_back;
  counted.keep = keep;
  counted.zone = ask.limit->zone.get();
  counted.hold = hold;
  main.when_freed(counted);
  return verdict;
}

/// In the memory of this node: all, or none. `refusing`: the limit that has no room.
ConnZone::Verdict count_here(Exchange& x, std::span<const Ask> asks, const Limit*& refusing) {
  Exchange& main = x.main();
  proxy::AtEnd* const before = main.at_end;
  for (const Ask& ask : asks) {
    const ConnZone::Verdict verdict = count_one(main, ask, ask.limit->most);
    if (verdict == ConnZone::Verdict::counted) continue;
    for (proxy::AtEnd* end = main.at_end; end != before; end = end->next) give_back(*end);
    refusing = ask.limit;
    return verdict;
  }
  return ConnZone::Verdict::counted;
}

Verdict conclude_here(Exchange& x, const Plan& plan, std::span<const Ask> asks) {
  const Limit* refusing = nullptr;
  const ConnZone::Verdict verdict = count_here(x, asks, refusing);
  if (verdict != ConnZone::Verdict::counted) return reject(x, plan, *refusing, verdict);
  note(x, plan, passed);
  return Verdict::next;
}

/// Where this node counts for itself, the store is told of what has passed when it is back.
Verdict without_store(Exchange& x, const Plan& plan, std::span<const Ask> asks, ConnLease& lease) {
  if (plan.store->on_error == table::OnStoreError::local) {
    const Limit* refusing = nullptr;
    const ConnZone::Verdict verdict = count_here(x, asks, refusing);
    if (verdict == ConnZone::Verdict::counted) lease.hold(x.main());
    else lease.end();
    if (refusing) return reject(x, plan, *refusing, verdict);
  } else {
    lease.end();
  }
  const bool denies = plan.store->on_error == table::OnStoreError::deny;
  note(x, plan, !denies ? passed : plan.settings.dry_run ? rejected_dry_run : rejected);
  if (!denies || plan.settings.dry_run) return Verdict::next;
  return deny_without_store(x, plan.store, asks.front().limit->origin);
}

ConnLease& ask_store(Exchange& x, const Plan& plan, std::span<const Ask> asks) {
  std::vector<state::StoredConnAsk> stored;
  stored.reserve(asks.size());
  for (const Ask& ask : asks) stored.push_back({&ask.limit->zone->stored, ask.key, ask.limit->most});
  return ConnLease::take(x, &plan, plan.store, stored);
}

Verdict run_in_store(Exchange& x, const Plan& plan, std::span<const Ask> asks) {
  ConnLease* const asked = ConnLease::of(x, &plan);
  ConnLease& lease = asked ? *asked : ask_store(x, plan, asks);
  switch (lease.state()) {
    case ConnLease::State::asking: return Verdict::again;
    case ConnLease::State::granted: break;
    case ConnLease::State::refused: {
      const Limit& limit = *asks[lease.refused_at()].limit;
      lease.end();
      return reject(x, plan, limit, ConnZone::Verdict::too_many);
    }
    default: return without_store(x, plan, asks, lease);
  }
  if (plan.store->on_error == table::OnStoreError::local) {  // so that a node that is alone knows what it has
    for (const Ask& ask : asks) count_one(x.main(), ask, std::numeric_limits<std::uint32_t>::max());
  }
  lease.hold(x.main());
  note(x, plan, passed);
  return Verdict::next;
}

/// Once for a request, whatever internal redirects and subexchanges follow.
Verdict run(Exchange& x, const void* params) {
  const Plan& plan = *static_cast<const Plan*>(params);
  if (proxy::limits_have_decided(x.main().limit_conn_status, plan.asked)) return Verdict::next;
  Asks room;
  const std::span<const Ask> asks = asks_of(x, plan, room);
  if (asks.empty()) return Verdict::next;
  return plan.store ? run_in_store(x, plan, asks) : conclude_here(x, plan, asks);
}

}  // namespace

// ---- the configuration ---------------------------------------------------------------------------------------------

void apply_limit_conn_zone(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = *directive.find("zone=");
  auto zone = std::make_shared<Zone>();
  std::int64_t bytes = 0;
  if (!read_zone(scope, where, ConnZone::min_bytes, zone->name, bytes)) return;
  auto* const entry = claim_zone(scope, kind, zone->name, directive, where);
  if (!entry) return;
  zone->key = scope.compile(*directive.find("key"));
  check_limit_key(scope, *directive.find("key"), zone->key);
  zone->memory = adopt_zone<ConnZone>(scope, where, kind, zone->name, zone->key.source(), bytes);
  if (!zone->memory) return;
  if (const config::Value* const store = read_store(scope, directive, {"prefix=", "lease="})) {
    zone->stored = state::make_stored_conn(directive.text("prefix=", "limit:"), zone->name,
                                           directive.number("lease=", usual_lease_ms));
    find_store_later(scope, *store, zone);
  }
  entry->object = std::move(zone);
}

void apply_limit_conn(table::Scope& scope, const config::Bound& directive) {
  const config::Value& zone = *directive.find("zone");
  Use use{std::string(zone.text), zone.span, static_cast<std::uint32_t>(directive.number("number", 1))};
  add_use(scope, kind, scope.edit_list<Uses>().list, std::move(use));
}

void apply_limit_conn_status(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().status = static_cast<unsigned>(directive.at(0).number);
}

void apply_limit_conn_log_level(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().level = read_limit_level(directive);
}

void apply_limit_conn_dry_run(table::Scope& scope, const config::Bound& directive) {
  scope.edit<Settings>().dry_run = directive.at(0).number != 0;
}

void finish_limit_conn(table::Scope& scope, table::Route& route) {
  if (!scope.has<Uses>() || scope.get<Uses>().list.empty()) return;
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, &route, uses = scope.shared<Uses>(), settings = scope.get<Settings>()] {
    const auto add = [](Plan& plan, std::shared_ptr<const Zone> zone, const Use& use) {
      plan.limits.push_back({std::move(zone), use.most, {"limit_conn", use.where}});
    };
    add_limit_steps<Zone, Plan>(builder, kind, "", uses->list, settings, route, run, add);
  });
}

}  // namespace gh::policy
