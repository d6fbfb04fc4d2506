// auth_mtls: a client's certificate says which consumer asks, by its subject alternative names. Verifying it is TLS's
// business (ssl_verify_client).
#include <fmt/format.h>

#include "policy/access.h"
#include "policy/consumers.h"
#include "policy/policy.h"
#include "proxy/client_names.h"
#include "proxy/exchange.h"
#include "table/build.h"
#include "table/codes.h"

namespace gh::policy {

using proxy::Exchange;

namespace {

struct Settings { bool is_on = false; };
struct Plan { std::shared_ptr<const Consumers> consumers; };
/// Of the first auth_mtls; local to the outermost scope.
struct FirstUse { config::Span where; };

Access check(Exchange& x, const void* params) {
  const Consumers& consumers = *static_cast<const Plan*>(params)->consumers;
  const auto names = proxy::client_names(x);
  for (const proxy::ClientName& name : names) {
    const proxy::Consumer* const consumer = consumers.by_certificate(name.text);
    if (!consumer) continue;
    proxy::recognise(x, consumer, proxy::Caller::Way::certificate);
    return Access::pass;
  }
  x.log(LogLevel::info, names.empty() ? std::string("no verified client certificate with a name")
                                      : fmt::format("the client certificate of \"{}\" belongs to no consumer",
                                                    names.front().text));
  x.reason = "the client certificate belongs to no consumer";
  return refuse(x, 403);
}

}  // namespace

void apply_auth_mtls(table::Scope& scope, const config::Bound& directive) {
  Settings& settings = scope.edit<Settings>();
  settings.is_on = directive.at(0).number != 0;
  auto& first = table::outermost(scope).local<FirstUse>().where;
  if (settings.is_on && !first.is_set()) first = directive.span();
}

void finish_auth_mtls(table::Scope& scope, table::Route&) {
  if (!scope.has<Settings>() || !scope.get<Settings>().is_on) return;
  auto plan = std::make_shared<Plan>();
  plan->consumers = consumers_of(scope);
  add_check(scope, check, std::move(plan), "auth_mtls");
}

void end_auth_mtls(table::Scope& main) {
  const config::Span where = main.local<FirstUse>().where;
  if (!where.is_set() || main.builder.diagnostics.has_errors() || consumers_of(main)->has_certificates()) return;
  main.error(table::code::no_keys, where, "auth_mtls asks for certificates, and no consumer has one: nobody could pass")
      .with_help("add one: consumer orders { certificate_san spiffe://example.org/orders; }");
}

}  // namespace gh::policy
