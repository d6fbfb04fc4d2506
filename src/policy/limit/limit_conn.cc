// limit_conn: so many requests of one key at a time. A request counts from here until it is over; all limits of a
// location are asked in their order, and one that refuses takes back what the earlier ones counted.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "policy/key_lint.h"
#include "policy/policy.h"
#include "policy/zones.h"
#include "proxy/exchange.h"
#include "proxy/join.h"
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

/// Values of $limit_conn_status, see Exchange.
enum Outcome : std::int8_t { none = 0, passed = 1, rejected = 2, rejected_dry_run = 3 };

struct Zone {
  std::string name;
  std::shared_ptr<ConnZone> memory;
  table::Template key;
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
struct Plan {
  std::vector<Limit> limits;
  Settings settings;
};

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

Verdict reject(Exchange& x, const Plan& plan, const Limit& limit, ConnZone::Verdict why) {
  const Zone& zone = *limit.zone;
  if (why == ConnZone::Verdict::too_many) {
    x.log(plan.settings.level, fmt::format("limiting connections{} by zone \"{}\"",
                                           plan.settings.dry_run ? ", dry run," : "", zone.name));
  } else {
    x.log(LogLevel::alert, fmt::format("limit_conn zone \"{}\" is full", zone.name));
  }
  x.main().limit_conn_status = plan.settings.dry_run ? rejected_dry_run : rejected;
  if (plan.settings.dry_run) return Verdict::next;
  const bool is_full = why != ConnZone::Verdict::too_many;
  return x.error(plan.settings.status, limit.origin,
                 proxy::join(x.arena, is_full ? "full zone " : "zone ", zone.name));
}

/// Once for a request, whatever internal redirects and subexchanges follow.
Verdict run(Exchange& x, const void* params) {
  Exchange& main = x.main();
  if (main.limit_conn_status != none) return Verdict::next;
  const Plan& plan = *static_cast<const Plan*>(params);
  proxy::AtEnd* const before = main.at_end;
  for (const Limit& limit : plan.limits) {
    const std::string_view key = limit.zone->key.render(x, x.arena);
    if (key.empty()) continue;
    if (key.size() > ConnZone::max_key_bytes) {
      x.log(LogLevel::error,
            fmt::format("the key of limit_conn zone \"{}\" is too long: {} bytes", limit.zone->name, key.size()));
      continue;
    }
    main.limit_conn_status = passed;
    ConnZone::Hold hold;
    const ConnZone::Verdict verdict = limit.zone->memory->count(key, limit.most, hold);
    if (verdict != ConnZone::Verdict::counted) {
      for (proxy::AtEnd* end = main.at_end; end != before; end = end->next) give_back(*end);
      return reject(x, plan, limit, verdict);
    }
    auto& counted = *new (main.arena.allocate(sizeof(Counted), alignof(Counted))) Counted;
    counted.run = give_back;
    counted.keep = keep;
    counted.zone = limit.zone.get();
    counted.hold = hold;
    main.when_freed(counted);
  }
  return Verdict::next;
}

// ---- the configuration ---------------------------------------------------------------------------------------------

/// Zones may be defined behind their use, so a plan is filled in when all has been read.
void resolve(table::Builder& builder, const Uses& uses, Plan& plan) {
  for (const Use& use : uses.list) {
    const auto found = builder.zones.find(std::string(kind) + use.zone);
    if (found == builder.zones.end()) {
      unknown_zone(builder, kind, use.zone, use.where,
                   "limit_conn_zone $binary_remote_addr zone=" + use.zone + ":10m;");
      continue;
    }
    if (auto zone = std::static_pointer_cast<const Zone>(found->second.object)) {
      plan.limits.push_back({std::move(zone), use.most, {"limit_conn", use.where}});
    }
  }
}

}  // namespace

void apply_limit_conn_zone(table::Scope& scope, const config::Bound& directive) {
  const config::Value& where = *directive.find("zone=");
  auto zone = std::make_shared<Zone>();
  std::int64_t bytes = 0;
  if (!read_zone(scope, where, ConnZone::min_bytes, zone->name, bytes)) return;
  auto* const entry = claim_zone(scope, kind, zone->name, directive, where);
  if (!entry) return;
  zone->key = scope.compile(*directive.find("key"));
  check_limit_key(scope, *directive.find("key"), zone->key, Asked::early);
  zone->memory = adopt_zone<ConnZone>(scope, where, kind, zone->name, zone->key.source(), bytes);
  if (zone->memory) entry->object = std::move(zone);
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
  auto plan = std::make_shared<Plan>();
  plan->settings = scope.get<Settings>();
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, uses = scope.shared<Uses>(), plan] { resolve(builder, *uses, *plan); });
  table::add_step(route, Phase::limit, run, std::move(plan), "limit_conn");
}

}  // namespace gh::policy
