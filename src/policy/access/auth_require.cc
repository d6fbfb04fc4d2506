// auth_require: what must hold for a request that may otherwise pass. `($claim == "x")`, or NGINX Plus's form:
// variables that are neither empty nor "0". It acts behind the checks that find out who asks (policy/access.h),
// whatever `satisfy` says about those.
#include <fmt/format.h>

#include <vector>

#include "policy/codes.h"
#include "policy/condition.h"
#include "policy/proven_text.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/build.h"
#include "table/expression.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

struct Requirement {
  std::vector<table::Expression> conditions;
  std::vector<table::Expression> variables;
  unsigned status = 403;
  std::string where;  // the text itself may hold a secret, and is not logged
  table::Origin origin;
};
struct Requirements { std::vector<Requirement> list; };

bool is_met(const Requirement& requirement, const table::ExprInput& input) {
  for (const table::Expression& condition : requirement.conditions) {
    if (!condition.holds(input)) return false;
  }
  for (const table::Expression& variable : requirement.variables) {
    if (!says_yes(variable.evaluate(input))) return false;
  }
  return true;
}

Verdict run(Exchange& x, const void* params) {
  if (x.parent) return Verdict::next;
  bool gave_up = false;
  const table::ExprInput input{x, x.arena, x.clock().unix_ms(), {}, &gave_up};
  for (const Requirement& requirement : static_cast<const Requirements*>(params)->list) {
    if (is_met(requirement, input)) continue;
    x.log(LogLevel::error,
          fmt::format("access forbidden by auth_require at {}{}", requirement.where,
                      gave_up ? ": a regular expression ran into its match limit" : ""));
    return x.error(requirement.status, requirement.origin,
                   gave_up ? "a regular expression ran into its match limit" : "");
  }
  return Verdict::next;
}

/// A slip, as a rule: a name without its `$`, or what was meant to stand there for a moment.
void warn_of_constant(table::Scope& scope, const config::Value& value, const table::Expression& condition) {
  const bool is_constant = condition && condition.variables_text().empty() &&
                           condition.source().find("now") == std::string_view::npos;
  if (!is_constant) return;
  scope.warning(code::never_asked, value.span, "this condition is the same for all requests")
      .with_label("no variable stands in it")
      .with_help("compare what the request brings: `auth_require ($jwt_claim_role == \"admin\");`; to let nobody pass, "
                 "write `deny all;`");
}

}  // namespace

void apply_auth_require(table::Scope& scope, const config::Bound& directive) {
  Requirement requirement;
  requirement.where = scope.builder.where(directive.span());
  requirement.origin = {directive.row->name, directive.span()};
  requirement.status = static_cast<unsigned>(directive.number("error=", 403));
  for (const config::Value& value : directive.values) {
    if (value.spec->type == config::ArgType::expr) {
      requirement.conditions.push_back(compile_proven_condition(scope, value));
      warn_of_constant(scope, value, requirement.conditions.back());
    } else if (value.spec->type == config::ArgType::variable) {
      requirement.variables.push_back(compile_proven_condition(scope, value));
    }
  }
  if (requirement.conditions.empty() && requirement.variables.empty()) {
    scope.error(table::code::argument_count, directive.span(), "`auth_require` needs a condition")
        .with_label("nothing is required")
        .with_help("write `auth_require ($variable == \"text\");` or `auth_require $variable;`");
  }
  scope.edit_list<Requirements>().list.push_back(std::move(requirement));
}

void finish_auth_require(table::Scope& scope, table::Route& route) {
  if (!scope.has<Requirements>()) return;
  table::add_step(route, config::Phase::authorize, run, scope.shared<Requirements>(), "auth_require");
}

}  // namespace gh::policy
