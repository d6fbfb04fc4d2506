// gRPC's own form of the gateway's own errors: an answer of trailers alone (HTTP 200, grpc-status, grpc-message).
#pragma once

#include <string_view>

#include "http/grpc.h"

namespace gh::proxy {

class Exchange;

/// The name of grpc_pass's step in a route's program.
inline constexpr std::string_view grpc_step_name = "grpc_pass";

/// Is this a gRPC call, in a location of grpc_pass?
bool is_grpc_call(const Exchange& exchange);
/// Fills in the reply: it is sent without a body.
void make_grpc_error(Exchange& exchange, unsigned http_status);

}  // namespace gh::proxy
