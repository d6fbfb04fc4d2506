#include "table/expression_words.h"

#include "table/expression_program.h"

namespace gh::table {

using Op = config::ExpressionOp;
using Type = ExprType;

std::string_view type_name(Type type) {
  static constexpr std::string_view names[] = {"any value", "null", "a boolean", "a number", "a text", "a list"};
  return names[static_cast<std::size_t>(type)];
}

bool accepts(std::uint8_t set, Type type) {
  switch (type) {
    case Type::text: return (set & ExprFunction::texts) != 0;
    case Type::number: return (set & ExprFunction::numbers) != 0;
    case Type::boolean: return (set & ExprFunction::booleans) != 0;
    case Type::list: return (set & ExprFunction::lists) != 0;
    default: return true;
  }
}

std::string accepted(std::uint8_t set) {
  std::string out;
  for (const Type type : {Type::text, Type::number, Type::boolean, Type::list}) {
    if (accepts(set, type)) out += (out.empty() ? "" : " or ") + std::string(type_name(type));
  }
  return out;
}

std::string_view symbol(Op op) {
  switch (op) {
    case Op::times: return "*";
    case Op::over: return "/";
    case Op::modulo: return "%";
    case Op::plus: return "+";
    case Op::minus:
    case Op::negative: return "-";
    case Op::equal: return "==";
    case Op::not_equal: return "!=";
    case Op::below: return "<";
    case Op::at_most: return "<=";
    case Op::above: return ">";
    case Op::at_least: return ">=";
    case Op::like: return "~";
    case Op::unlike: return "!~";
    case Op::like_any_case: return "~*";
    case Op::unlike_any_case: return "!~*";
    case Op::in: return "in";
    case Op::not_in: return "not in";
    case Op::inverse: return "not";
    case Op::both: return "and";
    case Op::either: return "or";
    case Op::choice: return "?:";
    default: return "";
  }
}

}  // namespace gh::table
