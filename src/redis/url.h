// StoreUrl: where a store is, taken apart: redis://host:port/database, rediss:// (TLS), redis+unix:///path?db=N,
// redis+cluster://host:port,host:port (rediss+cluster:// with TLS). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gh::redis {

struct StoreNode {
  std::string host;  // a name or an address without brackets; of a unix socket its path
  std::uint16_t port = 6379;
  bool operator==(const StoreNode&) const = default;
};

struct StoreUrl {
  bool tls = false, unix_socket = false, cluster = false;
  std::vector<StoreNode> nodes;  // one, but for a cluster
  std::string username;
  std::int64_t database = 0;

  /// Errors say what is wrong with `text`, and nothing of a password in it.
  static Result<StoreUrl> parse(std::string_view text);
};

}  // namespace gh::redis
