// Shared by the rows of upstream and proxy_pass: server addresses, peers that survive a reload, implicit upstreams.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/peers.h"
#include "table/build.h"
#include "upstream/balance.h"

namespace gh::directives {

/// Local to the outermost scope: does any proxy_pass choose its upstream per request?
struct DynamicTargets { bool any = false; };

/// "10.0.0.1:8080", "[::1]", "name:8080", "unix:/path". Names are looked up while the gateway runs.
Result<state::ServerConfig> read_server(std::string_view text, std::uint16_t default_port);

/// Gives the upstream its PeerGroup: the one of before the reload when nothing changed.
void adopt_peers(table::Builder& builder, table::Upstream& upstream, std::vector<state::ServerConfig> servers,
                 config::Span where);

/// The upstream called so, or the implicit one of a proxy_pass to a plain host, shared by all that name the same place.
const table::Upstream* implicit_upstream(table::Builder& builder, std::string_view authority,
                                         std::uint16_t default_port, config::Span where, std::string& why_not);

}  // namespace gh::directives
