// What Exchange::limit_req_status and limit_conn_status hold: the outcome that $limit_req_status tells, and which
// limits of the request have decided: those before the checks of who asks, those behind them.
#pragma once

#include <algorithm>
#include <cstdint>

namespace gh::proxy {

enum class LimitsAsked : std::int8_t { early = 8, by_identity = 16 };

constexpr std::int8_t limit_outcome(std::int8_t status) { return static_cast<std::int8_t>(status & 7); }

constexpr bool limits_have_decided(std::int8_t status, LimitsAsked asked) {
  return (status & static_cast<std::int8_t>(asked)) != 0;
}

/// The graver outcome stays: the numbers are in that order.
constexpr void note_limits(std::int8_t& status, LimitsAsked asked, std::int8_t outcome) {
  const int decided = (status & ~7) | static_cast<std::int8_t>(asked);
  status = static_cast<std::int8_t>(decided | std::max(limit_outcome(status), outcome));
}

}  // namespace gh::proxy
