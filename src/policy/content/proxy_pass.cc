// proxy_pass: the content step that hands an exchange to an upstream. Settings come from the proxy_* directives
// (src/directives/proxy.cc); the work is done by proxy/forwarder.
#include "base/text.h"
#include "http/field_value.h"
#include "policy/forwarded_body.h"
#include "policy/policy.h"
#include "proxy/forwarder.h"
#include "proxy/upstream_cookies.h"
#include "proxy/worker.h"
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
  request.head_method = x.method_now == http::Method::head;
  if (settings.method) request.method = settings.method->render(x, x.arena);
  else request.method = x.method_now == x.request.method ? x.request.method_text : http::method_name(x.method_now);
  if (settings.method) request.head_method = iequals(request.method, "HEAD");
  if (!http::is_token(request.method)) {
    x.log(LogLevel::error, "proxy_method is not a method name");
    return x.error(500);
  }
  if (plan.websocket) request.websocket = proxy::is_websocket(x, plan, request);
  const table::ProxyTarget& target = *plan.target;
  x.proxy_target = &target;
  if (!x.forwarder) x.forwarder = std::make_unique<proxy::Forwarder>(x);
  if (target.has_variables) return x.forwarder->begin_dynamic(plan, request);
  request.host = target.host;
  request.tls = target.tls;
  request.uri = proxy::upstream_uri(x, plan, target.has_uri ? std::string_view(target.uri) : std::string_view());
  return x.forwarder->begin(plan, *target.upstream, request);
}

std::shared_ptr<const proxy::CookieRules> cookie_rules(table::Scope& scope) {
  auto rules = std::make_shared<proxy::CookieRules>();
  if (!scope.get<proxy::CookieDomains>().list.empty()) rules->domains = scope.shared<proxy::CookieDomains>();
  if (!scope.get<proxy::CookiePaths>().list.empty()) rules->paths = scope.shared<proxy::CookiePaths>();
  if (!scope.get<proxy::CookieFlagRules>().list.empty()) rules->flags = scope.shared<proxy::CookieFlagRules>();
  return rules->domains || rules->paths || rules->flags ? rules : nullptr;
}

}  // namespace

bool prepare_forwarded_body(Exchange& x, const ProxyPlan& plan, ForwardedRequest& request) {
  const table::ProxySettings& settings = *plan.settings;
  // As in nginx a body that does not go on is read all the same: $request_body may be a part of what does.
  if ((settings.set_body || !settings.pass_request_body) && !x.body_streaming && !x.body_is_read()) return false;
  if (settings.set_body) {
    request.own_body = settings.set_body->render(x, x.arena);
    request.content_length = request.own_body.size();
    request.has_body = request.has_own_body = true;
    return true;
  }
  if (!settings.pass_request_body) return true;
  if (x.body_streaming) {
    // Its bytes went to an earlier upstream (an error page is proxied now): they are gone.
    if (!x.body_complete) x.reply.close_connection = true;
    x.body_streaming = false;
    return true;
  }
  const bool chunked = x.request.framing == http::BodyFraming::chunked;
  const bool streams = !settings.request_buffering && !(chunked && settings.http_1_0);
  if (streams && !x.body_has_begun()) return false;
  if (!streams || x.body_complete) {
    if (!x.body_is_read()) return false;
    request.content_length = x.forwarded_body().size();
    // RFC 9110 8.6: a request whose client stated a length keeps stating one, also when it is 0.
    request.has_body = request.content_length > 0 || x.request.framing != http::BodyFraming::none ||
                       x.method_now == http::Method::post || x.method_now == http::Method::put;
    return true;
  }
  x.body_streaming = request.has_body = true;
  request.chunked = chunked;
  request.content_length = x.request.content_length;
  return true;
}

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
  plan->ignored = scope.get<table::ProxyIgnoreHeaders>().bits;
  plan->cookies = cookie_rules(scope);
  if (target->may_be_tls) plan->tls = table::tls_client_plan<table::ProxySide>(scope);
  plan->websocket = scope.get<proxy::UpgradeSettings>().websocket;
  if (!scope.get<proxy::EarlyHints>().conditions.empty()) plan->early_hints = scope.shared<proxy::EarlyHints>();
  table::add_step(route, config::Phase::content, &run_proxy_pass, std::move(plan), "proxy_pass");
}

}  // namespace gh::policy
