#include "state/rate_zone.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <mutex>

#include "base/hash.h"
#include "state/zone_shard.h"

namespace gh::state {

namespace {

constexpr std::size_t max_asks = 32;
constexpr std::size_t inline_key = 16;
constexpr std::size_t long_key_head = 12;  // of a longer key: these bytes, then the number of the first tail slot
constexpr std::size_t tail_bytes = 44;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t clock_jump_ms = -60000;  // further back than workers' clocks can differ

/// Time since `last_ms`. A little before it is another worker's clock: none. Far before it the clock was set: begin.
std::uint64_t elapsed_ms(std::int64_t last_ms, std::int64_t now_ms) {
  const std::int64_t ms = now_ms - last_ms;
  if (ms >= 0) return static_cast<std::uint64_t>(ms);
  return ms < clock_jump_ms ? 1 : 0;
}

/// The bucket after one more request, `ms` after the last charge.
std::uint32_t next_excess(std::uint32_t excess, const Rate& rate, std::uint64_t ms) {
  std::uint64_t leaked = 0;
  if (__builtin_mul_overflow(rate.thousandths, ms, &leaked)) return 0;
  leaked /= rate.per_ms;
  const std::uint64_t full = std::uint64_t{excess} + 1000;
  if (leaked >= full) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(full - leaked, std::numeric_limits<std::uint32_t>::max()));
}

std::uint64_t delay_for(std::uint32_t excess, const RateLimit& limit) {
  if (excess <= limit.delay || limit.rate.thousandths == 0) return 0;
  return std::uint64_t{excess - limit.delay} * limit.rate.per_ms / limit.rate.thousandths;
}

}  // namespace

// One slot: an entry, or a part of a long key. Links are slot numbers, 0 is none (slot 0 is not used).
struct RateZone::Entry {
  std::uint32_t next;   // in its hash bucket, or in the free list
  std::uint32_t newer;  // LRU list
  std::uint32_t older;
  std::uint32_t hash;
  std::int64_t last_ms;  // of the last charge; `never` while only held
  std::uint32_t excess;
  std::uint16_t holds;
  std::uint16_t key_size;
  char key[inline_key];
};

struct alignas(64) RateZone::Shard : ZoneShard<RateZone::Entry> {
  struct Tail {
    std::uint32_t next;
    char bytes[tail_bytes];
  };

  std::uint32_t free_head = 0;
  std::uint32_t free_count = 0;  // in the free list
  std::uint32_t entries = 0;

  Tail& tail(std::uint32_t slot) { return *reinterpret_cast<Tail*>(&slots[slot]); }
  static std::uint32_t slots_for(std::size_t key_size) {
    if (key_size <= inline_key) return 1;
    return static_cast<std::uint32_t>(1 + (key_size - long_key_head + tail_bytes - 1) / tail_bytes);
  }
  [[nodiscard]] std::uint32_t available() const { return free_count + (slot_count - touched); }

  std::uint32_t find(std::string_view key, std::uint32_t hash);
  std::uint32_t insert(std::string_view key, std::uint32_t hash);
  std::uint32_t find_or_insert(std::string_view key, std::uint32_t hash) {
    const std::uint32_t slot = find(key, hash);
    return slot != 0 ? slot : insert(key, hash);
  }
  bool has_key(const Entry& entry, std::string_view key);
  void write_key(Entry& entry, std::string_view key);
  std::uint32_t take_slot();
  void give_slot(std::uint32_t slot);
  bool evict_oldest();
};

std::uint32_t RateZone::Shard::find(std::string_view key, std::uint32_t hash) {
  for (std::uint32_t slot = bucket(hash); slot != 0; slot = slots[slot].next) {
    if (slots[slot].hash != hash || !has_key(slots[slot], key)) continue;
    asked_for(slot);
    return slot;
  }
  return 0;
}

bool RateZone::Shard::has_key(const Entry& entry, std::string_view key) {
  if (entry.key_size != key.size()) return false;
  if (key.size() <= inline_key) return std::memcmp(entry.key, key.data(), key.size()) == 0;
  if (std::memcmp(entry.key, key.data(), long_key_head) != 0) return false;
  key.remove_prefix(long_key_head);
  std::uint32_t slot = 0;
  std::memcpy(&slot, entry.key + long_key_head, sizeof slot);
  while (!key.empty()) {
    const std::size_t part = std::min(key.size(), tail_bytes);
    if (std::memcmp(tail(slot).bytes, key.data(), part) != 0) return false;
    key.remove_prefix(part);
    slot = tail(slot).next;
  }
  return true;
}

