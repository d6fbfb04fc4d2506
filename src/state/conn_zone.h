// ConnZone: the shared memory of limit_conn: how many requests of each key are under way. A key holds a slot while one
// of them is, so nothing is ever evicted: a full zone refuses (as nginx does). Keys themselves are not kept, only 128
// bits of a keyed hash. Memory is fixed when it is made, in up to sixteen shards with a lock each. Any thread.
// Source: the documentation of limit_conn_zone (nginx.org).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/hash.h"
#include "state/spin_lock.h"

namespace gh::state {

class ConnZone {
 public:
  static constexpr std::size_t min_bytes = 32 * 1024;
  static constexpr std::size_t max_key_bytes = 65535;
  enum class Verdict : std::uint8_t { counted, too_many, no_memory };
  struct Hold {
    std::uint32_t shard = 0;
    std::uint32_t slot = 0;
  };

  /// Pages are touched as keys come. capacity() is 0 when the system does not give that much.
  explicit ConnZone(std::size_t bytes);
  /// One more request of `key`, unless `most` are counted already. After `counted` call release(), once.
  Verdict count(std::string_view key, std::uint32_t most, Hold& hold);
  void release(Hold hold);

  [[nodiscard]] std::size_t capacity() const;
  [[nodiscard]] std::size_t size() const;  // keys now

 private:
  struct Slot {
    Hash128 key;
    std::uint32_t count = 0;
    std::uint32_t next = 0;  // in its bucket, or in the free list; 0 ends both
  };
  struct alignas(64) Shard {
    mutable SpinLock lock;
    Slot* slots = nullptr;             // slot 0 is not used
    std::uint32_t* buckets = nullptr;  // as many
    std::uint32_t slot_count = 0;
    std::uint32_t free_head = 0;
    std::uint32_t touched = 1;
    std::uint32_t used = 0;
    std::uint32_t& bucket(const Hash128& key) { return buckets[key.high % slot_count]; }
  };

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::uint32_t shard_count_;  // a power of two
  std::unique_ptr<Shard[]> shards_;
  std::unique_ptr<std::byte, Free> memory_;
};

}  // namespace gh::state
