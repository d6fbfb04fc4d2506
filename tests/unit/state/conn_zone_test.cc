#include "state/conn_zone.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using gh::state::ConnZone;

TEST_CASE("so many of a key at a time, and not one more") {
  ConnZone zone(ConnZone::min_bytes);
  ConnZone::Hold first, second, third;
  CHECK(zone.count("a", 2, first) == ConnZone::Verdict::counted);
  CHECK(zone.count("a", 2, second) == ConnZone::Verdict::counted);
  CHECK(zone.count("a", 2, third) == ConnZone::Verdict::too_many);
  CHECK(zone.count("a", 3, third) == ConnZone::Verdict::counted);
  CHECK(zone.count("b", 1, third) == ConnZone::Verdict::counted);
  CHECK(zone.size() == 2);
  zone.release(third);
  CHECK(zone.size() == 1);
  zone.release(first);
  CHECK(zone.count("a", 2, first) == ConnZone::Verdict::too_many);  // the one of the wider limit counts as well
  zone.release(second);
  CHECK(zone.count("a", 2, first) == ConnZone::Verdict::counted);
}

TEST_CASE("a full zone refuses new keys and takes them again when one is free") {
  ConnZone zone(ConnZone::min_bytes);
  std::vector<ConnZone::Hold> holds;
  ConnZone::Hold hold;
  while (zone.count("key " + std::to_string(holds.size()), 1, hold) == ConnZone::Verdict::counted) {
    holds.push_back(hold);
    REQUIRE(holds.size() <= zone.capacity());
  }
  CHECK(holds.size() == zone.capacity());
  CHECK(zone.count("one more", 1, hold) == ConnZone::Verdict::no_memory);
  CHECK(zone.count("key 0", 2, hold) == ConnZone::Verdict::counted);
  zone.release(hold);
  zone.release(holds.back());
  CHECK(zone.count("one more", 1, hold) == ConnZone::Verdict::counted);
  CHECK(zone.count("two more", 1, hold) == ConnZone::Verdict::no_memory);
}

TEST_CASE("keys of any length") {
  ConnZone zone(1 << 20);
  ConnZone::Hold hold;
  const std::string key(65535, 'k');
  CHECK(zone.count(key, 1, hold) == ConnZone::Verdict::counted);
  CHECK(zone.count(key, 1, hold) == ConnZone::Verdict::too_many);
  CHECK(zone.count(key + "k", 1, hold) == ConnZone::Verdict::counted);
}

TEST_CASE("threads never hold more than the limit, and all is given back") {
  ConnZone zone(1 << 20);
  std::atomic<int> held{0}, most_seen{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        ConnZone::Hold hold;
        if (zone.count("shared", 3, hold) != ConnZone::Verdict::counted) continue;
        const int now = ++held;
        for (int seen = most_seen; now > seen && !most_seen.compare_exchange_weak(seen, now);) {
        }
        --held;
        zone.release(hold);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most_seen <= 3);
  CHECK(zone.size() == 0);
}