void RateZone::Shard::write_key(Entry& entry, std::string_view key) {
  entry.key_size = static_cast<std::uint16_t>(key.size());
  if (key.size() <= inline_key) {
    std::memcpy(entry.key, key.data(), key.size());
    return;
  }
  std::memcpy(entry.key, key.data(), long_key_head);
  key.remove_prefix(long_key_head);
  char* link = entry.key + long_key_head;
  while (!key.empty()) {
    const std::uint32_t slot = take_slot();
    std::memcpy(link, &slot, sizeof slot);
    Tail& part = tail(slot);
    const std::size_t size = std::min(key.size(), tail_bytes);
    std::memcpy(part.bytes, key.data(), size);
    key.remove_prefix(size);
    link = reinterpret_cast<char*>(&part.next);
  }
}

std::uint32_t RateZone::Shard::insert(std::string_view key, std::uint32_t hash) {
  const std::uint32_t needed = slots_for(key.size());
  while (available() < needed) {
    if (!evict_oldest()) return 0;
  }
  const std::uint32_t slot = take_slot();
  Entry& entry = slots[slot];
  entry.hash = hash;
  entry.last_ms = never;
  entry.excess = 0;
  entry.holds = 0;
  write_key(entry, key);
  link(slot, hash);
  ++entries;
  return slot;
}

std::uint32_t RateZone::Shard::take_slot() {
  if (free_head == 0) return touched++;
  const std::uint32_t slot = free_head;
  free_head = slots[slot].next;
  --free_count;
  return slot;
}

void RateZone::Shard::give_slot(std::uint32_t slot) {
  slots[slot].next = free_head;
  free_head = slot;
  ++free_count;
}

// False when there is nothing to free. A held entry at the end stops it, as nginx stops: entries are made newest when
// they are held, so everything newer is held as well or was asked for within microseconds.
bool RateZone::Shard::evict_oldest() {
  const std::uint32_t slot = oldest;
  if (slot == 0 || slots[slot].holds != 0) return false;
  Entry& entry = slots[slot];
  take_out(slot, entry.hash);
  if (entry.key_size > inline_key) {
    std::uint32_t part = 0;
    std::memcpy(&part, entry.key + long_key_head, sizeof part);
    for (std::uint32_t left = slots_for(entry.key_size) - 1; left != 0; --left) {
      const std::uint32_t next = left > 1 ? tail(part).next : 0;
      give_slot(part);
      part = next;
    }
  }
  give_slot(slot);
  --entries;
  ++evicted;
  return true;
}

RateZone::RateZone(std::size_t bytes) : bytes_(std::max(bytes, min_bytes)), shard_count_(shards_of(bytes_)) {
  shards_ = std::make_unique<Shard[]>(shard_count_);
  // calloc: pages that no key needed yet are not touched, and empty buckets are zero.
  memory_.reset(static_cast<std::byte*>(std::calloc(bytes_, 1)));
  if (!memory_) return;
  divide<Entry>(memory_.get(), bytes_, shards_.get(), shard_count_);
}

RateZone::~RateZone() = default;

RateZone::Place RateZone::place(std::string_view key) const {
  const std::uint64_t hash = keyed_hash(key);
  const auto index = static_cast<std::uint32_t>(hash >> 32) & (shard_count_ - 1);
  return {&shards_[index], static_cast<std::uint32_t>(hash), index};
}

RateZone::Verdict RateZone::charge(std::string_view key, const RateLimit& limit, std::int64_t now_ms,
                                   std::uint32_t& excess) {
  excess = 0;
  if (capacity() == 0) return Verdict::no_memory;
  const Place at = place(key);
  const std::lock_guard guard(at.shard->lock);
  const std::uint32_t slot = at.shard->find_or_insert(key, at.hash);
  if (slot == 0) return Verdict::no_memory;
  Entry& entry = at.shard->slots[slot];
  if (entry.last_ms == never) {
    entry.last_ms = now_ms;
    return Verdict::pass;
  }
  const std::uint64_t ms = elapsed_ms(entry.last_ms, now_ms);
  excess = next_excess(entry.excess, limit.rate, ms);
  if (excess > limit.burst) return Verdict::reject;
  entry.excess = excess;
  if (ms != 0) entry.last_ms = now_ms;
  return Verdict::pass;
}

