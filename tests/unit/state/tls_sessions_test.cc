#include "state/tls_sessions.h"

#include <doctest/doctest.h>

#include <thread>

using gh::state::TlsSessions;

namespace {

TlsSessions::Bytes bytes(std::size_t size, unsigned char fill = 7) { return TlsSessions::Bytes(size, fill); }
std::string id(int number) { return "session-" + std::to_string(number); }

}  // namespace

TEST_CASE("a session is found until its time is over") {
  TlsSessions sessions(TlsSessions::min_bytes);
  sessions.put("a", bytes(10, 1), 100);
  CHECK(sessions.find("a", 99) == bytes(10, 1));
  CHECK(sessions.find("b", 99).empty());
  CHECK(sessions.find("a", 100).empty());
  CHECK(sessions.size() == 0);
  CHECK(sessions.used_bytes() == 0);
}

TEST_CASE("one with the same id takes the other's place") {
  TlsSessions sessions(TlsSessions::min_bytes);
  sessions.put("a", bytes(10, 1), 100);
  sessions.put("a", bytes(20, 2), 100);
  CHECK(sessions.find("a", 1) == bytes(20, 2));
  CHECK(sessions.size() == 1);
  CHECK(sessions.used_bytes() == 20 + TlsSessions::entry_bytes);
  sessions.remove("a");
  sessions.remove("a");
  CHECK(sessions.find("a", 1).empty());
}

TEST_CASE("a full cache forgets what was not used for the longest") {
  TlsSessions sessions(TlsSessions::min_bytes);
  constexpr std::size_t size = 1024 - TlsSessions::entry_bytes;
  for (int i = 0; i < 32; ++i) sessions.put(id(i), bytes(size), 100);
  CHECK(sessions.size() == 32);
  CHECK(sessions.used_bytes() == TlsSessions::min_bytes);
  CHECK_FALSE(sessions.find(id(0), 1).empty());
  sessions.put(id(32), bytes(size), 100);
  CHECK(sessions.size() == 32);
  CHECK_FALSE(sessions.find(id(0), 1).empty());
  CHECK(sessions.find(id(1), 1).empty());
  // A large one takes the place of several.
  sessions.put("large", bytes(TlsSessions::most_session_bytes), 100);
  CHECK(sessions.used_bytes() <= TlsSessions::min_bytes);
  CHECK_FALSE(sessions.find("large", 1).empty());
}

TEST_CASE("too large ones and those without an id are not kept") {
  TlsSessions sessions(1 << 20);
  sessions.put("large", bytes(TlsSessions::most_session_bytes + 1), 100);
  sessions.put("", bytes(1), 100);
  CHECK(sessions.size() == 0);
}

TEST_CASE("a bound on their number") {
  TlsSessions sessions(1 << 20, 2);
  for (int i = 0; i < 3; ++i) sessions.put(id(i), bytes(1), 100);
  CHECK(sessions.size() == 2);
  CHECK(sessions.find(id(0), 1).empty());
}

TEST_CASE("threads") {
  TlsSessions sessions(TlsSessions::min_bytes);
  const auto work = [&sessions](int first) {
    for (int i = 0; i < 2000; ++i) {
      sessions.put(id(first + i % 100), bytes(300), 100);
      const auto found = sessions.find(id((first + i) % 150), 1);
      if (!found.empty()) CHECK(found.size() == 300);
      if (i % 7 == 0) sessions.remove(id(first + i % 50));
    }
  };
  std::thread other(work, 50);
  work(0);
  other.join();
  CHECK(sessions.used_bytes() == sessions.size() * (300 + TlsSessions::entry_bytes));
}
