// Overlays: blocks that make a route of their own over that of the block around them: `if`, `limit_except`.
#include "table/server_block.h"

namespace gh::table {

namespace {

/// The line as it is written, without quotes: "if ($request_method = POST)".
std::string name_of(const config::Bound& directive) {
  std::string name(directive.row->name);
  for (const config::Value& value : directive.values) {
    if (value.text != ")") name += ' ';
    name += value.text;
  }
  return name;
}

}  // namespace

const Route& build_overlay(Scope& outer, const config::Bound& directive, const std::function<void(Scope&)>& take) {
  Builder& builder = outer.builder;
  const BlockParts& outer_parts = outer.local<BlockParts>();
  auto route = std::make_shared<Route>();
  route->kind = Route::Kind::condition;
  route->name = name_of(directive);
  route->where = directive.span();
  if (const Route* around = outer_parts.route) {
    route->prefix = around->prefix;
    route->regex = around->regex;
    route->regex_slots = around->regex_slots;
    route->over = around->kind == Route::Kind::condition ? around->over : around->kind;
  }
  Scope scope(builder, &outer, static_cast<config::Context>(directive.row->inside));
  scope.where = directive.span();
  scope.local<BlockParts>() = {outer_parts.draft, {}, false, route.get(), outer_parts.number, {}};
  builder.build_block(scope, directive.children);
  take(scope);
  builder.finish_route(scope, *route);
  Route& owner = outer_parts.route ? *outer_parts.route : outer_parts.draft->server->base;
  return *owner.overlays.emplace_back(std::move(route));
}

void declare_group_names(VariableTable& variables, std::string_view pattern) {
  for (std::size_t at = pattern.find("(?"); at != std::string_view::npos; at = pattern.find("(?", at + 2)) {
    std::string_view rest = pattern.substr(at + 2);
    if (rest.starts_with("P")) rest.remove_prefix(1);
    if (!rest.starts_with("<") && !rest.starts_with("'")) continue;
    const std::size_t end = rest.find_first_of(">'", 1);
    const std::string_view name = rest.substr(1, end == std::string_view::npos ? 0 : end - 1);
    if (name.empty() || name[0] == '=' || name[0] == '!') continue;  // look-behind
    if (!variables.is_fixed(name)) variables.define(name);
  }
}

void declare_group_names(Scope& main, const config::Bound& directive) {
  for (const config::Value& value : directive.values) declare_group_names(main.builder.variables, value.text);
}

}  // namespace gh::table
