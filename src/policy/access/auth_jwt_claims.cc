// What the claims of a verified token are used for: variables of the configuration's own (auth_jwt_claim_set,
// auth_jwt_header_set), and what must be there (auth_jwt_require).
#include <algorithm>
#include <vector>

#include "policy/access/auth_jwt.h"
#include "policy/computed.h"
#include "policy/condition.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/build.h"
#include "table/expression.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

// ---- variables -----------------------------------------------------------------------------------------------------

/// The way to a claim, member by member.
struct ClaimPath {
  bool of_header = false;
  std::vector<std::string> names;
};

std::string_view claim_at(Exchange& x, const table::VariableParam& param) {
  const ClaimPath& path = *static_cast<const ClaimPath*>(param.object);
  const proxy::VerifiedToken* const token = x.main().token;
  if (!token) return table::not_found;
  json::Value at = path.of_header ? token->header->root() : token->claims.root();
  for (const std::string& name : path.names) at = at.find(name);
  return proxy::claim_text(x.arena, at);
}

void declare(table::Scope& main, const config::Bound& directive, bool of_header) {
  auto path = std::make_shared<ClaimPath>();
  path->of_header = of_header;
  for (const config::Value& value : directive.values.subspan(1)) path->names.emplace_back(value.text);
  const config::Value& name = directive.at(0);
  if (table::Computed* const computed = define_computed(main, name, claim_at, path.get())) {
    computed->is_volatile = true;  // what was read before the token was verified says nothing
    main.builder.variables.mark_of_token(name.text);
  }
  main.builder.variables.keep(std::move(path));
}

// ---- auth_jwt_require ----------------------------------------------------------------------------------------------

struct Requirement {
  std::vector<table::Expression> variables;
  unsigned status = 401;
  table::Origin origin;
};
struct Requirements { std::vector<Requirement> list; };

/// Of a request that passed without a token (satisfy any), no claims can be asked.
Verdict run(Exchange& x, const void* params) {
  if (x.parent || !x.token) return Verdict::next;
  const table::ExprInput input{x, x.arena, x.clock().unix_ms(), {}, nullptr};
  for (const Requirement& requirement : static_cast<const Requirements*>(params)->list) {
    const auto& all = requirement.variables;
    if (std::all_of(all.begin(), all.end(), [&](const auto& one) { return says_yes(one.evaluate(input)); })) continue;
    x.log(LogLevel::error, "access forbidden by auth_jwt_require");
    if (requirement.status == 401) add_bearer_challenge(x, {}, "invalid_token", "The token is not for this place");
    if (requirement.status == 403) add_bearer_challenge(x, {}, "insufficient_scope", {});
    return x.error(requirement.status, requirement.origin);
  }
  return Verdict::next;
}

}  // namespace

void declare_auth_jwt_claim_set(table::Scope& main, const config::Bound& directive) { declare(main, directive, false); }
void declare_auth_jwt_header_set(table::Scope& main, const config::Bound& directive) { declare(main, directive, true); }
void apply_auth_jwt_set(table::Scope&, const config::Bound&) {}  // all was done when it was declared

void apply_auth_jwt_require(table::Scope& scope, const config::Bound& directive) {
  note_jwt_setting(scope, directive);
  Requirement requirement;
  requirement.status = static_cast<unsigned>(directive.number("error=", 401));
  requirement.origin = {directive.row->name, directive.span()};
  for (const config::Value& value : directive.values) {
    if (value.spec->type != config::ArgType::variable) continue;
    requirement.variables.push_back(compile_condition(scope, value));
  }
  scope.edit_list<Requirements>().list.push_back(std::move(requirement));
}

void finish_auth_jwt_require(table::Scope& scope, table::Route& route) {
  if (!scope.has<Requirements>()) return;
  table::add_step(route, Phase::authorize, run, scope.shared<Requirements>(), "auth_jwt_require");
}

}  // namespace gh::policy
