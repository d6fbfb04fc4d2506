#include "state/count_zone.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>

#include "base/hash.h"
#include "state/zone_shard.h"

namespace gh::state {

// Links are slot numbers, 0 is none (slot 0 is not used).
struct CountZone::Entry {
  std::uint32_t key[3];
  std::uint32_t next;   // in its hash bucket
  std::uint32_t newer;  // LRU list
  std::uint32_t older;
  CountState state;
};

struct alignas(64) CountZone::Shard : ZoneShard<CountZone::Entry> {
  Entry* find(const std::uint32_t (&key)[3]);
  Entry& find_or_insert(const std::uint32_t (&key)[3]);
  std::uint32_t free_oldest();
};

CountZone::Entry* CountZone::Shard::find(const std::uint32_t (&key)[3]) {
  for (std::uint32_t slot = bucket(key[0]); slot != 0; slot = slots[slot].next) {
    if (std::memcmp(slots[slot].key, key, sizeof key) == 0) return &slots[slot];
  }
  return nullptr;
}

CountZone::Entry& CountZone::Shard::find_or_insert(const std::uint32_t (&key)[3]) {
  if (Entry* const found = find(key)) {
    const auto slot = static_cast<std::uint32_t>(found - slots);
    asked_for(slot);
    return *found;
  }
  const std::uint32_t slot = touched < slot_count ? touched++ : free_oldest();
  Entry& entry = slots[slot];
  std::memcpy(entry.key, key, sizeof key);
  entry.state = {};
  link(slot, key[0]);
  return entry;
}

/// A shard has hundreds of slots, a request takes 32 at most: what it has found before is never the oldest.
std::uint32_t CountZone::Shard::free_oldest() {
  const std::uint32_t slot = oldest;
  take_out(slot, slots[slot].key[0]);
  ++evicted;
  return slot;
}

CountZone::CountZone(std::size_t bytes)
    : bytes_(std::max(bytes, min_bytes)), shard_count_(shards_of(bytes_)) {
  static_assert(sizeof(Entry) == 60, "with its bucket a key takes 64 bytes: the man page says so");
  shards_ = std::make_unique<Shard[]>(shard_count_);
  // calloc: pages that no key needed yet are not touched, and empty buckets are zero.
  memory_.reset(static_cast<std::byte*>(std::calloc(bytes_, 1)));
  if (!memory_) return;
  divide<Entry>(memory_.get(), bytes_, shards_.get(), shard_count_);
}

CountZone::~CountZone() = default;

/// The first bytes beside the hash: short keys that differ in them never meet, others once in 2^64.
CountZone::Place CountZone::place(std::string_view key) const {
  const std::uint64_t hash = keyed_hash(key);
  Place place{&shards_[static_cast<std::uint32_t>(hash) & (shard_count_ - 1)],
              {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash), 0}};
  std::memcpy(&place.key[2], key.data(), std::min(key.size(), sizeof place.key[2]));
  return place;
}

std::size_t CountZone::capacity() const { return slots_of(shards_.get(), shard_count_); }

std::size_t CountZone::size() const {
  return sum_of(shards_.get(), shard_count_, [](const Shard& shard) { return shard.touched - 1; });
}

std::uint64_t CountZone::evictions() const {
  return sum_of(shards_.get(), shard_count_, [](const Shard& shard) { return shard.evicted; });
}

/// The shards of one request, held together: always taken in the order of their addresses, so that two requests never
/// wait for each other.
class CountDecision {
 public:
  explicit CountDecision(std::span<const CountAsk> asks) : asks_(asks) {
    for (std::size_t i = 0; i < asks.size(); ++i) {
      places_[i] = asks[i].limit->zone->place(asks[i].key);
      locked_[i] = places_[i].shard;
    }
    if (asks.size() > 1) {
      CountZone::Shard** const end = locked_.data() + asks.size();
      std::sort(locked_.data(), end, std::less<>());
      count_ = static_cast<std::size_t>(std::unique(locked_.data(), end) - locked_.data());
    } else {
      count_ = asks.size();
    }
    for (std::size_t i = 0; i < count_; ++i) locked_[i]->lock.lock();
  }
  ~CountDecision() {
    while (count_ > 0) locked_[--count_]->lock.unlock();
  }
  CountDecision(const CountDecision&) = delete;
  CountDecision& operator=(const CountDecision&) = delete;

  bool run(CountTime now, std::span<CountAnswer> answers) {
    bool passes = true;
    for (std::size_t i = 0; i < asks_.size(); ++i) {
      const CountLimit& limit = *asks_[i].limit;
      states_[i] = &places_[i].shard->find_or_insert(places_[i].key).state;
      limit.window.advance(*states_[i], limit.amount, now);
      answers[i] = {};
      answers[i].remaining = limit.window.room(*states_[i], limit.amount);
      answers[i].refused = answers[i].remaining < asks_[i].cost;
      passes = passes && !answers[i].refused;
    }
    for (std::size_t i = 0; i < asks_.size(); ++i) settle(i, passes, now, answers[i]);
    return passes;
  }

  void give_back(std::span<const CountAnswer> answers) {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
      CountZone::Entry* const entry = places_[i].shard->find(places_[i].key);
      const CountLimit& limit = *asks_[i].limit;
      if (entry && asks_[i].cost > 0) limit.window.refund(entry->state, asks_[i].cost, answers[i].stamp);
    }
  }

 private:
  void settle(std::size_t i, bool charge, CountTime now, CountAnswer& answer) {
    const CountLimit& limit = *asks_[i].limit;
    const CountWindow& window = limit.window;
    const std::uint32_t cost = asks_[i].cost;
    if (charge && cost > 0) {
      window.charge(*states_[i], cost, now);
      answer.remaining -= cost;
      answer.stamp = window.stamp(*states_[i]);
    }
    if (answer.refused) {
      answer.retry_ms = cost > limit.amount.most ? CountAnswer::never
                                                 : window.wait_ms(*states_[i], limit.amount, cost, now);
    }
    if (answer.remaining < limit.amount.most) {
      answer.reset_ms = window.wait_ms(*states_[i], limit.amount, answer.remaining + 1, now);
    }
  }

  std::span<const CountAsk> asks_;
  std::size_t count_ = 0;  // of locks held
  std::array<CountZone::Place, max_count_asks> places_;
  std::array<CountZone::Shard*, max_count_asks> locked_;
  std::array<CountState*, max_count_asks> states_;
};

bool decide(std::span<const CountAsk> asks, CountTime now, std::span<CountAnswer> answers) {
  assert(asks.size() <= max_count_asks && answers.size() >= asks.size());
  CountDecision decision(asks.first(std::min(asks.size(), max_count_asks)));
  return decision.run(now, answers);
}

void give_back(std::span<const CountAsk> asks, std::span<const CountAnswer> answers) {
  CountDecision decision(asks.first(std::min(asks.size(), max_count_asks)));
  decision.give_back(answers);
}

}  // namespace gh::state
