// Directives that nothing acts on: known.cc says what happens to them, and the rows here hold their values to what
// nginx takes, so that a file that nginx refuses is refused. They are no part of the table: they have no text of their
// own.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "directives/setters.h"

namespace gh::directives {

using Shape = Row;  // a row outside of the table

/// What is not served yet (later.cc), and what has no meaning here (no_effect.cc).
std::span<const Row> later_shapes();
std::span<const Row> no_effect_shapes();

namespace shape {

inline constexpr config::Contexts in_hsl_and_if = hsl | config::in_location_if;

inline constexpr ArgSpec word{"value", ArgType::word};
inline constexpr ArgSpec words{"value", ArgType::word, Presence::repeat_one};
inline constexpr ArgSpec file{"file", ArgType::conf_path};
inline constexpr ArgSpec text{"text", ArgType::templ};
inline constexpr ArgSpec texts{"text", ArgType::templ, Presence::repeat_one};
inline constexpr ArgSpec time_s{"time", ArgType::sec};

constexpr ArgSpec choice(std::string_view choices) {
  return {"value", ArgType::one_of, Presence::required, choices};
}
constexpr ArgSpec choices_of(std::string_view choices) {
  return {"value", ArgType::one_of, Presence::repeat_one, choices};
}
constexpr ArgSpec positive{"number", ArgType::count, Presence::required, {}, 1};

/// Stands once in a block.
constexpr Row one(std::string_view name, config::Contexts contexts, std::initializer_list<ArgSpec> args,
                  config::Apply apply = nullptr) {
  Row row;
  row.name = name;
  row.contexts = contexts;
  std::size_t i = 0;
  for (const ArgSpec& arg : args) row.args[i++] = arg;
  row.apply = apply;
  return row;
}

/// May stand several times in a block.
constexpr Row many(std::string_view name, config::Contexts contexts, std::initializer_list<ArgSpec> args,
                   config::Apply apply = nullptr) {
  Row row = one(name, contexts, args, apply);
  row.repeatable = true;
  return row;
}

}  // namespace shape
}  // namespace gh::directives
