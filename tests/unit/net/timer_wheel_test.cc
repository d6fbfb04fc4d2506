#include "net/timer_wheel.h"

#include <functional>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

using namespace gh;
using namespace gh::net;

namespace {

class TestTimer final : public Timer {
 public:
  explicit TestTimer(std::function<void()> work) : work_(std::move(work)) {}
  void fire() override {
    const auto work = work_;  // a timer may destroy itself here
    work();
  }

 private:
  std::function<void()> work_;
};

struct Bench {
  Clock clock{Clock::Kind::manual};
  TimerWheel wheel{nullptr, clock};
  std::int64_t start = clock.now_ms();
  std::vector<int> fired;
  std::unique_ptr<TestTimer> make(int name) {
    return std::make_unique<TestTimer>([this, name] { fired.push_back(name); });
  }
  void go(std::int64_t ms) {
    clock.advance(ms);
    wheel.advance();
  }
};

}  // namespace

TEST_CASE("timers fire in order of their deadlines, not before, not late") {
  Bench b;
  auto one = b.make(1), two = b.make(2), three = b.make(3), four = b.make(4);
  b.wheel.set(*three, 30);
  b.wheel.set(*one, 5);
  b.wheel.set(*four, 500);
  b.wheel.set(*two, 6);
  b.go(4);
  CHECK(b.fired.empty());
  b.go(1);
  CHECK(b.fired == std::vector{1});
  CHECK_FALSE(one->is_set());
  CHECK(two->is_set());
  b.go(1000);
  CHECK(b.fired == std::vector{1, 2, 3, 4});
}

TEST_CASE("timers of one millisecond fire in the order in which they were set") {
  Bench b;
  std::vector<std::unique_ptr<TestTimer>> timers;
  for (int i = 0; i < 10; ++i) {
    timers.push_back(b.make(i));
    b.wheel.set(*timers.back(), 40);
  }
  b.go(40);
  CHECK(b.fired == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a deadline moves both ways") {
  Bench b;
  auto timer = b.make(1);
  b.wheel.set(*timer, 100);
  b.go(90);
  b.wheel.set(*timer, 100);
  CHECK(timer->deadline_ms() == b.start + 190);
  b.go(99);
  CHECK(b.fired.empty());
  b.go(1);
  CHECK(b.fired == std::vector{1});
  b.wheel.set(*timer, 60000);
  b.wheel.set(*timer, 10);
  b.go(10);
  CHECK(b.fired == std::vector{1, 1});
  b.go(120000);
  CHECK(b.fired.size() == 2);
}

TEST_CASE("a cleared timer does not fire, and can be set again") {
  Bench b;
  auto timer = b.make(1);
  b.wheel.set(*timer, 20);
  b.wheel.clear(*timer);
  CHECK_FALSE(timer->is_set());
  b.go(100);
  CHECK(b.fired.empty());
  b.wheel.set(*timer, 20);
  b.wheel.clear(*timer);
  b.wheel.set(*timer, 50);
  b.go(49);
  CHECK(b.fired.empty());
  b.go(1);
  CHECK(b.fired == std::vector{1});
}

TEST_CASE("zero is due at once, and a timer that sets itself to zero does not hang the wheel") {
  Bench b;
  int count = 0;
  std::unique_ptr<TestTimer> timer;
  timer = std::make_unique<TestTimer>([&] {
    ++count;
    b.wheel.set(*timer, 0);
  });
  b.wheel.set(*timer, 0);
  b.wheel.advance();
  CHECK(count == 1);
  b.go(16);
  CHECK(count >= 2);
  CHECK(count <= 3);
}

TEST_CASE("fire() may destroy itself and others that are due in the same tick") {
  Bench b;
  std::vector<std::unique_ptr<TestTimer>> timers(4);
  int fired = 0;
  for (auto& timer : timers) {
    timer = std::make_unique<TestTimer>([&] {
      ++fired;
      for (auto& each : timers) each.reset();
    });
    b.wheel.set(*timer, 10);
  }
  b.go(50);
  CHECK(fired == 1);
}

TEST_CASE("fire() may clear or put off a timer that is due in the same tick") {
  Bench b;
  auto cleared = b.make(1), later = b.make(2);
  TestTimer first([&] {
    b.wheel.clear(*cleared);
    b.wheel.set(*later, 5);
  });
  b.wheel.set(first, 10);
  b.wheel.set(*cleared, 10);
  b.wheel.set(*later, 10);
  b.go(10);
  CHECK(b.fired.empty());
  b.go(5);
  CHECK(b.fired == std::vector{2});
}

TEST_CASE("deadlines beyond one round of the wheel") {
  Bench b;
  auto hour = b.make(1), week = b.make(2);
  b.wheel.set(*hour, 3600 * 1000);
  b.wheel.set(*week, 7 * 24 * 3600 * 1000LL);
  for (int minute = 0; minute < 59; ++minute) b.go(60000);
  b.go(59999);
  CHECK(b.fired.empty());
  b.go(1);
  CHECK(b.fired == std::vector{1});
  b.go(7 * 24 * 3600 * 1000LL - 3600 * 1000 - 1);  // a clock that leaps over many rounds at once
  CHECK(b.fired == std::vector{1});
  b.go(1);
  CHECK(b.fired == std::vector{1, 2});
}

TEST_CASE("after a long leap the wheel still keeps time") {
  Bench b;
  auto near = b.make(1), far = b.make(2);
  b.wheel.set(*near, 10);
  b.clock.advance(500000);  // the loop was stuck: set() sees a time that the wheel has not run yet
  b.wheel.set(*far, 30);
  b.wheel.advance();
  CHECK(b.fired == std::vector{1});
  b.go(29);
  CHECK(b.fired == std::vector{1});
  b.go(1);
  CHECK(b.fired == std::vector{1, 2});
}

TEST_CASE("many timers against a plain sorted list") {
  Bench b;
  std::vector<std::unique_ptr<TestTimer>> timers;
  std::vector<std::int64_t> deadlines;
  std::uint32_t seed = 12345;
  const auto random = [&seed](std::uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return static_cast<std::int64_t>((seed >> 8) % below);
  };
  std::vector<std::int64_t> lateness;
  int overdue = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    deadlines.push_back(0);
    timers.push_back(std::make_unique<TestTimer>([&, i] {
      lateness.push_back(b.clock.now_ms() - deadlines[i]);
      deadlines[i] = 0;
    }));
  }
  for (int step = 0; step < 20000; ++step) {
    const auto i = static_cast<std::size_t>(random(500));
    const std::int64_t after = random(4) == 0 ? random(200000) : random(3000);
    deadlines[i] = b.clock.now_ms() + after;
    b.wheel.set(*timers[i], after);
    if (random(3) == 0) {
      const auto j = static_cast<std::size_t>(random(500));
      b.wheel.clear(*timers[j]);
      deadlines[j] = 0;
    }
    b.go(random(20));
    for (std::int64_t deadline : deadlines) overdue += deadline != 0 && deadline <= b.clock.now_ms() ? 1 : 0;
  }
  CHECK(overdue == 0);
  CHECK(lateness.size() > 1000);
  for (std::int64_t late : lateness) REQUIRE((late >= 0 && late < 20));
}

TEST_CASE("timers may outlive their wheel") {
  Clock clock(Clock::Kind::manual);
  TestTimer timer([] {});
  {
    TimerWheel wheel(nullptr, clock);
    wheel.set(timer, 10);
  }
  CHECK(timer.deadline_ms() != 0);
}
