// RateZone: the shared memory of limit_req, a leaky bucket a key, with nginx's arithmetic. Memory is fixed when it is
// made: sixteen shards (fewer for small zones), each with its own lock, its own LRU list and its own slots; a new key
// in a full shard takes the place of the one not asked for the longest. `decide` is what a request calls.
// Any thread; times are monotonic milliseconds (workers' clocks may differ by some milliseconds).
//
// Units: `excess` is in thousandths of a request. It falls by the rate and rises by 1000 with each accepted request;
// above `burst` the request is rejected, above `delay` it waits until it would not be.
// The rate belongs to the limit, not to the zone, so that a reload that changes it keeps the counts.
// Source: the documentation of limit_req_zone and limit_req (nginx.org), and nginx 1.22's answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "state/spin_lock.h"

namespace gh::state {

/// `thousandths` of a request leak in each `per_ms`. A second and a minute round as nginx does (1r/m is 0.016 r/s).
struct Rate {
  std::uint64_t thousandths = 1000;
  std::uint64_t per_ms = 1000;
  static constexpr Rate per_second(std::uint64_t n) { return {n * 1000, 1000}; }
  static constexpr Rate per_minute(std::uint64_t n) { return {n * 1000 / 60, 1000}; }
  static constexpr Rate per_hour(std::uint64_t n) { return {n, 3600}; }
  static constexpr Rate per_day(std::uint64_t n) { return {n, 86400}; }
};

class RateZone;

/// One `limit_req` of a location. No `nodelay`, no `delay=`: delay = 0. `nodelay`: delay = no_delay. Both are in
/// thousandths of a request (burst=3 is 3000); at most 4,000,000 requests.
struct RateLimit {
  static constexpr std::uint32_t no_delay = std::numeric_limits<std::uint32_t>::max();
  RateZone* zone = nullptr;  // kept alive by the table
  Rate rate;
  std::uint32_t burst = 0;
  std::uint32_t delay = 0;
};

class RateZone {
 public:
  static constexpr std::size_t min_bytes = 32 * 1024;
  static constexpr std::size_t max_key_bytes = 65535;
  enum class Verdict : std::uint8_t { pass, reject, no_memory };
  /// A checked but not yet charged entry: its slot cannot be evicted until settle() or release().
  struct Hold {
    std::uint32_t shard = 0;
    std::uint32_t slot = 0;  // 0: nothing held
  };

  /// All memory this zone will ever use, rounded up to min_bytes; pages are touched as keys come. capacity() is 0 when
  /// the system does not give that much: the caller makes it an error.
  explicit RateZone(std::size_t bytes);
  ~RateZone();

  /// The last (or only) limit of a request: decides and, when it passes, charges at once.
  Verdict charge(std::string_view key, const RateLimit& limit, std::int64_t now_ms, std::uint32_t& excess);
  /// An earlier limit of a request: decides, charges nothing. After `pass` call settle() or release(), once.
  Verdict check(std::string_view key, const RateLimit& limit, std::int64_t now_ms, std::uint32_t& excess, Hold& hold);
  /// Charges a held entry; returns its excess (above burst when others were faster: nginx lets it pass too).
  std::uint32_t settle(Hold hold, const RateLimit& limit, std::int64_t now_ms);
  void release(Hold hold);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t capacity() const;  // entries whose keys have at most 16 bytes
  [[nodiscard]] std::size_t size() const;      // entries now; for status pages
  [[nodiscard]] std::uint64_t evictions() const;

 private:
  struct Entry;
  struct Shard;
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  struct Place {
    Shard* shard;
    std::uint32_t hash;
    std::uint32_t index;
  };

  [[nodiscard]] Place place(std::string_view key) const;

  std::size_t bytes_;
  std::uint32_t shard_count_;  // a power of two
  std::unique_ptr<Shard[]> shards_;
  std::unique_ptr<std::byte, Free> memory_;
};

/// One limit with the key this request has for it. An empty key is not limited (LANGUAGE 11.4); a key above
/// max_key_bytes is not either (the caller logs it).
struct RateAsk {
  const RateLimit* limit = nullptr;
  std::string_view key;
};

struct RateDecision {
  RateZone::Verdict verdict = RateZone::Verdict::pass;
  std::uint32_t excess = 0;           // of the limit that decided, for the log ("excess: 1.250")
  std::uint64_t delay_ms = 0;         // pass: wait this long first
  const RateLimit* limit = nullptr;   // that rejected or delays; null when none did
};

/// All limits of one request, in file order: charged together or, when one rejects, none. At most 32.
RateDecision decide(std::span<const RateAsk> asks, std::int64_t now_ms);

}  // namespace gh::state
