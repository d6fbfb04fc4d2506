#include "redis/url.h"

#include <doctest/doctest.h>

using gh::redis::StoreUrl;

TEST_CASE("store url: what is taken") {
  const auto plain = StoreUrl::parse("redis://localhost");
  REQUIRE(plain);
  CHECK(plain->nodes.at(0).host == "localhost");
  CHECK(plain->nodes.at(0).port == 6379);
  CHECK(!plain->tls);
  const auto tls = StoreUrl::parse("REDISS://app@r1.example:6380/3");
  REQUIRE(tls);
  CHECK(tls->tls);
  CHECK(tls->username == "app");
  CHECK(tls->nodes.at(0).port == 6380);
  CHECK(tls->database == 3);
  const auto v6 = StoreUrl::parse("redis://[::1]:7000/");
  REQUIRE(v6);
  CHECK(v6->nodes.at(0).host == "::1");
  CHECK(v6->nodes.at(0).port == 7000);
  const auto unix_socket = StoreUrl::parse("redis+unix:///run/redis/a@b.sock?db=2");
  REQUIRE(unix_socket);
  CHECK(unix_socket->unix_socket);
  CHECK(unix_socket->nodes.at(0).host == "/run/redis/a@b.sock");
  CHECK(unix_socket->database == 2);
  const auto cluster = StoreUrl::parse("redis+cluster://r1:6379,r2:6380");
  REQUIRE(cluster);
  CHECK(cluster->cluster);
  CHECK(cluster->nodes.at(1).port == 6380);
}

TEST_CASE("store url: what is not") {
  for (const std::string_view text :
       {"", "redis", "redis:", "redis://", "http://localhost", "redis://:6379", "redis://a:0", "redis://a:65536",
        "redis://a:x", "redis://a b", "redis://a/x", "redis://a/-1", "redis://a/99999999999", "redis://a,b",
        "redis://user:secret@a", "redis://[::1", "redis://[zz]", "redis://[1.2.3.4]", "redis://[::1]x",
        "redis+cluster://a/1", "redis+unix://", "redis+unix:///", "redis+unix://run/x", "redis+unix:///x?db=",
        "redis+unix:///x?a=1", "redis://a/1/2", "redis://a\r\n"}) {
    CAPTURE(text);
    const auto url = StoreUrl::parse(text);
    CHECK(!url);
    if (!url) CHECK(url.error().text.find("secret") == std::string::npos);
  }
  CHECK(!StoreUrl::parse("redis+unix:///" + std::string(200, 'a')));
}
