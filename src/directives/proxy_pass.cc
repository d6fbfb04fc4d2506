// proxy_pass: its URL becomes a ProxyTarget (LANGUAGE.md 9). The step that executes it is policy/content/proxy_pass.cc.
#include "directives/proxy_pass.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "config/suggest.h"
#include "directives/proxy_values.h"
#include "directives/upstreams.h"
#include "table/plan.h"
#include "table/proxy_target.h"

namespace gh::directives {
namespace {

using config::Bound;
using config::Value;
using table::ProxyTarget;
using table::ProxyUrl;
using table::Scope;
namespace code = table::code;

/// Why this location cannot replace its own path by a URI part; empty when it can (LANGUAGE 9.6).
std::string_view why_no_uri(const Scope& scope, const table::Route* route) {
  if (scope.context == config::in_location_if) return "inside `if`";
  if (scope.context == config::in_limit_except) return "inside `limit_except`";
  if (route && route->kind == table::Route::Kind::regex) return "in a regex location";
  if (route && route->kind == table::Route::Kind::named) return "in a named location";
  if (route && route->kind == table::Route::Kind::path) return "in a `route`";
  return {};
}

void check_uri_part(Scope& scope, const Value& value, const ProxyUrl& url) {
  const std::string_view why = why_no_uri(scope, table::route_of(scope));
  if (why.empty()) return;
  const bool in_route = table::route_of(scope)->kind == table::Route::Kind::path;
  scope.error(code::uri_not_possible, value.span, "`proxy_pass` cannot have a URI part " + std::string(why))
      .with_label("`" + std::string(url.uri) + "`")
      .with_help("there is no path prefix it could replace: leave `" + std::string(url.uri) +
                 "` out, or write the whole target with variables" + (in_route ? ", such as `$path_id`" : ""));
}

/// A name that is plainly meant as an upstream: one label, no port.
bool looks_like_upstream(const ProxyUrl& url) {
  return !url.is_unix && url.port == 0 && url.host.find_first_of(".:[") == std::string_view::npos &&
         !iequals(url.host, "localhost");
}

/// Local to the outermost scope: upstreams that nothing defines, with all their uses.
struct UnknownUpstreams {
  struct Use {
    std::string authority;
    std::vector<config::Span> places;
    std::vector<std::pair<std::shared_ptr<ProxyTarget>, std::uint16_t>> targets;  // with the port of the scheme
  };
  std::map<std::string, Use, std::less<>> names;
};

void note_unknown(Scope& main, const ProxyUrl& url, const std::shared_ptr<ProxyTarget>& target, config::Span span) {
  auto& use = main.local<UnknownUpstreams>().names[std::string(url.host)];
  use.authority = url.authority;
  use.places.push_back(span);
  use.targets.emplace_back(target, url.default_port());
}

std::string_view nearest_upstream(const table::Builder& builder, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& [known, entry] : builder.upstreams) {
    if (entry.where.is_set()) names.push_back(known);
  }
  return config::nearest(name, names);
}

/// Runs when all upstreams are known. `text` is the value, or its part before the URI when that holds variables.
void resolve(table::Builder& builder, Scope& main, const std::shared_ptr<ProxyTarget>& kept, const std::string& text,
             config::Span span) {
  ProxyTarget& target = *kept;
  auto parsed = table::parse_proxy_url(text);
  if (!parsed) return;  // reported when it was read
  const ProxyUrl& url = *parsed;
  if (!url.is_unix && url.port == 0) target.upstream = builder.find_upstream(url.host);
  if (target.upstream && !target.upstream->is_implicit) return;
  if (looks_like_upstream(url)) return note_unknown(main, url, kept, span);
  if (const table::Upstream* named = url.is_unix ? nullptr : builder.find_upstream(url.host)) {
    main.error(code::bad_url, span, "`" + named->name + "` is an upstream: it takes no port here")
        .with_related(named->where, "its servers have the ports")
        .with_help("write http://" + named->name + ", or give the upstream another name than the host");
    return;
  }
  std::string why;
  target.upstream = implicit_upstream(builder, url.authority, url.default_port(), span, why);
  if (!target.upstream) main.error(code::bad_url, span, why);
}

void fill_constant(ProxyTarget& target, const ProxyUrl& url) {
  target.tls = target.may_be_tls = url.tls;
  target.has_uri = url.has_uri;
  target.uri = url.uri.starts_with("?") ? "/" + std::string(url.uri) : std::string(url.uri);
  const std::uint16_t port = url.port ? url.port : url.default_port();
  target.port = std::to_string(port);
  target.host = url.is_unix ? "localhost" : std::string(url.host);
  if (!url.is_unix && port != url.default_port()) target.host += ":" + target.port;
  if (url.is_unix) target.port.clear();
}

/// No upstream has the name, and none has one like it: a host of the network then, as in container set-ups.
void take_as_host(Scope& main, const std::string& name, const UnknownUpstreams::Use& use) {
  std::string why;
  for (const auto& [target, port] : use.targets) {
    target->upstream = implicit_upstream(main.builder, use.authority, port, use.places.front(), why);
    if (!target->upstream) return void(main.error(code::bad_url, use.places.front(), why));
  }
  auto& warning = main.warning(code::taken_as_host, use.places.front(),
                               "no upstream is called `" + name + "`: it is taken as the name of a host");
  warning.with_help("write the port to say so, http://" + use.authority + ":80, or add `upstream " + name +
                    " { server ...; }`");
  for (std::size_t i = 1; i < use.places.size(); ++i) warning.with_related(use.places[i], "used here, too");
}

}  // namespace

