// CountWindow: each kind against a reference that keeps every accepted request, over random arrivals; and its waits.
#include "state/count_window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <deque>
#include <random>

using gh::state::CountAmount;
using gh::state::CountState;
using gh::state::CountTime;
using gh::state::CountWindow;
using Kind = CountWindow::Kind;

namespace {

constexpr std::int64_t start_us = 5'000'000'000'000;

/// One key of a window, asked at times that the test sets.
struct Key {
  CountWindow window;
  CountAmount amount;
  CountState state;

  Key(Kind kind, std::int64_t ms, std::uint32_t count, std::uint32_t most = 0)
      : window(kind, ms, count > CountWindow::most_narrow), amount{count, most == 0 ? count : most} {}
  bool ask(CountTime now, std::uint32_t cost = 1) {
    window.advance(state, amount, now);
    if (window.room(state, amount) < cost) return false;
    window.charge(state, cost, now);
    return true;
  }
  bool ask(std::int64_t us, std::uint32_t cost = 1) { return ask(CountTime{us, us / 1000}, cost); }
  std::uint32_t room(CountTime now) {
    window.advance(state, amount, now);
    return window.room(state, amount);
  }
  std::int64_t wait_ms(std::int64_t us, std::uint32_t need) {
    const CountTime now{us, us / 1000};
    window.advance(state, amount, now);
    return window.wait_ms(state, amount, need, now);
  }
};

struct Accepted {
  std::int64_t us;
  std::uint32_t cost;
};

std::uint64_t within(const std::deque<Accepted>& accepted, std::int64_t from_us) {
  std::uint64_t sum = 0;
  for (auto it = accepted.rbegin(); it != accepted.rend() && it->us > from_us; ++it) sum += it->cost;
  return sum;
}

/// Bursts, pauses and a steady flow, as a client that tries too often has them.
std::int64_t next_gap(std::mt19937_64& random, std::int64_t window_us, std::uint32_t count) {
  switch (random() % 8) {
    case 0: return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(window_us));
    case 1: return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * window_us));
    case 2: return 0;
    default: return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * window_us / count + 2));
  }
}

}  // namespace

