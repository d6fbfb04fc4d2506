#include "policy/forwarded_body.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.h"
#include "policy/identity_header.h"
#include "policy/upstream_token.h"
#include "proxy/forwarder.h"
#include "proxy/worker.h"
#include "table/build.h"
#include "table/proxy_target.h"
#include "table/tls_plan.h"

namespace gh::policy {

using proxy::Exchange;
using proxy::ForwardedRequest;
using proxy::ProxyPlan;

namespace {

bool names_early_data(std::string_view text) {
  return text.find("$ssl_early_data") != std::string_view::npos ||
         text.find("${ssl_early_data}") != std::string_view::npos;
}

/// Something in the configuration decides by it: `if ($ssl_early_data) { return 425; }`, a map. Asked once a build.
struct EarlyDataUse { bool is_known = false, decides = false; };

bool decides_by_early_data(table::Scope& scope) {
  auto& use = table::outermost(scope).local<EarlyDataUse>();
  if (std::exchange(use.is_known, true)) return use.decides;
  const std::function<void(const std::vector<config::Bound>&)> look = [&](const std::vector<config::Bound>& list) {
    for (const config::Bound& directive : list) {
      const std::string_view name = directive.row->name;
      const bool only_tells = name.ends_with("_set_header") || name == "log_format" || name == "access_log";
      const auto& words = directive.node->words;
      use.decides = use.decides || (!only_tells && std::any_of(words.begin(), words.end(), [](const auto& word) {
        return names_early_data(word.value);
      }));
      look(directive.children);
    }
  };
  look(scope.builder.loaded.bound);
  return use.decides;
}

/// RFC 8470 5.1: who takes early data tells the server behind it, which may refuse what must not be replayed.
void warn_of_early_data(table::Scope& scope, const ProxyPlan& plan) {
  const auto& tls = scope.get<table::TlsSettings>();
  if (!tls.takes_early_data || (tls.protocols & table::tls_v1_3) == 0) return;
  if (scope.get<table::TlsCertificates>().list.empty()) return;
  const auto& stated = plan.set_headers->list;
  const bool tells = std::any_of(stated.begin(), stated.end(), [](const table::HeaderSetting& header) {
    return iequals(header.name, "Early-Data") || names_early_data(header.value.source());
  });
  if (tells || decides_by_early_data(scope)) return;
  const std::string directive = plan.is_grpc ? "grpc_set_header" : "proxy_set_header";
  scope
      .warning(table::code::early_data_untold, tls.early_data_where,
               "early data may be sent again by anybody, and the services behind do not learn that it is such")
      .with_related(plan.target->where, "requests go on here without a word")
      .with_help("write `" + directive + " Early-Data $ssl_early_data;`: who knows RFC 8470 answers 425 where he must");
}

}  // namespace

void add_common_settings(table::Scope& scope, ProxyPlan& plan) {
  add_identity_headers(scope, plan);
  add_upstream_token(scope, plan);
  if (!scope.get<proxy::EarlyHints>().conditions.empty()) plan.early_hints = scope.shared<proxy::EarlyHints>();
  warn_of_early_data(scope, plan);
}

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

void take_client_method(const Exchange& x, ForwardedRequest& request) {
  request.head_method = x.method_now == http::Method::head;
  request.method = x.method_now == x.request.method ? x.request.method_text : http::method_name(x.method_now);
}

table::Verdict forward(Exchange& x, const ProxyPlan& plan, ForwardedRequest& request) {
  const table::ProxyTarget& target = *plan.target;
  x.proxy_target = &target;
  if (!x.forwarder) x.forwarder = std::make_unique<proxy::Forwarder>(x);
  if (target.has_variables) return x.forwarder->begin_dynamic(plan, request);
  request.host = target.host;
  request.tls = target.tls;
  request.uri = proxy::upstream_uri(x, plan, target.has_uri ? std::string_view(target.uri) : std::string_view());
  return x.forwarder->begin(plan, *target.upstream, request);
}

}  // namespace gh::policy
