// What is told of an operation's answers that are not as described: a line a second at most, with the count of those
// that were not told. Shared by the workers and by what still looks at an answer when its table has gone. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace gh::policy {

class ApiAnswerReport {
 public:
  enum class Kind : std::uint8_t { wrong, not_looked_at };

  ApiAnswerReport(std::string operation, std::string document)
      : operation_(std::move(operation)), document_(std::move(document)) {}

  /// Counts it; the line to write, or nothing: one was written within this second. `now_ms` never goes back.
  std::string line(Kind kind, unsigned status, std::string_view why, std::int64_t now_ms);

 private:
  struct Told {
    std::atomic<std::int64_t> next_ms{0};
    std::atomic<std::uint64_t> since{0};  // counted, and not in a line yet
  };
  const std::string operation_, document_;
  std::array<Told, 2> told_;
};

}  // namespace gh::policy
