#include "table/exempt.h"

#include <algorithm>
#include <iterator>

namespace gh::table {

namespace {

const Route* around(const Server& server, const Route& route) {
  if (&route == &server.base) return nullptr;
  return route.outer < server.routes.size() ? server.routes[route.outer].get() : &server.base;
}

bool is_open(const Route& route) { return proofs(route).empty() || route.always_returns.is_set(); }

bool can_be_asked_for(const Route& route) { return route.kind != Route::Kind::named && !route.internal; }

/// The line that says of one of the checks around that it is not for this route.
config::Span switched_off(const Route& route, const Route& asks) {
  if (!route.stated) return {};
  for (const std::string_view check : proofs(asks)) {
    const config::Span at = route.stated->find(check);
    const config::Span asked = asks.stated->find(check);
    if (at.is_set() && (at.file != asked.file || at.begin != asked.begin)) return at;
  }
  return {};
}

}  // namespace

std::vector<std::string_view> proofs(const Route& route) {
  std::vector<std::string_view> out;
  std::copy_if(route.checks.begin(), route.checks.end(), std::back_inserter(out),
               [](std::string_view check) { return check != "allow"; });
  return out;
}

std::vector<Exemption> exempt_routes(const Server& server) {
  std::vector<Exemption> out;
  for (const auto& route : server.routes) {
    if (!can_be_asked_for(*route) || !is_open(*route)) continue;
    const Route* asks = around(server, *route);
    while (asks && proofs(*asks).empty()) asks = around(server, *asks);
    if (!asks) continue;
    const bool returns = !proofs(*route).empty();
    out.push_back({route.get(), asks, returns ? route->always_returns : switched_off(*route, *asks), returns});
  }
  return out;
}

const Route* open_fallback(const Server& server, const Route& route) {
  if (route.kind != Route::Kind::path || proofs(route).empty()) return nullptr;
  const std::string_view name = route.name;
  const std::string_view path = name.substr(std::min(name.find(' ') + 1, name.size()));
  const std::string_view fixed = path.substr(0, path.find_first_of(":*"));
  const Route* best = nullptr;
  for (const auto& each : server.routes) {
    const bool is_prefix = each->kind == Route::Kind::prefix || each->kind == Route::Kind::prefix_final;
    if (!is_prefix || each->internal || !fixed.starts_with(each->prefix)) continue;
    if (!best || each->prefix.size() > best->prefix.size()) best = each.get();
  }
  return best && is_open(*best) && best->proxy_target ? best : nullptr;
}

}  // namespace gh::table
