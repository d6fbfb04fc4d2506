#include "proxy/tunnel_context.h"

#include <doctest/doctest.h>

namespace gh::proxy {
namespace {

constexpr const char* context =
    ", client: 127.0.0.1, server: s, request: \"GET /chat?room=1 HTTP/1.1\", "
    "upstream: \"http://127.0.0.1:1/chat?room=1\", host: \"h\"";

TEST_CASE("a tunnel's context is told as it was given") {
  CHECK(TunnelContext("GET /chat?room=1 HTTP/1.1", context).text() == context);
  CHECK(TunnelContext("GET /chat?room=1 HTTP/1.1", context).request_line() == "GET /chat?room=1 HTTP/1.1");
  for (const char* line : {"", "GET", "GET ", " ", "  ", "GET / HTTP/1.1", "GET /another HTTP/1.1", ", client"}) {
    CAPTURE(line);
    CHECK(TunnelContext(line, context).text() == context);
  }
  CHECK(TunnelContext("GET / HTTP/1.1", "").text().empty());
  CHECK(TunnelContext("GET / HTTP/1.1", "").request_line() == "GET / HTTP/1.1");
  CHECK(TunnelContext().text().empty());
}

TEST_CASE("a target that is a part of other things takes no harm") {
  const std::string text = ", request: \"GET 1 HTTP/1.1\", upstream: \"http://1.1/1\"";
  CHECK(TunnelContext("GET 1 HTTP/1.1", text).text() == text);
  CHECK(TunnelContext("GET 1.1 HTTP/1.1", text).text() == text);
}

TEST_CASE("bytes that look like marks are kept") {
  for (const char* text : {"a\1b GET /x HTTP/1.1", "a\2b GET /x HTTP/1.1 /x"}) {
    const TunnelContext kept("GET /x HTTP/1.1", text);
    CHECK(kept.text() == text);
    CHECK(kept.request_line().empty());
  }
}

}  // namespace
}  // namespace gh::proxy
