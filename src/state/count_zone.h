// CountZone: the shared memory of limit_count. Keys themselves are not kept, only 64 bits of a keyed hash and their
// first four bytes, so that each takes 64 bytes however long it is. What a key has used means what its limit's window
// says: a key is asked for with one kind of window only. Memory is fixed when it is made: sixteen shards (fewer for
// small zones), each with its own lock, its own LRU list and its own slots; a new key in a full shard takes the place
// of the one not asked for the longest. `decide` is what a request calls. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

#include "state/count_window.h"
#include "state/spin_lock.h"

namespace gh::state {

class CountZone {
 public:
  static constexpr std::size_t min_bytes = 32 * 1024;

  /// All memory this zone will ever use, rounded up to min_bytes; pages are touched as keys come. capacity() is 0 when
  /// the system does not give that much: the caller makes it an error.
  explicit CountZone(std::size_t bytes);
  ~CountZone();

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t capacity() const;  // keys
  [[nodiscard]] std::size_t size() const;      // keys now; for status pages
  [[nodiscard]] std::uint64_t evictions() const;

 private:
  friend class CountDecision;
  struct Entry;
  struct Shard;
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  struct Place {
    Shard* shard;
    std::uint32_t key[3];
  };

  [[nodiscard]] Place place(std::string_view key) const;

  std::size_t bytes_;
  std::uint32_t shard_count_;  // a power of two
  std::unique_ptr<Shard[]> shards_;
  std::unique_ptr<std::byte, Free> memory_;
};

/// So many in a window, counted in a zone.
struct CountLimit {
  CountZone* zone;  // kept alive by the table
  CountWindow window;
  CountAmount amount;
};

/// One limit with the key that this request has for it, and what the request uses up.
struct CountAsk {
  const CountLimit* limit = nullptr;
  std::string_view key;
  std::uint32_t cost = 1;  // 0: passes and uses up nothing; above amount.most: never passes
};

/// What one limit says. Times in milliseconds, rounded up.
struct CountAnswer {
  bool refused = false;
  std::uint32_t remaining = 0;
  std::int64_t reset_ms = 0;  // until more than `remaining` is there; 0: nothing is used
  static constexpr std::int64_t never = -1;
  std::int64_t retry_ms = 0;  // refused: until it would pass; never: it costs more than there ever is
  std::uint64_t stamp = 0;    // for give_back()
};

constexpr std::size_t max_count_asks = 32;

/// All limits of a request at once, each with a key of its own within its zone: charged together when all have room,
/// else none. False: some have `refused`. At most max_count_asks; an answer for each.
bool decide(std::span<const CountAsk> asks, CountTime now, std::span<CountAnswer> answers);

/// Takes back what decide() has charged for a request that another limit refused later.
void give_back(std::span<const CountAsk> asks, std::span<const CountAnswer> answers);

}  // namespace gh::state
