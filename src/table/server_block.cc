#include "table/server_block.h"

#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "config/typing.h"
#include "table/tls_loader.h"

namespace gh::table {
namespace {

http::HeadLimits head_limits(const ServerSettings& settings) {
  http::HeadLimits limits;
  const std::int64_t line = std::max(settings.client_header_buffer_bytes, settings.large_buffer_bytes);
  limits.line_bytes = static_cast<std::size_t>(line);
  limits.total_bytes = static_cast<std::size_t>(std::max(line, settings.large_buffers * settings.large_buffer_bytes));
  limits.fields = static_cast<std::size_t>(settings.max_headers);
  limits.underscores = settings.underscores_in_headers;
  limits.ignore_invalid = settings.ignore_invalid_headers;
  return limits;
}

/// $server_name: the first name, without the dot of ".x.t".
std::string display_name(const std::vector<ServerNameUse>& names) {
  if (names.empty()) return {};
  const ServerNameUse& first = names.front();
  if (first.name.kind == ServerName::Kind::regex) return first.word;
  const std::string word = to_lower(first.word);
  return first.name.kind == ServerName::Kind::dot ? word.substr(1) : word;
}

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return to_lower(name);
}

void report_faults(Scope& scope, const Server& server, const std::vector<LocationSpec>& specs) {
  for (const LocationTree::Fault& fault : LocationTree::check(specs)) {
    const Route& route = *server.routes[fault.route];
    const Route& other = *server.routes[fault.other];
    switch (fault.kind) {
      case LocationTree::Fault::Kind::duplicate:
        scope.error(code::duplicate_location, route.where, "location `" + route.name + "` stands twice in one block")
            .with_related(other.where, "first defined here")
            .with_help("join the two blocks, or give one of them another path");
        break;
      case LocationTree::Fault::Kind::outside_parent:
        scope
            .error(code::location_outside_parent, route.where,
                   "location `" + route.name + "` is outside location `" + other.name + "`")
            .with_related(other.where, "the location around it")
            .with_help("a nested location starts with the path of the one around it; or a `}` is missing before it");
        break;
      case LocationTree::Fault::Kind::inside_exact:
        scope
            .error(code::location_outside_parent, route.where,
                   "location `" + other.name + "` cannot hold other locations")
            .with_related(other.where, "an exact location matches one path only")
            .with_help("move it to the server level; or a `}` is missing before it");
        break;
    }
  }
}

}  // namespace

Builder::ServerDraft* server_of(Scope& scope) {
  for (Scope* s = &scope; s; s = s->parent) {
    if (const auto parts = s->local_or_null<BlockParts>()) return parts->draft;
  }
  return nullptr;
}

Route* route_of(const Scope& scope) {
  for (const Scope* s = &scope; s; s = s->parent) {
    if (const auto parts = s->local_or_null<BlockParts>()) return parts->route;
  }
  return nullptr;
}

std::vector<std::uint32_t> define_names(Scope& scope, const Regex& regex, config::Span where) {
  std::vector<std::uint32_t> slots;
  for (const Regex::Name& name : regex.names()) {
    if (scope.builder.variables.is_fixed(name.name)) {
      scope
          .error(code::duplicate_name, where,
                 "the group name `" + name.name + "` is the name of a variable of the gateway")
          .with_help("give the group another name");
    }
    slots.push_back(scope.builder.variables.define(name.name));
  }
  return slots;
}

namespace {

void build_server_block(Scope& outer, config::Span where, const std::function<void(Scope&)>& fill) {
  Builder& builder = outer.builder;
  auto draft = std::make_shared<Builder::ServerDraft>();
  draft->server = std::make_shared<Server>();
  draft->where = where;
  builder.servers.push_back(draft);

  Scope scope(builder, &outer, config::in_server);
  scope.where = where;
  scope.local<BlockParts>().draft = draft.get();
  Server& server = *draft->server;
  server.where = server.base.where = where;
  server.base.kind = Route::Kind::server;
  fill(scope);

  if (!builder.tls) builder.tls = std::make_shared<TlsLoader>(builder);
  builder.tls->load_server(scope, *draft);
  server.settings = scope.get<ServerSettings>();
  server.limits = head_limits(server.settings);
  server.name = display_name(draft->names);
  for (const ServerNameUse& use : draft->names) server.names.push_back(use.word);
  builder.finish_route(scope, server.base);
  BlockParts& parts = scope.local<BlockParts>();
  report_faults(scope, server, parts.locations);
  server.locations = LocationTree::build(std::move(parts.locations));
  finish_routes(scope, server, parts.paths);
}

}  // namespace

void build_server(Scope& outer, const config::Bound& directive) {
  build_server_block(outer, directive.span(),
                     [&](Scope& scope) { outer.builder.build_block(scope, directive.children); });
}

