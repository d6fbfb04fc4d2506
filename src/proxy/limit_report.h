// LimitReport: what limit_count has said of a request, for $limit_count_* and the fields of its answer. In the arena of
// the exchange that the client asked for.
#pragma once

#include <cstdint>

#include "proxy/exchange.h"

namespace gh::proxy {

struct LimitReport : AtHead {
  enum class Status : std::uint8_t { none, passed, rejected, rejected_dry_run };
  Status status = Status::none;
  std::uint32_t remaining = 0;  // of the limit that has the least left, or that refused
  std::int64_t reset_ms = 0;    // until more is there

  /// Clients wait whole seconds, and never too few.
  static constexpr std::int64_t seconds(std::int64_t ms) { return (ms + 999) / 1000; }
};

}  // namespace gh::proxy
