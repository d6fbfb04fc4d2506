// How fast a client must move: what connections of HTTP/1.1 and of HTTP/2 and the streams of the latter judge alike.
#pragma once

#include <algorithm>
#include <cstdint>

#include "proxy/exchange.h"

namespace gh::proxy {

inline constexpr std::int64_t rate_check_ms = 4000;  // minimum rates count from here on

struct PaceRule {
  std::int64_t timeout_ms;   // longest time without any progress
  std::int64_t least_rate;   // bytes a second; 0: any

  /// Is `bytes` too little for that time? (What never moves ends by the timeout.)
  [[nodiscard]] bool is_slow(std::int64_t elapsed_ms, std::uint64_t bytes) const {
    return least_rate > 0 && elapsed_ms >= rate_check_ms &&
           static_cast<std::int64_t>(bytes) * 1000 / elapsed_ms < least_rate;
  }
};

/// `reads_body`: the client's body is waited for, else its reading. Once the answer has begun, a body has its time.
inline PaceRule pace_rule(const Exchange& x, bool reads_body) {
  const table::CoreSettings& core = x.core();
  if (!reads_body) return {core.send_timeout_ms, core.send_min_rate};
  return {core.client_body_timeout_ms, x.reply.head_sent ? 0 : core.client_body_min_rate};
}

/// After how long to look again, when so much of the timeout is left.
inline std::int64_t next_look_ms(std::int64_t left_ms) { return std::min(left_ms, rate_check_ms); }

}  // namespace gh::proxy
