#include "tools/route.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/arena.h"
#include "base/text.h"
#include "http/method.h"
#include "http/target.h"
#include "table/exempt.h"
#include "table/proxy_target.h"
#include "tools/facts.h"

namespace gh::tools {
namespace {

using table::ListenAddress;
using table::Route;
using table::RouteTree;
using table::Server;

/// A URL taken apart, with what a client would make of it.
struct Asked {
  http::Method method = http::Method::other;
  bool tls = false;
  std::optional<std::uint16_t> port;
  std::string host;  // as in the Host field
  std::string target = "/";
};

bool read_url(const RouteQuery& query, Asked& asked, std::string& why) {
  std::string_view rest = query.url;
  if (rest.find("://") != std::string_view::npos) {
    const auto url = table::parse_proxy_url(rest);
    if (!url || url->is_unix) {
      why = fmt::format("`{}` is no URL: write http://host:port/path", printable(rest, 60));
      return false;
    }
    asked.tls = url->tls;
    asked.port = url->port != 0 ? url->port : url->default_port();
    asked.host = url->authority;
    rest = url->uri.substr(0, url->uri.find('#'));
  }
  if (!rest.empty()) asked.target = rest.starts_with('?') ? "/" + std::string(rest) : std::string(rest);
  for (const std::string_view header : query.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      why = fmt::format("`{}` is no field: write -H 'Name: value'", printable(header, 60));
      return false;
    }
    if (iequals(header.substr(0, colon), "host")) asked.host = trim(header.substr(colon + 1));
  }
  return true;
}

class Explainer {
 public:
  Explainer(const table::Table& table, const Asked& asked) : table_(table), asked_(asked) {}

  bool run(std::string& out) {
    const ListenAddress* address = find_address();
    if (!address) return refuse(out, "nothing listens");
    std::string_view name;
    unsigned port = 0;
    if (!http::parse_host(asked_.host, arena_, name, port)) return refuse(out, "the host is not valid: answer 400");
    find_server(*address, name);
    if (asked_.method == http::Method::trace || asked_.method == http::Method::connect) {
      line("answer", "405: the gateway takes no such request");
    } else if (!http::parse_target(asked_.target, asked_.method, server_->settings.merge_slashes, arena_, target_)) {
      line("answer", "400: the target is not valid");
    } else {
      explain_path();
    }
    out = std::move(out_);
    return true;
  }

 private:
  static bool refuse(std::string& out, std::string_view why) {
    out = why;
    return false;
  }

  void line(std::string_view label, std::string_view text) { out_ += fmt::format("{:<10}{}\n", label, text); }
  std::string where(const config::Span& span) const { return table_.where(table_, span); }

  // ---- socket and server
  const ListenAddress* find_address() {
    const ListenAddress* first = nullptr;
    for (const auto& address : table_.addresses) {
      if (!asked_.port || address->address.port() == *asked_.port) {
        if (!first) first = address.get();
        if (address->address.text() == asked_.host) first = address.get();
      }
    }
    if (first) {
      line("address", first->address.text());
      if (asked_.tls && !first->tls) line("", "note: no TLS is spoken there");
      return first;
    }
    if (table_.addresses.empty()) return nullptr;
    first = table_.addresses.front().get();
    line("address", fmt::format("{}: the first one, as none has port {}", first->address.text(), *asked_.port));
    return first;
  }

  void find_server(const ListenAddress& address, std::string_view host) {
    const auto hit = address.names.find(host);
    const bool named = hit.server != table::ServerNames::npos;
    server_ = named ? address.servers[hit.server].get() : address.fallback.get();
    std::string why = "a wildcard name fits";
    if (!named) why = "the default one, no name fits";
    else if (hit.regex) why = "a regular expression fits";
    else if (std::find(server_->names.begin(), server_->names.end(), host) != server_->names.end()) why = "by its name";
    const std::string_view name = server_->name.empty() ? std::string_view("(no name)") : server_->name;
    line("server", fmt::format("{} ({}): {} `{}`", name, where(server_->where), why, host));
    const auto& steps = server_->base.program.steps;
    const auto rewrites = [](const table::Step& s) { return s.phase == table::Phase::server_rewrite; };
    if (std::any_of(steps.begin(), steps.end(), rewrites)) {
      line("", "note: its rewrite lines run first and may answer or change the path; they are not run here");
    }
  }

  // ---- path
  void explain_path() {
    line("path", target_.path);
    std::uint32_t other_methods = 0;
    if (server_->paths && explain_routes(other_methods)) return;
    explain_location(other_methods);
  }

