// What the limits with zones (limit_req, limit_conn, limit_count) share: "NAME:SIZE", the memory that outlives a
// reload, their settings, and what is said of names that are unknown, twice there or never used.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "table/build.h"
#include "table/store_plan.h"

namespace gh::policy {

/// Kinds: what stands before a zone's name in Builder::zones and the registry.
constexpr std::string_view limit_req_zone = "limit_req/", limit_conn_zone = "limit_conn/";

constexpr std::size_t max_limits = 32;  // of one kind in one location; state::decide takes no more

/// What each kind has under names of its own: "..._status", "..._log_level", "..._dry_run".
struct LimitSettings {
  unsigned status = 503;
  LogLevel level = LogLevel::error;
  bool dry_run = false;
};
LogLevel read_limit_level(const config::Bound& directive);

/// "NAME:SIZE" of a `zone=`; false: said why. `least` bytes are wanted.
bool read_zone(table::Scope& scope, const config::Value& value, std::size_t least, std::string& name,
               std::int64_t& bytes);
/// Claims NAME for a zone of this kind ("limit_req/"); null when it is defined already, which is said.
table::Builder::ZoneEntry* claim_zone(table::Scope& scope, std::string_view kind, const std::string& name,
                                      const config::Bound& directive, const config::Value& where);
/// The memory of before the reload, when key and size are as they were; null after a diagnostic.
template <class Memory, class... More>
std::shared_ptr<Memory> adopt_zone(table::Scope& scope, const config::Value& where, std::string_view kind,
                                   const std::string& name, std::string_view key, std::int64_t bytes,
                                   const More&... more) {
  auto adoption = scope.builder.registry().adopt_or_create<Memory>(
      std::string(kind) + name, fmt::format("key={} size={}", key, bytes),
      [&](const auto&) { return std::make_shared<Memory>(static_cast<std::size_t>(bytes), more...); });
  if (adoption.object->capacity() == 0) {
    scope.error(table::code::out_of_bounds, where.span, "the system does not give the memory of zone `" + name + "`");
    return nullptr;
  }
  if (!adoption.reason.empty()) {
    scope.note(table::code::no_effect, where.span,
               "the counts of zone `" + name + "` start anew: " + adoption.reason);
  }
  return std::move(adoption.object);
}

/// The zone is not one of those that warn_of_unused() tells of.
void note_use(table::Scope& scope, std::string_view kind, const std::string& name);
/// Adds a line that uses a zone to those of its block: each zone once, and not too many. A Use has `zone` and `where`.
template <class Use>
void add_use(table::Scope& scope, std::string_view kind, std::vector<Use>& uses, Use use) {
  const auto same = [&](const Use& other) { return other.zone == use.zone; };
  if (const auto first = std::find_if(uses.begin(), uses.end(), same); first != uses.end()) {
    scope.error(table::code::duplicate, use.where, "zone `" + use.zone + "` is used twice in one block")
        .with_related(first->where, "first used here");
    return;
  }
  if (uses.size() == max_limits) {
    scope.error(table::code::out_of_bounds, use.where,
                fmt::format("more than {} {} in one block", max_limits, kind.substr(0, kind.find('/'))));
    return;
  }
  note_use(scope, kind, use.zone);
  uses.push_back(std::move(use));
}

/// The store that `store=` names, when all has been read; null after a diagnostic.
std::shared_ptr<const table::StorePlan> find_store(table::Builder& builder, const std::string& name,
                                                   config::Span where);
/// `store=`; without it, null, and a note about each of `others` that has no effect then.
const config::Value* read_store(table::Scope& scope, const config::Bound& directive,
                                std::initializer_list<std::string_view> others);
/// A zone's store, when all stores are known.
template <class Zone>
void find_store_later(table::Scope& scope, const config::Value& store, std::shared_ptr<Zone> zone) {
  table::Builder& builder = scope.builder;
  builder.at_end([&builder, zone = std::move(zone), name = std::string(store.text), where = store.span] {
    zone->store = find_store(builder, name, where);
  });
}
/// From the end of the outermost scope.
void warn_of_unused(table::Scope& main, std::string_view kind);
/// Error E0403; `definition` is an example of one.
void unknown_zone(table::Builder& builder, std::string_view kind, const std::string& name, config::Span where,
                  const std::string& definition);

}  // namespace gh::policy
