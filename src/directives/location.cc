// location { } and what belongs to the block itself.
#include <algorithm>

#include "base/text.h"
#include "directives/directives.h"
#include "directives/setters.h"
#include "http/method.h"
#include "table/server_block.h"

namespace gh::directives {
namespace {

bool has_word(std::string_view words, std::string_view word) {
  const std::vector<std::string_view> all = split(words, ' ');
  return std::find(all.begin(), all.end(), word) != all.end();
}

void apply_internal(Scope& scope, const Bound&) { scope.local<table::BlockParts>().internal = true; }

/// nginx's list: TRACE and CONNECT are refused before any location is looked for.
bool add_method(Scope& scope, const Value& value, std::uint32_t& allows) {
  constexpr std::string_view known =
      "GET HEAD POST PUT DELETE MKCOL COPY MOVE OPTIONS PROPFIND PROPPATCH LOCK UNLOCK PATCH";
  std::string name(value.text);
  for (char& c : name) c = upper(c);
  http::Method method = http::Method::other;
  if (!http::find_method(name, method) || !has_word(known, name)) {
    scope.error(table::code::bad_choice, value.span, "`" + printable(value.text, 60) + "` is no method of limit_except")
        .with_help("methods: " + std::string(known));
    return false;
  }
  allows |= 1u << static_cast<unsigned>(method);
  if (method == http::Method::get) allows |= 1u << static_cast<unsigned>(http::Method::head);
  return true;
}

void apply_limit_except(Scope& scope, const Bound& directive) {
  std::uint32_t allows = 0;
  for (const Value& value : directive.values) {
    if (!add_method(scope, value, allows)) return;
  }
  table::Route* const route = scope.local<table::BlockParts>().route;
  const table::Route& overlay = table::build_overlay(scope, directive, [](Scope&) {});
  if (!route) return;
  route->except = &overlay;
  route->except_allows = allows;
}

constexpr Row rows[] = {
    {.name = "location", .contexts = config::in_server | config::in_location | config::not_in_route,
     .args = {{{"match", ArgType::word}, {"uri", ArgType::word, Presence::optional}}}, .block = Block::directives,
     .inside = config::in_location, .inherit = Inherit::none, .repeatable = true, .apply = table::build_location,
     .declare = table::declare_group_names,
     .doc = "Settings for the paths that match: prefix, = exact, ^~ prefix, ~ regex, ~* regex, @name."},
    {.name = "internal", .contexts = config::in_location | config::not_in_route, .inherit = Inherit::none,
     .apply = apply_internal,
     .doc = "Requests from outside get 404 here; internal redirects pass."},
    {.name = "limit_except", .contexts = config::in_location | config::not_in_route,
     .args = {{{"method", ArgType::word, Presence::repeat_one}}}, .block = Block::directives,
     .inside = config::in_limit_except, .inherit = Inherit::none, .apply = apply_limit_except,
     .doc = "Rules for all methods but those named: allow, deny, auth_basic, proxy_pass. GET brings HEAD along."},
};

}  // namespace

constinit const table::Module location_module{"location", rows};

}  // namespace gh::directives
