// Names of locations that directives refer to: error_page, try_files.
#include "config/suggest.h"
#include "table/codes.h"
#include "table/server_block.h"

namespace gh::table {

namespace {

std::string nearest_named(const Server& server, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& [known, number] : server.named) names.push_back(known);
  return std::string(config::nearest(name, names));
}

}  // namespace

void check_named_location(Scope& scope, const std::string& name, config::Span span) {
  Builder* builder = &scope.builder;
  const Builder::ServerDraft* draft = server_of(scope);
  builder->at_end([builder, draft, name, span] {
    std::string near;
    for (const auto& candidate : builder->servers) {
      if (draft && candidate.get() != draft) continue;
      if (candidate->server->named.contains(name)) return;
      if (near.empty()) near = nearest_named(*candidate->server, name);
    }
    auto& d =
        builder->diagnostics.error(code::unknown_named_location, span, "no location `" + name + "` in this server");
    d.with_help(near.empty() ? "add `location " + name + " { ... }`" : "did you mean `" + near + "`?");
  });
}

}  // namespace gh::table