  /// True when it goes to one of the server's `route` blocks.
  bool explain_routes(std::uint32_t& other_methods) {
    std::string_view path;
    if (!http::route_path(target_, server_->settings.merge_slashes, arena_, path)) {
      line("", "fits no route: encoded slashes hide a dot segment");
      return false;
    }
    const auto candidates = server_->paths->candidates(path);
    const auto is_for = [&](const RouteTree::Candidate& c) {
      return (c.methods & table::method_bit(asked_.method)) != 0;
    };
    const auto sure = [&](const RouteTree::Candidate& c) { return is_for(c) && !c.conditional; };
    const auto chosen = std::find_if(candidates.begin(), candidates.end(), sure);
    for (auto it = candidates.begin(); it != chosen; ++it) {
      const Route& route = *server_->routes[it->route];
      if (is_for(*it)) line("if", fmt::format("{} ({}): when its condition holds", route.name, where(route.where)));
      else line("not", fmt::format("{} ({}): for other methods", route.name, where(route.where)));
    }
    if (chosen == candidates.end()) {
      if (std::none_of(candidates.begin(), candidates.end(), is_for)) {
        for (const auto& candidate : candidates) other_methods |= candidate.methods;
      }
      return false;
    }
    const Route& route = *server_->routes[chosen->route];
    line("route", fmt::format("{} ({})", route.name, where(route.where)));
    for (std::size_t i = 0; i < route.parameters.size(); ++i) {
      const std::string_view value = http::plain_segments(chosen->values.at[i], arena_);
      line("", fmt::format("$path_{} = \"{}\"", route.parameters[i], printable(value)));
    }
    for (auto it = chosen + 1; it != candidates.end(); ++it) {
      const Route& other = *server_->routes[it->route];
      line("not", fmt::format("{} ({}): {}", other.name, where(other.where),
                              is_for(*it) ? "comes after it" : "for other methods"));
    }
    explain_steps(route);
    return true;
  }

  void explain_location(std::uint32_t other_methods) {
    const table::LocationTree::Hit hit = server_->locations.find(target_.path);
    if (hit.limit_hit) return line("answer", "500: a regular expression ran into its match limit");
    if (hit.route == table::LocationTree::npos && other_methods != 0) {
      return line("answer", "405: routes with this path are for other methods, and no location fits");
    }
    const bool found = hit.route != table::LocationTree::npos;
    const Route& route = found ? *server_->routes[hit.route] : server_->base;
    if (found) line("location", fmt::format("{} ({}): {}", route.name, where(route.where), why_location(route)));
    else line("location", "none: the server's own settings hold");
    for (std::uint32_t i = 0; i < server_->routes.size(); ++i) explain_other(*server_->routes[i], &route);
    if (hit.redirect) return line("answer", "301: to the path with a slash behind it");
    if (route.internal) return line("answer", "404: the location is internal");
    const Route* runs = &route;
    if (route.except && (route.except_allows >> static_cast<unsigned>(asked_.method) & 1) == 0) {
      runs = route.except;
      line("", fmt::format("{} ({})", runs->name, where(runs->where)));
    }
    explain_steps(*runs);
  }

  static std::string_view why_location(const Route& route) {
    switch (route.kind) {
      case Route::Kind::exact: return "equals the path";
      case Route::Kind::prefix_final: return "the longest prefix, and no regular expression is asked";
      case Route::Kind::regex: return "the first regular expression that matches";
      default: return "the longest prefix, and no regular expression matches";
    }
  }

  /// Locations that the path fits and that are not the one.
  void explain_other(const Route& other, const Route* chosen) {
    if (&other == chosen) return;
    const std::string_view path = target_.path;
    bool fits = false;
    switch (other.kind) {
      case Route::Kind::exact: fits = path == other.prefix; break;
      case Route::Kind::prefix:
      case Route::Kind::prefix_final: fits = path.starts_with(other.prefix); break;
      case Route::Kind::regex: fits = other.regex->match(path, nullptr) == Regex::Match::yes; break;
      default: break;
    }
    if (fits) line("not", fmt::format("{} ({}): fits, too, and comes after", other.name, where(other.where)));
  }

  void explain_checks(const Route& route) {
    std::string names;
    for (const std::string_view check : route.checks) names += (names.empty() ? "" : ", ") + std::string(check);
    if (!names.empty()) line("checks", names);
    if (!names.empty() && route.always_returns.is_set()) {
      line("", fmt::format("note: never asked, `return` ({}) answers before them", where(route.always_returns)));
    }
    for (const table::Exemption& each : table::exempt_routes(*server_)) {
      if (each.route != &route || each.returns) continue;
      const std::string asks = fmt::format("{}", table::proofs(*each.asks).front());
      line("checks", fmt::format("no {}, unlike the block around it{}", asks,
                                 each.by.is_set() ? fmt::format(" ({})", where(each.by)) : std::string()));
    }
  }

  void explain_steps(const Route& route) {
    explain_checks(route);
    std::string_view label = "steps";
    for (const auto* part : {&route.program.steps, &route.program.response, &route.program.log}) {
      for (const table::Step& step : *part) {
        if (step.phase == table::Phase::server_rewrite) continue;
        line(label, fmt::format("{}: {}", phase_name(step.phase), step.name));
        label = "";
      }
    }
    if (!route.proxy_target) return;
    const table::ProxyTarget& to = *route.proxy_target;
    const std::string url =
        to.has_variables ? to.url.source() : fmt::format("{}://{}{}", to.tls ? "https" : "http", to.host, to.uri);
    if (to.upstream) line("upstream", fmt::format("{}: {}", to.upstream->name, url));
    else line("upstream", url);
  }

  const table::Table& table_;
  const Asked& asked_;
  Arena arena_;
  http::Target target_;
  const Server* server_ = nullptr;
  std::string out_;
};

}  // namespace

bool explain_route(const table::Table& table, const RouteQuery& query, std::string& out) {
  Asked asked;
  if (!http::find_method(query.method, asked.method)) {
    out = fmt::format("`{}` is no method", printable(query.method, 40));
    return false;
  }
  return read_url(query, asked, out) && Explainer(table, asked).run(out);
}

}  // namespace gh::tools
