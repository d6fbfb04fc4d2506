// limit_conn over a store: what a request counts there, as a lease that is renewed while it lasts. A gateway that is
// killed renews nothing: what it had counts no longer when the leases are over.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/timer_wheel.h"
#include "proxy/exchange.h"
#include "redis/conversation.h"
#include "state/conn_script.h"
#include "table/store_plan.h"

namespace gh::upstream {
class StoreClient;
}

namespace gh::policy {

/// One request in a store. Lives by itself from take() until end(), and some time longer, until the store has heard of
/// the end. One worker.
class ConnLease final : private redis::Call, private net::Timer {
 public:
  enum class State : std::uint8_t { asking, granted, refused, failed, over };

  /// Asks the store. `x` is resumed when it has answered, unless another route of it has taken over; when it is freed
  /// before hold(), that ends the lease. `failed` at once when the store is not to be had.
  static ConnLease& take(proxy::Exchange& x, const void* step, const std::shared_ptr<const table::StorePlan>& store,
                         const std::vector<state::StoredConnAsk>& asks);
  /// What this step of the route has asked for; null: nothing yet.
  static ConnLease* of(proxy::Exchange& x, const void* step);

  [[nodiscard]] State state() const { return state_; }
  /// Of `refused`: index of the ask that has no room.
  [[nodiscard]] std::size_t refused_at() const { return refused_at_; }
  /// The request counts until it is over, as a tunnel as well. One that has failed counts from when the store is back.
  void hold(proxy::Exchange& main);
  void end();

 private:
  struct Waiting;
  struct Held;
  class Kept;
  ConnLease(proxy::Worker& worker, std::shared_ptr<const table::StorePlan> store,
            const std::vector<state::StoredConnAsk>& asks);
  ~ConnLease() = default;
  [[nodiscard]] upstream::StoreClient& client();
  bool send(state::ConnOrder order);
  bool on_reply(const redis::Reply& reply) override;
  void on_failure(std::string_view) override;
  void fire() override;
  void tell(State now);

  proxy::Worker& worker_;
  const std::shared_ptr<const table::StorePlan> store_;
  state::ConnWords words_;
  Waiting* waiting_ = nullptr;  // the exchange that has asked; null: it holds it, or is gone
  State state_ = State::asking;
  std::size_t refused_at_ = 0;
  int tries_ = 3;               // to say that it is over
};

}  // namespace gh::policy
