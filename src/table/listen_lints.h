// What servers state that is of no use with the sockets they listen on: warnings. Build thread only.
#pragma once

#include <map>

#include "table/server_block.h"

namespace gh::table {

class ListenLints {
 public:
  /// What one of the addresses that `server` listens on speaks.
  struct Address { bool tls = false, http2 = false, proxy_protocol = false; };
  void add(const Builder::ServerDraft& server, Address address);
  void warn(config::Diagnostics& diagnostics) const;

 private:
  void warn_of_proxy_lines(config::Diagnostics& diagnostics) const;
  std::map<const Builder::ServerDraft*, Address> servers_;  // of all their addresses together
};

}  // namespace gh::table
