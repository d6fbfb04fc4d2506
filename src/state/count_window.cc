#include "state/count_window.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace gh::state {

namespace {

constexpr std::uint32_t unit_bits = 6;  // 64 units are a sub-window
constexpr std::uint32_t narrow_slots = 16, wide_slots = 8;
constexpr std::int64_t clock_jump_us = 60'000'000;  // further back than workers' clocks can differ
constexpr std::int64_t day_ms = 86'400'000;

// What the nine words hold. Sliding: words[0] is the time of the last charge, in units; the ring follows.
constexpr std::size_t ring = 1;

struct Fixed {
  std::int64_t start_us = 0;
  std::uint32_t count = 0;
};
struct Bucket {
  std::uint64_t level = 0;  // requests times the window's microseconds: it falls by `count` each microsecond
  std::int64_t last_us = 0;
};
struct Calendar {
  std::uint32_t period = 0;  // days, or months, since 1970
  std::uint32_t count = 0;
};

constexpr std::uint32_t sub_window_of(std::uint32_t unit) { return unit >> unit_bits; }
/// Their numbers wrap with those of the units.
constexpr std::uint32_t sub_windows_between(std::uint32_t from, std::uint32_t to) {
  return (to - from) & (std::numeric_limits<std::uint32_t>::max() >> unit_bits);
}

template <class T>
T load(const CountState& state) {
  static_assert(sizeof(T) <= sizeof(CountState));
  T out;
  std::memcpy(&out, state.words, sizeof out);
  return out;
}
template <class T>
void store(CountState& state, const T& value) { std::memcpy(state.words, &value, sizeof value); }

std::uint32_t ring_at(const CountState& state, std::uint32_t slot, bool wide) {
  if (wide) return state.words[ring + slot];
  std::uint16_t count = 0;
  std::memcpy(&count, reinterpret_cast<const char*>(state.words + ring) + slot * sizeof count, sizeof count);
  return count;
}

void set_ring(CountState& state, std::uint32_t slot, bool wide, std::uint32_t value) {
  if (wide) {
    state.words[ring + slot] = value;
    return;
  }
  const auto count = static_cast<std::uint16_t>(value);
  std::memcpy(reinterpret_cast<char*>(state.words + ring) + slot * sizeof count, &count, sizeof count);
}

using Months = std::chrono::months;

std::uint32_t month_of(std::int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return static_cast<std::uint32_t>((static_cast<int>(date.year()) - 1970) * 12 +
                                    static_cast<int>(static_cast<unsigned>(date.month())) - 1);
}

std::int64_t month_begin_ms(std::uint32_t month) {
  using namespace std::chrono;
  const year_month first = year{1970} / January + Months{month};
  return std::int64_t{sys_days{first / 1}.time_since_epoch().count()} * day_ms;
}

std::uint32_t period_of(CountWindow::Kind kind, std::int64_t unix_ms) {
  const std::int64_t days = std::max<std::int64_t>(unix_ms, 0) / day_ms;
  return kind == CountWindow::Kind::day ? static_cast<std::uint32_t>(days) : month_of(days);
}

std::int64_t end_of_period_ms(CountWindow::Kind kind, std::uint32_t period) {
  return kind == CountWindow::Kind::day ? (std::int64_t{period} + 1) * day_ms : month_begin_ms(period + 1);
}

bool is_calendar(CountWindow::Kind kind) { return kind == CountWindow::Kind::day || kind == CountWindow::Kind::month; }

void leak(Bucket& bucket, std::uint32_t count, std::int64_t now_us) {
  if (now_us <= bucket.last_us) return;
  const auto elapsed = static_cast<std::uint64_t>(now_us - bucket.last_us);
  std::uint64_t leaked = 0;
  if (__builtin_mul_overflow(elapsed, std::uint64_t{count}, &leaked)) leaked = bucket.level;
  bucket.level -= std::min(bucket.level, leaked);
  bucket.last_us = now_us;
}

constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

}  // namespace

