// What most rows are made of: `set<&Group::member>` puts the directive's first value into a member of a settings group;
// `setting(...)` makes the row of a scalar with one argument.
#pragma once

#include <string>
#include <type_traits>

#include "config/directive.h"
#include "config/values.h"
#include "table/codes.h"
#include "table/scope.h"

namespace gh::directives {

using config::ArgSpec;
using config::ArgType;
using config::Block;
using config::Bound;
using config::Inherit;
using config::Phase;
using config::Presence;
using config::Row;
using config::Value;
using table::Scope;

inline constexpr config::Contexts hsl = config::in_http_server_location;
inline constexpr config::Contexts hs = config::in_http | config::in_server;
inline constexpr config::Contexts in_ifs = config::in_server_if | config::in_location_if;

namespace detail {
template <class T>
struct MemberTraits;
template <class G, class T>
struct MemberTraits<T G::*> {
  using Group = G;
  using Type = T;
};
}  // namespace detail

/// Puts a scalar into its group. A value that the outer block has already costs no copy of the group.
template <auto Member, class T>
void assign(Scope& scope, const T& value) {
  using Group = typename detail::MemberTraits<decltype(Member)>::Group;
  if (scope.get<Group>().*Member != value) scope.edit<Group>().*Member = value;
}

/// Numbers, booleans and texts.
template <auto Member>
void set(Scope& scope, const Bound& directive) {
  using Type = typename detail::MemberTraits<decltype(Member)>::Type;
  const Value& value = directive.at(0);
  if constexpr (std::is_same_v<Type, bool>) assign<Member>(scope, value.number != 0);
  else if constexpr (std::is_same_v<Type, std::string>) assign<Member>(scope, std::string(value.text));
  else assign<Member>(scope, static_cast<Type>(value.number));
}

/// A size that may hold variables; a constant one is checked here.
template <auto Member>
void set_size_template(Scope& scope, const Bound& directive) {
  using Group = typename detail::MemberTraits<decltype(Member)>::Group;
  const Value& value = directive.at(0);
  if (value.text.find('$') == std::string_view::npos && !config::parse_size(value.text, false)) {
    scope.error(table::code::bad_size, value.span, "invalid size `" + std::string(value.text) + "`")
        .with_help("write a whole number of bytes, or with k or m: `64k`");
    return;
  }
  scope.edit<Group>().*Member = scope.compile(value);
}

constexpr Row setting(std::string_view name, config::Contexts contexts, ArgSpec arg, std::string_view fallback,
                      config::Apply apply, std::string_view doc) {
  Row row;
  row.name = name;
  row.contexts = contexts;
  row.args[0] = arg;
  row.fallback = fallback;
  row.apply = apply;
  row.doc = doc;
  return row;
}

inline constexpr ArgSpec on_off{"on|off", ArgType::on_off};
inline constexpr ArgSpec time_ms{"time", ArgType::msec};
inline constexpr ArgSpec size_bytes{"size", ArgType::bytes};
inline constexpr ArgSpec any_count{"number", ArgType::count};

}  // namespace gh::directives
