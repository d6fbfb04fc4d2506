#include "http/upgrade.h"

#include <doctest/doctest.h>

#include <string>

#include "base/arena.h"
#include "http/h1.h"

namespace gh::http {
namespace {

const char* const handshake =
    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

struct Request {
  Arena arena;
  RequestHead head;
  explicit Request(std::string_view text) {
    HeadError error;
    REQUIRE(parse_request_head(arena.copy(text), HeadLimits{}, arena, head, error));
  }
};

/// The handshake with one text in place of another.
std::string with(const std::string& from, const std::string& to) {
  std::string text = handshake;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

bool is_websocket(const std::string& text) { return is_websocket_request(Request(text).head); }

TEST_CASE("a websocket handshake is taken in all its legal forms") {
  CHECK(is_websocket(handshake));
  CHECK(is_websocket(with("Upgrade: websocket", "upgrade: WebSocket")));
  CHECK(is_websocket(with("Upgrade: websocket", "Upgrade: h2c, websocket")));
  CHECK(is_websocket(with("keep-alive, Upgrade", "upgrade")));
  CHECK(is_websocket(with("Host: a\r\n", "Host: a\r\nContent-Length: 0\r\n")));
}

TEST_CASE("RFC 6455 4.2.1: whatever is missing or wrong makes it another request") {
  CHECK_FALSE(is_websocket(with("GET", "POST")));
  CHECK_FALSE(is_websocket(with("HTTP/1.1", "HTTP/1.0")));
  CHECK_FALSE(is_websocket(with("Upgrade: websocket\r\n", "")));
  CHECK_FALSE(is_websocket(with("Upgrade: websocket", "Upgrade: websocket/2")));
  CHECK_FALSE(is_websocket(with("keep-alive, Upgrade", "keep-alive")));
  CHECK_FALSE(is_websocket(with("Version: 13", "Version: 8")));
  CHECK_FALSE(is_websocket(with("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13")));
  CHECK_FALSE(is_websocket(with("Sec-WebSocket-Version: 13\r\n", "")));
  CHECK_FALSE(is_websocket(with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ")));
  CHECK_FALSE(is_websocket(with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQZZ")));
  CHECK_FALSE(is_websocket(with("dGhlIHNhbXBsZSBub25jZQ==", "!!!!!!!!!!!!!!!!!!!!!!==")));
  CHECK_FALSE(is_websocket(with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "")));
  CHECK_FALSE(is_websocket(with("Host: a\r\n", "Host: a\r\nContent-Length: 3\r\n")));
}

bool is_asked(const std::string& asked, std::string_view sent, std::string_view answered) {
  const Request request("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n" + asked + "\r\n");
  const Field field{"Upgrade", answered, HeaderId::upgrade};
  return is_asked_upgrade(request.head, sent, {&field, 1});
}

TEST_CASE("a 101 must name what both sides of the gateway asked for") {
  CHECK(is_asked("Upgrade: foo\r\n", "foo", "foo"));
  CHECK(is_asked("Upgrade: foo\r\n", "FOO", "Foo"));
  CHECK(is_asked("Upgrade: foo, bar/2\r\n", "foo, bar/2", "bar/2"));
  CHECK(is_asked("Upgrade: foo\r\nUpgrade: bar\r\n", "foo, bar", "foo, bar"));
  CHECK_FALSE(is_asked("Upgrade: foo\r\n", "foo", "bar"));
  CHECK_FALSE(is_asked("Upgrade: foo\r\n", "", "foo"));
  CHECK_FALSE(is_asked("Upgrade: foo\r\n", "bar", "bar"));
  CHECK_FALSE(is_asked("Upgrade: foo\r\n", "foo", "foo, bar"));
  CHECK_FALSE(is_asked("Upgrade: foo\r\n", "foo", ""));
  CHECK_FALSE(is_asked("Upgrade: foo\r\n", "foo", "foo/2"));
  CHECK_FALSE(is_asked("", "foo", "foo"));
}

TEST_CASE("a 101 without Upgrade, and a request whose Connection does not name it, are no change of protocol") {
  const Request asked("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n");
  CHECK_FALSE(is_asked_upgrade(asked.head, "foo", {}));
  const Request unnamed("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foo\r\n\r\n");
  const Field field{"Upgrade", "foo", HeaderId::upgrade};
  CHECK_FALSE(is_asked_upgrade(unnamed.head, "foo", {&field, 1}));
}

TEST_CASE("no tunnel for another HTTP: its requests would pass by every rule") {
  CHECK_FALSE(is_asked("Upgrade: h2c\r\n", "h2c", "h2c"));
  CHECK_FALSE(is_asked("Upgrade: H2C\r\n", "H2C", "h2c"));
  CHECK_FALSE(is_asked("Upgrade: HTTP/2.0\r\n", "HTTP/2.0", "HTTP/2.0"));
  CHECK(is_asked("Upgrade: httpx\r\n", "httpx", "httpx"));
}

TEST_CASE("RFC 8441 5: the handshake that an extended CONNECT stands for") {
  Arena arena;
  RequestHead head;
  head.method = Method::get;
  Field fields[] = {{"host", "a", HeaderId::host},
                    {"sec-websocket-key", "of the client", HeaderId::other},
                    {"sec-websocket-version", "13", HeaderId::other}};
  head.fields = fields;
  make_handshake(head, "dGhlIHNhbXBsZSBub25jZQ==", arena);
  CHECK(is_websocket_request(head));
  REQUIRE(head.fields.size() == 5);
  CHECK(find(head.fields, "Sec-WebSocket-Key")->value == "dGhlIHNhbXBsZSBub25jZQ==");
  CHECK(find(head.fields, HeaderId::upgrade)->value == "websocket");
  CHECK(find(head.fields, HeaderId::connection)->value == "upgrade");

  const Field good{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", HeaderId::other};   // RFC 6455 1.3
  const Field bad{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=", HeaderId::other};
  const Field twice[] = {good, good};
  CHECK(accepts_key(head, {&good, 1}));
  CHECK_FALSE(accepts_key(head, {&bad, 1}));
  CHECK_FALSE(accepts_key(head, twice));
  CHECK_FALSE(accepts_key(head, {}));
}

}  // namespace
}  // namespace gh::http
