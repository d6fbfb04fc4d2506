// limit_count over stores: the limits of a request that one store counts are one question to it (in a cluster those of
// one key); those of this node, and of each store, are parts that are asked one after the other. What earlier parts
// have counted is given back when a later one refuses. A part whose store is not to be had is treated as the store's
// `on_error` says.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "proxy/exchange.h"
#include "redis/conversation.h"
#include "state/count_script.h"
#include "table/store_plan.h"

namespace gh::policy {

/// Limits of a request that are decided together: a piece of its asks.
struct CountPart {
  enum class Counted : std::uint8_t { nowhere, here, in_store };
  const std::shared_ptr<const table::StorePlan>* store = nullptr;  // null: this node
  std::uint32_t first = 0, count = 0;
  Counted counted = Counted::nowhere;  // and so to be given back
  std::string_view key;                // in a cluster: that of all, so that they lie in one slot. While asks are added
};

/// All limits of a request. Lies in the arena of the exchange that the client asked for.
struct CountAsks {
  state::CountAsk* asks = nullptr;
  const state::StoredLimit** stored = nullptr;  // of each ask whose part has a store
  state::CountAnswer* answers = nullptr;
  bool* known = nullptr;                        // is there an answer?
  std::uint32_t count = 0;
  CountPart* parts = nullptr;
  std::uint32_t part_count = 0, next_part = 0;
  class CountCall* call = nullptr;              // under way, or answered
};

enum class CountVerdict : std::uint8_t { passes, refused, waits, denied };

/// Asks the parts from the next one on. `waits`: the exchange will be resumed, and then this is to be called again.
/// `denied`: a store is not to be had, and nothing passes without it; `denied_ms` tells when it is tried again.
CountVerdict ask_parts(proxy::Exchange& x, CountAsks& all, std::int64_t& denied_ms);
/// Does this exchange wait for a store's answer about these?
bool waits_for(const proxy::Exchange& x, const CountAsks& all);
/// All that was counted was in vain.
void give_back_parts(proxy::Exchange& x, CountAsks& all);

}  // namespace gh::policy