static bool starts_without_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

static bool starts_with_scheme(std::string_view text) {
  return starts_without_case(text, "http://") || starts_without_case(text, "https://");
}

/// Now, or when all upstreams are known.
static void find_target_upstream(Scope& scope, const std::shared_ptr<ProxyTarget>& target, const ProxyUrl& url,
                                 std::string text, config::Span span) {
  if (!url.is_unix && url.port == 0) target->upstream = scope.builder.find_upstream(url.host);
  if (target->upstream) return;  // named by a block that stood before this one
  // Only these are touched later: the scope is gone by then, its target is kept.
  Scope* main = &table::outermost(scope);
  scope.builder.at_end([target, main, text = std::move(text), span] {
    resolve(main->builder, *main, target, text, span);
  });
}

/// The variables may bring the rest of the scheme: "http:/$uri".
static bool may_become_url(std::string_view text) {
  const std::string_view fixed = text.substr(0, text.find('$'));
  return std::string_view("http://").starts_with(fixed) || std::string_view("https://").starts_with(fixed);
}

/// A scheme that belongs elsewhere: the help says where. True: reported.
static bool has_other_scheme(Scope& scope, const Value& value) {
  const std::size_t size = value.text.find("://");
  if (size == std::string_view::npos || starts_with_scheme(value.text)) return false;
  const std::string_view scheme = value.text.substr(0, size);
  if (scheme.empty() || !std::all_of(scheme.begin(), scheme.end(), is_alpha)) return false;
  const std::string rest = printable(value.text.substr(size + 3));
  const bool is_grpc = iequals(scheme, "grpc") || iequals(scheme, "grpcs");
  const bool is_websocket = iequals(scheme, "ws") || iequals(scheme, "wss");
  scope
      .error(code::bad_url, value.span,
             "`" + std::string(scheme) + "://` is no scheme of `proxy_pass`: its schemes are http:// and https://")
      .with_help(is_grpc        ? "gRPC has a directive of its own: `grpc_pass " + printable(value.text) + ";`"
                 : is_websocket ? "a WebSocket begins as a request of HTTP: write `http" +
                                      std::string(iequals(scheme, "wss") ? "s" : "") + "://" + rest +
                                      "`, and `websocket auto;`"
                                : "write `http://" + rest + "` if the server speaks HTTP");
  return true;
}

void apply_proxy_pass(Scope& scope, const Bound& directive) {
  const Value& value = directive.at(0);
  auto& target = scope.local<ProxyTarget>();
  target.where = directive.span();
  const bool variables = value.text.find('$') != std::string::npos;
  std::string constant(value.text);
  if (variables) {
    target.url = scope.compile(value);
    target.has_variables = !target.url.is_constant();
    if (!table::has_constant_host(value.text)) {
      table::outermost(scope).local<DynamicTargets>().any = true;
      target.may_be_tls = !starts_without_case(value.text, "http://");
      if (!starts_with_scheme(value.text) && !may_become_url(value.text)) {
        scope.error(code::bad_url, value.span,
                    "`" + printable(value.text) + "` has no scheme: write http:// before the host");
      }
      return;
    }
    constant = value.text.substr(0, value.text.find('$'));
  }
  auto url = table::parse_proxy_url(constant);
  if (!url && has_other_scheme(scope, value)) return;
  if (!url) {
    scope.error(code::bad_url, value.span, url.error().text)
        .with_help("forms: http://host, http://host:8080/uri, http://upstream_name, http://unix:/run/app.sock:/uri");
    return;
  }
  if (url->has_uri && !variables) check_uri_part(scope, value, *url);
  fill_constant(target, *url);
  if (variables) {
    target.has_uri = true;
    target.uri.clear();
  }
  find_target_upstream(scope, std::const_pointer_cast<ProxyTarget>(scope.local_or_null<ProxyTarget>()), *url,
                       std::move(constant), value.span);
}

void set_target(Scope& scope, const std::shared_ptr<ProxyTarget>& target, std::string text, config::Span span) {
  const auto url = table::parse_proxy_url(text);
  if (!url) return;
  fill_constant(*target, *url);
  find_target_upstream(scope, target, *url, text, span);
}

void report_unknown_upstreams(Scope& main) {
  for (const auto& [name, use] : main.local<UnknownUpstreams>().names) {
    const std::string near(nearest_upstream(main.builder, name));
    if (near.empty()) {
      take_as_host(main, name, use);
      continue;
    }
    auto& error = main.error(code::unknown_upstream, use.places.front(), "no upstream is called `" + name + "`");
    error.with_help("did you mean `" + near + "`?");
    for (std::size_t i = 1; i < use.places.size(); ++i) error.with_related(use.places[i], "used here, too");
  }
}

}  // namespace gh::directives
