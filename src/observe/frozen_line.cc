#include "observe/frozen_line.h"

#include "proxy/variables.h"

namespace gh::observe {

void write_three_decimals(std::int64_t ms, proxy::Output& out) {
  char* const to = out.room(proxy::seconds_text_bytes);
  out.add(static_cast<std::size_t>(proxy::write_seconds(ms, to) - to));
}

namespace {

void write_late(FrozenLine::Late late, const proxy::TunnelFigures& figures, Clock& clock, proxy::Output& out) {
  using Late = FrozenLine::Late;
  switch (late) {
    case Late::time_local: out << clock.time_local(); break;
    case Late::time_iso8601: out << clock.time_iso8601(); break;
    case Late::msec: write_three_decimals(clock.unix_ms(), out); break;
    case Late::bytes_sent: out.number(figures.bytes_sent); break;
    case Late::body_bytes_sent: out.number(figures.body_bytes_sent); break;
    case Late::request_time: write_three_decimals(figures.request_ms, out); break;
    case Late::upstream_response_time: write_three_decimals(figures.response_ms, out); break;
    case Late::upstream_bytes_received: out.number(figures.peer_bytes_received); break;
    case Late::upstream_bytes_sent: out.number(figures.peer_bytes_sent); break;
    case Late::connection_time: write_three_decimals(figures.connection_ms, out); break;
    case Late::request: out << figures.request_line; break;
  }
}

}  // namespace

void FrozenLine::shrink() {
  text_.shrink_to_fit();
  places_.shrink_to_fit();
}

void FrozenLine::write(const proxy::TunnelFigures& figures, Clock& clock, proxy::Output& out) const {
  std::size_t from = 0;
  for (const Place& place : places_) {
    out << std::string_view(text_).substr(from, place.at - from);
    write_late(place.late, figures, clock, out);
    from = place.at;
  }
  out << std::string_view(text_).substr(from);
}

}  // namespace gh::observe
