#include "policy/limit/limit_count_store.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "proxy/worker.h"
#include "upstream/store_client.h"
#include "upstream/stores.h"

namespace gh::policy {

using proxy::Exchange;
using state::CountAnswer;
using table::OnStoreError;

/// A question to a store. In the arena of the exchange that asks.
class CountCall final : public redis::Call, public proxy::AtEnd {
 public:
  enum class State : std::uint8_t { pending, answered, failed };

  CountCall(Exchange& x, std::span<CountAnswer> answers) : x_(x), answers_(answers), run_number_(x.run_number()) {
    run = [](proxy::AtEnd& end) { static_cast<CountCall&>(end).forget(); };
  }
  bool on_reply(const redis::Reply& reply) override {
    if (!state::read_count_reply(reply, answers_, passes)) return false;
    tell(State::answered);
    return true;
  }
  void on_failure(std::string_view) override { tell(State::failed); }
  /// Does `x` wait for it, and has no other route taken over since?
  [[nodiscard]] bool is_of(const Exchange& x) const { return &x_ == &x && run_number_ == x.run_number(); }

  State state = State::pending;
  bool passes = false;

 private:
  void tell(State now) {
    state = now;
    if (is_of(x_)) x_.resume();
  }
  Exchange& x_;
  const std::span<CountAnswer> answers_;
  const std::uint32_t run_number_;
};

namespace {

/// Tells a store that a charge was in vain. Nobody waits for it, so it owns itself.
class GiveBack final : public redis::Call {
 public:
  static void send(upstream::StoreClient& client, std::span<const state::StoredAsk> asks) {
    auto* const made = new GiveBack;
    made->script = &state::count_script();
    made->words = state::count_words(state::StoredOrder::give_back, asks, made->arena_);
    if (!client.send(*made)) delete made;
  }
  bool on_reply(const redis::Reply&) override {
    delete this;
    return true;
  }
  void on_failure(std::string_view) override { delete this; }

 private:
  Arena arena_;
};

/// What a node has let pass by itself while the store was away: it is told when it is back. One for each key, however
/// many have passed; it owns itself.
class Debt final : public redis::Call {
 public:
  static void add(Exchange& x, const CountPart& part, const state::StoredAsk& ask) {
    Arena arena;
    const auto words = state::count_words(state::StoredOrder::owe, {&ask, 1}, arena);
    upstream::StoreClient& client = x.worker.stores.client(*part.store);
    if (auto* const known = static_cast<Debt*>(client.waiting_as(words[key_at]))) return known->raise(ask.cost);
    auto* const made = new Debt(x.worker, *part.store, words, ask.cost);
    if (!client.send_later(*made, most_ms, words[key_at])) delete made;
  }
  /// Some of it was in vain.
  static void lower(Exchange& x, const CountPart& part, const state::StoredAsk& ask) {
    Arena arena;
    const auto words = state::count_words(state::StoredOrder::owe, {&ask, 1}, arena);
    auto* const known = static_cast<Debt*>(x.worker.stores.client(*part.store).waiting_as(words[key_at]));
    if (known) known->raise(-std::int64_t{ask.cost});
  }
  bool on_reply(const redis::Reply&) override {
    delete this;
    return true;
  }
  /// Said again when the connection was lost; not what the server refuses.
  void on_failure(std::string_view) override {
    upstream::StoreClient& client = worker_.stores.client(store_);
    const bool lost = client.retry_ms(*this) > 0 && --tries_ > 0;
    auto* const known = lost ? static_cast<Debt*>(client.waiting_as(texts_[key_at])) : nullptr;
    if (known) known->raise(cost_);
    if (known || !lost || !client.send_later(*this, most_ms, texts_[key_at])) delete this;
  }

 private:
  static constexpr std::size_t key_at = 1, cost_at = 8;
  static constexpr std::int64_t most_ms = 3600000;
  Debt(proxy::Worker& worker, std::shared_ptr<const table::StorePlan> store,
       std::span<const std::string_view> said, std::uint32_t cost)
      : worker_(worker), store_(std::move(store)), texts_(said.begin(), said.end()) {
    words_.assign(texts_.begin(), texts_.end());
    words = words_;
    script = &state::count_script();
    raise(cost);
  }
  void raise(std::int64_t more) {
    cost_ = std::clamp<std::int64_t>(cost_ + more, 0, std::numeric_limits<std::uint32_t>::max());
    texts_[cost_at] = std::to_string(cost_);
    words_[cost_at] = texts_[cost_at];
  }

