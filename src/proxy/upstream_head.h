// The two heads of proxying: the request's as it goes upstream, the upstream's as it goes to the client.
#pragma once

#include <cstdint>
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
  std::string_view web_type;         // content type of a gRPC-Web client; empty: it is none
  std::int64_t deadline_ms = 0;      // of a gRPC call, from its beginning; 0: none
  bool has_body = false;
  bool chunked = false;              // the body streams and its length is not known
  bool head_method = false;
  bool tls = false;                  // https://
  bool websocket = false;            // its Upgrade and Connection are the gateway's: see is_websocket()
  bool has_own_body = false;         // proxy_set_body, rendered once for all tries
  std::string_view own_body;
};

/// The target that goes upstream (LANGUAGE.md 9.2-9.5).
std::string_view upstream_uri(Exchange& exchange, const ProxyPlan& plan, std::string_view constant_uri);

/// `websocket auto`: is the request a handshake of WebSocket, and does what proxy_set_header says let it be one?
bool is_websocket(Exchange& exchange, const ProxyPlan& plan, const ForwardedRequest& request);

void write_upstream_request(Output& out, Exchange& exchange, const ProxyPlan& plan, const ForwardedRequest& request);

/// Which well-known fields a head has: bit N stands for HeaderId N.
using FieldBits = std::uint64_t;
constexpr FieldBits field_bit(http::HeaderId id) { return FieldBits{1} << static_cast<unsigned>(id); }

/// Fills the exchange's reply from the upstream's head: fields that pass, Location, Refresh and Set-Cookie rewritten.
FieldBits take_upstream_head(Exchange& exchange, const ProxyPlan& plan, const http::ResponseHead& head);

/// A 103 of the upstream: its fields go to the client, but for those of one connection, of framing, those that
/// proxy_hide_header names, and Location and Refresh, which only a final answer means.
void pass_early_hints(Exchange& exchange, const ProxyPlan& plan, const http::ResponseHead& head);

/// A Set-Cookie field's value as it goes to the client.
std::string_view passed_cookie(Exchange& exchange, const ProxyPlan& plan, std::string_view value);

/// What X-Accel-... fields of an answer ask for, without those that proxy_ignore_headers names.
struct AccelFields {
  const http::Field* redirect = nullptr;
  std::int64_t limit_rate = -1;      // bytes a second, 0: any; -1: nothing is asked for
  int buffering = -1;                // 0, 1, or -1
};
AccelFields read_accel_fields(const http::ResponseHead& head, std::uint32_t ignored);

/// X-Accel-Redirect: the answer comes from the location that `to` names, with a few fields of this one.
void redirect_by_upstream(Exchange& exchange, const ProxyPlan& plan, const http::ResponseHead& head,
                          std::string_view to);

}  // namespace gh::proxy
