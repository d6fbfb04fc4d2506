// RateZone: the leaky bucket's numbers, several limits on one request, eviction, memory, threads.
#include "state/rate_zone.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using gh::state::decide;
using gh::state::Rate;
using gh::state::RateAsk;
using gh::state::RateDecision;
using gh::state::RateLimit;
using gh::state::RateZone;
using Verdict = RateZone::Verdict;

namespace {

constexpr std::int64_t start_ms = 5'000'000;

RateLimit limit_of(RateZone& zone, Rate rate, std::uint32_t burst, std::uint32_t delay) {
  const std::uint32_t units = delay == RateLimit::no_delay ? delay : delay * 1000;
  return RateLimit{&zone, rate, burst * 1000, units};
}

RateDecision ask(const RateLimit& limit, std::string_view key, std::int64_t now_ms) {
  const RateAsk asks[] = {{&limit, key}};
  return decide(asks, now_ms);
}

std::string ipv4_key(std::uint32_t n) { return std::string(reinterpret_cast<const char*>(&n), sizeof n); }

}  // namespace

TEST_CASE("rate=2r/s burst=3 nodelay: four at once, then one each half second") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(2), 3, RateLimit::no_delay);
  for (int i = 0; i < 4; ++i) {
    const auto decision = ask(limit, "client", start_ms);
    CHECK(decision.verdict == Verdict::pass);
    CHECK(decision.delay_ms == 0);
  }
  const auto fifth = ask(limit, "client", start_ms);
  CHECK(fifth.verdict == Verdict::reject);
  CHECK(fifth.excess == 4000);
  CHECK(fifth.limit == &limit);
  CHECK(ask(limit, "client", start_ms + 499).verdict == Verdict::reject);  // excess 3.002
  CHECK(ask(limit, "client", start_ms + 499).excess == 3002);
  CHECK(ask(limit, "client", start_ms + 500).verdict == Verdict::pass);    // exactly the burst
  CHECK(ask(limit, "client", start_ms + 500).verdict == Verdict::reject);
  CHECK(ask(limit, "other", start_ms + 500).verdict == Verdict::pass);     // a bucket for each key
  CHECK(ask(limit, "client", start_ms + 60'000).verdict == Verdict::pass); // empty again, not below empty
  CHECK(ask(limit, "client", start_ms + 60'000).verdict == Verdict::pass);
}

TEST_CASE("a rejected request costs nothing") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 0, RateLimit::no_delay);
  CHECK(ask(limit, "k", start_ms).verdict == Verdict::pass);
  for (int ms = 1; ms < 1000; ++ms) REQUIRE(ask(limit, "k", start_ms + ms).verdict == Verdict::reject);
  CHECK(ask(limit, "k", start_ms + 1000).verdict == Verdict::pass);
}

TEST_CASE("without nodelay the excess is waited for; delay=N lets N through at once") {
  RateZone zone(1 << 20);
  const RateLimit shaped = limit_of(zone, Rate::per_second(2), 3, 0);
  const std::uint64_t waits[] = {0, 500, 1000, 1500};
  for (const auto wait : waits) CHECK(ask(shaped, "a", start_ms).delay_ms == wait);
  CHECK(ask(shaped, "a", start_ms).verdict == Verdict::reject);

  const RateLimit two_stage = limit_of(zone, Rate::per_second(2), 3, 2);
  const std::uint64_t later_waits[] = {0, 0, 0, 500};
  for (const auto wait : later_waits) CHECK(ask(two_stage, "b", start_ms).delay_ms == wait);
  CHECK(ask(two_stage, "b", start_ms).verdict == Verdict::reject);
}

TEST_CASE("rates: a minute rounds to thousandths a second as nginx does, an hour and a day are exact") {
  RateZone zone(1 << 20);
  const RateLimit minute = limit_of(zone, Rate::per_minute(1), 0, 0);  // 0.016 a second
  CHECK(ask(minute, "m", start_ms).verdict == Verdict::pass);
  CHECK(ask(minute, "m", start_ms + 62'499).verdict == Verdict::reject);
  CHECK(ask(minute, "m", start_ms + 62'500).verdict == Verdict::pass);
  const RateLimit hour = limit_of(zone, Rate::per_hour(1), 0, 0);
  CHECK(ask(hour, "h", start_ms).verdict == Verdict::pass);
  CHECK(ask(hour, "h", start_ms + 3'599'999).verdict == Verdict::reject);
  CHECK(ask(hour, "h", start_ms + 3'600'000).verdict == Verdict::pass);
  const RateLimit day = limit_of(zone, Rate::per_day(2), 1, 0);
  CHECK(ask(day, "d", start_ms).delay_ms == 0);
  CHECK(ask(day, "d", start_ms).delay_ms == 43'200'000);
}

TEST_CASE("the first request passes at any time, even just after boot") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_day(1), 0, 0);
  CHECK(ask(limit, "k", 0).verdict == Verdict::pass);
  CHECK(ask(limit, "k", 1).verdict == Verdict::reject);
  const RateAsk both[] = {{&limit, "x"}, {&limit, "y"}};
  CHECK(decide(both, 0).verdict == Verdict::pass);
  CHECK(ask(limit, "x", 1).verdict == Verdict::reject);
}

TEST_CASE("workers' clocks: a little back is no time, a minute back is a set clock") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 5, RateLimit::no_delay);
  ask(limit, "k", start_ms);
  CHECK(ask(limit, "k", start_ms - 30).verdict == Verdict::pass);
  CHECK(ask(limit, "k", start_ms - 70'000).verdict == Verdict::pass);           // excess 1.999, time starts there
  CHECK(ask(limit, "k", start_ms - 70'000 + 2'000).verdict == Verdict::pass);   // 0.999
  for (int i = 0; i < 4; ++i) REQUIRE(ask(limit, "k", start_ms - 68'000).verdict == Verdict::pass);
  CHECK(ask(limit, "k", start_ms - 68'000).excess == 5'999);
}

TEST_CASE("an empty key is not limited; nor is one that is too long") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 0, 0);
  const std::string huge(RateZone::max_key_bytes + 1, 'x');
  for (int i = 0; i < 3; ++i) {
    CHECK(ask(limit, "", start_ms).verdict == Verdict::pass);
    CHECK(ask(limit, huge, start_ms).verdict == Verdict::pass);
  }
  CHECK(zone.size() == 0);
  CHECK(decide({}, start_ms).verdict == Verdict::pass);
}

TEST_CASE("several limits are charged together or not at all") {
  RateZone first_zone(1 << 20), second_zone(1 << 20);
  const RateLimit wide = limit_of(first_zone, Rate::per_second(10), 2, RateLimit::no_delay);
  const RateLimit narrow = limit_of(second_zone, Rate::per_second(1), 0, RateLimit::no_delay);
  const RateAsk asks[] = {{&wide, "k"}, {&narrow, "k"}};
  CHECK(decide(asks, start_ms).verdict == Verdict::pass);
  for (int i = 0; i < 20; ++i) {
    const auto decision = decide(asks, start_ms);
    CHECK(decision.verdict == Verdict::reject);
    CHECK(decision.limit == &narrow);  // wide was never charged by the rejected ones
  }
  CHECK(ask(wide, "k", start_ms).verdict == Verdict::pass);
  CHECK(ask(wide, "k", start_ms).verdict == Verdict::pass);
  CHECK(ask(wide, "k", start_ms).verdict == Verdict::reject);
}

TEST_CASE("of several limits the longest wait acts, wherever it stands; an empty last key changes nothing") {
  RateZone zone(1 << 20);
  const RateLimit slow = limit_of(zone, Rate::per_second(1), 9, 0);
  const RateLimit fast = limit_of(zone, Rate::per_second(100), 9, 0);
  const RateAsk slow_first[] = {{&slow, "s1"}, {&fast, "f1"}};
  const RateAsk slow_last[] = {{&fast, "f2"}, {&slow, "s2"}};
  const RateAsk last_empty[] = {{&slow, "s3"}, {&fast, ""}};
  for (const std::span<const RateAsk> asks : {std::span<const RateAsk>(slow_first), std::span<const RateAsk>(slow_last),
                                              std::span<const RateAsk>(last_empty)}) {
    CHECK(decide(asks, start_ms).delay_ms == 0);
    const auto second = decide(asks, start_ms);
    CHECK(second.delay_ms == 1000);
    CHECK(second.excess == 1000);
    CHECK(second.limit == &slow);
    CHECK(decide(asks, start_ms).delay_ms == 2000);
  }
}

TEST_CASE("the same key in the same zone twice counts twice") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 3, RateLimit::no_delay);
  const RateAsk asks[] = {{&limit, "k"}, {&limit, "k"}};
  CHECK(decide(asks, start_ms).verdict == Verdict::pass);
  CHECK(decide(asks, start_ms).verdict == Verdict::pass);
  CHECK(decide(asks, start_ms).verdict == Verdict::reject);
}

TEST_CASE("ten megabytes hold 160,000 IPv4 addresses, and never more than their bytes") {
  RateZone zone(10 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 0, 0);
  for (std::uint32_t i = 0; i < 160'000; ++i) REQUIRE(ask(limit, ipv4_key(i), start_ms).verdict == Verdict::pass);
  CHECK(zone.size() == 160'000);
  CHECK(zone.evictions() == 0);
  for (std::uint32_t i = 0; i < 160'000; ++i) REQUIRE(ask(limit, ipv4_key(i), start_ms).verdict == Verdict::reject);
  for (std::uint32_t i = 160'000; i < 400'000; ++i) REQUIRE(ask(limit, ipv4_key(i), start_ms).verdict == Verdict::pass);
  CHECK(zone.size() <= zone.capacity());
  CHECK(zone.capacity() * 52 <= zone.bytes());
}

TEST_CASE("a full zone forgets who was not seen for the longest, and nobody else") {
  RateZone zone(RateZone::min_bytes);  // one shard: its order is exact
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 0, 0);
  const auto full = static_cast<std::uint32_t>(zone.capacity());
  for (std::uint32_t i = 0; i < full; ++i) ask(limit, ipv4_key(i), start_ms);
  CHECK(ask(limit, ipv4_key(0), start_ms).verdict == Verdict::reject);  // seen again: the newest now
  CHECK(zone.evictions() == 0);
  CHECK(ask(limit, ipv4_key(full), start_ms).verdict == Verdict::pass);
  CHECK(zone.evictions() == 1);
  CHECK(ask(limit, ipv4_key(0), start_ms).verdict == Verdict::reject);
  CHECK(ask(limit, ipv4_key(2), start_ms).verdict == Verdict::reject);
  CHECK(ask(limit, ipv4_key(1), start_ms).verdict == Verdict::pass);    // the one that went
  CHECK(zone.size() == zone.capacity());
}

TEST_CASE("long keys are compared whole and give back all they took") {
  RateZone zone(RateZone::min_bytes);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 0, 0);
  for (const std::size_t size : {1u, 12u, 16u, 17u, 56u, 57u, 100u, 101u, 1000u}) {
    std::string key(size, 'a');
    CHECK(ask(limit, key, start_ms).verdict == Verdict::pass);
    CHECK(ask(limit, key, start_ms).verdict == Verdict::reject);
    key.back() = 'b';
    CHECK(ask(limit, key, start_ms).verdict == Verdict::pass);
  }
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = std::to_string(i) + std::string(static_cast<std::size_t>(i % 700), 'x');
    REQUIRE(ask(limit, key, start_ms).verdict == Verdict::pass);
    REQUIRE(ask(limit, key, start_ms).verdict == Verdict::reject);
  }
  // All slots come back: short keys fill the zone to its capacity again.
  for (std::uint32_t i = 0; i < 2 * zone.capacity(); ++i) ask(limit, ipv4_key(i), start_ms);
  CHECK(zone.size() == zone.capacity());
}

TEST_CASE("a key that cannot fit is an error, not a loop; a held entry is never evicted") {
  RateZone zone(RateZone::min_bytes);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 0, 0);
  CHECK(ask(limit, std::string(40'000, 'x'), start_ms).verdict == Verdict::no_memory);
  CHECK(ask(limit, "k", start_ms).verdict == Verdict::pass);

  std::uint32_t excess = 0;
  RateZone::Hold hold;
  CHECK(zone.check("held", limit, start_ms, excess, hold) == Verdict::pass);
  for (std::uint32_t i = 0; i < 2 * zone.capacity(); ++i) ask(limit, ipv4_key(i), start_ms);
  zone.settle(hold, limit, start_ms);
  CHECK(ask(limit, "held", start_ms).verdict == Verdict::reject);
}

TEST_CASE("four threads: exactly burst + 1 of all requests pass") {
  RateZone zone(1 << 20);
  const RateLimit limit = limit_of(zone, Rate::per_second(1), 999, RateLimit::no_delay);
  const RateLimit outer = limit_of(zone, Rate::per_second(1), 4'000'000, RateLimit::no_delay);
  std::atomic<int> single{0}, paired{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        const RateAsk asks[] = {{&outer, "outer"}, {&limit, "pair"}};
        if (ask(limit, "one", start_ms).verdict == Verdict::pass) ++single;
        if (decide(asks, start_ms).verdict == Verdict::pass) ++paired;
        ask(limit, ipv4_key(static_cast<std::uint32_t>(i)), start_ms);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(single == 1000);
  CHECK(paired == 1000);
  // The outer one was charged once for each pair that passed: the next request's excess says so.
  std::uint32_t excess = 0;
  CHECK(zone.charge("outer", outer, start_ms, excess) == Verdict::pass);
  CHECK(excess == 1'000'000);
}
