// The two heads of proxying: the request's as it goes upstream, the upstream's as it goes to the client.
#pragma once

#include <string_view>

#include "http/message.h"
#include "proxy/output.h"
#include "proxy/proxy_plan.h"

namespace gh::proxy {

class Exchange;

/// What the forwarder has worked out for this request, over all its tries.
struct ForwardedRequest {
  std::string_view method;
  std::string_view uri;              // request-target as it goes upstream
  std::string_view host;             // Host by default: $proxy_host
  std::uint64_t content_length = 0;
  bool has_body = false;
  bool chunked = false;              // the body streams and its length is not known
  bool head_method = false;
  bool has_own_body = false;         // proxy_set_body, rendered once for all tries
  std::string_view own_body;
};

/// The target that goes upstream (LANGUAGE.md 9.2-9.5).
std::string_view upstream_uri(Exchange& exchange, const ProxyPlan& plan, std::string_view constant_uri);

void write_upstream_request(Output& out, Exchange& exchange, const ProxyPlan& plan, const ForwardedRequest& request);

/// Fills the exchange's reply from the upstream's head: fields that pass, Location and Refresh rewritten.
void take_upstream_head(Exchange& exchange, const ProxyPlan& plan, const http::ResponseHead& head);

}  // namespace gh::proxy
