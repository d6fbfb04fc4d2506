#include "policy/access/auth_jwt_cache.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/hash.h"

namespace gh::policy {

namespace {

constexpr std::size_t overhead_bytes = 256;  // of the objects around the texts

}  // namespace

JwtCache::JwtCache(std::size_t bytes) : shard_bytes_(bytes / shards) {
  const std::size_t slots = std::max(shard_bytes_ / bytes_a_slot / ways, std::size_t{1}) * ways;
  for (Shard& shard : shards_) shard.slots.resize(slots);
}

/// Keyed, so that nobody can choose tokens that meet; who meets is told apart by the whole text.
std::uint64_t JwtCache::tag_of(std::string_view token, By by) {
  return keyed_hash(token) ^ (by.plan * 0x9e3779b97f4a7c15ULL) ^ (by.keys * 0xc2b2ae3d27d4eb4fULL);
}

std::size_t JwtCache::first_way(const Shard& shard, std::uint64_t tag) {
  return (tag / shards) % (shard.slots.size() / ways) * ways;
}

VerifiedTokenPtr JwtCache::find(std::string_view token, By by, std::int64_t now_s) {
  const std::uint64_t tag = tag_of(token, by);
  Shard& shard = shard_of(tag);
  std::shared_ptr<const Kept> kept;
  {
    const std::lock_guard guard(shard.lock);
    Slot* const set = shard.slots.data() + first_way(shard, tag);
    for (Slot* slot = set; slot != set + ways; ++slot) {
      if (slot->tag != tag || !slot->kept) continue;
      slot->used = ++shard.uses;
      kept = slot->kept;
      break;
    }
  }
  if (!kept || kept->by.plan != by.plan || kept->by.keys != by.keys || kept->token != token) return nullptr;
  const proxy::VerifiedToken& verified = *kept->verified;
  if (now_s < verified.checked_s || static_cast<double>(now_s) >= verified.ends_s) return nullptr;
  return {kept, &verified};
}

/// Takes out what the hand comes to, a bounded number; false when that was not enough.
bool JwtCache::make_room(Shard& shard, std::size_t bytes, std::size_t most, Taken& taken) {
  std::size_t count = 1;  // the first one is the slot's own
  for (std::size_t steps = 0; shard.bytes + bytes > most && steps < shard.slots.size(); ++steps) {
    if (count == taken.size()) return false;
    Slot& slot = shard.slots[shard.hand++ % shard.slots.size()];
    if (!slot.kept) continue;
    shard.bytes -= slot.kept->bytes;
    taken[count++] = std::exchange(slot.kept, nullptr);
  }
  return shard.bytes + bytes <= most;
}

void JwtCache::put(std::string_view token, By by, VerifiedTokenPtr verified) {
  auto kept = std::make_shared<Kept>();
  kept->bytes = overhead_bytes + token.size() + verified->header->bytes_held() + verified->claims.bytes_held();
  if (kept->bytes > shard_bytes_ / 4) return;
  kept->token = token;
  kept->by = by;
  kept->verified = std::move(verified);
  const std::uint64_t tag = tag_of(token, by);
  Shard& shard = shard_of(tag);
  Taken taken;
  const std::lock_guard guard(shard.lock);
  Slot* const set = shard.slots.data() + first_way(shard, tag);
  Slot* victim = set;  // the same token's, else a free one, else the one that was not used for longest
  for (Slot* slot = set; slot != set + ways; ++slot) {
    if (slot->kept && slot->tag == tag) {
      victim = slot;
      break;
    }
    if (!victim->kept) continue;
    if (!slot->kept || shard.uses - slot->used > shard.uses - victim->used) victim = slot;
  }
  if (victim->kept) shard.bytes -= victim->kept->bytes;
  taken[0] = std::exchange(victim->kept, nullptr);
  if (!make_room(shard, kept->bytes, shard_bytes_, taken)) return;
  shard.bytes += kept->bytes;
  victim->tag = tag;
  victim->used = ++shard.uses;
  victim->kept = std::move(kept);
}

std::size_t JwtCache::bytes_held() {
  std::size_t bytes = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard guard(shard.lock);
    bytes += shard.bytes;
  }
  return bytes;
}

}  // namespace gh::policy
