// Names of fields, methods and statuses.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "http/message.h"
#include "http/method.h"

using namespace gh;
using namespace gh::http;

TEST_CASE("every known name is found in any case, near misses are not") {
  const char* names[] = {"host",
                         "connection",
                         "keep-alive",
                         "proxy-connection",
                         "te",
                         "transfer-encoding",
                         "trailer",
                         "upgrade",
                         "content-length",
                         "content-type",
                         "content-encoding",
                         "content-range",
                         "expect",
                         "date",
                         "server",
                         "location",
                         "refresh",
                         "set-cookie",
                         "cookie",
                         "authorization",
                         "proxy-authorization",
                         "accept",
                         "accept-encoding",
                         "accept-ranges",
                         "user-agent",
                         "referer",
                         "origin",
                         "range",
                         "if-range",
                         "if-modified-since",
                         "if-unmodified-since",
                         "if-match",
                         "if-none-match",
                         "etag",
                         "last-modified",
                         "cache-control",
                         "expires",
                         "vary",
                         "www-authenticate",
                         "retry-after",
                         "link",
                         "x-forwarded-for",
                         "x-real-ip",
                         "x-accel-redirect",
                         "x-accel-buffering",
                         "x-accel-expires",
                         "x-accel-limit-rate",
                         "x-accel-charset",
                         "http2-settings"};
  unsigned id = 0;  // the list is in the order of HeaderId
  for (const std::string name : names) {
    ++id;
    CAPTURE(name);
    CHECK(static_cast<unsigned>(header_id(name)) == id);
    std::string loud = name;
    for (char& c : loud) c = upper(c);
    CHECK(static_cast<unsigned>(header_id(loud)) == id);
    CHECK(header_id(name + "x") == HeaderId::other);
    CHECK(header_id(name.substr(1)) == HeaderId::other);
    std::string near = name;
    near.back() = '!';
    CHECK(header_id(near) == HeaderId::other);
  }
  CHECK(id == static_cast<unsigned>(HeaderId::http2_settings));
  CHECK(header_id("") == HeaderId::other);
  CHECK(header_id("content_length") == HeaderId::other);
  CHECK(header_id(std::string(300, 'a')) == HeaderId::other);
}

TEST_CASE("find gives the first field, by id and by name") {
  std::vector<Field> fields = {{"A", "1", HeaderId::other},
                               {"Cookie", "x", HeaderId::cookie},
                               {"a", "2", HeaderId::other},
                               {"cookie", "y", HeaderId::cookie}};
  REQUIRE(find(fields, HeaderId::cookie) != nullptr);
  CHECK(find(fields, HeaderId::cookie)->value == "x");
  REQUIRE(find(fields, "a") != nullptr);
  CHECK(find(fields, "a")->value == "1");
  CHECK(find(fields, "b") == nullptr);
  CHECK(find(fields, HeaderId::host) == nullptr);
}

TEST_CASE("fields named by Connection are hop-by-hop (RFC 9110 7.6.1)") {
  std::vector<Field> fields = {{"Connection", "close, X-Secret", HeaderId::connection},
                               {"X-Other", "X-Free", HeaderId::other},
                               {"connection", "Foo", HeaderId::connection}};
  CHECK(named_by_connection(fields, "x-secret"));
  CHECK(named_by_connection(fields, "foo"));
  CHECK_FALSE(named_by_connection(fields, "X-Free"));
  CHECK_FALSE(named_by_connection(fields, "X-Secre"));
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
                           "HTTP2-Settings", "Trailer"})
    CHECK(is_hop_by_hop(header_id(name)));
  for (const char* name : {"Host", "Content-Length", "Authorization", "X-Any"})
    CHECK_FALSE(is_hop_by_hop(header_id(name)));
}

TEST_CASE("methods and reasons") {
  for (unsigned i = 0; i < static_cast<unsigned>(Method::other); ++i) {
    const auto method = static_cast<Method>(i);
    Method found = Method::other;
    REQUIRE(find_method(method_name(method), found));
    CHECK(found == method);
  }
  Method method = Method::get;
  CHECK(find_method("M-SEARCH", method));
  CHECK(method == Method::other);
  CHECK_FALSE(find_method("get", method));
  CHECK_FALSE(find_method("", method));
  CHECK_FALSE(is_idempotent(Method::post));
  CHECK(is_idempotent(Method::put));
  CHECK(reason_phrase(100) == "Continue");
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(414) == "URI Too Long");
  CHECK(reason_phrase(511) == "Network Authentication Required");
  CHECK(reason_phrase(299).empty());
  CHECK(reason_phrase(0).empty());
  CHECK(reason_phrase(999).empty());
}
