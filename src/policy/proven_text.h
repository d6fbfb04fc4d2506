// Texts that tell others who asks, or decide who may: identity_header, jwt_issue, auth_require. What anybody can say of
// himself is no answer to that: in them $remote_user is $auth_basic_user, and where it is hidden in what they are made
// of (map, set), it is told (W325). Build thread only.
#pragma once

#include "table/expression.h"
#include "table/scope.h"

namespace gh::policy {

table::Template compile_proven(table::Scope& scope, const config::Value& value);
table::Expression compile_proven_expression(table::Scope& scope, const config::Value& value,
                                            const table::ExprRules& rules);
/// auth_require's: an expression, or a variable that says yes (policy/condition.h).
table::Expression compile_proven_condition(table::Scope& scope, const config::Value& value);

}  // namespace gh::policy
