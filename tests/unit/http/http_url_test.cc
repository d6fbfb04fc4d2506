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

TEST_CASE("https URLs, where they are taken") {
  const auto both = [](std::string_view text) { return HttpUrl::parse(text, HttpUrl::Schemes::http_and_https); };
  const auto secure = both("HTTPS://idp.example/token?a");
  REQUIRE(secure);
  CHECK(secure->tls);
  CHECK(secure->port == 443);
  CHECK(secure->authority == "idp.example");
  CHECK(secure->target == "/token?a");
  CHECK(both("https://idp.example:80/")->authority == "idp.example:80");
  CHECK(both("https://idp.example:443/")->authority == "idp.example");
  REQUIRE(both("http://idp.example:443/"));
  CHECK_FALSE(both("http://idp.example:443/")->tls);
  CHECK(both("http://idp.example:443/")->authority == "idp.example:443");
  for (const std::string_view wrong : {"https:/a", "https://", "https://a:99999/", "ftp://a/", "https://u@a/"}) {
    CAPTURE(wrong);
    CHECK_FALSE(both(wrong));
  }
}
