// satisfy, auth_delay, and the step that asks a route's access checks one after another (policy/access.h).
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "policy/access.h"
#include "policy/jwt_issue.h"
#include "policy/login_lint.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/external_identity.h"

namespace gh::policy {

using config::Phase;
using proxy::Exchange;
using table::Verdict;

namespace {

struct Check {
  CheckFn run = nullptr;
  std::shared_ptr<const void> params;
  table::Origin origin;
};
struct Checks { std::vector<Check> list; };  // local to a scope

struct AccessSettings {
  bool any = false;
  std::int64_t delay_ms = 0;
};

struct Group {
  std::vector<Check> checks;
  AccessSettings settings;
  bool notes_proof = false;  // the content wants to know which check has found out who asks
};

/// An address is nobody.
void note_proof(Exchange& x, std::string_view check) {
  proxy::ExternalIdentity& identity = proxy::external_identity(x);
  if (check != "allow" && identity.proven_by.empty()) identity.proven_by = check;
}

Verdict refused(Exchange& x, const Group& group, unsigned status) {
  if (status == 403) x.log(LogLevel::error, "access forbidden by rule");
  if (group.notes_proof && x.external) x.external->proven_by = {};
  if (status == 401 && group.settings.delay_ms > 0 && x.access.delayed_status == 0) {
    x.access.delayed_status = static_cast<std::uint16_t>(status);
    x.resume_after(group.settings.delay_ms);
    return Verdict::again;
  }
  const table::Origin* const by = x.access.by;
  const std::string_view detail = x.reason;
  const auto login = status == 401 ? x.access.login : nullptr;
  x.access = {};
  if (login) {
    if (by) x.refused_by(*by, detail);
    return login(x);
  }
  return by ? x.error(status, *by, detail) : x.error(status);
}

/// The last check that had credentials to judge answers. Of others a 401 stays when another one says 403: the client
/// may still do something about it.
void remember(Exchange& x, unsigned status) {
  const bool presented = std::exchange(x.access.presented, false);
  const std::string_view text = std::exchange(x.page_text, {});
  const std::string_view reason = std::exchange(x.reason, {});
  if (!presented && (x.access.refusal_presented || x.access.refusal == 401)) return;
  x.access.refusal = static_cast<std::uint16_t>(status);
  x.access.refusal_presented = presented;
  x.access.refusal_text = text;
  x.access.refusal_reason = reason;
  x.access.refusal_by = x.access.by;
}

void forget_challenge(Exchange& x) {
  x.reply.fields.remove_if([](const http::Field& field) { return field.id == http::HeaderId::www_authenticate; });
}

Verdict run(Exchange& x, const void* params) {
  if (x.parent) return Verdict::next;
  const Group& group = *static_cast<const Group*>(params);
  if (x.access.delayed_status != 0) return refused(x, group, x.access.delayed_status);
  while (x.access.next < group.checks.size()) {
    const Check& check = group.checks[x.access.next];
    const Access said = check.run(x, check.params.get());
    if (said == Access::wait) return Verdict::again;
    x.access.pending = nullptr;
    switch (said) {
      case Access::wait: break;
      case Access::done: return Verdict::done;
      case Access::next: break;
      case Access::pass:
        if (group.notes_proof) note_proof(x, check.origin.directive);
        if (!group.settings.any) break;
        forget_challenge(x);
        x.access = {};
        x.reason = {};
        return Verdict::next;
      case Access::refuse: {
        const unsigned status = x.access.status;
        if (!x.access.by) x.access.by = &check.origin;
        if (!group.settings.any || (status != 401 && status != 403)) return refused(x, group, status);
        remember(x, status);
        break;
      }
    }
    ++x.access.next;
  }
  if (x.access.refusal != 0) {
    x.access.by = x.access.refusal_by;
    x.reason = x.access.refusal_reason;
    x.page_text = x.access.refusal_text;
    return refused(x, group, x.access.refusal);
  }
  x.access = {};
  return Verdict::next;
}

}  // namespace

void add_check(table::Scope& scope, CheckFn check, std::shared_ptr<const void> params, std::string_view name) {
  scope.local<Checks>().list.push_back({check, std::move(params), {name, {}}});
}

Access refuse(Exchange& x, unsigned status, const table::Origin* by) {
  x.access.status = static_cast<std::uint16_t>(status);
  x.access.by = by;
  return Access::refuse;
}

void apply_satisfy(table::Scope& scope, const config::Bound& directive) {
  scope.edit<AccessSettings>().any = directive.at(0).text == "any";
}

void apply_auth_delay(table::Scope& scope, const config::Bound& directive) {
  scope.edit<AccessSettings>().delay_ms = directive.at(0).number;
}

void finish_access(table::Scope& scope, table::Route& route) {
  const auto checks = scope.local_or_null<Checks>();
  if (!checks) return;
  for (const Check& check : checks->list) route.checks.push_back(check.origin.directive);
  warn_of_early_answer(scope, route);
  auto group = std::make_shared<Group>();
  group->checks = checks->list;
  group->settings = scope.get<AccessSettings>();
  group->notes_proof = static_cast<bool>(scope.content_or_null<IssuesTokens>());
  table::add_step(route, Phase::access, run, std::move(group), "access");
}

}  // namespace gh::policy
