// Shared by the rows of upstream and proxy_pass: server addresses, peers that survive a reload, implicit upstreams.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/peers.h"
#include "table/build.h"
#include "table/plan.h"
#include "upstream/balance.h"

namespace gh::directives {

/// What the directives of one upstream block collect.
struct UpstreamDraft {
  table::Upstream* upstream = nullptr;
  std::vector<state::ServerConfig> servers;
  config::Span method;                // where the balancing method was stated
  bool method_knows_backup = true;    // hash, ip_hash and random do not: nor slow_start
  config::Span with_service;          // of the first server with service=
};
inline UpstreamDraft& draft_of(table::Scope& scope) { return scope.local<UpstreamDraft>(); }

// Rows of upstream.cc whose work is in files of their own.
void apply_upstream_server(table::Scope& scope, const config::Bound& directive);
void apply_upstream_zone(table::Scope& scope, const config::Bound& directive);
void apply_sticky(table::Scope& scope, const config::Bound& directive);
/// Zones that were named and given a size nowhere.
void check_upstream_zones(table::Scope& main);

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
