// Requests of HTTP/2: RFC 9113 8.2 and 8.3, and what must not come out as HTTP/1.1 (10.3).
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/h2_request.h"

using namespace gh;
using namespace gh::http;
using namespace std::string_literals;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Read {
  Arena arena;
  HeadLimits limits;
  RequestHead head;
  HeadError error;
  bool fits = true;
  bool good = false;

  explicit Read(const Pairs& pairs, bool ends = true, const HeadLimits& with = {}, bool protocols = false)
      : limits(with) {
    H2RequestReader reader(arena, limits);
    if (protocols) reader.take_protocols();
    for (const auto& [name, value] : pairs) fits = fits && reader.add(name, value);
    good = fits && reader.finish(ends, head, error);
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const Field& field : head.fields) out += std::string(field.name) + "=" + std::string(field.value) + "|";
    return out;
  }
};

const Pairs get = {{":method", "GET"}, {":scheme", "https"}, {":path", "/a?b"}, {":authority", "h:1"}};

Pairs with(const Pairs& more, Pairs base = get) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

/// `get` with one pseudo-header of another value; removed when null.
Pairs changed(const std::string& name, const char* value) {
  Pairs out;
  for (const auto& pair : get) {
    if (pair.first != name) out.push_back(pair);
    else if (value) out.emplace_back(name, value);
  }
  return out;
}

bool refused(const Pairs& pairs, bool ends = true) {
  const Read read(pairs, ends);
  if (read.fits && !read.good) CHECK(read.error.status == 400);
  return read.fits && !read.good;
}

}  // namespace

TEST_CASE("a request") {
  const Read read(with({{"accept", "*/*"}, {"te", "trailers"}}));
  REQUIRE(read.good);
  CHECK(read.head.http2);
  CHECK(read.head.method == Method::get);
  CHECK(read.head.target == "/a?b");
  CHECK(read.head.host == "h:1");
  CHECK(read.head.request_line == "GET /a?b HTTP/2.0");
  CHECK(read.text() == "host=h:1|accept=*/*|te=trailers|");
  CHECK(read.head.framing == BodyFraming::none);
}

TEST_CASE("pseudo-headers") {
  CHECK(refused(changed(":method", nullptr)));
  CHECK(refused(changed(":scheme", nullptr)));
  CHECK(refused(changed(":path", nullptr)));
  CHECK(refused(changed(":method", "")));
  CHECK(refused(changed(":method", "get")));
  CHECK(refused(changed(":method", "G T")));
  CHECK(refused(changed(":method", "PRI")));
  CHECK(refused(changed(":scheme", "")));
  CHECK(refused(changed(":scheme", "ht tp")));
  for (const char* path : {"", "a", "*", "/a b", "/\x7f", "/a\tb", "/a\r\nx:y", "/a#b", "http://h/"}) {
    CHECK(refused(changed(":path", path)));
  }
  for (const char* authority : {"", "a b", "u@h", "h:0x", "h:99999", "a,b", "..", "h\r\nx: y", "[::1"}) {
    CHECK(refused(changed(":authority", authority)));
  }
  for (const auto& [name, value] : get) CHECK(refused(with({{name, value}})));  // twice
  CHECK(refused(with({{":protocol", "websocket"}})));
  CHECK(refused(with({{":status", "200"}})));
  CHECK(refused(with({{":", ""}})));
  CHECK(refused({{":method", "GET"}, {":scheme", "http"}, {"a", "b"}, {":path", "/"}, {":authority", "h"}}));
  CHECK(Read({{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "h"}}).good);
  CHECK(Read({{":method", "CONNECT"}, {":authority", "h:443"}}).good);
  const Read path({{":method", "CONNECT"}, {":authority", "h:443"}, {":path", "/"}});
  const Read both({{":method", "CONNECT"}, {":authority", "h:443"}, {":scheme", "http"}, {":path", "/"}});
  for (const Read* read : {&path, &both}) {
    CHECK_FALSE(read->good);
    CHECK(read->error.status == 405);
  }
}

TEST_CASE("RFC 8441: CONNECT with :protocol") {
  const auto ask = [](const Pairs& pairs) { return std::make_unique<Read>(pairs, false, HeadLimits{}, true); };
  const auto status = [&](const Pairs& pairs) { return ask(pairs)->error.status; };
  const Pairs connect = with({{":protocol", "WebSocket"}}, changed(":method", "CONNECT"));
  const auto read = ask(with({{"sec-websocket-version", "13"}}, connect));
  REQUIRE(read->good);
  CHECK(read->head.protocol == "WebSocket");
  CHECK(read->head.method == Method::get);
  CHECK(read->head.method_text == "GET");
  CHECK(read->head.target == "/a?b");
  CHECK(read->head.request_line == "GET /a?b HTTP/2.0");
  CHECK(read->head.framing == BodyFraming::none);
  CHECK_FALSE(Read(connect, false).good);                             // the client was not told
  CHECK(status(with({{":protocol", "websocket"}})) == 400);           // GET
  CHECK(status(with({{":protocol", "websocket"}}, connect)) == 400);  // twice
  CHECK(status(with({{"content-length", "0"}}, connect)) == 400);
  CHECK(status(with({{"upgrade", "websocket"}}, connect)) == 400);
  for (const char* gone : {":scheme", ":path", ":authority"}) {
    Pairs some;
    for (const auto& pair : connect) {
      if (pair.first != gone) some.push_back(pair);
    }
    CHECK(status(some) == 400);
  }
  const auto other = [&](const char* name) { return with({{":protocol", name}}, changed(":method", "CONNECT")); };
  CHECK(status(other("connect-udp")) == 501);
  CHECK(status(other("")) == 400);
  CHECK(status(other("web socket")) == 400);
}

