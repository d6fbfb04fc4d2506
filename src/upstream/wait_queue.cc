#include "upstream/wait_queue.h"

#include <unordered_set>

namespace gh::upstream {

bool WaitQueue::join(state::PeerGroup& group, std::int64_t most, std::int64_t timeout_ms, Waiter& waiter) {
  if (group.waiting.fetch_add(1, std::memory_order_relaxed) >= most) {
    group.waiting.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  waiter.group_ = &group;
  waiter.deadline_ms_ = loop_.clock().now_ms() + timeout_ms;
  waiter.place_ = waiters_.insert(waiters_.end(), &waiter);
  if (waiters_.size() == 1) loop_.timers().set(*this, tick_ms);
  return true;
}

void WaitQueue::leave(Waiter& waiter) {
  if (waiter.group_ == nullptr) return;
  waiter.group_->waiting.fetch_sub(1, std::memory_order_relaxed);
  waiter.group_ = nullptr;
  if (next_ == waiter.place_) ++next_;
  waiters_.erase(waiter.place_);
  if (waiters_.empty()) loop_.timers().clear(*this);
}

/// Any of them may leave, or a new one join, while one is called.
void WaitQueue::run_deferred() {
  std::unordered_set<const state::PeerGroup*> busy;  // the first of an upstream that gets nothing stands for the rest
  const std::int64_t now = loop_.clock().now_ms();
  for (next_ = waiters_.begin(); next_ != waiters_.end();) {
    Waiter& waiter = **next_++;
    const state::PeerGroup* const group = waiter.group_;
    if (!busy.contains(group)) {
      if (waiter.on_turn()) continue;
      busy.insert(group);
    }
    if (waiter.deadline_ms_ > now) continue;
    leave(waiter);
    waiter.on_wait_over();
  }
}

void WaitQueue::fire() {
  run_deferred();
  if (!waiters_.empty()) loop_.timers().set(*this, tick_ms);
}

}  // namespace gh::upstream
