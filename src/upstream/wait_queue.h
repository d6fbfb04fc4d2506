// WaitQueue: one worker's requests that found no free peer and wait for one (`queue`). First come, first served within
// an upstream. A peer that this worker frees is given on at the end of the turn; one that another worker frees, or that
// comes back by time, is seen at the next tick.
#pragma once

#include <cstdint>
#include <list>

#include "net/loop.h"
#include "net/timer_wheel.h"
#include "state/peers.h"

namespace gh::upstream {

class WaitQueue;

/// Who waits.
class Waiter {
 public:
  /// A peer may be free: take it and leave() the queue, or return false and go on waiting.
  virtual bool on_turn() = 0;
  /// It took too long; the queue has been left.
  virtual void on_wait_over() = 0;

 protected:
  ~Waiter() = default;

 private:
  friend class WaitQueue;
  std::list<Waiter*>::iterator place_;
  state::PeerGroup* group_ = nullptr;  // null: not waiting
  std::int64_t deadline_ms_ = 0;
};

class WaitQueue final : private net::Deferred, private net::Timer {
 public:
  explicit WaitQueue(net::Loop& loop) : loop_(loop) {}
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  /// False when `most` requests of all workers wait already.
  bool join(state::PeerGroup& group, std::int64_t most, std::int64_t timeout_ms, Waiter& waiter);
  void leave(Waiter& waiter);
  /// A peer of some upstream has become free.
  void peer_is_free() {
    if (!waiters_.empty()) loop_.defer(*this);
  }

 private:
  static constexpr std::int64_t tick_ms = 20;
  void run_deferred() override;
  void fire() override;

  net::Loop& loop_;
  std::list<Waiter*> waiters_;
  std::list<Waiter*>::iterator next_ = waiters_.end();  // while they are called: who comes next
};

}  // namespace gh::upstream