TEST_CASE("who is asked") {
  CHECK(refused(changed(":authority", nullptr)));
  CHECK(Read(with({{"host", "x"}}, changed(":authority", nullptr))).head.host == "x");
  CHECK(Read(with({{"host", "H:1"}})).text() == "host=h:1|");
  CHECK(refused(with({{"host", "other"}})));
  CHECK(refused(with({{"host", "h:1"}, {"host", "h:1"}})));
  CHECK(refused(with({{"host", "x"}, {"host", "x"}}, changed(":authority", nullptr))));
  CHECK(refused(with({{"host", ""}}, changed(":authority", nullptr))));
}

TEST_CASE("field names and values") {
  for (const std::string& name : {""s, "A"s, "x-A"s, "a b"s, "a:b"s, "a\r\nb"s, "a\0"s, "\x80"s, "a\x7f"s, "(a)"s}) {
    CHECK(refused(with({{name, "v"}})));
  }
  for (const std::string& value : {"a\r\nb: c"s, "a\n"s, "a\0b"s, " a"s, "a "s, "\ta"s, "a\t"s, "\x7f"s, "\x01"s}) {
    CHECK(refused(with({{"x", value}})));
  }
  CHECK(Read(with({{"x", "a\tb"}, {"y", "\xc3\xa9"}, {"z", ""}})).good);
  CHECK(Read(with({{"a_b", "1"}, {"c", "2"}})).text() == "host=h:1|c=2|");  // ignore_invalid_headers
  HeadLimits limits;
  limits.underscores = true;
  CHECK(Read(with({{"a_b", "1"}, {"a.b", "2"}}), true, limits).text() == "host=h:1|a_b=1|");
  limits.ignore_invalid = false;
  CHECK(Read(with({{"a.b", "2"}}), true, limits).text() == "host=h:1|a.b=2|");
}

TEST_CASE("what is only for HTTP/1.1") {
  for (const char* name : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    CHECK(refused(with({{name, "close"}})));
  }
  CHECK(refused(with({{"te", "gzip"}})));
  CHECK(refused(with({{"te", "trailers, deflate"}})));
}

TEST_CASE("bodies") {
  const Read open(get, false);
  CHECK(open.head.framing == BodyFraming::chunked);
  const Read counted(with({{"content-length", "5"}}), false);
  CHECK(counted.head.framing == BodyFraming::length);
  CHECK(counted.head.content_length == 5);
  CHECK(Read(with({{"content-length", "0"}})).good);
  CHECK(refused(with({{"content-length", "5"}})));
  for (const char* length : {"", "-1", "+1", "1 ", "0x1", "1,1", "99999999999999999999"}) {
    CHECK(refused(with({{"content-length", length}}), false));
  }
  CHECK(refused(with({{"content-length", "5"}, {"content-length", "5"}}), false));
  CHECK(Read(with({{"expect", "100-continue"}}), false).head.expect_continue);
  CHECK_FALSE(Read(with({{"expect", "100-continue"}}), true).head.expect_continue);
}

TEST_CASE("cookie crumbs are one field") {
  const Read read(with({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", "c=3"}}));
  CHECK(read.text() == "host=h:1|cookie=a=1; b=2; c=3|x=y|");
}

TEST_CASE("limits") {
  HeadLimits limits;
  limits.line_bytes = 8;
  limits.total_bytes = 55;
  limits.fields = 2;
  const Pairs small = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "h"}};
  CHECK(Read(with({{"12345678", "12345678"}}, small), true, limits).good);  // 32 + 16
  CHECK_FALSE(Read(with({{"a", "123456789"}}, small), true, limits).fits);
  CHECK_FALSE(Read(with({{"123456789", "a"}}, small), true, limits).fits);
  CHECK_FALSE(Read(with({{"1234", "12345678"}, {"1234", "12345678"}}, small), true, limits).fits);
  const Read many(with({{"a", "b"}, {"a", "b"}}, small), true, limits);
  CHECK_FALSE(many.good);
  CHECK(many.error.status == 400);
  // A malformed head is counted to its end, too.
  CHECK_FALSE(Read(with({{"A", "b"}, {"1234", "12345678"}, {"1234", "12345678"}}, small), true, limits).fits);
}

TEST_CASE("trailers") {
  CHECK(judge_h2_trailer("grpc-status", "0") == nullptr);
  CHECK(judge_h2_trailer(":status", "0") != nullptr);
  CHECK(judge_h2_trailer("A", "0") != nullptr);
  CHECK(judge_h2_trailer("a", "\n") != nullptr);
  CHECK(judge_h2_trailer("connection", "close") != nullptr);
}

TEST_CASE("too many fields say that the head is too large; a wrong one does not") {
  HeadLimits limits;
  limits.fields = 2;
  CHECK(Read(with({{"a", "1"}, {"b", "1"}, {"c", "1"}}), true, limits).error.head_too_large);
  CHECK_FALSE(Read(with({{"content-length", "99999999999999999999"}}), false, limits).error.head_too_large);
}
