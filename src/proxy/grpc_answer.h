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
/// The same for what only gRPC has a name for. `web_type`: the content type of a gRPC-Web client; empty: it is none.
void make_grpc_answer(Exchange& exchange, http::GrpcStatus status, std::string_view text, std::string_view web_type);

}  // namespace gh::proxy
