// Response heads: a backend is not trusted either; every fault is 502. RFC 9112 4, 6.
#include <doctest/doctest.h>

#include <string>

#include "http/h1.h"

using namespace gh;
using namespace gh::http;
using namespace std::string_literals;  // "a\0b"s keeps its NUL

namespace {

struct Parsed {
  std::string bytes;
  Arena arena;
  ResponseHead head;
  HeadError error;
  bool ok = false;
  explicit Parsed(std::string text, bool to_head = false, const HeadLimits& limits = {}) : bytes(std::move(text)) {
    ok = parse_response_head(bytes, limits, to_head, arena, head, error);
  }
};

std::string ok200(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

void taken(const std::string& bytes) {
  const Parsed p(bytes);
  CAPTURE(bytes);
  CAPTURE(p.error.reason);
  CHECK(p.ok);
}
void refused(const std::string& bytes) {
  const Parsed p(bytes);
  CAPTURE(bytes);
  CHECK_FALSE(p.ok);
  CHECK(p.error.status == 502);
}

}  // namespace

TEST_CASE("a plain response") {
  const Parsed p("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX_y.z: 1\r\n\r\n");
  REQUIRE(p.ok);
  CHECK(p.head.status == 404);
  CHECK(p.head.reason == "Not Found");
  CHECK(p.head.framing == BodyFraming::length);
  CHECK(p.head.content_length == 3);
  CHECK(p.head.has_content_length);
  CHECK(p.head.keep_alive);
  REQUIRE(p.head.fields.size() == 2);  // unusual names are the backend's right
  CHECK(p.head.fields[1].name == "X_y.z");
}

TEST_CASE("status lines") {
  for (const char* good : {"HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200",
                           "HTTP/1.1 599 \xc3\xa4\t!", "HTTP/1.1 100 Continue", "HTTP/1.1 101 Switching Protocols"})
    taken(std::string(good) + "\r\n\r\n");
  for (const char* bad : {"HTTP/1.1 2OO OK",
                          "HTTP/1.1 99 X",
                          "HTTP/1.1 099 X",
                          "HTTP/1.1 600 X",
                          "HTTP/1.1 1000 X",
                          "HTTP/1.1 -200 X",
                          "HTTP/1.1 20 X",
                          "HTTP/1.1  200 OK",
                          "HTTP/1.1\t200 OK",
                          "HTTP/1.1 200\tOK",
                          "HTTP/1.1 200OK",
                          "HTTP/1.1",
                          "HTTP/1.1 ",
                          "HTTP/1.2 200 OK",
                          "HTTP/2.0 200 OK",
                          "HTTP/2 200",
                          "HTTP/0.9 200 OK",
                          "http/1.1 200 OK",
                          "HTTP/1.10 200 OK",
                          "ICY 200 OK",
                          "RTSP/1.0 200 OK",
                          "<html>",
                          "",
                          " HTTP/1.1 200 OK",
                          "HTTP/1.1 200 O\x01K",
                          "HTTP/1.1 200 O\rK",
                          "HTTP/1.1 200 O\x7fK",
                          "\r\nHTTP/1.1 200 OK",
                          "HTTP/1.1 \xb2\x30\x30 OK"})
    refused(std::string(bad) + "\r\n\r\n");
  refused("HTTP/1.1 200 O\0K\r\n\r\n"s);
  refused("HTTP/1.1 200 OK\r\n");
  refused("");
}

TEST_CASE("field lines as strict as in requests") {
  for (const char* bad : {"Foo : x\r\n", "Foo bar: x\r\n", ": x\r\n", " Foo: x\r\n", "A: b\r\n c\r\n", "Foo\r\n",
                          "Foo: a\rb\r\n", "Foo: a\x01\r\n", "Foo: a\x7f\r\n", "F\xc3\xb6o: x\r\n", "Foo\x0b: x\r\n",
                          "F(o: x\r\n", "A: b\nSet-Cookie: c\r\n"})
    refused(ok200(bad));
  refused(ok200("Foo: a\0\r\n"s));
  refused(ok200("") + "x");
}

TEST_CASE("bare LF: taken behind a status line that ends so, refused behind one with CRLF") {
  const Parsed p("HTTP/1.1 200 OK\nA: b\nContent-Length: 4\n\n");
  REQUIRE(p.ok);
  CHECK(p.head.fields[0].value == "b");
  CHECK(p.head.content_length == 4);
  CHECK(p.head.reason == "OK");
  taken("HTTP/1.1 204\n\n");
  refused("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n");
  refused("HTTP/1.1 200 OK\r\nA: b\r\n\n");
  taken("HTTP/1.1 200 OK\nA: b\r\n\r\n");
  taken("HTTP/1.1 200 OK\nA: b\n\r\n");
  refused("HTTP/1.1 200 OK\nA: b\r\r\n\n");
  refused("HTTP/1.1 200 OK\nA: b\rc\n\n");
  refused("HTTP/1.1 200 OK\nA: b\n c\n\n");
}

TEST_CASE("framing fields (RFC 9112 6)") {
  CHECK(Parsed(ok200("Transfer-Encoding: chunked\r\n")).head.framing == BodyFraming::chunked);
  CHECK(Parsed(ok200("Transfer-Encoding: CHUNKED\r\n")).head.framing == BodyFraming::chunked);
  for (const char* bad : {"xchunked", "chunked;q=1", "identity, chunked", "chunked, chunked", "gzip, chunked", "gzip",
                          "identity", "", "chunked\xa0", "\"chunked\""})
    refused(ok200("Transfer-Encoding: " + std::string(bad) + "\r\n"));
  refused(ok200("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
  refused(ok200("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"));
  refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char* bad : {"+5", "-1", "5,5", "5 5", "", "x", "9223372036854775808", "99999999999999999999"})
    refused(ok200("Content-Length: " + std::string(bad) + "\r\n"));
  refused(ok200("Content-Length: 5\r\nContent-Length: 5\r\n"));
  refused(ok200("Content-Length: 5\r\nContent-Length: 6\r\n"));
  const Parsed close(ok200(""));
  CHECK(close.head.framing == BodyFraming::until_close);
  CHECK_FALSE(close.head.keep_alive);
}

TEST_CASE("messages without a body, whatever their fields say (RFC 9112 6.3)") {
  const Parsed head(ok200("Content-Length: 7\r\n"), true);
  CHECK(head.head.framing == BodyFraming::none);
  CHECK(head.head.has_content_length);
  CHECK(head.head.content_length == 7);
  CHECK(head.head.keep_alive);
  CHECK(Parsed(ok200("Transfer-Encoding: chunked\r\n"), true).head.framing == BodyFraming::none);
  CHECK(Parsed(ok200(""), true).head.keep_alive);
  const Parsed not_modified("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  CHECK(not_modified.head.framing == BodyFraming::none);
  CHECK(not_modified.head.content_length == 7);
  const Parsed no_content("HTTP/1.1 204 No Content\r\nA: b\r\nContent-Length: 0\r\nC: d\r\n\r\n");
  CHECK(no_content.head.framing == BodyFraming::none);
  CHECK_FALSE(no_content.head.has_content_length);
  CHECK(no_content.head.fields.size() == 2);
  CHECK(no_content.head.keep_alive);
  for (const char* field : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    const Parsed lying("HTTP/1.1 204 No Content\r\n" + std::string(field) + "\r\n");
    CHECK(lying.ok);
    CHECK(lying.head.framing == BodyFraming::none);
    CHECK_FALSE(lying.head.keep_alive);  // its body would be read as the next response
    refused("HTTP/1.1 103 Early Hints\r\n" + std::string(field) + "\r\n");
  }
  const Parsed interim("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  CHECK(interim.head.framing == BodyFraming::none);
  CHECK(interim.head.keep_alive);
}

TEST_CASE("keep-alive of the upstream connection") {
  CHECK(Parsed(ok200("Content-Length: 0\r\n")).head.keep_alive);
  CHECK_FALSE(Parsed(ok200("Content-Length: 0\r\nConnection: close\r\n")).head.keep_alive);
  CHECK_FALSE(Parsed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  CHECK(Parsed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  const Parsed names(ok200("Connection: X-A\r\n"));
  CHECK(names.head.has_connection_names);
}

TEST_CASE("limits at their edges") {
  const std::string head = "HTTP/1.1 200 OK\r\nA: 1234567890123456789012345\r\nB: 1\r\n\r\n";
  HeadLimits limits;
  const auto ok = [&](std::size_t line_bytes, std::size_t total_bytes, std::size_t fields) {
    limits.line_bytes = line_bytes;
    limits.total_bytes = total_bytes;
    limits.fields = fields;
    return Parsed(head, false, limits).ok;
  };
  CHECK(ok(30, head.size(), 2));
  CHECK(ok(31, head.size() + 1, 3));
  CHECK_FALSE(ok(29, head.size(), 2));
  CHECK_FALSE(ok(30, head.size() - 1, 2));
  CHECK_FALSE(ok(30, head.size(), 1));
  CHECK_FALSE(ok(16, head.size(), 2));
}
