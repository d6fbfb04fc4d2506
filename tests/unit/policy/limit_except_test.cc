// limit_except: the methods that are not named go on in its block.
#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

unsigned status(Gateway& gateway, const std::string& method, const std::string& target) {
  return gateway.ask(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").status;
}

}  // namespace

TEST_CASE("other methods are refused, GET brings HEAD") {
  Gateway gateway(R"(server { listen 8080;
    location / { limit_except GET { deny all; } stub_status; }
    location /put { limit_except put POST { deny all; } stub_status; }
    location /open { limit_except GET { allow all; } deny all; stub_status; } })");
  CHECK(status(gateway, "GET", "/") == 200);
  CHECK(status(gateway, "HEAD", "/") == 200);
  CHECK(status(gateway, "POST", "/") == 403);
  CHECK(status(gateway, "PROPFIND", "/") == 403);
  CHECK(status(gateway, "PURGE", "/") == 403);
  CHECK(status(gateway, "GET", "/put") == 403);
  CHECK(status(gateway, "HEAD", "/put") == 403);
  CHECK(status(gateway, "PUT", "/put") != 403);
  CHECK(status(gateway, "GET", "/open") == 403);
  CHECK(status(gateway, "POST", "/open") != 403);
}

TEST_CASE("the block inherits settings and what answers, but no rewriting") {
  Gateway gateway(R"(server { listen 8080; add_header X-Seen outer always;
    location / { limit_except GET { auth_basic x; auth_basic_user_file users; } stub_status; }
    location /returns { limit_except GET { deny all; } return 200 "here"; }
    location @page { limit_except POST { deny all; } stub_status; }
    location /to { error_page 404 = @page; } })");
  auto& refused = gateway.ask("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(refused.status == 401);
  CHECK(refused.field("X-Seen") == "outer");
  CHECK(status(gateway, "GET", "/returns") == 200);
  CHECK(status(gateway, "POST", "/returns") == 403);
  CHECK(status(gateway, "GET", "/to") == 403);
}

TEST_CASE("what cannot be written") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; location / { limit_except GTE { deny all; } } }"));
  CHECK_FALSE(gateway.load("server { listen 8080; location / { limit_except { deny all; } } }"));
  CHECK_FALSE(gateway.load("server { listen 8080; limit_except GET { deny all; } }"));
  CHECK_FALSE(gateway.load(
      "server { listen 8080; location / { limit_except GET { deny all; } limit_except PUT { deny all; } } }"));
}