  proxy::Worker& worker_;
  const std::shared_ptr<const table::StorePlan> store_;
  std::vector<std::string> texts_;
  std::vector<std::string_view> words_;
  std::int64_t cost_ = 0;
  int tries_ = 3;
};

std::span<const state::StoredAsk> stored_asks(Exchange& x, const CountAsks& all, const CountPart& part) {
  auto* const asks = x.arena.array<state::StoredAsk>(part.count);
  for (std::uint32_t i = 0; i < part.count; ++i) {
    const std::uint32_t at = part.first + i;
    asks[i] = {all.stored[at], all.asks[at].key, all.asks[at].cost, all.answers[at].stamp};
  }
  return {asks, part.count};
}

upstream::StoreClient& client_of(Exchange& x, const CountPart& part) { return x.worker.stores.client(*part.store); }

bool decide_here(Exchange& x, const CountAsks& all, const CountPart& part, std::span<CountAnswer> answers) {
  const state::CountTime now{x.clock().now_us(), x.clock().unix_ms()};
  return state::decide({all.asks + part.first, part.count}, now, answers);
}

CountVerdict count_here(Exchange& x, CountAsks& all, CountPart& part) {
  std::fill_n(all.known + part.first, part.count, true);
  if (!decide_here(x, all, part, {all.answers + part.first, part.count})) return CountVerdict::refused;
  part.counted = CountPart::Counted::here;
  return CountVerdict::passes;
}

/// The store is told of it when it is back; not where it is there and answers with errors.
CountVerdict count_in_its_place(Exchange& x, CountAsks& all, CountPart& part) {
  const CountVerdict verdict = count_here(x, all, part);
  if (verdict != CountVerdict::passes || client_of(x, part).retry_ms() == 0) return verdict;
  for (const state::StoredAsk& ask : stored_asks(x, all, part)) Debt::add(x, part, ask);
  return verdict;
}

CountVerdict without_store(Exchange& x, CountAsks& all, CountPart& part, std::int64_t& denied_ms) {
  switch ((*part.store)->on_error) {
    case OnStoreError::local: return count_in_its_place(x, all, part);
    case OnStoreError::allow: return CountVerdict::passes;
    case OnStoreError::deny: break;
  }
  denied_ms = std::max<std::int64_t>(client_of(x, part).retry_ms(), 1);
  return CountVerdict::denied;
}

/// So that a node that is alone begins with what it has let pass, and with what the store has said last of the others.
/// False: while some worker is alone, this node by itself has let pass all that there is.
bool count_beside(Exchange& x, CountAsks& all, const CountPart& part) {
  const std::span<CountAnswer> here{x.arena.array<CountAnswer>(part.count), part.count};
  if (!decide_here(x, all, part, here)) {
    if (!(*part.store)->health->is_partial(x.clock().now_ms())) return true;
    GiveBack::send(client_of(x, part), stored_asks(x, all, part));
    std::copy(here.begin(), here.end(), all.answers + part.first);
    return false;
  }
  for (std::uint32_t i = 0; i < part.count; ++i) {
    const CountAnswer& said = all.answers[part.first + i];
    if (here[i].remaining <= said.remaining) continue;
    state::CountAsk others = all.asks[part.first + i];
    others.cost = here[i].remaining - said.remaining;
    CountAnswer ignored;
    state::decide({&others, 1}, {x.clock().now_us(), x.clock().unix_ms()}, {&ignored, 1});
  }
  return true;
}

CountVerdict take_answer(Exchange& x, CountAsks& all, CountPart& part, const CountCall& call) {
  std::fill_n(all.known + part.first, part.count, true);
  if (!call.passes) return CountVerdict::refused;
  if ((*part.store)->on_error == OnStoreError::local && !count_beside(x, all, part)) return CountVerdict::refused;
  part.counted = CountPart::Counted::in_store;
  return CountVerdict::passes;
}

CountVerdict ask_part(Exchange& x, CountAsks& all, CountPart& part, std::int64_t& denied_ms) {
  if (!part.store) return count_here(x, all, part);
  if (const CountCall* const call = all.call) {
    if (call->state == CountCall::State::pending) return CountVerdict::waits;
    all.call = nullptr;
    if (call->state == CountCall::State::answered) return take_answer(x, all, part, *call);
    return without_store(x, all, part, denied_ms);
  }
  void* const room = x.arena.allocate(sizeof(CountCall), alignof(CountCall));
  auto* const call = new (room) CountCall(x, {all.answers + part.first, part.count});
  call->script = &state::count_script();
  call->words = state::count_words(state::StoredOrder::charge, stored_asks(x, all, part), x.arena);
  if (!client_of(x, part).send(*call)) return without_store(x, all, part, denied_ms);
  x.when_freed(*call);
  all.call = call;
  return CountVerdict::waits;
}

}  // namespace

bool waits_for(const Exchange& x, const CountAsks& all) { return all.call && all.call->is_of(x); }

CountVerdict ask_parts(Exchange& x, CountAsks& all, std::int64_t& denied_ms) {
  while (all.next_part < all.part_count) {
    const CountVerdict verdict = ask_part(x, all, all.parts[all.next_part], denied_ms);
    if (verdict == CountVerdict::waits) return verdict;
    if (verdict != CountVerdict::passes) return verdict;
    ++all.next_part;
  }
  return CountVerdict::passes;
}

void give_back_parts(Exchange& x, CountAsks& all) {
  for (std::uint32_t i = 0; i < all.part_count; ++i) {
    CountPart& part = all.parts[i];
    if (part.counted == CountPart::Counted::here) {
      state::give_back({all.asks + part.first, part.count}, {all.answers + part.first, part.count});
      if (!part.store) continue;
      for (const state::StoredAsk& ask : stored_asks(x, all, part)) Debt::lower(x, part, ask);
    } else if (part.counted == CountPart::Counted::in_store) {
      GiveBack::send(client_of(x, part), stored_asks(x, all, part));
    }
    part.counted = CountPart::Counted::nowhere;
  }
}

}  // namespace gh::policy
