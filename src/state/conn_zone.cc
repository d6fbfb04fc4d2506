#include "state/conn_zone.h"

#include <algorithm>
#include <mutex>

namespace gh::state {

namespace {

constexpr std::uint32_t max_shards = 16;
constexpr std::size_t max_slots = std::size_t{1} << 31;
constexpr std::size_t min_shard_bytes = 64 * 1024;  // below, a shard would be too small for keys to spread evenly

}  // namespace

ConnZone::ConnZone(std::size_t bytes) : shard_count_(max_shards) {
  bytes = std::max(bytes, min_bytes);
  while (shard_count_ > 1 && bytes / shard_count_ < min_shard_bytes) shard_count_ /= 2;
  shards_ = std::make_unique<Shard[]>(shard_count_);
  memory_.reset(static_cast<std::byte*>(std::calloc(bytes, 1)));
  if (!memory_) return;
  const std::size_t shard_bytes = bytes / shard_count_ / alignof(Slot) * alignof(Slot);
  const std::size_t slots = std::min<std::size_t>(shard_bytes / (sizeof(Slot) + sizeof(std::uint32_t)), max_slots);
  for (std::uint32_t i = 0; i < shard_count_; ++i) {
    std::byte* const from = memory_.get() + shard_bytes * i;
    shards_[i].slots = reinterpret_cast<Slot*>(from);
    shards_[i].buckets = reinterpret_cast<std::uint32_t*>(from + slots * sizeof(Slot));
    shards_[i].slot_count = static_cast<std::uint32_t>(slots);
  }
}

ConnZone::Verdict ConnZone::count(std::string_view key, std::uint32_t most, Hold& hold) {
  if (!memory_) return Verdict::no_memory;
  const Hash128 hash = keyed_hash128(key);
  hold.shard = static_cast<std::uint32_t>(hash.low) & (shard_count_ - 1);
  Shard& shard = shards_[hold.shard];
  const std::lock_guard guard(shard.lock);
  std::uint32_t& head = shard.bucket(hash);
  for (std::uint32_t at = head; at != 0; at = shard.slots[at].next) {
    Slot& slot = shard.slots[at];
    if (!(slot.key == hash)) continue;
    if (slot.count >= most) return Verdict::too_many;
    ++slot.count;
    hold.slot = at;
    return Verdict::counted;
  }
  if (most == 0) return Verdict::too_many;
  std::uint32_t at = shard.free_head;
  if (at != 0) shard.free_head = shard.slots[at].next;
  else if (shard.touched < shard.slot_count) at = shard.touched++;
  else return Verdict::no_memory;
  shard.slots[at] = {hash, 1, head};
  head = at;
  ++shard.used;
  hold.slot = at;
  return Verdict::counted;
}

void ConnZone::release(Hold hold) {
  Shard& shard = shards_[hold.shard];
  const std::lock_guard guard(shard.lock);
  Slot& slot = shard.slots[hold.slot];
  if (--slot.count > 0) return;
  std::uint32_t* link = &shard.bucket(slot.key);
  while (*link != hold.slot) link = &shard.slots[*link].next;
  *link = slot.next;
  slot.next = shard.free_head;
  shard.free_head = hold.slot;
  --shard.used;
}

std::size_t ConnZone::capacity() const {
  return memory_ ? shard_count_ * (shards_[0].slot_count - 1) : 0;
}

std::size_t ConnZone::size() const {
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < shard_count_; ++i) {
    const std::lock_guard guard(shards_[i].lock);
    total += shards_[i].used;
  }
  return total;
}

}  // namespace gh::state
