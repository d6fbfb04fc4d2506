// What the zones of keys (RateZone, CountZone) are made of: one piece of fixed memory, divided into shards with a lock
// of their own; in each slots, hash buckets over them, and the order in which they were asked for. Links are slot
// numbers, 0 is none (slot 0 is not used). An Entry has `next`, `newer` and `older`. All but `lock` under the lock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>

#include "state/spin_lock.h"

namespace gh::state {

template <class Entry>
struct ZoneShard {
  mutable SpinLock lock;
  Entry* slots = nullptr;
  std::uint32_t* buckets = nullptr;
  std::uint32_t slot_count = 0;  // with slot 0
  std::uint32_t touched = 1;     // slots ever used: later ones are free
  std::uint32_t newest = 0;
  std::uint32_t oldest = 0;
  std::uint64_t evicted = 0;

  std::uint32_t& bucket(std::uint32_t hash) {
    return buckets[static_cast<std::size_t>(std::uint64_t{hash} * slot_count >> 32)];
  }
  void link(std::uint32_t slot, std::uint32_t hash) {
    std::uint32_t& head = bucket(hash);
    slots[slot].next = head;
    head = slot;
    make_newest(slot);
  }
  void take_out(std::uint32_t slot, std::uint32_t hash) {
    std::uint32_t* link = &bucket(hash);
    while (*link != slot) link = &slots[*link].next;
    *link = slots[slot].next;
    unlink(slot);
  }
  void asked_for(std::uint32_t slot) {
    if (newest == slot) return;
    unlink(slot);
    make_newest(slot);
  }

 private:
  void unlink(std::uint32_t slot) {
    const Entry& entry = slots[slot];
    (entry.newer != 0 ? slots[entry.newer].older : newest) = entry.older;
    (entry.older != 0 ? slots[entry.older].newer : oldest) = entry.newer;
  }
  void make_newest(std::uint32_t slot) {
    slots[slot].newer = 0;
    slots[slot].older = newest;
    (newest != 0 ? slots[newest].newer : oldest) = slot;
    newest = slot;
  }
};

/// How many shards so many bytes are divided into: a power of two.
inline std::uint32_t shards_of(std::size_t bytes) {
  constexpr std::size_t min_shard_bytes = 64 * 1024;  // below, a shard would be too small for keys to spread evenly
  std::uint32_t count = 16;
  while (count > 1 && bytes / count < min_shard_bytes) count /= 2;
  return count;
}

/// Gives each shard its part of `memory`, which is zero: no key, empty buckets.
template <class Entry, class Shard>
void divide(std::byte* memory, std::size_t bytes, Shard* shards, std::uint32_t count) {
  const std::size_t shard_bytes = bytes / count / alignof(Entry) * alignof(Entry);
  const std::size_t slots = std::min<std::size_t>(shard_bytes / (sizeof(Entry) + sizeof(std::uint32_t)),
                                                  std::numeric_limits<std::uint32_t>::max());
  for (std::uint32_t i = 0; i < count; ++i) {
    std::byte* from = memory + shard_bytes * i;
    shards[i].slots = reinterpret_cast<Entry*>(from);
    shards[i].buckets = reinterpret_cast<std::uint32_t*>(from + slots * sizeof(Entry));
    shards[i].slot_count = static_cast<std::uint32_t>(slots);
  }
}

/// How many slots all shards have for keys.
template <class Shard>
std::size_t slots_of(const Shard* shards, std::uint32_t count) {
  return shards[0].slot_count == 0 ? 0 : std::size_t{shards[0].slot_count - 1} * count;
}

/// Of all shards, each under its lock.
template <class Shard, class Figure>
std::uint64_t sum_of(const Shard* shards, std::uint32_t count, Figure&& figure) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::lock_guard guard(shards[i].lock);
    sum += figure(shards[i]);
  }
  return sum;
}

}  // namespace gh::state
