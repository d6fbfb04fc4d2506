// StoreClient: one worker's way to a store: a link, or in a cluster a link for each node that is needed. There a call
// goes to the node that has the slot of its first key (all keys of a call lie in one), as far as that is known; what
// another node has to answer (MOVED, ASK) is sent on, a few times at most, and who has which slots is asked anew. Loop
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "redis/slots.h"
#include "upstream/store_link.h"

namespace gh::upstream {

class StoreClient final : private StoreLink::Router {
 public:
  using Log = StoreLink::Log;

  StoreClient(net::Loop& loop, const std::shared_ptr<const table::StorePlan>& plan, Log log);
  ~StoreClient();
  StoreClient(const StoreClient&) = delete;
  StoreClient& operator=(const StoreClient&) = delete;

  // As in StoreLink
  bool send(redis::Call& call);
  bool send_later(redis::Call& call, std::int64_t most_ms, std::string_view name = {});
  [[nodiscard]] redis::Call* waiting_as(std::string_view name) const;
  [[nodiscard]] std::int64_t retry_ms() const;  // of a cluster: of all its nodes
  [[nodiscard]] std::int64_t retry_ms(const redis::Call& call);
  void end();

  /// A later table's plan for the same connection.
  void adopt(const std::shared_ptr<const table::StorePlan>& plan);
  /// No table has the plan any more.
  [[nodiscard]] bool is_orphan() const { return of_tables_.expired(); }
  /// Lets go of nodes that have left their cluster.
  void tidy();

 private:
  static constexpr std::size_t most_nodes = 128;
  static constexpr std::uint8_t unknown = 255;
  struct Node {
    redis::StoreNode address;
    std::unique_ptr<StoreLink> link;  // null: not needed yet, or not any more
  };
  class SlotsCall;
  StoreLink& link(std::size_t node);
  StoreLink& link_for(const redis::Call& call);
  std::uint8_t node_number(const redis::StoreNode& address);
  void ask_for_slots(std::size_t node);
  void learn(const std::vector<redis::SlotRange>& ranges);
  bool redirect(const redis::StoreNode& from, redis::Call& call, std::string_view error) override;

  net::Loop& loop_;
  std::weak_ptr<const table::StorePlan> of_tables_;
  table::StorePlan plan_;            // a copy
  const Log log_;
  std::vector<Node> nodes_;          // those of the address first
  std::vector<std::uint8_t> slots_;  // of a cluster: number of the node; empty: it is none
  std::unique_ptr<SlotsCall> slots_call_;
  std::int64_t slots_asked_ms_ = 0;
  bool ending_ = false;
};

}  // namespace gh::upstream