CountWindow::CountWindow(Kind kind, std::int64_t ms, bool wide)
    : kind_(kind),
      wide_(kind == Kind::sliding && wide),
      slots_(wide_ ? wide_slots : narrow_slots),
      us_(is_calendar(kind) ? 0 : std::clamp<std::int64_t>(ms, 1, most_ms) * 1000),
      unit_us_(1) {
  // One sub-window runs, the others lie behind it whole: together they are at least as long as the window.
  const std::int64_t window_units = std::int64_t{slots_ - 1} << unit_bits;
  if (kind_ == Kind::sliding) unit_us_ = (us_ + window_units - 1) / window_units;
}

// ---- sliding -------------------------------------------------------------------------------------------------------

// Times in units wrap after two months at least (a window of a second). Their differences do not matter then: a key
// that was idle for so long is taken for one of now once in a million times, and has its window's wait at most.
void CountWindow::advance_sliding(CountState& state, std::int64_t now_us) const {
  const std::uint32_t last = state.words[0], now = units(now_us);
  const auto passed = static_cast<std::int32_t>(now - last);
  const bool is_little = passed < 0 && std::int64_t{passed} * unit_us_ > -clock_jump_us;
  if (is_little && used(state) != 0) return;  // another worker's clock is ahead
  const auto window_units = static_cast<std::int32_t>((slots_ - 1) << unit_bits);
  if (passed < 0 || passed > window_units) {
    state = {};
    state.words[0] = now;
    return;
  }
  const std::uint32_t from = sub_window_of(last);
  for (std::uint32_t left = sub_windows_between(from, sub_window_of(now)); left != 0; --left) {
    set_ring(state, (from + left) & (slots_ - 1), wide_, 0);
  }
}

std::int64_t CountWindow::sliding_wait_us(const CountState& state, const CountAmount& amount, std::uint32_t need,
                                          std::int64_t now_us) const {
  const std::uint32_t last = state.words[0];
  std::uint32_t now = units(now_us);
  if (static_cast<std::int32_t>(now - last) < 0) now = last;
  const std::uint32_t newest = sub_window_of(last);
  std::uint32_t leaves = last + 1 + ((slots_ - 1) << unit_bits);
  if (std::uint64_t{ring_at(state, newest & (slots_ - 1), wide_)} + need <= amount.most) {  // else all must leave
    std::uint64_t left = used(state);
    for (std::uint32_t back = slots_ - 1; back > 0; --back) {
      const std::uint32_t sub_window = sub_windows_between(back, sub_window_of(now));
      if (sub_window == newest) break;
      left -= ring_at(state, sub_window & (slots_ - 1), wide_);
      if (left + need > amount.most) continue;
      leaves = (sub_window + slots_) << unit_bits;
      break;
    }
  }
  return std::int64_t{leaves - now} * unit_us_ - (now == units(now_us) ? now_us % unit_us_ : 0);
}

void CountWindow::refund_sliding(CountState& state, std::uint32_t cost, std::uint32_t stamp) const {
  const std::uint32_t sub_window = sub_window_of(stamp);
  if (sub_windows_between(sub_window, sub_window_of(state.words[0])) >= slots_) return;
  const std::uint32_t slot = sub_window & (slots_ - 1);
  const std::uint32_t count = ring_at(state, slot, wide_);
  set_ring(state, slot, wide_, count - std::min(count, cost));
}

// ---- all kinds -----------------------------------------------------------------------------------------------------

std::uint64_t CountWindow::used(const CountState& state) const {
  switch (kind_) {
    case Kind::sliding: {
      std::uint64_t sum = 0;
      if (wide_) {
        for (std::size_t slot = 0; slot < wide_slots; ++slot) sum += state.words[ring + slot];
        return sum;
      }
      std::uint32_t low = 0, high = 0;
      for (std::size_t word = 0; word < narrow_slots / 2; ++word) {
        low += state.words[ring + word] & 0xffff;
        high += state.words[ring + word] >> 16;
      }
      return low + high;
    }
    case Kind::fixed: return load<Fixed>(state).count;
    case Kind::bucket: return divide_up(load<Bucket>(state).level, static_cast<std::uint64_t>(us_));
    default: return load<Calendar>(state).count;
  }
}

