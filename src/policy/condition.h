// An argument that is true or not of a request: `(expression)`, or `$variable`, which is true when it is neither empty
// nor "0".
#pragma once

#include "config/directive.h"
#include "table/expression.h"
#include "table/scope.h"

namespace gh::policy {

/// Compiles either form; the row has typed it (ArgType::expr or variable). Build thread.
table::Expression compile_condition(table::Scope& scope, const config::Value& value);

/// Not there, empty, "0", 0 or false: no.
bool says_yes(const table::ExprValue& value);

}  // namespace gh::policy
