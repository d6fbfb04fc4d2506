#include "policy/forwarded_body.h"

#include "proxy/forwarder.h"
#include "proxy/worker.h"
#include "table/proxy_target.h"

namespace gh::policy {

using proxy::Exchange;
using proxy::ForwardedRequest;
using proxy::ProxyPlan;

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
