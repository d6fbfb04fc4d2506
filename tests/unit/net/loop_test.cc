#include "net/loop.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::net;

namespace {

class Work final : public Deferred {
 public:
  explicit Work(std::function<void()> work) : work_(std::move(work)) {}
  void run_deferred() override { work_(); }

 private:
  std::function<void()> work_;
};

class TestTimer final : public Timer {
 public:
  explicit TestTimer(std::function<void()> work) : work_(std::move(work)) {}
  void fire() override { work_(); }

 private:
  std::function<void()> work_;
};

}  // namespace

TEST_CASE("mail from another thread arrives in order, on the loop's thread") {
  Loop loop;
  std::vector<int> got;
  const auto mine = std::this_thread::get_id();
  std::thread sender([&] {
    for (int i = 0; i < 1000; ++i) {
      loop.post([&, i] {
        CHECK(std::this_thread::get_id() == mine);
        got.push_back(i);
        if (i == 999) loop.stop();
      });
    }
  });
  loop.run();
  sender.join();
  REQUIRE(got.size() == 1000);
  for (int i = 0; i < 1000; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("mail waits for a loop that does not run yet, and mail sends mail") {
  Loop loop;
  int steps = 0;
  loop.post([&] {
    ++steps;
    loop.post([&] {
      ++steps;
      loop.stop();
    });
  });
  loop.run();
  CHECK(steps == 2);
}

TEST_CASE("deferred work runs once, after the callbacks of its turn, and turn-end work after it") {
  Loop loop;
  std::vector<int> order;
  Work work([&] { order.push_back(2); });
  loop.at_turn_end([&] {
    if (!order.empty()) order.push_back(3);
  });
  loop.post([&] {
    loop.defer(work);
    loop.defer(work);
    order.push_back(1);
    loop.stop();
  });
  loop.run();
  CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("work that defers itself for ever does not starve the loop, and the poll does not block on it") {
  Loop loop;
  int runs = 0;
  std::unique_ptr<Work> work;
  work = std::make_unique<Work>([&] {
    loop.defer(*work);
    if (++runs == 1000) loop.post([&] { loop.stop(); });
  });
  loop.defer(*work);
  loop.run();
  CHECK(runs >= 1000);
}

TEST_CASE("queued work may be destroyed, by others' work too") {
  Loop loop;
  int runs = 0;
  auto second = std::make_unique<Work>([&] { ++runs; });
  auto third = std::make_unique<Work>([&] {
    ++runs;
    loop.stop();
  });
  Work first([&] { second.reset(); });
  loop.defer(first);
  loop.defer(*second);
  loop.defer(*third);
  auto gone = std::make_unique<Work>([&] { runs += 100; });
  loop.defer(*gone);
  gone.reset();
  loop.run();
  CHECK(runs == 1);
}

TEST_CASE("a timer fires at most 16 ms late; the clock is read once a turn") {
  Loop loop;
  const auto start = std::chrono::steady_clock::now();
  std::int64_t seen = 0, later = 0;
  TestTimer timer([&] {
    seen = loop.clock().now_us();
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    later = loop.clock().now_us();
    loop.stop();
  });
  loop.timers().set(timer, 50);
  loop.run();
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= std::chrono::milliseconds(50));
  CHECK(took < std::chrono::milliseconds(500));  // loose: the machine may be busy
  CHECK(seen == later);
}

TEST_CASE("an earlier timer re-arms the loop's one timer") {
  Loop loop;
  std::vector<int> fired;
  TestTimer late([&] { fired.push_back(1); });
  TestTimer early([&] {
    fired.push_back(2);
    loop.stop();
  });
  loop.timers().set(late, 60000);
  loop.timers().set(early, 20);
  loop.run();
  CHECK(fired == std::vector{2});
}

TEST_CASE("a loop goes with timers set, work queued and mail unread") {
  TestTimer timer([] {});
  Work work([] {});
  {
    Loop loop;
    loop.timers().set(timer, 1000);
    loop.defer(work);
    loop.post([] {});
  }
  CHECK(timer.is_set());
}
