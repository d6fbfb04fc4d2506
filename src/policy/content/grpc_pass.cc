// grpc_pass: the content step that hands a gRPC call to an upstream. Settings come from the grpc_* directives
// (src/directives/grpc.cc); the work is done by proxy/forwarder, over HTTP/2.
#include <algorithm>

#include "base/text.h"
#include "http/field_value.h"
#include "http/grpc.h"
#include "policy/forwarded_body.h"
#include "policy/identity_header.h"
#include "policy/policy.h"
#include "policy/upstream_token.h"
#include "proxy/exchange.h"
#include "proxy/grpc_answer.h"
#include "proxy/grpc_web.h"
#include "table/grpc_settings.h"
#include "table/tls_client_loader.h"

namespace gh::policy {

namespace {

using proxy::Exchange;
using proxy::ForwardedRequest;
using proxy::ProxyPlan;
using table::Verdict;

/// The time that the client gives the whole call; 0: none, or one that is not understood.
std::int64_t deadline_ms(const Exchange& x) {
  const http::Field* field = http::find(x.request.fields, "grpc-timeout");
  const auto ms = field ? http::parse_grpc_timeout_ms(field->value) : std::nullopt;
  return ms ? std::max<std::int64_t>(*ms, 1) : 0;
}

Verdict run_grpc_pass(Exchange& x, const void* params) {
  const auto& plan = *static_cast<const ProxyPlan*>(params);
  ForwardedRequest request;
  if (plan.takes_web) {
    // A body in base64 is decoded as a whole: browsers do not stream it.
    const http::Field* type = http::find(x.request.fields, http::HeaderId::content_type);
    const bool text = type && proxy::grpc_web_of(type->value) == proxy::GrpcWeb::text;
    if (text && !x.body_is_read()) return Verdict::wait;
  }
  if (!prepare_forwarded_body(x, plan, request)) return Verdict::wait;
  if (plan.takes_web && proxy::begin_grpc_web(x, request) == proxy::GrpcWeb::failed) return x.error(400);
  take_client_method(x, request);
  request.deadline_ms = deadline_ms(x);
  return forward(x, plan, request);
}

/// RFC 9110 10.1.4, gRPC over HTTP/2: servers want to know that trailers pass.
void announce_trailers(ProxyPlan& plan) {
  const auto states_te = [](const table::HeaderSetting& h) { return h.id == http::HeaderId::te; };
  const auto& stated = plan.set_headers->list;
  if (std::any_of(stated.begin(), stated.end(), states_te)) return;
  plan.pieces.push_back({"TE: trailers\r\n", nullptr, {}, false});
}

}  // namespace

void finish_grpc_pass(table::Scope& scope, table::Route& route) {
  const auto target = scope.content_or_null<table::GrpcTarget>();
  if (!target) return;
  auto no_redirects = std::make_shared<table::ProxyRedirects>();
  no_redirects->off = true;
  const auto settings = scope.shared<table::GrpcSettings>();
  auto plan = proxy::make_proxy_plan(target, settings, scope.shared<table::GrpcSetHeaders>(),
                                     scope.get<table::GrpcHideHeaders>(), scope.get<table::GrpcPassHeaders>(),
                                     no_redirects, route.prefix, false);
  add_identity_headers(scope, *plan);
  add_upstream_token(scope, *plan);
  plan->ignored = scope.get<table::GrpcIgnoreHeaders>().bits;
  if (target->may_be_tls) plan->tls = table::tls_client_plan<table::GrpcSide>(scope);
  if (!scope.get<proxy::EarlyHints>().conditions.empty()) plan->early_hints = scope.shared<proxy::EarlyHints>();
  plan->is_grpc = true;
  plan->takes_web = settings->web;
  announce_trailers(*plan);
  table::add_step(route, config::Phase::content, &run_grpc_pass, std::move(plan), proxy::grpc_step_name);
}

}  // namespace gh::policy
