// VariableUses: which variables a server or a location may look at, as the texts of its directives and of those around
// it say, through what computes them (map, geo, split_clients, keyval) and what they name (zones, formats of logs,
// upstreams). More may be found than is used, never less. Build thread only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "table/scope.h"

namespace gh::policy {

class VariableUses {
 public:
  /// Names without the dollar. `logs`: what lines of access logs say, and whether there is one.
  struct Names { std::set<std::string, std::less<>> answers, logs; };

  explicit VariableUses(const std::vector<config::Bound>& file);
  /// Of every request of a server: what stands in it, and outside of all servers.
  [[nodiscard]] Names of_server(const table::Scope& server) const;
  /// What a location or `route`, and those around it, add to that.
  [[nodiscard]] Names of_location(const table::Scope& location) const;

 private:
  using Set = std::set<std::string, std::less<>>;
  using Place = std::pair<std::uint32_t, std::uint32_t>;  // file, byte
  void read_outer(const std::vector<config::Bound>& directives);
  void read_definition(const config::Bound& directive);
  void read_blocks(const std::vector<config::Bound>& directives);
  void add_all(const std::vector<config::Bound>& directives, Names& to) const;
  void add(const config::Bound& directive, Names& to) const;
  void add_named(const config::Bound& directive, Names& to) const;
  void add_block(const table::Scope& scope, Names& to) const;
  void close(Set& names) const;

  std::map<Place, const config::Bound*> blocks_;               // servers, locations, routes
  std::unordered_map<std::string, Set> parts_;                 // of computed variables: what they are made of
  std::unordered_map<std::string, Set> zones_;                 // by directive and name: "limit_req/NAME"
  std::unordered_map<std::string, Set> formats_;               // log_format
  std::unordered_map<std::string, const config::Bound*> upstreams_;
  std::vector<const config::Bound*> outer_;                    // outside of servers, but for the above
};

}  // namespace gh::policy
