#include "policy/proven_text.h"

#include <fmt/format.h>

#include "policy/codes.h"
#include "policy/condition.h"
#include "table/build.h"

namespace gh::policy {

using Proven = table::VariableTable::Proven;

namespace {

constexpr std::string_view claimed = "remote_user";

/// When all has been read: a map may stand behind its use.
void warn_of_claims(table::Scope& scope, const config::Value& value, table::Template text) {
  scope.builder.at_end([&builder = scope.builder, text = std::move(text), where = value.span] {
    if (!builder.variables.is_made_of(text, claimed)) return;
    builder.diagnostics
        .warning(code::claimed_name, where, "this is made of $remote_user, which whoever asks can choose")
        .with_label("who asks is told by it")
        .with_help("write a map of $auth_basic_user, which is empty where auth_basic has not found the password right; "
                   "`set` acts before that is known");
  });
}

/// While a Proven lives.
table::Expression told(table::Scope& scope, const config::Value& value, table::Expression expression) {
  table::Template variables;
  table::TemplateFault fault;
  const bool is_read =
      expression && table::Template::compile(expression.variables_text(), scope.builder.variables, variables, fault);
  if (is_read) warn_of_claims(scope, value, std::move(variables));
  return expression;
}

}  // namespace

table::Template compile_proven(table::Scope& scope, const config::Value& value) {
  const Proven proven(scope.builder.variables);
  table::Template text = scope.compile(value);
  warn_of_claims(scope, value, text);
  return text;
}

table::Expression compile_proven_expression(table::Scope& scope, const config::Value& value,
                                            const table::ExprRules& rules) {
  const Proven proven(scope.builder.variables);
  return told(scope, value, table::compile_expression(scope, value, rules));
}

table::Expression compile_proven_condition(table::Scope& scope, const config::Value& value) {
  const Proven proven(scope.builder.variables);
  return told(scope, value, compile_condition(scope, value));
}

}  // namespace gh::policy
