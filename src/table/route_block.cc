// `route`: its methods and path, the scope of its directives, and its Route.
#include <algorithm>

#include "base/text.h"
#include "config/suggest.h"
#include "http/method.h"
#include "table/jwt_plan.h"
#include "table/server_block.h"

namespace gh::table {
namespace {

constexpr std::string_view variable_prefix = "path_";

/// TRACE and CONNECT are refused before any route is looked for.
constexpr std::string_view known_methods[] = {"GET",  "HEAD",  "POST",    "PUT",       "DELETE", "OPTIONS", "PATCH",
                                              "COPY", "LOCK",  "MKCOL",   "MOVE",      "PROPFIND", "PROPPATCH",
                                              "UNLOCK", "SEARCH"};

bool is_any(std::string_view word) { return word == "*" || word == "ANY"; }

void report_method(Scope& scope, const config::Value& value, std::string_view name) {
  std::string capitals(name);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(), upper);
  const std::string_view near = config::nearest(capitals, known_methods);
  std::string help = near.empty() ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS ..., joined by commas; `*` for all"
                                  : "did you mean `" + std::string(near) + "`?";
  if (name.starts_with('/')) help = "the methods stand before the path: `route GET " + std::string(value.text) + "`";
  scope.error(code::bad_choice, value.span, "`" + printable(name, 60) + "` is no method of a route")
      .with_help(std::move(help));
}

/// "GET,POST", "*" or "ANY". GET brings HEAD along.
bool read_methods(Scope& scope, const config::Value& value, RouteSpec& spec) {
  spec.any_method = is_any(value.text);
  if (spec.any_method) {
    spec.methods = all_methods;
    return true;
  }
  for (const std::string_view name : split(value.text, ',')) {
    http::Method method = http::Method::other;
    const bool known = std::find(std::begin(known_methods), std::end(known_methods), name) != std::end(known_methods);
    if (!known || !http::find_method(name, method)) {
      report_method(scope, value, name);
      return false;
    }
    spec.methods |= method_bit(method);
    if (method == http::Method::get) spec.methods |= method_bit(http::Method::head);
  }
  return true;
}

bool read_path(Scope& scope, const config::Value& value, RouteSpec& spec) {
  auto path = parse_route_path(value.text);
  if (path) {
    spec.path = std::move(*path);
    return true;
  }
  scope.error(code::bad_route_path, value.span, "invalid path of a route").with_label(path.error().text)
      .with_help("a path is made of parts: `/items/:id` takes one for `:id`, `/files/*rest` all that is left");
  return false;
}

/// `when (EXPR)`: both words or none.
bool read_condition(Scope& scope, const config::Bound& directive, RouteSpec& spec, Route& route) {
  const config::Value* const condition = directive.find("condition");
  const config::Value* const when = directive.find("when");
  if (!condition && !when) return true;
  if (!condition || !when) {
    scope.error(code::bad_expression, condition ? condition->span : when->span, "a condition is written `when (...)`")
        .with_help("for example `when ($http_x_beta == \"1\")`");
    return false;
  }
  spec.conditional = true;
  route.when = compile_expression(scope, *condition, {.condition = true});
  if (!route.when) return false;
  if (route.when.known_from() <= config::Phase::rewrite) return true;
  if (route.when.known_behind_token() <= config::Phase::rewrite) {
    if (!scope.local_or_null<EarlyToken>()) scope.local<EarlyToken>().where = condition->span;
    return true;
  }
  scope.error(code::late_value, condition->span, "a variable of this condition is not known when a route is chosen")
      .with_help("routes are chosen by the request alone: fields, arguments, cookies, addresses, names in the path");
  return false;
}

}  // namespace

void build_route(Scope& outer, const config::Bound& directive) {
  Builder& builder = outer.builder;
  BlockParts& outer_parts = outer.local<BlockParts>();
  Server& server = *outer_parts.draft->server;
  RouteSpec spec;
  auto route = std::make_shared<Route>();
  const bool good_methods = read_methods(outer, *directive.find("methods"), spec);
  const bool swapped = !good_methods && directive.text("methods").starts_with('/');
  const bool good_path = !swapped && read_path(outer, *directive.find("path"), spec);
  if (!read_condition(outer, directive, spec, *route) || !good_methods || !good_path) return;

  route->kind = Route::Kind::path;
  route->name = std::string(directive.text("methods")) + " " + std::string(directive.text("path"));
  if (spec.conditional) route->name += " when " + std::string(route->when.source());
  route->where = directive.span();
  for (const RoutePath::Segment& segment : spec.path.segments) {
    if (segment.kind != RoutePath::Kind::literal) route->parameters.push_back(segment.text);
  }
  spec.route = static_cast<std::uint32_t>(server.routes.size());
  server.routes.push_back(route);
  ++builder.table->routes;

  Scope scope(builder, &outer, config::in_location);
  scope.where = directive.span();
  BlockParts& parts = scope.local<BlockParts>();
  parts.draft = outer_parts.draft;
  parts.route = route.get();
  parts.number = spec.route;
  builder.build_block(scope, directive.children);
  builder.finish_route(scope, *route);
  outer_parts.paths.push_back(std::move(spec));
}

void declare_path_names(Scope& main, const config::Bound& directive) {
  const auto path = parse_route_path(directive.text("path"));
  if (!path) return;  // said when the block is built
  for (const RoutePath::Segment& segment : path->segments) {
    if (segment.kind == RoutePath::Kind::literal) continue;
    main.builder.variables.declare_member(std::string(variable_prefix) + segment.text);
  }
}

void finish_routes(Scope& scope, Server& server, const std::vector<RouteSpec>& specs) {
  if (specs.empty()) return;
  std::vector<RouteTree::Tie> ties;
  server.paths = std::make_shared<const RouteTree>(RouteTree::build(specs, &ties));
  for (const RouteTree::Tie& tie : ties) {
    const Route& route = *server.routes[tie.route];
    const Route& first = *server.routes[tie.first];
    scope
        .error(code::duplicate_route, route.where,
               "route `" + route.name + "` fits the same requests as `" + first.name + "`")
        .with_related(first.where, "neither comes before the other")
        .with_help("join the blocks, name other methods, or give one of them a condition: `when (...)`");
  }
}

}  // namespace gh::table
