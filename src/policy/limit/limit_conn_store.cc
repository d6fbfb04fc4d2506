#include "policy/limit/limit_conn_store.h"

#include <algorithm>
#include <utility>

#include "proxy/tunnel_plan.h"
#include "proxy/worker.h"
#include "upstream/store_client.h"
#include "upstream/stores.h"

namespace gh::policy {

using proxy::Exchange;
using state::ConnOrder;

namespace {

constexpr std::int64_t look_again_ms = 250;  // whether a store is back

}  // namespace

/// In the arena of the exchange that asks.
struct ConnLease::Waiting : proxy::AtEnd {
  ConnLease* lease = nullptr;  // null: it is held, or over
  Exchange* exchange = nullptr;
  const void* step = nullptr;
  std::uint32_t run_number = 0;
  static void stop(AtEnd& end) {
    if (ConnLease* const lease = static_cast<Waiting&>(end).lease) lease->end();
  }
};

/// A tunnel's, which outlives the table.
class ConnLease::Kept final : public proxy::Kept {
 public:
  explicit Kept(ConnLease& lease) : lease_(lease) {}
  void end(proxy::Worker&) override { lease_.end(); }

 private:
  ConnLease& lease_;
};

/// In the arena of the exchange that the client asked for.
struct ConnLease::Held : proxy::AtEnd {
  ConnLease* lease = nullptr;  // null: a tunnel has it
  static void stop(AtEnd& end) {
    if (ConnLease* const lease = static_cast<Held&>(end).lease) lease->end();
  }
  static std::unique_ptr<proxy::Kept> move(AtEnd& end) {
    return std::make_unique<ConnLease::Kept>(*std::exchange(static_cast<Held&>(end).lease, nullptr));
  }
};

ConnLease::ConnLease(proxy::Worker& worker, std::shared_ptr<const table::StorePlan> store,
                     const std::vector<state::StoredConnAsk>& asks)
    : worker_(worker), store_(std::move(store)), words_(asks, state::conn_member()) {
  script = &state::conn_script();
}

ConnLease& ConnLease::take(Exchange& x, const void* step, const std::shared_ptr<const table::StorePlan>& store,
                           const std::vector<state::StoredConnAsk>& asks) {
  auto* const lease = new ConnLease(x.worker, store, asks);
  auto& waiting = *x.arena.make<Waiting>();
  waiting.run = Waiting::stop;
  waiting.lease = lease;
  waiting.exchange = &x;
  waiting.step = step;
  waiting.run_number = x.run_number();
  x.when_freed(waiting);
  lease->waiting_ = &waiting;
  if (!lease->send(ConnOrder::take)) lease->state_ = State::failed;
  return *lease;
}

ConnLease* ConnLease::of(Exchange& x, const void* step) {
  for (proxy::AtEnd* end = x.at_end; end; end = end->next) {
    if (end->run != Waiting::stop) continue;
    const auto& waiting = static_cast<const Waiting&>(*end);
    if (waiting.lease && waiting.step == step && waiting.run_number == x.run_number()) return waiting.lease;
  }
  return nullptr;
}

upstream::StoreClient& ConnLease::client() { return worker_.stores.client(store_); }

bool ConnLease::send(ConnOrder order) {
  words = words_.words(order);
  return client().send(*this);
}

void ConnLease::tell(State now) {
  state_ = now;
  if (waiting_ && waiting_->run_number == waiting_->exchange->run_number()) waiting_->exchange->resume();
}

bool ConnLease::on_reply(const redis::Reply& reply) {
  std::size_t refused = 0;
  if (state_ != State::over && !state::read_conn_reply(reply, words_.size(), refused)) return false;
  if (state_ == State::over) {
    delete this;
  } else if (state_ == State::asking) {
    refused_at_ = refused;
    tell(refused == words_.size() ? State::granted : State::refused);
  }
  return true;
}

/// A lost word of the end is said again; one that the server refuses is not.
void ConnLease::on_failure(std::string_view) {
  if (state_ == State::asking) return tell(State::failed);
  if (state_ != State::over) return;
  const bool lost = client().retry_ms(*this) > 0 && --tries_ > 0;
  if (!lost || !client().send_later(*this, words_.lease_ms())) delete this;
}

void ConnLease::hold(Exchange& main) {
  waiting_->lease = nullptr;
  waiting_ = nullptr;
  auto& held = *main.arena.make<Held>();
  held.run = Held::stop;
  held.keep = Held::move;
  held.lease = this;
  main.when_freed(held);
  worker_.loop.timers().set(*this, state_ == State::failed ? look_again_ms : words_.lease_ms() / 3);
}

/// All that is due in one turn leaves together.
void ConnLease::fire() {
  const bool reachable = client().retry_ms(*this) == 0;
  if (reachable && !is_pending()) send(ConnOrder::keep);
  const std::int64_t next_ms = words_.lease_ms() / 3;
  worker_.loop.timers().set(*this, reachable ? next_ms : std::min(next_ms, look_again_ms));
}

/// Also what has failed may have arrived.
void ConnLease::end() {
  worker_.loop.timers().clear(*this);
  if (waiting_) waiting_->lease = nullptr;
  waiting_ = nullptr;
  forget();
  const bool counts = std::exchange(state_, State::over) != State::refused;
  words = words_.words(ConnOrder::give);
  if (!counts || !client().send_later(*this, words_.lease_ms())) delete this;
}

}  // namespace gh::policy
