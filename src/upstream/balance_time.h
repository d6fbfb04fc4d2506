// What least_time and slow_start go by: how long a peer's answers took, how far it has recovered. Pure, but for the
// peer's own atomics; times are monotonic milliseconds.
#pragma once

#include <cstdint>

#include "state/peers.h"

namespace gh::upstream {

/// To the answer's head, or to its last byte; inflight: requests under way count with the time they have taken so far.
enum class TimeMeasure : std::uint8_t { none, header, last_byte, header_inflight, last_byte_inflight };

constexpr bool is_header(TimeMeasure m) { return m == TimeMeasure::header || m == TimeMeasure::header_inflight; }
constexpr bool is_inflight(TimeMeasure m) {
  return m == TimeMeasure::header_inflight || m == TimeMeasure::last_byte_inflight;
}

/// An answer took this long: half of the new average is what was before.
void add_time(state::Peer& peer, std::int64_t took_ms, std::int64_t now_ms);
/// A request begins, or is over, for the inflight measures.
void begin_inflight(state::Peer& peer, std::int64_t started_ms);
void end_inflight(state::Peer& peer, std::int64_t started_ms);

/// The average, halved for each second without an answer, so that a slow peer is tried again; in units of 20 ms, at
/// least 1: smaller differences are chance.
std::uint64_t time_units(const state::Peer& peer, TimeMeasure measure, std::int64_t now_ms);

inline constexpr std::int64_t weight_scale = 256;  // of a turn, so that a growing weight can be less than one
/// `weight` times weight_scale; less while the peer recovers, growing over its slow_start.
inline std::int64_t slow_weight(const state::Peer& peer, std::int64_t weight, std::int64_t now_ms) {
  const std::int64_t scaled = weight * weight_scale;
  if (peer.slow_start_ms == 0) return scaled;
  const std::int64_t recovered_ms = peer.live->recovered_ms.load(std::memory_order_relaxed);
  const std::int64_t since = now_ms - recovered_ms;
  if (recovered_ms == 0 || since >= peer.slow_start_ms) return scaled;
  const std::int64_t grown = scaled * (since < 0 ? 0 : since) / peer.slow_start_ms;
  return grown > 0 ? grown : 1;
}

}  // namespace gh::upstream
