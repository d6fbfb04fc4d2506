// JwtCache: tokens that were found good, so that the next request that brings one of them costs a look-up. Shared by
// the workers, kept over reloads; bounded in bytes, and in the work of one look-up or addition. A token counts only
// with the very settings and keys that it was verified with, and never past its end. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/verified_token.h"
#include "state/spin_lock.h"

namespace gh::policy {

using VerifiedTokenPtr = std::shared_ptr<const proxy::VerifiedToken>;

class JwtCache {
 public:
  explicit JwtCache(std::size_t bytes);

  /// What a token is known by, beside its text.
  struct By {
    std::uint64_t plan = 0, keys = 0;
  };
  /// Null: not known, or not good any more.
  [[nodiscard]] VerifiedTokenPtr find(std::string_view token, By by, std::int64_t now_s);
  void put(std::string_view token, By by, VerifiedTokenPtr verified);
  [[nodiscard]] std::size_t bytes_held();

 private:
  static constexpr std::size_t shards = 16, ways = 4, bytes_a_slot = 1024;
  struct Kept {
    std::string token;
    By by;
    VerifiedTokenPtr verified;
    std::size_t bytes = 0;
  };
  struct Slot {
    std::uint64_t tag = 0;
    std::uint32_t used = 0;  // the shard's count at its last use
    std::shared_ptr<const Kept> kept;
  };
  struct Shard {
    state::SpinLock lock;
    std::uint32_t uses = 0;
    std::size_t bytes = 0;
    std::size_t hand = 0;  // where room is made next
    std::vector<Slot> slots;
  };
  using Taken = std::array<std::shared_ptr<const Kept>, 16>;  // let go of outside of the lock
  Shard& shard_of(std::uint64_t tag) { return shards_[tag % shards]; }
  static std::size_t first_way(const Shard& shard, std::uint64_t tag);
  static bool make_room(Shard& shard, std::size_t bytes, std::size_t most, Taken& taken);
  static std::uint64_t tag_of(std::string_view token, By by);

  const std::size_t shard_bytes_;
  std::array<Shard, shards> shards_;
};

}  // namespace gh::policy
