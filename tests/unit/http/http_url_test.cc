#include "http/http_url.h"

#include <doctest/doctest.h>

using namespace gh;
using http::HttpUrl;

TEST_CASE("http URLs") {
  const auto plain = HttpUrl::parse("http://ocsp.example");
  REQUIRE(plain);
  CHECK(plain->host == "ocsp.example");
  CHECK(plain->port == 80);
  CHECK(plain->authority == "ocsp.example");
  CHECK(plain->target == "/");
  const auto v6 = HttpUrl::parse("HTTP://[::1]:8080/a/b?c=d");
  REQUIRE(v6);
  CHECK(v6->host == "::1");
  CHECK(v6->authority == "[::1]:8080");
  CHECK(v6->target == "/a/b?c=d");
  CHECK(HttpUrl::parse("http://a:80?x")->authority == "a");
  CHECK(HttpUrl::parse("http://a:80?x")->target == "/?x");
  for (const std::string_view wrong : {"", "ocsp.example", "https://ocsp.example/", "ftp://a/", "http://", "http:///a",
                                       "http://user@a/", "http://a:0/", "http://a:99999/", "http://a/b c",
                                       "http://a/b\r\nX: y", "http://a/#b", "http://a/\xc3\xa4"}) {
    CAPTURE(wrong);
    CHECK_FALSE(HttpUrl::parse(wrong));
  }
}
