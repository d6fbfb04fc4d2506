// StickyZone: the sessions of `sticky learn`, shared by workers and generations: which peer (by its sid) a session goes
// to. Memory is bounded by the zone's size; a full one forgets the session that was not used for the longest.
// Any thread; times are monotonic milliseconds. Keys are keyed digests: what a client sends is neither kept nor
// compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/digest.h"

namespace gh::state {

class StickyZone {
 public:
  static constexpr std::size_t min_bytes = 32 * 1024;
  static constexpr std::size_t session_bytes = 256;  // about 4000 in a megabyte
  explicit StickyZone(std::size_t bytes);

  /// The sid of the session `key`; empty when there is none or its time is over. Does not prolong it.
  [[nodiscard]] std::string find(std::string_view key, std::int64_t now_ms);
  /// The session goes to `sid` from now on, and lives for `timeout_ms`.
  void put(std::string_view key, std::string_view sid, std::int64_t timeout_ms, std::int64_t now_ms);
  /// Prolongs a session that is still alive.
  void touch(std::string_view key, std::int64_t timeout_ms, std::int64_t now_ms);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  struct KeyHash {
    std::size_t operator()(const Proof& key) const;
  };
  struct Session {
    Proof key;
    std::string sid;
    std::int64_t expires_ms;
  };
  using Sessions = std::list<Session>;  // last used first
  [[nodiscard]] Sessions::iterator alive(const Proof& key, std::int64_t now_ms);
  void drop(Sessions::iterator session);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  Sessions sessions_;
  std::unordered_map<Proof, Sessions::iterator, KeyHash> by_key_;
};

}  // namespace gh::state