void build_fragment(Scope& outer, config::Context context, const std::vector<config::Bound>& directives) {
  build_server_block(outer, {}, [&](Scope& scope) {
    if (context != config::in_location) return outer.builder.build_block(scope, directives);
    auto route = std::make_shared<Route>();
    route->name = route->prefix = "/";
    BlockParts& parts = scope.local<BlockParts>();
    parts.draft->server->routes.push_back(route);
    Scope inner(outer.builder, &scope, context);
    inner.local<BlockParts>() = {parts.draft, {}, false, route.get(), 0, {}};
    outer.builder.build_block(inner, directives);
    outer.builder.finish_route(inner, *route);
    LocationSpec spec;
    spec.text = "/";
    spec.nested = std::move(inner.local<BlockParts>().locations);
    parts.locations.push_back(std::move(spec));
  });
}

void add_server_names(Scope& scope, const config::Bound& directive) {
  Builder::ServerDraft& draft = *server_of(scope);
  for (const config::Value& value : directive.values) {
    const std::string word = value.text == "$hostname" ? host_name() : std::string(value.text);
    auto name = parse_server_name(word);
    if (!name) {
      if (word.starts_with("~")) {
        scope.error(code::bad_regex, value.span, "invalid regular expression").with_label(name.error().text)
            .with_help("what follows `~` is a regular expression, as PCRE2 reads it");
      } else {
        scope.error(code::bad_server_name, value.span, name.error().text)
            .with_help("forms: a.example, *.a.example, a.*, .a.example, ~regex, \"\"");
      }
      continue;
    }
    if (!name->regex && word.find('/') != std::string::npos) {
      scope.warning(code::suspicious_server_name, value.span, "server name `" + word + "` has suspicious symbols")
          .with_help("a name has no scheme and no path: write the host alone");
    }
    if (name->regex) {
      config::warn_of_escapes(value.span, scope.builder.loaded.sources, scope.builder.diagnostics);
      auto slots = define_names(scope, *name->regex, value.span);
      if (!slots.empty()) draft.server->regex_slots.emplace(name->regex.get(), std::move(slots));
    }
    draft.names.push_back({std::move(*name), word, value.span});
  }
}

void add_listen(Scope& scope, const config::Bound& directive) {
  Builder::ServerDraft& draft = *server_of(scope);
  const config::Value& value = directive.at(0);
  auto addresses = parse_listen(value.text);
  if (!addresses) {
    const bool is_template = value.text.find("${") != std::string_view::npos;
    scope.error(code::bad_address, value.span, addresses.error().text)
        .with_help(is_template ? "this looks like a template for `envsubst`: put the values in first, or write "
                                 "`${env:NAME}`"
                               : "forms: 80, 127.0.0.1:80, *:80, [::1]:80, localhost:80, 8000-8010, unix:/path");
    return;
  }
  Listen base;
  base.where = directive.span();
  base.is_default = directive.has("default_server") || directive.has("default");
  for (std::string_view option : {"bind", "reuseport", "deferred", "backlog=", "rcvbuf=", "sndbuf=", "ipv6only=",
                                  "so_keepalive=", "fastopen=", "setfib=", "accept_filter="}) {
    base.has_options = base.has_options || directive.has(option);
  }
  base.reuseport = directive.has("reuseport");
  base.deferred = directive.has("deferred");
  base.so_keepalive = directive.has("so_keepalive=") && directive.text("so_keepalive=") != "off";
  base.backlog = static_cast<int>(directive.number("backlog=", base.backlog));
  base.rcvbuf = static_cast<int>(directive.number("rcvbuf=", 0));
  base.sndbuf = static_cast<int>(directive.number("sndbuf=", 0));
  base.tls = directive.has("ssl");
  base.http2 = directive.has("http2");
  base.proxy_protocol = directive.has("proxy_protocol");
  if (directive.has("quic")) base.closed_because = "QUIC";
  if (directive.has("ipv6only=")) base.ipv6only = directive.number("ipv6only=", 1) != 0;
  for (const Address& address : *addresses) {
    Listen listen = base;
    listen.address = address;
    listen.text = address.text();
    const auto same = [&](const Listen& other) {  // QUIC's sockets are UDP, the others TCP
      return other.address == address && other.is_quic() == listen.is_quic();
    };
    const auto first = std::find_if(draft.listens.begin(), draft.listens.end(), same);
    if (first != draft.listens.end()) {
      scope.error(code::duplicate_listen, directive.span(), "this server listens on `" + listen.text + "` twice")
          .with_help("remove one of them")
          .with_related(first->where, "first here");
      continue;
    }
    draft.listens.push_back(std::move(listen));
  }
}

}  // namespace gh::table
