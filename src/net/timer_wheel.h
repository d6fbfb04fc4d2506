// Timer wheel: many timers that are set on each request and rarely fire. Setting, moving and clearing are O(1) and make
// no syscall; moving a deadline further away only stores it (the timer is re-filed when its old slot comes up).
// One wheel a loop, driven by one uv_timer, armed for the next occupied slot only. Precision: 16 ms late at most.
#pragma once

#include <uv.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace gh::net {

class TimerWheel;

/// Intrusive timer. Destroying a set timer clears it. fire() may set, clear or destroy any timer, this one included.
class Timer {
 public:
  virtual void fire() = 0;
  [[nodiscard]] bool is_set() const { return deadline_ms_ != 0; }
  [[nodiscard]] std::int64_t deadline_ms() const { return deadline_ms_; }

 protected:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

 private:
  friend class TimerWheel;
  Timer** link_ = nullptr;         // the pointer that points here, so that taking out needs no list head
  Timer* next_ = nullptr;
  TimerWheel* wheel_ = nullptr;    // set while filed
  std::int64_t deadline_ms_ = 0;   // 0: not set (may still be filed)
  std::int64_t filed_ms_ = 0;      // where it is filed
};

class TimerWheel {
 public:
  /// `loop` may be null in tests: then advance() is called by hand.
  TimerWheel(uv_loop_t* loop, Clock& clock);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  void set(Timer& timer, std::int64_t after_ms);  // from now; replaces an earlier deadline; after_ms >= 0
  void clear(Timer& timer);
  /// Fires what is due at clock.now_ms().
  void advance();
  void close();  // stops and closes the uv_timer; called by Loop
  // private members as the implementation needs them
  // IMPLEMENTATION-BEGIN
 private:
  friend class Timer;
  static constexpr std::int64_t tick_ms = 16;
  static constexpr std::int64_t slot_count = 4096;  // 65 s; a later deadline is filed at the far end and comes by again
  static constexpr std::int64_t never = INT64_MAX;

  void file(Timer& timer);
  void take_out(Timer& timer);
  static void push(Timer*& head, Timer& timer);
  void run_slot(std::int64_t tick, std::int64_t now);
  void fire_due(std::int64_t now);
  [[nodiscard]] std::int64_t next_tick() const;
  void arm(std::int64_t tick);

  uv_loop_t* loop_;
  Clock& clock_;
  uv_timer_t* uv_timer_ = nullptr;            // freed by its close callback
  std::int64_t base_tick_ = 0;                // all ticks before this one have been run
  std::int64_t armed_tick_ = never;
  std::size_t filed_ = 0;
  bool advancing_ = false;
  std::vector<Timer*> slots_;                 // by tick % slot_count
  std::array<std::uint64_t, slot_count / 64> occupied_{};  // a bit may stay when its slot has become empty
  std::array<Timer*, tick_ms> due_{};         // timers of the slot that runs, by millisecond
  // IMPLEMENTATION-END
};

}  // namespace gh::net
