// StoreHealth: how a store does, as all workers see it: each has a connection of its own to it, and one line of the log
// tells of each change. Counters are for status pages. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace gh::state {

class StoreHealth {
 public:
  /// A worker does without the store from now on. True: it is the first one that does.
  bool went_down() { return down_.fetch_add(1, std::memory_order_relaxed) == 0; }
  /// A worker has it again, or does not want it any more. True: it was the last one.
  bool came_back() { return down_.fetch_sub(1, std::memory_order_relaxed) == 1; }
  [[nodiscard]] bool is_down() const { return down_.load(std::memory_order_relaxed) > 0; }
  /// Does some worker let requests pass by itself, or did until a moment ago? What the store says is not all then.
  [[nodiscard]] bool is_partial(std::int64_t now_ms) const {
    return is_down() || now_ms < partial_until_ms_.load(std::memory_order_relaxed);
  }
  void set_partial_until(std::int64_t ms) { partial_until_ms_.store(ms, std::memory_order_relaxed); }
  /// It answers with errors (or no longer does). True: that is new.
  bool set_troubled(bool troubled) { return troubled_.exchange(troubled, std::memory_order_relaxed) != troubled; }
  [[nodiscard]] bool is_troubled() const { return troubled_.load(std::memory_order_relaxed); }

  std::atomic<std::uint64_t> calls{0};     // asked of it
  std::atomic<std::uint64_t> failures{0};  // of them, those that on_error was needed for
  std::atomic<std::uint64_t> connects{0};  // connections that were greeted

 private:
  std::atomic<int> down_{0};  // workers that do without it
  std::atomic<bool> troubled_{false};
  std::atomic<std::int64_t> partial_until_ms_{0};
};

}  // namespace gh::state
