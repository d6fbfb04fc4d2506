// server and zone of an upstream block.
#include <map>

#include "base/text.h"
#include "directives/setters.h"
#include "directives/upstreams.h"

namespace gh::directives {
namespace {

constexpr std::size_t most_route_chars = 32;

bool check_backup(Scope& scope, const Bound& directive, const UpstreamDraft& draft) {
  if (draft.method_knows_backup) return true;
  for (const std::string_view word : {"backup", "slow_start="}) {
    const Value* value = directive.find(word);
    if (!value) continue;
    scope.error(table::code::bad_choice, value->span,
                "the balancing method does not support `" + std::string(word) + "`")
        .with_related(draft.method, "the method")
        .with_help("leave one of them out");
    return false;
  }
  return true;
}

/// SRV names bring their own ports, and are asked for at run time only.
bool check_service(Scope& scope, const Bound& directive, const state::ServerConfig& server) {
  const Value* service = directive.find("service=");
  if (!service) return true;
  const auto refuse = [&](const std::string& why, const std::string& help) {
    scope.error(table::code::bad_choice, service->span, why).with_help(help);
    return false;
  };
  if (!directive.has("resolve")) return refuse("`service=` needs `resolve`", "add `resolve`");
  if (!server.resolve) return refuse("`service=` needs a name, not an address", "write a name that has SRV records");
  if (server.name != server.host) return refuse("a server with `service=` has no port", "SRV records hold the port");
  return true;
}

void take_numbers(const Bound& directive, state::ServerConfig& server) {
  server.weight = static_cast<std::uint32_t>(directive.number("weight=", 1));
  server.max_conns = static_cast<std::uint32_t>(directive.number("max_conns=", 0));
  server.max_fails = static_cast<std::uint32_t>(directive.number("max_fails=", 1));
  server.fail_timeout_ms = directive.number("fail_timeout=", 10) * 1000;
  server.slow_start_ms = directive.number("slow_start=", 0);
  server.backup = directive.has("backup");
  server.down = directive.has("down");
  server.drain = directive.has("drain");
}

bool take_route(Scope& scope, const Bound& directive, state::ServerConfig& server) {
  const Value* route = directive.find("route=");
  if (!route) return true;
  if (route->text.empty() || route->text.size() > most_route_chars) {
    scope.error(table::code::out_of_bounds, route->span, "a route has 1 to 32 characters");
    return false;
  }
  server.route = route->text;
  return true;
}

/// "http" is _http._tcp; what has a dot is the whole prefix ("_http._udp", "a.b").
std::string service_name(std::string_view service) {
  if (service.find('.') != std::string_view::npos) return std::string(service);
  return '_' + std::string(service) + "._tcp";
}

/// Zones of all upstream blocks by name. Local to the outermost scope.
struct PeerZones {
  struct Zone {
    std::int64_t bytes = 0;  // 0: named without a size so far
    config::Span where;
  };
  std::map<std::string, Zone, std::less<>> by_name;
};

}  // namespace

void apply_upstream_server(Scope& scope, const Bound& directive) {
  UpstreamDraft& draft = draft_of(scope);
  const Value& address = directive.at(0);
  auto server = read_server(address.text, 80);
  if (!server) {
    scope.error(table::code::bad_address, address.span, server.error().text)
        .with_help("forms: 10.0.0.1:8080, [::1]:8080, name:8080, unix:/path");
    return;
  }
  take_numbers(directive, *server);
  if (!take_route(scope, directive, *server) || !check_backup(scope, directive, draft) ||
      !check_service(scope, directive, *server)) {
    return;
  }
  server->asks_dns = server->resolve && directive.has("resolve");
  if (const Value* service = directive.find("service=")) {
    server->service = service_name(service->text);
    if (!draft.with_service.is_set()) draft.with_service = service->span;
  }
  draft.servers.push_back(std::move(*server));
}

void apply_upstream_zone(Scope& scope, const Bound& directive) {
  const Value& name = directive.at(0);
  const Value* size = directive.find("size");
  PeerZones::Zone& zone = table::outermost(scope).local<PeerZones>().by_name[std::string(name.text)];
  if (!zone.where.is_set()) zone.where = name.span;
  if (!size) return;
  if (zone.bytes != 0 && zone.bytes != size->number) {
    scope.error(table::code::duplicate_name, size->span, "zone `" + std::string(name.text) + "` has another size")
        .with_related(zone.where, "first stated here")
        .with_help("state one size, or leave it out here");
    return;
  }
  zone.bytes = size->number;
  zone.where = name.span;
}

void check_upstream_zones(Scope& main) {
  const auto zones = main.local_or_null<PeerZones>();
  if (!zones) return;
  for (const auto& [name, zone] : zones->by_name) {
    if (zone.bytes != 0) continue;
    main.error(table::code::missing_parameter, zone.where, "zone `" + name + "` has no size")
        .with_help("state it once: zone " + name + " 64k;");
  }
}

}  // namespace gh::directives
