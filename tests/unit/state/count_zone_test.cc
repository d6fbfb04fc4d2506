// CountZone: decisions over several zones, memory, eviction, threads.
#include "state/count_zone.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

using gh::state::CountAnswer;
using gh::state::CountAsk;
using gh::state::CountLimit;
using gh::state::CountTime;
using gh::state::CountWindow;
using gh::state::CountZone;
using Kind = CountWindow::Kind;

namespace {

constexpr CountTime start{5'000'000'000'000, 1'700'000'000'000};

CountWindow minute() { return {Kind::sliding, 60'000, false}; }
CountWindow fixed(std::int64_t ms) { return {Kind::fixed, ms, false}; }
CountLimit limit_of(CountZone& zone, std::uint32_t count, const CountWindow& window = minute()) {
  return {&zone, window, {count, count}};
}

CountAnswer ask(const CountLimit& limit, std::string_view key, std::uint32_t cost = 1) {
  const CountAsk asks[] = {{&limit, key, cost}};
  CountAnswer answers[1];
  const bool passed = decide(asks, start, answers);
  CHECK(passed != answers[0].refused);
  return answers[0];
}

std::string ipv4_key(std::uint32_t n) { return std::string(reinterpret_cast<const char*>(&n), sizeof n); }

}  // namespace

TEST_CASE("what remains, when more comes, and when to try again") {
  CountZone zone(1 << 20);
  const CountLimit limit = limit_of(zone, 3);
  CHECK(ask(limit, "a").remaining == 2);
  CHECK(ask(limit, "a").remaining == 1);
  const CountAnswer last = ask(limit, "a");
  CHECK(last.remaining == 0);
  CHECK(last.reset_ms >= 60'000);
  CHECK(last.reset_ms <= 60'100);
  const CountAnswer refused = ask(limit, "a");
  CHECK(refused.refused);
  CHECK(refused.remaining == 0);
  CHECK(refused.retry_ms == last.reset_ms);
  CHECK(ask(limit, "b").remaining == 2);
  CHECK(ask(limit, std::string(100'000, 'k')).remaining == 2);
}

TEST_CASE("cost: what does not fit is refused and uses up nothing") {
  CountZone zone(1 << 20);
  const CountLimit one = limit_of(zone, 10);
  CHECK(ask(one, "a", 5).remaining == 5);
  CHECK(ask(one, "a").remaining == 4);
  const CountAnswer refused = ask(one, "a", 5);
  CHECK(refused.refused);
  CHECK(refused.remaining == 4);
  for (int i = 3; i >= 0; --i) CHECK(ask(one, "a").remaining == static_cast<std::uint32_t>(i));
}

TEST_CASE("cost 0 passes always and uses up nothing; more than there ever is never passes") {
  CountZone zone(1 << 20);
  for (const Kind kind : {Kind::sliding, Kind::fixed, Kind::bucket, Kind::day, Kind::month}) {
    CAPTURE(static_cast<int>(kind));
    const std::string key(1, static_cast<char>('a' + static_cast<int>(kind)));
    const CountLimit two = limit_of(zone, 2, CountWindow(kind, 60'000, false));
    const CountAnswer never = ask(two, key, 3);
    CHECK(never.refused);
    CHECK(never.retry_ms == CountAnswer::never);
    CHECK(never.remaining == 2);
    CHECK(ask(two, key, 0).remaining == 2);
    CHECK(ask(two, key, 2).remaining == 0);
    const CountAnswer full = ask(two, key, 3);
    CHECK(full.refused);
    CHECK(full.retry_ms == CountAnswer::never);
    CHECK(ask(two, key, 2).retry_ms > 0);
    const CountAnswer free = ask(two, key, 0);
    CHECK_FALSE(free.refused);
    CHECK(free.remaining == 0);
    CHECK(free.reset_ms > 0);
  }
}

TEST_CASE("limits of several windows in one zone: keys of their own, decided together") {
  CountZone zone(1 << 20);
  const CountLimit rate = limit_of(zone, 2, fixed(1000)), quota = limit_of(zone, 3, CountWindow(Kind::day, 0, false));
  const CountAsk asks[] = {{&rate, "a rate"}, {&quota, "a quota"}};
  std::array<CountAnswer, 2> answers;
  CHECK(decide(asks, start, answers));
  CHECK(decide(asks, start, answers));
  CHECK_FALSE(decide(asks, start, answers));
  CHECK(answers[0].refused);
  CHECK_FALSE(answers[1].refused);
  CHECK(answers[1].remaining == 1);
  const CountTime later{start.us + 1'000'000, start.unix_ms + 1000};
  CHECK(decide(asks, later, answers));
  CHECK(answers[0].remaining == 1);
  CHECK_FALSE(decide(asks, later, answers));
  CHECK(answers[1].refused);
  CHECK(answers[0].remaining == 1);
}

TEST_CASE("several limits: one that is refused uses up none of the others") {
  CountZone wide(1 << 20), tight(1 << 20);
  const CountLimit hundred = limit_of(wide, 100), two = limit_of(tight, 2, fixed(1000));
  const CountAsk asks[] = {{&hundred, "a"}, {&two, "a"}};
  std::array<CountAnswer, 2> answers;
  CHECK(decide(asks, start, answers));
  CHECK(decide(asks, start, answers));
  for (int i = 0; i < 5; ++i) {
    CHECK_FALSE(decide(asks, start, answers));
    CHECK_FALSE(answers[0].refused);
    CHECK(answers[0].remaining == 98);
    CHECK(answers[1].refused);
    CHECK(answers[1].retry_ms == 1000);
  }
  CHECK(ask(hundred, "a").remaining == 97);
}

TEST_CASE("a charge is given back") {
  CountZone zone(1 << 20);
  const CountLimit limit = limit_of(zone, 2);
  const CountAsk asks[] = {{&limit, "a"}};
  CountAnswer answers[1];
  CHECK(decide(asks, start, answers));
  CHECK(decide(asks, start, answers));
  give_back(asks, answers);
  CHECK(ask(limit, "a").remaining == 0);
  CHECK(ask(limit, "a").refused);
}

TEST_CASE("random limits on random keys agree with a plain count") {
  std::mt19937_64 random(1);
  std::vector<std::unique_ptr<CountZone>> zones;
  for (int i = 0; i < 6; ++i) {
    zones.push_back(std::make_unique<CountZone>(1 << 20));
  }
  std::array<std::array<std::uint32_t, 8>, 6> used{};
  for (int i = 0; i < 20'000; ++i) {
    std::vector<CountLimit> limits;
    std::vector<CountAsk> asks;
    std::vector<std::size_t> where, keys;
    std::vector<std::uint32_t> costs;
    limits.reserve(zones.size());
    bool passes = true;
    for (std::size_t zone = 0; zone < zones.size(); ++zone) {
      if (random() % 2 == 0) continue;
      const auto cost = static_cast<std::uint32_t>(1 + random() % 3);
      limits.push_back(limit_of(*zones[zone], 100, fixed(3'600'000)));
      costs.push_back(cost);
      where.push_back(zone);
      keys.push_back(random() % 8);
      passes = passes && used[zone][keys.back()] + cost <= 100;
    }
    static const std::array<std::string, 8> names = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (std::size_t n = 0; n < limits.size(); ++n) asks.push_back({&limits[n], names[keys[n]], costs[n]});
    std::vector<CountAnswer> answers(asks.size());
    REQUIRE(decide(asks, start, answers) == passes);
    for (std::size_t n = 0; n < limits.size() && passes; ++n) used[where[n]][keys[n]] += costs[n];
    for (std::size_t n = 0; n < limits.size(); ++n) REQUIRE(answers[n].remaining == 100 - used[where[n]][keys[n]]);
  }
}

TEST_CASE("10m hold 160,000 addresses with sliding windows, and a million fit in 64m") {
  CountZone ten(10 << 20);
  MESSAGE("bytes a key: ", double(ten.bytes()) / double(ten.capacity()));
  CHECK(ten.capacity() >= 160'000);
  CHECK(double(ten.bytes()) / double(ten.capacity()) < 65.0);
  CountZone zone(64 << 20);
  const CountLimit limit = limit_of(zone, 2);
  for (std::uint32_t n = 0; n < 1'000'000; ++n) REQUIRE(ask(limit, ipv4_key(n)).remaining == 1);
  CHECK(zone.size() == 1'000'000);
  CHECK(zone.evictions() == 0);
  for (std::uint32_t n = 0; n < 1'000'000; n += 997) CHECK(ask(limit, ipv4_key(n)).remaining == 0);
}

TEST_CASE("a full zone lets go of the key not asked for the longest") {
  CountZone zone(CountZone::min_bytes);
  const CountLimit limit = limit_of(zone, 5);
  const auto capacity = static_cast<std::uint32_t>(zone.capacity());
  CHECK(ask(limit, "kept").remaining == 4);
  for (std::uint32_t n = 0; n < 3 * capacity; ++n) {
    ask(limit, ipv4_key(n));
    if (n % (capacity / 2) == 0) ask(limit, "kept");
  }
  CHECK(zone.size() == capacity);
  CHECK(zone.evictions() == 2 * capacity + 1);
  CHECK(ask(limit, "kept").refused);
  CHECK(ask(limit, ipv4_key(0)).remaining == 4);               // gone, and new again
  CHECK(ask(limit, ipv4_key(3 * capacity - 1)).remaining == 3);
}

TEST_CASE("several threads never let one too many through, and never wait for each other") {
  CountZone one(1 << 20), two(1 << 20);
  const CountWindow hour(Kind::bucket, 3'600'000, false);
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker] {
      const CountLimit a = limit_of(one, 1000), b = limit_of(two, 700, hour);
      const CountAsk forth[] = {{&a, "k"}, {&b, "k"}}, back[] = {{&b, "k"}, {&a, "k"}};
      std::array<CountAnswer, 2> answers;
      for (int i = 0; i < 2000; ++i) passed += decide(worker % 2 == 0 ? forth : back, start, answers) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(passed == 700);
  CHECK(ask(limit_of(one, 1000), "k").remaining == 299);
}