TEST_CASE("sliding: never one too many in any window, and only the oldest sub-window is counted too long") {
  std::mt19937_64 random(20261122);
  for (const std::int64_t ms : {1000, 60'000, 900'000, 3'600'000, 7000, 86'400'000}) {
    for (const std::uint32_t count : {1U, 2U, 10U, 100U, 5000U, 70'000U}) {
      Key key(Kind::sliding, ms, count);
      const std::int64_t window_us = ms * 1000, slots = key.window.wide() ? 7 : 15;
      const std::int64_t slack_us = window_us / slots + 2 * (window_us / (slots * 64) + 2);
      std::deque<Accepted> accepted;
      std::int64_t us = start_us + static_cast<std::int64_t>(random() % 1'000'000);
      for (int i = 0; i < 4000; ++i) {
        us += next_gap(random, window_us, count);
        const auto cost = random() % 4 == 0 ? static_cast<std::uint32_t>(1 + random() % count) : 1;
        while (!accepted.empty() && accepted.front().us < us - 2 * window_us - 2 * slack_us) accepted.pop_front();
        if (key.ask(us, cost)) {
          accepted.push_back({us, cost});
          REQUIRE(within(accepted, us - window_us) <= count);
        } else {
          REQUIRE(within(accepted, us - window_us - slack_us) + cost > count);
        }
      }
    }
  }
}

TEST_CASE("sliding: a wait that is told is enough, and is not told too early") {
  std::mt19937_64 random(7);
  for (const std::uint32_t count : {1U, 5U, 100U, 80'000U}) {
    for (const std::int64_t ms : {1000, 900'000}) {
      Key key(Kind::sliding, ms, count);
      std::int64_t us = start_us;
      for (int i = 0; i < 3000; ++i) {
        us += next_gap(random, ms * 1000, count);
        const auto cost = static_cast<std::uint32_t>(1 + random() % count);
        if (key.ask(us, cost)) continue;
        const std::int64_t wait_ms = key.wait_ms(us, cost);
        REQUIRE(wait_ms > 0);
        REQUIRE(wait_ms <= ms + ms / (key.window.wide() ? 7 : 15) + 2);
        Key later = key;
        REQUIRE(later.ask(us + wait_ms * 1000, cost));
        Key earlier = key;
        REQUIRE_FALSE(earlier.ask(us + wait_ms * 1000 - 2000, cost));
      }
    }
  }
}

TEST_CASE("sliding: a burst is free again when the window is over, as 100 per 15 minutes") {
  Key key(Kind::sliding, 900'000, 100);
  for (int i = 0; i < 100; ++i) REQUIRE(key.ask(start_us));
  CHECK_FALSE(key.ask(start_us));
  CHECK(key.wait_ms(start_us, 1) <= 901'000);
  CHECK_FALSE(key.ask(start_us + 899'999'999));
  CHECK(key.room({start_us + 901'000'000, 0}) == 100);
}

TEST_CASE("sliding: a clock that is a little behind changes nothing, one far behind begins anew") {
  Key key(Kind::sliding, 1000, 3);
  CHECK(key.ask(start_us));
  CHECK(key.ask(start_us - 20'000));
  CHECK(key.ask(start_us - 40'000));
  CHECK_FALSE(key.ask(start_us - 60'000));
  CHECK(key.room({start_us - 100'000'000, 0}) == 3);
}

TEST_CASE("sliding: times may wrap") {
  Key key(Kind::sliding, 1000, 2);
  const std::int64_t wrap_us = (std::int64_t{1} << 32) * 1042;  // a unit is 1042 us
  CHECK(key.ask(wrap_us - 400'000));
  CHECK(key.ask(wrap_us - 100'000));
  CHECK_FALSE(key.ask(wrap_us + 100'000));
  CHECK(key.ask(wrap_us + 700'000));
  CHECK_FALSE(key.ask(wrap_us + 701'000));
}

TEST_CASE("fixed: from the first request on, exactly") {
  std::mt19937_64 random(3);
  for (const std::uint32_t count : {1U, 10U, 100'000U}) {
    Key key(Kind::fixed, 60'000, count);
    std::int64_t us = start_us, begin = 0;
    std::uint64_t used = 0;
    for (int i = 0; i < 5000; ++i) {
      us += next_gap(random, 60'000'000, count);
      const auto cost = static_cast<std::uint32_t>(1 + random() % count);
      if (us - begin >= 60'000'000) used = 0;
      const bool passes = used + cost <= count;
      REQUIRE(key.ask(us, cost) == passes);
      if (!passes) {
        REQUIRE(key.wait_ms(us, cost) == (begin + 60'000'000 - us + 999) / 1000);
        continue;
      }
      if (used == 0) begin = us;
      used += cost;
    }
  }
}

TEST_CASE("a bucket: at most what it holds and what has flowed in since, exactly") {
  std::mt19937_64 random(11);
  for (const std::uint32_t count : {1U, 7U, 100U, 1'000'000U}) {
    for (const std::uint32_t most : {count, 2 * count, 1U}) {
      Key key(Kind::bucket, 1000, count, most);
      std::int64_t us = start_us, last = us;
      std::uint64_t level = 0;  // millionths of requests that still stand in it
      for (int i = 0; i < 5000; ++i) {
        us += next_gap(random, 1'000'000, count);
        const std::uint64_t leaked = static_cast<std::uint64_t>(us - last) * count;
        level -= std::min(level, leaked);
        last = us;
        const auto cost = static_cast<std::uint32_t>(1 + random() % most);
        const bool passes = level + cost * std::uint64_t{1'000'000} <= most * std::uint64_t{1'000'000};
        REQUIRE(key.ask(us, cost) == passes);
        if (passes) {
          level += cost * std::uint64_t{1'000'000};
          continue;
        }
        Key later = key;
        REQUIRE(later.ask(us + key.wait_ms(us, cost) * 1000, cost));
      }
    }
  }
}

TEST_CASE("a bucket of 200 with 100 a second: 200 at once, then one each 10 ms") {
  Key key(Kind::bucket, 1000, 100, 200);
  for (int i = 0; i < 200; ++i) REQUIRE(key.ask(start_us));
  CHECK_FALSE(key.ask(start_us));
  CHECK(key.wait_ms(start_us, 1) == 10);
  CHECK_FALSE(key.ask(start_us + 9'999));
  CHECK(key.ask(start_us + 10'000));
  CHECK_FALSE(key.ask(start_us + 10'000));
  CHECK(key.room({start_us + 3'600'000'000, 0}) == 200);
}

TEST_CASE("day and month are those of the UTC calendar") {
  std::mt19937_64 random(5);
  for (const Kind kind : {Kind::day, Kind::month}) {
    Key key(kind, 0, 10);
    std::int64_t unix_ms = 1'700'000'000'000;
    int period = -1;
    std::uint32_t used = 0;
    for (int i = 0; i < 20'000; ++i) {
      unix_ms += static_cast<std::int64_t>(random() % (kind == Kind::day ? 10'000'000 : 200'000'000));
      const std::time_t seconds = unix_ms / 1000;
      std::tm date{};
      gmtime_r(&seconds, &date);
      const int here = kind == Kind::day ? date.tm_year * 400 + date.tm_yday : date.tm_year * 12 + date.tm_mon;
      if (here != period) used = 0;
      period = here;
      const CountTime now{unix_ms * 1000, unix_ms};
      const bool passes = used < 10;
      REQUIRE(key.ask(now) == passes);
      if (passes) {
        ++used;
        continue;
      }
      std::tm next{};
      next.tm_year = date.tm_year;
      next.tm_mon = date.tm_mon + (kind == Kind::month ? 1 : 0);
      next.tm_mday = kind == Kind::month ? 1 : date.tm_mday + 1;
      REQUIRE(key.window.wait_ms(key.state, key.amount, 1, now) == timegm(&next) * 1000 - unix_ms);
    }
  }
}

TEST_CASE("midnight: a worker whose clock is behind counts in the new day") {
  constexpr std::int64_t midnight_ms = 1'700'006'400'000;
  static_assert(midnight_ms % 86'400'000 == 0);
  Key key(Kind::day, 0, 2);
  CHECK(key.ask({0, midnight_ms - 5}));
  CHECK(key.ask({0, midnight_ms}));
  CHECK(key.ask({0, midnight_ms - 1}));
  CHECK_FALSE(key.ask({0, midnight_ms + 1}));
}

TEST_CASE("a charge is taken back while it is in the window, and never anything else") {
  for (const Kind kind : {Kind::sliding, Kind::fixed, Kind::bucket, Kind::day}) {
    Key key(kind, 60'000, 3);
    REQUIRE(key.ask(start_us));
    REQUIRE(key.ask(start_us + 10'000'000, 2));
    CHECK_FALSE(key.ask(start_us + 10'000'000));
    key.window.refund(key.state, 2, key.window.stamp(key.state));
    CHECK(key.room({start_us + 10'000'000, (start_us + 10'000'000) / 1000}) == 2);
  }
  for (const Kind kind : {Kind::sliding, Kind::fixed}) {
    Key key(kind, 60'000, 3);
    REQUIRE(key.ask(start_us));
    const std::uint64_t stamp = key.window.stamp(key.state);
    REQUIRE(key.ask(start_us + 200'000'000, 3));
    key.window.refund(key.state, 1, stamp);
    CHECK_FALSE(key.ask(start_us + 200'000'000));
  }
}

TEST_CASE("an amount that a reload has made smaller or larger meets the counts of before") {
  for (const Kind kind : {Kind::sliding, Kind::fixed, Kind::bucket}) {
    Key key(kind, 60'000, 10);
    REQUIRE(key.ask(start_us, 8));
    key.amount = {5, 5};
    CHECK_FALSE(key.ask(start_us));
    CHECK(key.room({start_us, 0}) == 0);
    key.amount = {20, 20};
    CHECK(key.room({start_us, 0}) == 12);
  }
}
