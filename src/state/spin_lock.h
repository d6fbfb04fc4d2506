// SpinLock: the lock of critical sections of some tens of nanoseconds (one shard, one pick). One byte, never a syscall
// while it is free. A holder that lost its core is waited for by yielding. Any thread; use std::lock_guard. It must
// never be held across a callback, an allocation of unknown size or a log line.
#pragma once

#include <atomic>
#include <thread>

namespace gh::state {

class SpinLock {
 public:
  void lock() noexcept {
    if (!taken_.exchange(true, std::memory_order_acquire)) return;
    lock_slow();
  }
  bool try_lock() noexcept { return !taken_.exchange(true, std::memory_order_acquire); }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  void lock_slow() noexcept {
    do {
      for (int spins = 0; taken_.load(std::memory_order_relaxed); ++spins) {
        if (spins >= spins_before_yield) std::this_thread::yield();
      }
    } while (taken_.exchange(true, std::memory_order_acquire));
  }
  static constexpr int spins_before_yield = 200;
  std::atomic<bool> taken_{false};
};

}  // namespace gh::state
