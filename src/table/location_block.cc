// `location`: its forms, the scope of its directives, and its Route.
#include <algorithm>

#include "base/text.h"
#include "config/typing.h"
#include "table/server_block.h"

namespace gh::table {
namespace {

using Kind = Route::Kind;

struct Head {
  Kind kind = Kind::prefix;
  bool ignore_case = false;
  std::string_view modifier;
  std::string_view text;
  config::Span text_span;
};

struct Modifier {
  std::string_view word;
  Kind kind;
  bool ignore_case;
};
constexpr Modifier modifiers[] = {  // longest first: "~*" before "~"
    {"^~", Kind::prefix_final, false}, {"~*", Kind::regex, true}, {"~", Kind::regex, false}, {"=", Kind::exact, false}};

/// The modifier may be glued to the text (LANGUAGE 6.1): `~^/v/`, `=/x`.
bool read_head(Scope& scope, const config::Bound& directive, Head& head) {
  const config::Value& first = directive.at(0);
  const std::string_view word = first.text;
  const bool two = directive.values.size() > 1;
  for (const Modifier& m : modifiers) {
    if (two ? word != m.word : !word.starts_with(m.word)) continue;
    head.kind = m.kind;
    head.ignore_case = m.ignore_case;
    head.modifier = m.word;
    head.text = two ? std::string_view(directive.at(1).text) : word.substr(m.word.size());
    head.text_span = two ? directive.at(1).span : first.span;
    return true;
  }
  if (two) {
    scope.error(code::bad_choice, first.span, "`" + std::string(first.text) + "` is no location modifier")
        .with_help("one of = ^~ ~ ~*; a path with blanks must be quoted");
    return false;
  }
  head.kind = word.starts_with("@") ? Kind::named : Kind::prefix;
  head.text = word;
  head.text_span = first.span;
  return true;
}

bool compile_regex(Scope& scope, const Head& head, Route& route) {
  auto regex = Regex::compile(head.text, head.ignore_case);
  if (!regex) {
    scope.error(code::bad_regex, head.text_span, "invalid regular expression")
        .with_label(regex.error().text)
        .with_help("byte " + std::to_string(regex.error().code + 1) + " of the expression is not understood");
    return false;
  }
  config::warn_of_escapes(head.text_span, scope.builder.loaded.sources, scope.builder.diagnostics);
  route.regex = std::make_shared<const Regex>(std::move(*regex));
  route.regex_slots = define_names(scope, *route.regex, head.text_span);
  return true;
}

bool add_named(Scope& outer, Server& server, const Head& head, std::uint32_t number, config::Span where) {
  if (outer.context != config::in_server) {
    outer
        .error(code::location_outside_parent, where,
               "named location `" + std::string(head.text) + "` stands inside another location")
        .with_help("named locations belong to the server level");
    return false;
  }
  const auto [it, is_new] = server.named.try_emplace(std::string(head.text), number);
  if (is_new) return true;
  outer.error(code::duplicate_location, where, "location `" + std::string(head.text) + "` stands twice in one server")
      .with_related(server.routes[it->second]->where, "first defined here")
      .with_help("join the two blocks, or give one of them another name");
  return false;
}

/// `:id` in the path of a location: it is a `route` that was meant.
void warn_of_parameter(Scope& scope, const Head& head) {
  if (head.kind == Kind::regex || head.kind == Kind::named) return;
  const std::size_t at = head.text.find("/:");
  if (at == std::string_view::npos || at + 2 >= head.text.size() || !is_alpha(head.text[at + 2])) return;
  scope.warning(code::route_words, head.text_span, "a location knows no parameters: this path is meant to the letter")
      .with_help("write `route * " + std::string(head.text) + " { ... }`, whose $path_NAME is what stands there");
}

LocationSpec::Kind spec_kind(Kind kind) {
  switch (kind) {
    case Kind::exact: return LocationSpec::Kind::exact;
    case Kind::prefix_final: return LocationSpec::Kind::prefix_final;
    case Kind::regex: return LocationSpec::Kind::regex;
    default: return LocationSpec::Kind::prefix;
  }
}

}  // namespace

void build_location(Scope& outer, const config::Bound& directive) {
  Builder& builder = outer.builder;
  BlockParts& outer_parts = outer.local<BlockParts>();
  Server& server = *outer_parts.draft->server;
  Head head;
  if (!read_head(outer, directive, head)) return;
  warn_of_parameter(outer, head);

  auto route = std::make_shared<Route>();
  route->kind = head.kind;
  route->name =
      head.modifier.empty() ? std::string(head.text) : std::string(head.modifier) + " " + std::string(head.text);
  route->where = directive.span();
  if (head.kind == Kind::regex && !compile_regex(outer, head, *route)) return;
  if (head.kind == Kind::exact || head.kind == Kind::prefix || head.kind == Kind::prefix_final) {
    route->prefix = head.text;
  }
  const auto number = static_cast<std::uint32_t>(server.routes.size());
  route->outer = outer_parts.number;
  server.routes.push_back(route);
  if (!route->regex_slots.empty()) server.regex_slots.emplace(route->regex.get(), route->regex_slots);
  ++builder.table->locations;

  Scope scope(builder, &outer, config::in_location);
  scope.where = directive.span();
  BlockParts& parts = scope.local<BlockParts>();
  parts.draft = outer_parts.draft;
  parts.route = route.get();
  parts.number = number;
  builder.build_block(scope, directive.children);
  route->internal = parts.internal;
  builder.finish_route(scope, *route);

  if (head.kind == Kind::named) {
    if (!parts.locations.empty()) {
      outer.error(code::location_outside_parent, server.routes[parts.locations.front().route]->where,
                  "named location `" + route->name + "` cannot hold other locations")
          .with_help("move it to the server level; or a `}` is missing before it");
    }
    add_named(outer, server, head, number, directive.span());
    return;
  }
  LocationSpec spec;
  spec.kind = spec_kind(head.kind);
  spec.text = head.text;
  spec.regex = route->regex;
  spec.route = number;
  // LANGUAGE 6.6: "/x" is sent to "/x/" when that location proxies.
  spec.auto_redirect = head.kind != Kind::regex && head.text.ends_with("/") && scope.local_or_null<ProxyTarget>();
  spec.nested = std::move(parts.locations);
  outer_parts.locations.push_back(std::move(spec));
}

}  // namespace gh::table
