// What diagnostics of expressions call types and operators.
#pragma once

#include <string>
#include <string_view>

#include "table/expression.h"

namespace gh::table {

/// "a text", "any value".
std::string_view type_name(ExprType type);
/// Is `type` in a set of ExprFunction::Accepts? What is known only later is.
bool accepts(std::uint8_t set, ExprType type);
/// "a text or a list".
std::string accepted(std::uint8_t set);
/// "==", "not in".
std::string_view symbol(config::ExpressionOp op);

}  // namespace gh::table
