#include "table/listen_lints.h"

#include <utility>

namespace gh::table {

void ListenLints::add(const Builder::ServerDraft& server, Address address) {
  Address& all = servers_[&server];
  all.tls = all.tls || address.tls;
  all.http2 = all.http2 || address.http2 || server.server->settings.http2;
  all.proxy_protocol = all.proxy_protocol || address.proxy_protocol;
}

void ListenLints::warn(config::Diagnostics& diagnostics) const {
  for (const auto& [server, has] : servers_) {
    if (!server->where.is_set()) continue;  // a fragment that is checked: nobody knows where it listens
    if (server->certificate_at.is_set() && !has.tls) {
      diagnostics
          .warning(code::certificate_unused, server->certificate_at,
                   "this certificate is never shown: no `listen` of the server speaks TLS")
          .with_related(server->where, "the server")
          .with_help("write `listen ... ssl;`");
    }
    if (server->grpc_at.is_set() && !has.http2) {
      diagnostics
          .warning(code::grpc_without_http2, server->grpc_at,
                   "clients of gRPC speak HTTP/2, which this server does not take")
          .with_related(server->where, "the server")
          .with_help("add `http2 on;` for them, or `grpc_web on;` for browsers");
    }
  }
  warn_of_proxy_lines(diagnostics);
}

/// One line at http level may hold for servers with and without it: one with it is enough.
void ListenLints::warn_of_proxy_lines(config::Diagnostics& diagnostics) const {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<config::Span, bool>> lines;
  for (const auto& [server, has] : servers_) {
    const config::Span at = server->proxy_line_at;
    if (!at.is_set() || !server->where.is_set()) continue;
    auto& [where, is_used] = lines[{at.file, at.begin}];
    where = at;
    is_used = is_used || has.proxy_protocol;
  }
  for (const auto& [key, line] : lines) {
    if (line.second) continue;
    diagnostics
        .warning(code::no_proxy_line, line.first, "no address comes: no `listen` here takes the PROXY protocol")
        .with_help("write `listen ... proxy_protocol;`, or name the field that the proxy in front sets");
  }
}

}  // namespace gh::table
