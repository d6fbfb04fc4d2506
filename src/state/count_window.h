// CountWindow: the arithmetic of limit_count, without memory of its own: what a key has used is a CountState of 36
// bytes, which this brings up to date, reads and charges. Times come from outside, so tests move them by hand.
//
// Kinds
//   sliding  a ring of sub-windows: the running one and the 15 before it (7 when counts go above 65,535) are counted
//            whole, so that no window of that length ever holds one too many; all of them are empty as soon as the last
//            request is older than the window
//   fixed    begins with the first request, ends as a whole
//   bucket   holds `most`, fills with `count` in each window (GCRA): at most `most` at once
//   day, month   of the UTC calendar
#pragma once

#include <cstdint>
#include <limits>

namespace gh::state {

/// Monotonic microseconds, and the wall clock for the calendar. Workers' clocks may differ by some milliseconds.
struct CountTime {
  std::int64_t us = 0;
  std::int64_t unix_ms = 0;
};

/// All zero: nothing is used. What the words mean is the window's business.
struct CountState {
  std::uint32_t words[9] = {};
};

/// It belongs to the limit, not to the memory, so that a reload may change it and keep the counts.
struct CountAmount {
  std::uint32_t count = 1;  // in a window
  std::uint32_t most = 1;   // at once: of a bucket what it holds, else the same
};

class CountWindow {
 public:
  enum class Kind : std::uint8_t { sliding, fixed, bucket, day, month };
  static constexpr std::uint32_t most_narrow = 65535;       // above: `wide`
  static constexpr std::int64_t most_ms = 366LL * 86400000;  // of a window

  /// `ms` is at least 1; day and month do not look at it. `wide` is for sliding windows alone.
  CountWindow(Kind kind, std::int64_t ms, bool wide);

  /// Lets go what has left the window by `now`. Before all that follows.
  void advance(CountState& state, const CountAmount& amount, CountTime now) const;
  /// So many more would be accepted.
  [[nodiscard]] std::uint32_t room(const CountState& state, const CountAmount& amount) const;
  /// Milliseconds, rounded up and never 0, until there is room for `need`: for what there is none now, though there can
  /// be (at most amount.most).
  [[nodiscard]] std::int64_t wait_ms(const CountState& state, const CountAmount& amount, std::uint32_t need,
                                     CountTime now) const;
  /// The caller has seen that there is room.
  void charge(CountState& state, std::uint32_t cost, CountTime now) const;
  /// When the last charge was: for refund().
  [[nodiscard]] std::uint64_t stamp(const CountState& state) const;
  /// Takes a charge back; nothing when it has left the window.
  void refund(CountState& state, std::uint32_t cost, std::uint64_t stamp) const;

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool wide() const { return wide_; }
  [[nodiscard]] std::int64_t ms() const { return us_ / 1000; }  // 0: of the calendar

 private:
  [[nodiscard]] std::uint32_t units(std::int64_t us) const { return static_cast<std::uint32_t>(us / unit_us_); }
  [[nodiscard]] std::uint64_t used(const CountState& state) const;
  [[nodiscard]] std::int64_t sliding_wait_us(const CountState& state, const CountAmount& amount, std::uint32_t need,
                                             std::int64_t now_us) const;
  void advance_sliding(CountState& state, std::int64_t now_us) const;
  void refund_sliding(CountState& state, std::uint32_t cost, std::uint32_t stamp) const;

  Kind kind_;
  bool wide_;
  std::uint32_t slots_;    // of the ring: a power of two
  std::int64_t us_;        // the window
  std::int64_t unit_us_;   // sliding: times are kept in these, 64 to a sub-window
};

}  // namespace gh::state
