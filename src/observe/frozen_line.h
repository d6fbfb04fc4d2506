// FrozenLine: a line of an access log that waits for the end of a tunnel. What cannot change any more is text; the rest
// are places for values. One worker's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proxy/output.h"
#include "proxy/tunnel_plan.h"

namespace gh::observe {

class FrozenLine {
 public:
  enum class Late : std::uint8_t {
    time_local, time_iso8601, msec, bytes_sent, body_bytes_sent, request_time, upstream_response_time,
    upstream_bytes_received, upstream_bytes_sent, connection_time, request
  };
  /// Is it one value for each try of the request, of which only the last changes?
  static constexpr bool has_earlier_tries(Late late) {
    return late >= Late::upstream_response_time && late <= Late::upstream_bytes_sent;
  }
  void add(std::string_view text) { text_ += text; }
  void add(Late late) { places_.push_back({late, static_cast<std::uint32_t>(text_.size())}); }
  void shrink();
  /// The line without its line feed.
  void write(const proxy::TunnelFigures& figures, Clock& clock, proxy::Output& out) const;

 private:
  struct Place {
    Late late;
    std::uint32_t at;   // in text_
  };
  std::string text_;
  std::vector<Place> places_;
};

/// 1234 is "1.234".
void write_three_decimals(std::int64_t ms, proxy::Output& out);

}  // namespace gh::observe
