#include "state/count_zone.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>

#include "base/hash.h"

namespace gh::state {

namespace {

constexpr std::uint32_t max_shards = 16;
constexpr std::size_t min_shard_bytes = 64 * 1024;  // below, a shard would be too small for keys to spread evenly

}  // namespace

// Links are slot numbers, 0 is none (slot 0 is not used).
struct CountZone::Entry {
  std::uint32_t key[3];
  std::uint32_t next;   // in its hash bucket
  std::uint32_t newer;  // LRU list
  std::uint32_t older;
  CountState state;
};

struct alignas(64) CountZone::Shard {
  mutable SpinLock lock;
  Entry* slots = nullptr;
  std::uint32_t* buckets = nullptr;
  std::uint32_t slot_count = 0;  // with slot 0
  std::uint32_t touched = 1;     // slots ever used: later ones are free
  std::uint32_t newest = 0;
  std::uint32_t oldest = 0;
  std::uint64_t evicted = 0;

  std::uint32_t& bucket(const std::uint32_t (&key)[3]) {
    return buckets[static_cast<std::size_t>(std::uint64_t{key[0]} * slot_count >> 32)];
  }
  Entry* find(const std::uint32_t (&key)[3]);
  Entry& find_or_insert(const std::uint32_t (&key)[3]);
  std::uint32_t free_oldest();
  void unlink(std::uint32_t slot);
  void make_newest(std::uint32_t slot);
};

CountZone::Entry* CountZone::Shard::find(const std::uint32_t (&key)[3]) {
  for (std::uint32_t slot = bucket(key); slot != 0; slot = slots[slot].next) {
    if (std::memcmp(slots[slot].key, key, sizeof key) == 0) return &slots[slot];
  }
  return nullptr;
}

CountZone::Entry& CountZone::Shard::find_or_insert(const std::uint32_t (&key)[3]) {
  if (Entry* const found = find(key)) {
    const auto slot = static_cast<std::uint32_t>(found - slots);
    if (slot != newest) {
      unlink(slot);
      make_newest(slot);
    }
    return *found;
  }
  const std::uint32_t slot = touched < slot_count ? touched++ : free_oldest();
  Entry& entry = slots[slot];
  std::memcpy(entry.key, key, sizeof key);
  entry.state = {};
  std::uint32_t& head = bucket(key);
  entry.next = head;
  head = slot;
  make_newest(slot);
  return entry;
}

/// A shard has hundreds of slots, a request takes 32 at most: what it has found before is never the oldest.
std::uint32_t CountZone::Shard::free_oldest() {
  const std::uint32_t slot = oldest;
  std::uint32_t* link = &bucket(slots[slot].key);
  while (*link != slot) link = &slots[*link].next;
  *link = slots[slot].next;
  unlink(slot);
  ++evicted;
  return slot;
}

void CountZone::Shard::unlink(std::uint32_t slot) {
  const Entry& entry = slots[slot];
  (entry.newer != 0 ? slots[entry.newer].older : newest) = entry.older;
  (entry.older != 0 ? slots[entry.older].newer : oldest) = entry.newer;
}

void CountZone::Shard::make_newest(std::uint32_t slot) {
  slots[slot].newer = 0;
  slots[slot].older = newest;
  (newest != 0 ? slots[newest].newer : oldest) = slot;
  newest = slot;
}

CountZone::CountZone(std::size_t bytes, const CountWindow& window)
    : window_(window), bytes_(std::max(bytes, min_bytes)), shard_count_(max_shards) {
  static_assert(sizeof(Entry) == 60, "with its bucket a key takes 64 bytes: the man page says so");
  while (shard_count_ > 1 && bytes_ / shard_count_ < min_shard_bytes) shard_count_ /= 2;
  shards_ = std::make_unique<Shard[]>(shard_count_);
  // calloc: pages that no key needed yet are not touched, and empty buckets are zero.
  memory_.reset(static_cast<std::byte*>(std::calloc(bytes_, 1)));
  if (!memory_) return;
  const std::size_t shard_bytes = bytes_ / shard_count_ / alignof(Entry) * alignof(Entry);
  const std::size_t slots = std::min<std::size_t>(shard_bytes / (sizeof(Entry) + sizeof(std::uint32_t)),
                                                  std::numeric_limits<std::uint32_t>::max());
  for (std::uint32_t i = 0; i < shard_count_; ++i) {
    std::byte* from = memory_.get() + shard_bytes * i;
    shards_[i].slots = reinterpret_cast<Entry*>(from);
    shards_[i].buckets = reinterpret_cast<std::uint32_t*>(from + slots * sizeof(Entry));
    shards_[i].slot_count = static_cast<std::uint32_t>(slots);
  }
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

std::size_t CountZone::capacity() const {
  return shards_[0].slot_count == 0 ? 0 : std::size_t{shards_[0].slot_count - 1} * shard_count_;
}

std::size_t CountZone::size() const {
  std::size_t sum = 0;
  for (std::uint32_t i = 0; i < shard_count_; ++i) {
    const std::lock_guard guard(shards_[i].lock);
    sum += shards_[i].touched - 1;
  }
  return sum;
}

std::uint64_t CountZone::evictions() const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < shard_count_; ++i) {
    const std::lock_guard guard(shards_[i].lock);
    sum += shards_[i].evicted;
  }
  return sum;
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
      const CountWindow& window = limit.zone->window();
      states_[i] = &places_[i].shard->find_or_insert(places_[i].key).state;
      window.advance(*states_[i], limit.amount, now);
      answers[i] = {};
      answers[i].remaining = window.room(*states_[i], limit.amount);
      answers[i].refused = answers[i].remaining < limit.cost;
      passes = passes && !answers[i].refused;
    }
    for (std::size_t i = 0; i < asks_.size(); ++i) settle(i, passes, now, answers[i]);
    return passes;
  }

  void give_back(std::span<const CountAnswer> answers) {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
      CountZone::Entry* const entry = places_[i].shard->find(places_[i].key);
      const CountLimit& limit = *asks_[i].limit;
      if (entry) limit.zone->window().refund(entry->state, limit.cost, answers[i].stamp);
    }
  }

 private:
  void settle(std::size_t i, bool charge, CountTime now, CountAnswer& answer) {
    const CountLimit& limit = *asks_[i].limit;
    const CountWindow& window = limit.zone->window();
    if (charge) {
      window.charge(*states_[i], limit.cost, now);
      answer.remaining -= limit.cost;
      answer.stamp = window.stamp(*states_[i]);
    }
    if (answer.refused) answer.retry_ms = window.wait_ms(*states_[i], limit.amount, limit.cost, now);
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
