// `listen`: the address forms of LANGUAGE 3.5, and how the listens of all servers become sockets. Build thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "config/source.h"

namespace gh::table {

/// One address of a `listen` with its parameters (a port range gives several).
struct Listen {
  Address address;
  std::string text;             // of the address, for messages
  bool is_default = false;
  bool has_options = false;     // a parameter that belongs to the socket: it gets one of its own
  bool reuseport = false, deferred = false, so_keepalive = false;
  bool tls = false, http2 = false, proxy_protocol = false;
  std::optional<bool> ipv6only;
  int backlog = 511, rcvbuf = 0, sndbuf = 0;
  std::string_view closed_because;  // what it would have to speak and does not: "QUIC"
  config::Span where;
  [[nodiscard]] bool is_quic() const { return closed_because == "QUIC"; }
};

/// "80", "1.2.3.4", "1.2.3.4:80", "*:80", "[::1]:80", "localhost:80", "unix:/path", and port ranges "8000-8010".
/// An address without a port has 80. The error says which other form to write.
Result<std::vector<Address>> parse_listen(std::string_view text);

/// Where a server without `listen` listens: *:80 for root, *:8000 for others.
Address default_listen();

}  // namespace gh::table
