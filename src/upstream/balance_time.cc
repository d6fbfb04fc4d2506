#include "upstream/balance_time.h"

#include <algorithm>

namespace gh::upstream {

namespace {

constexpr std::int64_t unit_ms = 20;
constexpr std::int64_t half_life_ms = 1000;
constexpr std::int64_t most_ms = 3600000;

std::int64_t decayed(std::int64_t average_ms, std::int64_t since_ms) {
  const std::int64_t halvings = since_ms / half_life_ms;
  if (since_ms <= 0) return average_ms;
  if (halvings > 30) return 0;
  const std::int64_t now = average_ms >> halvings;
  return now - now * (since_ms % half_life_ms) / half_life_ms / 2;
}

std::int64_t inflight_ms(const state::Peer& peer, std::int64_t now_ms) {
  const std::int64_t count = peer.inflight.count.load(std::memory_order_relaxed);
  if (count <= 0) return 0;
  return now_ms - peer.inflight.started_sum_ms.load(std::memory_order_relaxed) / count;
}

}  // namespace

// Two workers may measure at once; then one of the times is lost, which an average can bear.
void add_time(state::Peer& peer, std::int64_t took_ms, std::int64_t now_ms) {
  const auto took = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took_ms, 0, most_ms));
  const bool is_first = peer.live->measured_ms.load(std::memory_order_relaxed) == 0;
  const std::uint32_t before = peer.live->average_ms.load(std::memory_order_relaxed);
  peer.live->average_ms.store(is_first ? took : before / 2 + took / 2, std::memory_order_relaxed);
  peer.live->measured_ms.store(std::max<std::int64_t>(now_ms, 1), std::memory_order_relaxed);
}

void begin_inflight(state::Peer& peer, std::int64_t started_ms) {
  peer.inflight.started_sum_ms.fetch_add(started_ms, std::memory_order_relaxed);
  peer.inflight.count.fetch_add(1, std::memory_order_relaxed);
}

void end_inflight(state::Peer& peer, std::int64_t started_ms) {
  peer.inflight.count.fetch_sub(1, std::memory_order_relaxed);
  peer.inflight.started_sum_ms.fetch_sub(started_ms, std::memory_order_relaxed);
}

std::uint64_t time_units(const state::Peer& peer, TimeMeasure measure, std::int64_t now_ms) {
  const std::int64_t since = now_ms - peer.live->measured_ms.load(std::memory_order_relaxed);
  std::int64_t time = decayed(peer.live->average_ms.load(std::memory_order_relaxed), since);
  if (is_inflight(measure)) time = std::max(time, inflight_ms(peer, now_ms));
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(time / unit_ms, 1, most_ms / unit_ms));
}

}  // namespace gh::upstream
