// What a gateway has to know of gRPC over HTTP/2: which requests are calls, deadlines, statuses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gh::http {

enum class GrpcStatus : std::uint8_t {
  ok = 0,
  unknown = 2,
  deadline_exceeded = 4,
  permission_denied = 7,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16
};

/// "application/grpc", "application/grpc+proto", with parameters or without; not "application/grpc-web".
bool is_grpc_type(std::string_view content_type);
/// Its path names a method: "/package.Service/Method". (A client that speaks gRPC sends no other.)
bool is_grpc_path(std::string_view path);
/// grpc-timeout: "100m" is 100 ms. Units H M S m u n, at most 8 digits; nothing: malformed. Rounded up.
std::optional<std::int64_t> parse_grpc_timeout_ms(std::string_view text);
/// What a client that gets this status from a proxy is told.
GrpcStatus grpc_status_of(unsigned http_status);
/// grpc-message: percent-encoded.
std::string encode_grpc_message(std::string_view text);

}  // namespace gh::http
