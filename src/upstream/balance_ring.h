// Ring: the points of consistent hashing (ketama) for one list of peers. 160 points for each unit of weight; a key
// belongs to the first point at or after its hash, so a server that goes moves only its own keys. Immutable.
// Made with each list by PeerGroup, read by balance; any thread. Compatible with nginx's `hash ... consistent`.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "state/peers.h"

namespace gh::upstream {

class Ring final : public state::PeerIndex {
 public:
  static constexpr std::uint32_t points_per_weight = 160;
  explicit Ring(const state::PeerList& list);

  /// Index of the first point whose hash is at least `hash`; size() when there is none (the ring closes).
  [[nodiscard]] std::uint64_t find(std::uint32_t hash) const;
  /// The peers of the server at a point; the index is taken modulo size(). Never on an empty ring.
  [[nodiscard]] std::span<state::Peer* const> peers_at(std::uint64_t index) const {
    return servers_[points_[index % points_.size()].server];
  }
  [[nodiscard]] std::size_t size() const { return points_.size(); }

 private:
  struct Point {
    std::uint32_t hash;
    std::uint32_t server;
  };
  void add_points(std::string_view server_name, std::uint32_t server, std::uint64_t count);

  std::vector<Point> points_;                          // by hash, no two alike
  std::vector<std::vector<state::Peer*>> servers_;     // a name with several addresses is one server
};

std::unique_ptr<const state::PeerIndex> make_ring(const state::PeerList& list);

}  // namespace gh::upstream
