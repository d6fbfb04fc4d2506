// grpc_pass: the content step that hands a gRPC call to an upstream. Settings come from the grpc_* directives
// (src/directives/grpc.cc); the work is done by proxy/forwarder, over HTTP/2.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/field_value.h"
#include "http/grpc.h"
#include "policy/forwarded_body.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "proxy/grpc_answer.h"
#include "proxy/grpc_web.h"
#include "table/grpc_settings.h"
#include "table/server_block.h"
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

/// Such a client looks for its status in trailers only, like any other of gRPC.
Verdict refuse_text(Exchange& x, std::string_view web_type) {
  constexpr std::string_view why = "the body of a gRPC-Web call is not base64";
  x.log(LogLevel::info, fmt::format("client sent an invalid request: {}", why));
  x.reason = why;
  proxy::make_grpc_answer(x, http::GrpcStatus::internal, why, web_type);
  x.send_head({}, true);
  return Verdict::done;
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
  if (plan.takes_web && proxy::begin_grpc_web(x, request) == proxy::GrpcWeb::failed) {
    return refuse_text(x, request.web_type);
  }
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
  plan->ignored = scope.get<table::GrpcIgnoreHeaders>().bits;
  if (target->may_be_tls) plan->tls = table::tls_client_plan<table::GrpcSide>(scope);
  plan->is_grpc = true;
  add_common_settings(scope, *plan);
  plan->takes_web = settings->web;
  announce_trailers(*plan);
  table::Builder::ServerDraft* const draft = table::server_of(scope);
  if (draft && !settings->web && !draft->grpc_at.is_set()) draft->grpc_at = target->where;
  table::add_step(route, config::Phase::content, &run_grpc_pass, std::move(plan), proxy::grpc_step_name);
}

}  // namespace gh::policy
