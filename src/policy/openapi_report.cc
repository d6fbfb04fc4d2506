#include "policy/openapi_report.h"

#include <fmt/format.h>

namespace gh::policy {

namespace {
constexpr std::int64_t between_lines_ms = 1000;
}

std::string ApiAnswerReport::line(Kind kind, unsigned status, std::string_view why, std::int64_t now_ms) {
  Told& told = told_[static_cast<std::size_t>(kind)];
  told.since.fetch_add(1, std::memory_order_relaxed);
  std::int64_t next = told.next_ms.load(std::memory_order_relaxed);
  if (now_ms < next ||
      !told.next_ms.compare_exchange_strong(next, now_ms + between_lines_ms, std::memory_order_relaxed)) {
    return {};
  }
  const std::uint64_t count = told.since.exchange(0, std::memory_order_relaxed);
  std::string text = kind == Kind::wrong
                         ? fmt::format("openapi: the answer of \"{}\" is not as {} says, and goes on as it is",
                                       operation_, document_)
                         : fmt::format("openapi: an answer of \"{}\" was not looked at", operation_);
  text += fmt::format(": status {}, {}", status, why);
  if (count > 1) text += fmt::format(" ({} such since the last line)", count);
  return text;
}

}  // namespace gh::policy
