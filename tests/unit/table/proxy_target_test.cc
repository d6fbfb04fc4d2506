// The URL forms of proxy_pass (LANGUAGE 9.1).
#include "table/proxy_target.h"

#include <doctest/doctest.h>

using namespace gh::table;

TEST_CASE("a URL is taken apart") {
  struct Case { std::string_view text, host, authority; unsigned port; std::string_view uri; bool tls, is_unix; };
  const Case cases[] = {
      {"http://orders", "orders", "orders", 0, "", false, false},
      {"HTTP://orders", "orders", "orders", 0, "", false, false},
      {"http://a.example:8080", "a.example", "a.example:8080", 8080, "", false, false},
      {"http://a.example/", "a.example", "a.example", 0, "/", false, false},
      {"http://a.example:1/v1/x?y=1", "a.example", "a.example:1", 1, "/v1/x?y=1", false, false},
      {"http://a.example?y", "a.example", "a.example", 0, "?y", false, false},
      {"https://a.example", "a.example", "a.example", 0, "", true, false},
      {"http://[::1]:80/", "[::1]", "[::1]:80", 80, "/", false, false},
      {"http://[::1]", "[::1]", "[::1]", 0, "", false, false},
      {"http://unix:/run/a.sock", "/run/a.sock", "unix:/run/a.sock", 0, "", false, true},
      {"http://unix:/run/a.sock:/v1/", "/run/a.sock", "unix:/run/a.sock", 0, "/v1/", false, true},
      {"http://unix:/run/a.sock:", "/run/a.sock", "unix:/run/a.sock", 0, "", false, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    auto url = parse_proxy_url(c.text);
    REQUIRE(url);
    CHECK(url->host == c.host);
    CHECK(url->authority == c.authority);
    CHECK(url->port == c.port);
    CHECK(url->uri == c.uri);
    CHECK(url->has_uri == !c.uri.empty());
    CHECK(url->tls == c.tls);
    CHECK(url->is_unix == c.is_unix);
    CHECK(url->default_port() == (c.tls ? 443 : 80));
  }
}

TEST_CASE("a wrong URL says what to write") {
  for (std::string_view text : {"127.0.0.1:80", "orders", "//orders", "ftp://a", ""}) {
    CAPTURE(text);
    auto url = parse_proxy_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().text.find("has no scheme: write http://") != std::string::npos);
  }
  CHECK_FALSE(parse_proxy_url("http://"));
  CHECK_FALSE(parse_proxy_url("http:///x"));
  CHECK_FALSE(parse_proxy_url("http://:80"));
  CHECK_FALSE(parse_proxy_url("http://a:0"));
  CHECK_FALSE(parse_proxy_url("http://a:65536"));
  CHECK_FALSE(parse_proxy_url("http://a:8o"));
  CHECK_FALSE(parse_proxy_url("http://user@a"));
  CHECK_FALSE(parse_proxy_url("http://unix:relative"));
}

TEST_CASE("the host is constant when no variable can reach it") {
  CHECK(has_constant_host("http://orders/$1"));
  CHECK(has_constant_host("http://orders$request_uri"));
  CHECK(has_constant_host("http://orders:80$uri$is_args$args"));
  CHECK(has_constant_host("http://orders"));
  CHECK_FALSE(has_constant_host("http://$host"));
  CHECK_FALSE(has_constant_host("http://orders$port/x"));
  CHECK_FALSE(has_constant_host("http://orders.$zone/"));
  CHECK_FALSE(has_constant_host("$url"));
  CHECK_FALSE(has_constant_host("$scheme://orders/"));
}
TEST_CASE("proxy_bind: an address, with a port when one is written") {
  for (const char* good : {"10.0.0.1", "10.0.0.1:5000", "::1", "[::1]:5000"}) {
    CAPTURE(good);
    const auto address = parse_local_address(good);
    REQUIRE(address);
    CHECK(address->port() == (std::string_view(good).ends_with(":5000") ? 5000 : 0));
  }
  for (const char* bad : {"", "off", "a", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:65536", "10.0.0:1", "[::1]:", ":1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_local_address(bad));
  }
}
