// limit_conn over a store: what gateways have under way together. Each request of a key is a member of a sorted set,
// whose score is when its lease ends by the server's clock: one that is not renewed counts no longer. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/command.h"
#include "redis/reply.h"

namespace gh::state {

/// A zone as the script is told of it. Made at build.
struct StoredConn {
  std::string prefix, suffix;  // of its keys: "limit:", "}:downloads:c"
  std::int64_t lease_ms = 30000;
};
StoredConn make_stored_conn(std::string_view prefix, std::string_view zone, std::int64_t lease_ms);

struct StoredConnAsk {
  const StoredConn* zone = nullptr;
  std::string_view key;
  std::uint32_t most = 0;
};

const redis::Script& conn_script();

enum class ConnOrder : std::uint8_t { take, keep, give };

/// The words of all orders about one request: number of keys, keys, arguments. Owns its texts, as leases outlive
/// requests; stays where it is.
class ConnWords {
 public:
  ConnWords(const std::vector<StoredConnAsk>& asks, std::string member);
  ConnWords(const ConnWords&) = delete;
  ConnWords& operator=(const ConnWords&) = delete;

  /// Valid until the next order.
  std::span<const std::string_view> words(ConnOrder order);
  [[nodiscard]] std::size_t size() const { return count_; }
  /// How long it counts when nobody renews it: the shortest of its zones.
  [[nodiscard]] std::int64_t lease_ms() const { return lease_ms_; }

 private:
  std::vector<std::string> texts_;
  std::vector<std::string_view> words_;
  std::size_t count_;
  std::int64_t lease_ms_;
};

/// To `take` about so many keys; `refused`: which of them has no room, `count` when all have. False: no reply of the
/// script.
bool read_conn_reply(const redis::Reply& reply, std::size_t count, std::size_t& refused);

/// A name for one request that no other gateway, worker or time has.
std::string conn_member();

}  // namespace gh::state
