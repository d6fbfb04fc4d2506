#include "upstream/balance_ring.h"

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "base/text.h"

namespace gh::upstream {

namespace {

/// crc32 of "HOST\0PORT", the start of all points of a server. "unix:/path" has no port; nor has a name without one.
std::uint32_t base_crc(std::string_view server) {
  std::string_view host = server;
  std::string_view port;
  if (server.starts_with("unix:")) {
    host = server.substr(5);
  } else if (const auto colon = server.rfind(':'); colon != std::string_view::npos) {
    const std::string_view digits = server.substr(colon + 1);
    if (std::all_of(digits.begin(), digits.end(), is_digit)) host = server.substr(0, colon), port = digits;
  }
  return crc32(port, crc32(std::string_view("\0", 1), crc32(host)));
}

}  // namespace

Ring::Ring(const state::PeerList& list) {
  points_.reserve(static_cast<std::size_t>(list.total_weight * points_per_weight));
  std::map<std::string_view, std::uint32_t> numbers;
  for (const auto& peer : list.primary) {
    const auto [it, is_new] = numbers.try_emplace(peer->server, static_cast<std::uint32_t>(servers_.size()));
    if (is_new) servers_.emplace_back();
    servers_[it->second].push_back(peer.get());
    // The points of further addresses of a name are the same ones; of another weight, a longer row of the same.
    add_points(peer->server, it->second, std::uint64_t{peer->weight} * points_per_weight);
  }
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.server < b.server;
  });
  const auto same = [](const Point& a, const Point& b) { return a.hash == b.hash; };
  points_.erase(std::unique(points_.begin(), points_.end(), same), points_.end());
}

void Ring::add_points(std::string_view server_name, std::uint32_t server, std::uint64_t count) {
  const std::uint32_t base = base_crc(server_name);
  std::uint32_t hash = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    // Each point's input is the one before it, as four bytes, least significant first.
    const char previous[4] = {static_cast<char>(hash), static_cast<char>(hash >> 8), static_cast<char>(hash >> 16),
                              static_cast<char>(hash >> 24)};
    hash = crc32(std::string_view(previous, sizeof previous), base);
    points_.push_back({hash, server});
  }
}

std::uint64_t Ring::find(std::uint32_t hash) const {
  const auto at = std::lower_bound(points_.begin(), points_.end(), hash,
                                   [](const Point& point, std::uint32_t value) { return point.hash < value; });
  return static_cast<std::uint64_t>(at - points_.begin());
}

std::unique_ptr<const state::PeerIndex> make_ring(const state::PeerList& list) {
  return std::make_unique<const Ring>(list);
}

}  // namespace gh::upstream