RateZone::Verdict RateZone::check(std::string_view key, const RateLimit& limit, std::int64_t now_ms,
                                  std::uint32_t& excess, Hold& hold) {
  excess = 0;
  hold = {};
  if (capacity() == 0) return Verdict::no_memory;
  const Place at = place(key);
  const std::lock_guard guard(at.shard->lock);
  const std::uint32_t slot = at.shard->find_or_insert(key, at.hash);
  if (slot == 0) return Verdict::no_memory;
  Entry& entry = at.shard->slots[slot];
  if (entry.last_ms != never) {
    excess = next_excess(entry.excess, limit.rate, elapsed_ms(entry.last_ms, now_ms));
    if (excess > limit.burst) return Verdict::reject;
  }
  ++entry.holds;
  hold = {at.index, slot};
  return Verdict::pass;
}

std::uint32_t RateZone::settle(Hold hold, const RateLimit& limit, std::int64_t now_ms) {
  if (hold.slot == 0) return 0;
  Shard& shard = shards_[hold.shard];
  const std::lock_guard guard(shard.lock);
  Entry& entry = shard.slots[hold.slot];
  --entry.holds;
  if (entry.last_ms == never) {
    entry.last_ms = now_ms;
    return 0;
  }
  const std::uint64_t ms = elapsed_ms(entry.last_ms, now_ms);
  entry.excess = next_excess(entry.excess, limit.rate, ms);
  if (ms != 0) entry.last_ms = now_ms;
  return entry.excess;
}

void RateZone::release(Hold hold) {
  if (hold.slot == 0) return;
  Shard& shard = shards_[hold.shard];
  const std::lock_guard guard(shard.lock);
  --shard.slots[hold.slot].holds;
}

std::size_t RateZone::capacity() const { return slots_of(shards_.get(), shard_count_); }

std::size_t RateZone::size() const {
  return sum_of(shards_.get(), shard_count_, [](const Shard& shard) { return shard.entries; });
}

std::uint64_t RateZone::evictions() const {
  return sum_of(shards_.get(), shard_count_, [](const Shard& shard) { return shard.evicted; });
}

namespace {

bool is_limited(const RateAsk& ask) { return !ask.key.empty() && ask.key.size() <= RateZone::max_key_bytes; }

/// The longest wait wins; `asks` are the limits that let the request pass.
void settle_all(std::span<const RateAsk> asks, std::span<const RateZone::Hold> holds, std::int64_t now_ms,
                RateDecision& decision) {
  for (std::size_t i = asks.size(); i-- > 0;) {
    if (holds[i].slot == 0) continue;
    const RateLimit& limit = *asks[i].limit;
    const std::uint32_t excess = limit.zone->settle(holds[i], limit, now_ms);
    const std::uint64_t delay_ms = delay_for(excess, limit);
    if (delay_ms > decision.delay_ms) decision = {RateZone::Verdict::pass, excess, delay_ms, &limit};
  }
}

}  // namespace

RateDecision decide(std::span<const RateAsk> asks, std::int64_t now_ms) {
  assert(asks.size() <= max_asks);
  asks = asks.first(std::min(asks.size(), max_asks));
  std::array<RateZone::Hold, max_asks> holds{};
  RateDecision decision;
  for (std::size_t i = 0; i < asks.size(); ++i) {
    if (!is_limited(asks[i])) continue;
    const RateLimit& limit = *asks[i].limit;
    const bool last = i + 1 == asks.size();
    std::uint32_t excess = 0;
    const auto verdict = last ? limit.zone->charge(asks[i].key, limit, now_ms, excess)
                              : limit.zone->check(asks[i].key, limit, now_ms, excess, holds[i]);
    if (verdict != RateZone::Verdict::pass) {
      for (std::size_t held = 0; held < i; ++held) {
        if (holds[held].slot != 0) asks[held].limit->zone->release(holds[held]);
      }
      return {verdict, excess, 0, &limit};
    }
    if (last && delay_for(excess, limit) != 0) decision = {verdict, excess, delay_for(excess, limit), &limit};
  }
  settle_all(asks, std::span(holds).first(asks.size()), now_ms, decision);
  return decision;
}

}  // namespace gh::state
