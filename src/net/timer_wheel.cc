#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace gh::net {

Timer::~Timer() {
  if (wheel_) wheel_->take_out(*this);
}

TimerWheel::TimerWheel(uv_loop_t* loop, Clock& clock) : loop_(loop), clock_(clock), slots_(slot_count, nullptr) {
  if (!loop_) return;
  uv_timer_ = new uv_timer_t;
  uv_timer_init(loop_, uv_timer_);
  uv_timer_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(uv_timer_));
}

TimerWheel::~TimerWheel() {
  close();
  for (Timer*& head : slots_) {
    while (head) take_out(*head);
  }
  for (Timer*& head : due_) {
    while (head) take_out(*head);
  }
}

void TimerWheel::close() {
  if (!uv_timer_) return;
  uv_close(reinterpret_cast<uv_handle_t*>(uv_timer_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  uv_timer_ = nullptr;
}

void TimerWheel::set(Timer& timer, std::int64_t after_ms) {
  const std::int64_t deadline = clock_.now_ms() + after_ms;
  timer.deadline_ms_ = deadline;
  // Filed early enough: left where it is, and filed again when that slot comes up.
  if (timer.wheel_ && timer.filed_ms_ <= deadline) return;
  if (timer.wheel_) take_out(timer);
  file(timer);
}

void TimerWheel::clear(Timer& timer) { timer.deadline_ms_ = 0; }

void TimerWheel::push(Timer*& head, Timer& timer) {
  timer.next_ = head;
  timer.link_ = &head;
  if (head) head->link_ = &timer.next_;
  head = &timer;
}

void TimerWheel::file(Timer& timer) {
  if (filed_ == 0 && !advancing_) base_tick_ = clock_.now_ms() / tick_ms;
  const std::int64_t wanted = std::max(timer.deadline_ms_ / tick_ms, base_tick_);
  const std::int64_t tick = std::min(wanted, base_tick_ + slot_count - 1);
  timer.filed_ms_ = tick == wanted ? timer.deadline_ms_ : tick * tick_ms;
  timer.wheel_ = this;
  ++filed_;
  const auto slot = static_cast<std::size_t>(tick % slot_count);
  push(slots_[slot], timer);
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  if (tick < armed_tick_ && !advancing_) arm(tick);
}

void TimerWheel::take_out(Timer& timer) {
  *timer.link_ = timer.next_;
  if (timer.next_) timer.next_->link_ = timer.link_;
  timer.link_ = nullptr;
  timer.next_ = nullptr;
  timer.wheel_ = nullptr;
  --filed_;
}

void TimerWheel::advance() {
  if (advancing_) return;
  advancing_ = true;
  const std::int64_t now = clock_.now_ms();
  const std::int64_t now_tick = now / tick_ms;
  // The tick of `now` is run too, as far as it has passed, but stays open: base_tick_ never goes beyond it.
  for (std::int64_t tick = next_tick(); tick <= now_tick; tick = next_tick()) {
    base_tick_ = tick;
    run_slot(tick, now);
    if (tick == now_tick) break;
    base_tick_ = tick + 1;
  }
  base_tick_ = std::max(base_tick_, now_tick);
  advancing_ = false;
  armed_tick_ = never;
  const std::int64_t next = next_tick();
  if (next != never) {
    arm(next);
  } else if (uv_timer_) {
    uv_timer_stop(uv_timer_);
  }
}

/// Sorts the timers of one slot: cleared ones leave, later ones are filed again, due ones fire in order of deadline.
void TimerWheel::run_slot(std::int64_t tick, std::int64_t now) {
  const auto slot = static_cast<std::size_t>(tick % slot_count);
  occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  Timer* all = std::exchange(slots_[slot], nullptr);
  if (all) all->link_ = &all;
  while (all) {
    Timer& timer = *all;
    take_out(timer);
    if (timer.deadline_ms_ == 0) continue;
    if (timer.deadline_ms_ > now || timer.deadline_ms_ / tick_ms > tick) {
      file(timer);
      continue;
    }
    push(due_[static_cast<std::size_t>(timer.deadline_ms_ % tick_ms)], timer);
    timer.wheel_ = this;
    timer.filed_ms_ = timer.deadline_ms_;
    ++filed_;
  }
  fire_due(now);
}

/// fire() may destroy, clear or set any of the others: each is taken out before it is looked at, and looked at afresh.
void TimerWheel::fire_due(std::int64_t now) {
  for (Timer*& head : due_) {
    while (head) {
      Timer& timer = *head;
      take_out(timer);
      if (timer.deadline_ms_ == 0) continue;
      if (timer.deadline_ms_ > now) {
        file(timer);
        continue;
      }
      timer.deadline_ms_ = 0;
      timer.fire();
    }
  }
}

/// The first tick from base_tick_ on whose slot may hold a timer; `never` when there is none.
std::int64_t TimerWheel::next_tick() const {
  if (filed_ == 0) return never;
  const auto start = static_cast<std::size_t>(base_tick_ % slot_count);
  const std::size_t words = occupied_.size();
  for (std::size_t i = 0; i <= words; ++i) {
    const std::size_t word = (start / 64 + i) % words;
    std::uint64_t bits = occupied_[word];
    const std::uint64_t from_start = ~std::uint64_t{0} << (start % 64);
    if (i == 0) bits &= from_start;
    if (i == words) bits &= ~from_start;  // the first word's lower bits are the farthest
    if (bits == 0) continue;
    const auto slot = static_cast<std::int64_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
    const std::int64_t ahead = (slot - static_cast<std::int64_t>(start) + slot_count) % slot_count;
    return base_tick_ + ahead;
  }
  return never;
}

void TimerWheel::arm(std::int64_t tick) {
  armed_tick_ = tick;
  if (!uv_timer_) return;
  const std::int64_t wait = std::max<std::int64_t>((tick + 1) * tick_ms - clock_.now_ms(), 1);
  uv_timer_start(
      uv_timer_,
      [](uv_timer_t* timer) {
        auto* wheel = static_cast<TimerWheel*>(timer->data);
        wheel->clock_.update();
        wheel->advance();
      },
      static_cast<std::uint64_t>(wait), 0);
}

}  // namespace gh::net
