// gRPC-Web: calls of browsers, which neither see trailers nor speak HTTP/2 at will. Requests become gRPC's; answers end
// with their trailers as a frame in the body. The -text form is base64 both ways.
#pragma once

#include <memory>
#include <string_view>

#include "proxy/body_filter.h"
#include "proxy/upstream_head.h"

namespace gh::proxy {

enum class GrpcWeb : std::uint8_t { none, failed, binary, text };

/// What a content type says.
GrpcWeb grpc_web_of(std::string_view content_type);
/// Makes the request one of gRPC: its content type, and the body of a -text one (which must be there as a whole).
/// `failed`: it is not base64, and the request has no more than its web_type.
GrpcWeb begin_grpc_web(Exchange& exchange, ForwardedRequest& request);
/// The answer's head as the client wants it, and the filter that translates its body.
void translate_to_grpc_web(Exchange& exchange, std::string_view content_type);

}  // namespace gh::proxy
