// The blocks `server` and `location` while they are built: what their directives collect, and how they become a Server
// and its Routes. Called by the rows of directives/server.cc and location.cc. Build thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "table/build.h"
#include "table/listen.h"
#include "table/location_tree.h"
#include "table/plan.h"
#include "table/server_names.h"

namespace gh::table {

/// One word of `server_name` with its place, for what is said about duplicates.
struct ServerNameUse {
  ServerName name;
  std::string word;
  config::Span where;
};

struct Builder::ServerDraft {
  std::shared_ptr<Server> server;
  std::vector<Listen> listens;
  std::vector<ServerNameUse> names;
  bool speaks_tls = false;  // `ssl on`
  bool has_certificates = false, rejects_tls = false;  // stated, even when they could not be loaded
  // Lines that need something of its sockets (listen_lints.h); not set: there are none.
  config::Span certificate_at;  // ssl_certificate in this very block
  config::Span grpc_at;         // grpc_pass without grpc_web
  config::Span proxy_line_at;   // real_ip_header proxy_protocol
  config::Span where;
};

/// Local to each server and location scope: where its locations and flags go.
struct BlockParts {
  Builder::ServerDraft* draft = nullptr;
  std::vector<LocationSpec> locations;
  bool internal = false;
  Route* route = nullptr;         // the location's; null at server level
  std::uint32_t number = 0xffffffff;
  std::vector<RouteSpec> paths;   // `route` blocks, at server level
};

/// The server that a scope lies in, or null at http level.
Builder::ServerDraft* server_of(Scope& scope);

/// "@name" must be a location of this server, or of any for a line at http level. Looked up at the end, as it may stand
/// behind the line (named_location.cc).
void check_named_location(Scope& scope, const std::string& name, config::Span span);

void build_server(Scope& outer, const config::Bound& directive);
/// For a checked fragment: a server without name, or a location in one, around the directives given.
void build_fragment(Scope& outer, config::Context context, const std::vector<config::Bound>& directives);
void build_location(Scope& outer, const config::Bound& directive);
void build_route(Scope& outer, const config::Bound& directive);
/// Row::declare of `route`: the names in its path are variables everywhere.
void declare_path_names(Scope& main, const config::Bound& directive);
/// When a server is complete: its `route` blocks become a tree; ties are said.
void finish_routes(Scope& scope, Server& server, const std::vector<RouteSpec>& specs);
void add_server_names(Scope& scope, const config::Bound& directive);
void add_listen(Scope& scope, const config::Bound& directive);

/// The route of an `if` or `limit_except` block: settings as a child's, laid over the block around it, which owns it.
/// `take` runs when its directives have been applied, before its steps are made.
const Route& build_overlay(Scope& outer, const config::Bound& directive, const std::function<void(Scope&)>& take);

/// Row::declare of directives whose arguments may be regexes: their named groups are variables everywhere, also in
/// blocks that stand before them (a log_format at the top of the file).
void declare_group_names(Scope& main, const config::Bound& directive);
void declare_group_names(VariableTable& variables, std::string_view pattern);

/// Slots of a regex's named groups, defined on the way; empty when it has none.
std::vector<std::uint32_t> define_names(Scope& scope, const Regex& regex, config::Span where);

}  // namespace gh::table
