#include "policy/condition.h"

#include <fmt/format.h>

namespace gh::policy {

namespace {

/// As its text: nothing for none, its own for one; several are never empty.
bool list_says_yes(const table::ExprValue& list) {
  const std::size_t count = table::item_count(list);
  if (count != 1) return count > 1;
  bool yes = false;
  table::each_item(list, 1, [&yes](const table::ExprValue& item) {
    yes = says_yes(item);
    return false;
  });
  return yes;
}

}  // namespace

bool says_yes(const table::ExprValue& value) {
  if (value.is_list()) return list_says_yes(value);
  switch (value.kind) {
    case table::ExprValue::Kind::null: return false;
    case table::ExprValue::Kind::boolean: return value.yes;
    case table::ExprValue::Kind::integer: return value.integer != 0;
    case table::ExprValue::Kind::text: return !value.text().empty() && value.text() != "0";
    case table::ExprValue::Kind::json: return value.node.size() > 0;  // an object
    default: return true;
  }
}

table::Expression compile_condition(table::Scope& scope, const config::Value& value) {
  if (value.spec->type == config::ArgType::expr) {
    return table::compile_expression(scope, value, {.roots = {}, .strict = true, .condition = true});
  }
  // `$name` as an expression of its own, at the same place of the file
  const std::string text = fmt::format("(${})", value.text);
  config::Value bracketed = value;
  bracketed.text = text;
  bracketed.span.begin -= 1;
  return table::compile_expression(scope, bracketed, {});
}

}  // namespace gh::policy
