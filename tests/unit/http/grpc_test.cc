// gRPC over HTTP/2 as a gateway sees it: content types, paths, deadlines, statuses, messages.
#include <doctest/doctest.h>

#include "http/grpc.h"

using namespace gh::http;

TEST_CASE("which content types are gRPC's") {
  for (const char* type : {"application/grpc", "application/grpc+proto", "Application/gRPC;charset=utf-8"})
    CHECK(is_grpc_type(type));
  for (const char* type : {"", "application/grp", "application/grpc-web", "application/grpc-web-text+proto",
                           "application/grpcx", "text/plain"})
    CHECK_FALSE(is_grpc_type(type));
}

TEST_CASE("which paths name a method") {
  CHECK(is_grpc_path("/pkg.Service/Method"));
  for (const char* path : {"", "/", "/one", "/one/", "//method", "pkg/Method"}) CHECK_FALSE(is_grpc_path(path));
}

TEST_CASE("deadlines") {
  CHECK(parse_grpc_timeout_ms("2H") == 7200000);
  CHECK(parse_grpc_timeout_ms("3M") == 180000);
  CHECK(parse_grpc_timeout_ms("10S") == 10000);
  CHECK(parse_grpc_timeout_ms("250m") == 250);
  CHECK(parse_grpc_timeout_ms("1u") == 1);
  CHECK(parse_grpc_timeout_ms("2000001n") == 3);
  CHECK(parse_grpc_timeout_ms("0S") == 0);
  CHECK(parse_grpc_timeout_ms("99999999H") == 99999999LL * 3600 * 1000);
  for (const char* text : {"", "S", "10", "10s", "-1S", "1.5S", "100000000S", " 1S", "1 S"})
    CHECK_FALSE(parse_grpc_timeout_ms(text).has_value());
}

TEST_CASE("statuses for those of HTTP") {
  CHECK(grpc_status_of(400) == GrpcStatus::internal);
  CHECK(grpc_status_of(401) == GrpcStatus::unauthenticated);
  CHECK(grpc_status_of(403) == GrpcStatus::permission_denied);
  CHECK(grpc_status_of(404) == GrpcStatus::unimplemented);
  for (const unsigned status : {429u, 502u, 503u, 504u}) CHECK(grpc_status_of(status) == GrpcStatus::unavailable);
  for (const unsigned status : {405u, 413u, 500u, 501u}) CHECK(grpc_status_of(status) == GrpcStatus::unknown);
}

TEST_CASE("messages are percent-encoded") {
  CHECK(encode_grpc_message("plain text: a/b") == "plain text: a/b");
  CHECK(encode_grpc_message("100%\r\n\x7f\xc3\xa9") == "100%25%0D%0A%7F%C3%A9");
}