void CountWindow::advance(CountState& state, const CountAmount& amount, CountTime now) const {
  if (kind_ == Kind::sliding) return advance_sliding(state, now.us);
  if (kind_ == Kind::fixed) {
    const std::int64_t passed = now.us - load<Fixed>(state).start_us;
    if (passed >= us_ || passed < -clock_jump_us) state = {};
  } else if (kind_ == Kind::bucket) {
    auto bucket = load<Bucket>(state);
    leak(bucket, amount.count, now.us);
    store(state, bucket);
  } else {
    const auto calendar = load<Calendar>(state);
    const std::uint32_t period = period_of(kind_, now.unix_ms);
    // One period ahead is another worker's clock at midnight; more means that the clock was set.
    if (calendar.period != period && calendar.period != period + 1) store(state, Calendar{period, 0});
  }
}

std::uint32_t CountWindow::room(const CountState& state, const CountAmount& amount) const {
  return static_cast<std::uint32_t>(amount.most - std::min<std::uint64_t>(used(state), amount.most));
}

std::int64_t CountWindow::wait_ms(const CountState& state, const CountAmount& amount, std::uint32_t need,
                                  CountTime now) const {
  std::int64_t us = 0;
  if (kind_ == Kind::sliding) {
    us = sliding_wait_us(state, amount, need, now.us);
  } else if (kind_ == Kind::fixed) {
    us = std::min(load<Fixed>(state).start_us + us_ - now.us, us_);
  } else if (kind_ == Kind::bucket) {
    const std::uint64_t others = amount.most - std::min(need, amount.most);
    const std::uint64_t target = others * static_cast<std::uint64_t>(us_);
    const std::uint64_t level = load<Bucket>(state).level;
    us = static_cast<std::int64_t>(divide_up(level - std::min(level, target), amount.count));
  } else {
    return std::max<std::int64_t>(end_of_period_ms(kind_, load<Calendar>(state).period) - now.unix_ms, 1);
  }
  return (std::max<std::int64_t>(us, 1) + 999) / 1000;
}

void CountWindow::charge(CountState& state, std::uint32_t cost, CountTime now) const {
  if (kind_ == Kind::sliding) {
    const std::uint32_t unit = units(now.us);
    if (static_cast<std::int32_t>(unit - state.words[0]) > 0) state.words[0] = unit;
    const std::uint32_t slot = (state.words[0] >> unit_bits) & (slots_ - 1);
    set_ring(state, slot, wide_, ring_at(state, slot, wide_) + cost);
  } else if (kind_ == Kind::fixed) {
    auto fixed = load<Fixed>(state);
    if (fixed.count == 0) fixed.start_us = now.us;
    fixed.count += cost;
    store(state, fixed);
  } else if (kind_ == Kind::bucket) {
    auto bucket = load<Bucket>(state);
    bucket.level += std::uint64_t{cost} * static_cast<std::uint64_t>(us_);
    store(state, bucket);
  } else {
    auto calendar = load<Calendar>(state);
    calendar.count += cost;
    store(state, calendar);
  }
}

std::uint64_t CountWindow::stamp(const CountState& state) const {
  switch (kind_) {
    case Kind::sliding: return state.words[0];
    case Kind::fixed: return static_cast<std::uint64_t>(load<Fixed>(state).start_us);
    case Kind::bucket: return 0;
    default: return load<Calendar>(state).period;
  }
}

void CountWindow::refund(CountState& state, std::uint32_t cost, std::uint64_t stamp) const {
  if (kind_ == Kind::sliding) return refund_sliding(state, cost, static_cast<std::uint32_t>(stamp));
  if (kind_ == Kind::bucket) {
    auto bucket = load<Bucket>(state);
    bucket.level -= std::min(bucket.level, std::uint64_t{cost} * static_cast<std::uint64_t>(us_));
    store(state, bucket);
    return;
  }
  if (stamp != this->stamp(state)) return;
  if (kind_ == Kind::fixed) {
    auto fixed = load<Fixed>(state);
    fixed.count -= std::min(fixed.count, cost);
    store(state, fixed);
  } else {
    auto calendar = load<Calendar>(state);
    calendar.count -= std::min(calendar.count, cost);
    store(state, calendar);
  }
}

}  // namespace gh::state
