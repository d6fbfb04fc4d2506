// Settings of grpc_pass: those of proxying, as groups of their own, so that grpc_* and proxy_* of one block do not mix.
#pragma once

#include "table/plan.h"

namespace gh::table {

struct GrpcSettings : ProxySettings {
  /// What gRPC is: HTTP/2, and both sides stream.
  GrpcSettings() {
    http2 = pass_trailers = true;
    buffering = request_buffering = false;
  }
  bool web = false;                    // grpc_web
};
struct GrpcSetHeaders : ProxySetHeaders {};
struct GrpcHideHeaders : ProxyHideHeaders {};
struct GrpcPassHeaders : ProxyPassHeaders {};
struct GrpcIgnoreHeaders : ProxyIgnoreHeaders {};
struct GrpcTarget : ProxyTarget {};    // grpc_pass

}  // namespace gh::table
