// jwt_issue_keys: the public halves of jwt_issue_key, for all who verify tokens (RFC 7517). Made once, with the table.
#include <fmt/format.h>

#include "policy/jwt_issue.h"
#include "proxy/exchange.h"
#include "table/build.h"
#include "table/codes.h"
#include "table/exempt.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

struct PublishesKeys { config::Span where; };

struct KeysPlan {
  std::string document;
  table::Origin origin;
};

Verdict publish(Exchange& x, const void* params) {
  const KeysPlan& plan = *static_cast<const KeysPlan*>(params);
  if (x.method_now != http::Method::get && x.method_now != http::Method::head) {
    x.reply.fields.add(x.arena, "Allow", "GET, HEAD");
    return x.error(405, plan.origin, "only GET and HEAD");
  }
  x.reply.fields.add(x.arena, "Cache-Control", "public, max-age=300");
  return x.respond(200, "application/jwk-set+json", plan.document);
}

}  // namespace

void apply_jwt_issue_keys(table::Scope& scope, const config::Bound& directive) {
  scope.local<PublishesKeys>().where = directive.span();
}

void finish_jwt_issue_keys(table::Scope& scope, table::Route& route) {
  const auto publishes = scope.content_or_null<PublishesKeys>();
  if (!publishes) return;
  const config::Span where = publishes->where;
  std::string document = public_keys(scope.get<IssueKeys>().list);
  if (document.empty()) {
    if (scope.has<IssueKeys>() && scope.get<IssueKeys>().list.empty()) return;  // what was wrong has been said
    scope.error(table::code::missing_parameter, where, "`jwt_issue_keys` has no key to publish")
        .with_help("add `jwt_issue_key file:PATH;` with a private key here or around it; secrets are not published");
    return;
  }
  scope.builder.at_end([&builder = scope.builder, &route, where] {
    if (table::proofs(route).empty()) return;
    builder.diagnostics
        .warning(table::code::locked_login, where, "who wants to verify tokens needs one to get at the keys for it")
        .with_help(fmt::format("write `{} off;` beside it: these keys are public", table::proofs(route).front()));
  });
  auto plan = std::make_shared<KeysPlan>(KeysPlan{std::move(document), {"jwt_issue_keys", where}});
  table::add_step(route, config::Phase::content, publish, std::move(plan), "jwt_issue_keys");
}

}  // namespace gh::policy
