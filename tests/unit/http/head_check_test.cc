// Finding the end of a head in any number of pieces, and giving up early on hopeless ones.
#include <doctest/doctest.h>

#include <string>

#include "http/h1.h"

using namespace gh::http;

namespace {

unsigned partial(const std::string& bytes, const HeadLimits& limits = {}) {
  return check_partial_request(bytes, limits).status;
}

}  // namespace

TEST_CASE("head_end finds the blank line, whatever piece it arrives in") {
  const std::string head = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "GET /next HTTP/1.1\r\n\r\n";
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string_view seen = std::string_view(bytes).substr(0, size);
    for (std::size_t from = 0; from <= size && from < head.size(); ++from)
      CHECK(head_end(seen, from) == (size >= head.size() ? head.size() : 0));
  }
}

TEST_CASE("head_end also ends at bare LF, for the parser to judge") {
  CHECK(head_end("GET / HTTP/1.1\nHost: a\n\nx", 0) == 24);
  CHECK(head_end("HTTP/1.1 200 OK\n\r\nx", 0) == 18);
  CHECK(head_end("HTTP/1.1 200 OK\r\n\nx", 0) == 18);
  CHECK(head_end("a\r\r\n\rb\r\n", 0) == 0);
  CHECK(head_end("\r\n\r\n\r\n", 0) == 0);
  CHECK(head_end("", 0) == 0);
}

TEST_CASE("a good request is waited for at every length") {
  const std::string head = "\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size) {
    CAPTURE(size);
    CHECK(partial(head.substr(0, size)) == 0);
  }
}

TEST_CASE("hopeless beginnings are answered at once") {
  CHECK(partial("\x16\x03\x01\x02") == 400);  // a TLS hello
  CHECK(partial("get /") == 400);
  CHECK(partial("g") == 400);
  CHECK(partial("\r\n\r\n") == 400);
  CHECK(partial("\n") == 400);
  CHECK(partial("GET\r\n") == 400);
  CHECK(partial("GET /\r\n") == 400);  // HTTP/0.9
  CHECK(partial("GET / HTTP/1.1\n") == 0);  // RFC 9112 2.2
  CHECK(partial("QUERY /") == 0);
  CHECK(partial("PRI * HTTP/2.0\r\n\r\nSM") == 400);
  CHECK(partial("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG") == 501);
  CHECK(partial("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF") == 0);
  CHECK(partial("GET / HTTP/2.0\r\n") == 505);
}

TEST_CASE("an unfinished head hits the limits as soon as it cannot be finished") {
  HeadLimits limits;
  limits.line_bytes = 20;
  limits.total_bytes = 50;
  CHECK(partial("GET /" + std::string(14, 'a'), limits) == 0);
  CHECK(partial("GET /" + std::string(15, 'a'), limits) == 414);
  const std::string line = "GET / HTTP/1.1\r\n";
  CHECK(partial(line + std::string(19, 'a'), limits) == 0);
  CHECK(partial(line + std::string(20, 'a'), limits) == 400);
  const std::string field = "Host: 12345678\r\n";
  CHECK(partial(line + field + field + "A", limits) == 0);
  CHECK(partial(line + field + field + "AB", limits) == 400);
}

TEST_CASE("what cannot become an HTTP/1 response is refused before its end") {
  HeadLimits limits;
  limits.line_bytes = 20;
  limits.total_bytes = 40;
  CHECK(check_partial_response("", limits).status == 0);
  CHECK(check_partial_response("HTT", limits).status == 0);
  CHECK(check_partial_response("HTTP/1.1 200 OK\r\nA", limits).status == 0);
  CHECK(check_partial_response("<html>", limits).status == 502);
  CHECK(check_partial_response("\r\n", limits).status == 502);
  CHECK(check_partial_response("HTTP/2.0", limits).status == 502);
  CHECK(check_partial_response("HTTP/1.1 200 OK 1234", limits).status == 502);
  CHECK(check_partial_response("HTTP/1.1 200 OK\r\nA: 56789012345\r\nB: 45", limits).status == 0);
  CHECK(check_partial_response("HTTP/1.1 200 OK\r\nA: 56789012345\r\nB: 4567", limits).status == 502);
}
