#include "base/memory_log.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace gh;

TEST_CASE("all lines while they fit") {
  MemoryLog log(100);
  CHECK(log.text().empty());
  log.write(LogLevel::info, "one\n");
  log.write(LogLevel::info, "two\n");
  CHECK(log.text() == "one\ntwo\n");
}

TEST_CASE("the newest whole lines when they do not") {
  MemoryLog log(10);
  for (const char* line : {"abc\n", "def\n", "ghi\n"}) log.write(LogLevel::info, line);
  CHECK(log.text() == "def\nghi\n");
  log.write(LogLevel::info, "0123456789abcdef\n");  // longer than all there is
  CHECK(log.text() == "789abcdef\n");
  log.write(LogLevel::info, "x\n");
  CHECK(log.text() == "x\n");
}

TEST_CASE("a line that ends at the very end") {
  MemoryLog log(8);
  log.write(LogLevel::info, "abc\n");
  log.write(LogLevel::info, "def\n");
  CHECK(log.text() == "abc\ndef\n");
  log.write(LogLevel::info, "ghi\n");
  CHECK(log.text() == "def\nghi\n");
}

TEST_CASE("lines of many threads stay whole") {
  MemoryLog log(100000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log, i] {
      for (int n = 0; n < 500; ++n) log.write(LogLevel::debug, std::string(20, static_cast<char>('a' + i)) + "\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = log.text();
  CHECK(text.size() == 4 * 500 * 21);
  for (std::size_t at = 0; at < text.size(); at += 21) CHECK(text.substr(at, 20) == std::string(20, text[at]));
}
