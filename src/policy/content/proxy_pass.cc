// proxy_pass: the content step that hands an exchange to an upstream. Settings come from the proxy_* directives
// (src/directives/proxy.cc); the work is done by proxy/forwarder.
#include "base/text.h"
#include "http/field_value.h"
#include "policy/forwarded_body.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/upstream_cookies.h"
#include "table/plan.h"
#include "table/proxy_target.h"
#include "table/tls_client_loader.h"

namespace gh::policy {

namespace {

using proxy::Exchange;
using proxy::ForwardedRequest;
using proxy::ProxyPlan;
using table::Verdict;

Verdict run_proxy_pass(Exchange& x, const void* params) {
  const auto& plan = *static_cast<const ProxyPlan*>(params);
  ForwardedRequest request;
  if (!prepare_forwarded_body(x, plan, request)) return Verdict::wait;
  const table::ProxySettings& settings = *plan.settings;
  take_client_method(x, request);
  if (settings.method) {
    request.method = settings.method->render(x, x.arena);
    request.head_method = iequals(request.method, "HEAD");
  }
  if (!http::is_token(request.method)) {
    x.log(LogLevel::error, "proxy_method is not a method name");
    return x.error(500);
  }
  if (plan.websocket) request.websocket = proxy::is_websocket(x, plan, request);
  return forward(x, plan, request);
}

std::shared_ptr<const proxy::CookieRules> cookie_rules(table::Scope& scope) {
  auto rules = std::make_shared<proxy::CookieRules>();
  if (!scope.get<proxy::CookieDomains>().list.empty()) rules->domains = scope.shared<proxy::CookieDomains>();
  if (!scope.get<proxy::CookiePaths>().list.empty()) rules->paths = scope.shared<proxy::CookiePaths>();
  if (!scope.get<proxy::CookieFlagRules>().list.empty()) rules->flags = scope.shared<proxy::CookieFlagRules>();
  return rules->domains || rules->paths || rules->flags ? rules : nullptr;
}

}  // namespace

void finish_proxy(table::Scope& scope, table::Route& route) {
  const auto target = scope.content_or_null<table::ProxyTarget>();
  if (!target) return;
  using Kind = table::Route::Kind;
  const Kind kind = route.kind == Kind::condition ? route.over : route.kind;
  const bool prefix_location = kind == Kind::exact || kind == Kind::prefix || kind == Kind::prefix_final;
  auto plan = proxy::make_proxy_plan(target, scope.shared<table::ProxySettings>(),
                                     scope.shared<table::ProxySetHeaders>(), scope.get<table::ProxyHideHeaders>(),
                                     scope.get<table::ProxyPassHeaders>(),
                                     scope.shared<table::ProxyRedirects>(), route.prefix, prefix_location);
  plan->takes_query = kind == Kind::path;
  add_common_settings(scope, *plan);
  plan->ignored = scope.get<table::ProxyIgnoreHeaders>().bits;
  plan->cookies = cookie_rules(scope);
  if (target->may_be_tls) plan->tls = table::tls_client_plan<table::ProxySide>(scope);
  plan->websocket = scope.get<proxy::UpgradeSettings>().websocket;
  table::add_step(route, config::Phase::content, &run_proxy_pass, std::move(plan), "proxy_pass");
}

}  // namespace gh::policy
