#include "state/conn_zone.h"

#include <algorithm>
#include <mutex>

#include "state/zone_shard.h"

namespace gh::state {

ConnZone::ConnZone(std::size_t bytes) : shard_count_(shards_of(std::max(bytes, min_bytes))) {
  bytes = std::max(bytes, min_bytes);
  shards_ = std::make_unique<Shard[]>(shard_count_);
  memory_.reset(static_cast<std::byte*>(std::calloc(bytes, 1)));
  if (memory_) divide<Slot>(memory_.get(), bytes, shards_.get(), shard_count_);
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

std::size_t ConnZone::capacity() const { return slots_of(shards_.get(), shard_count_); }

std::size_t ConnZone::size() const {
  return sum_of(shards_.get(), shard_count_, [](const Shard& shard) { return shard.used; });
}

}  // namespace gh::state
