// add_header, add_trailer and their inheritance: LANGUAGE.md 10.2, 10.7.
#include "gateway_fixture.h"

using gh::test::Gateway;

TEST_CASE("add_header acts on nginx's statuses only, unless it says always") {
  Gateway gateway(R"(add_header X-Usual a; add_header X-Always b always; add_header X-Empty "";
    server { listen 8080;
      location /200 { return 200; } location /204 { return 204; } location /301 { return 301 /x; }
      location /308 { return 308 /x; } location /202 { return 202; } location /404 { return 404; } })");
  for (const char* path : {"/200", "/204", "/301", "/308"}) {
    CHECK_MESSAGE(gateway.get(path).field("X-Usual") == "a", path);
  }
  for (const char* path : {"/202", "/404"}) {
    auto& answer = gateway.get(path);
    CHECK_MESSAGE(answer.field("X-Usual") == "(none)", path);
    CHECK_MESSAGE(answer.field("X-Always") == "b", path);
  }
  CHECK(gateway.get("/200").field("X-Empty") == "(none)");
}

TEST_CASE("an inner add_header drops the outer ones; merge and off say otherwise") {
  Gateway gateway(R"(add_header X-A http;
    server { listen 8080; add_header X-B server;
      location /same { return 200; }
      location /own { add_header X-C location; return 200; }
      location /merge { add_header_inherit merge; add_header X-C location; return 200; }
      location /off { add_header_inherit off; return 200; }
      location /offown { add_header_inherit off; add_header X-C location; return 200; }
      location /deep { add_header_inherit merge; add_header X-C c; location /deep/er { add_header X-D d; return 200; } } })");
  auto& same = gateway.get("/same");
  CHECK(same.field("X-A") == "(none)");
  CHECK(same.field("X-B") == "server");
  auto& own = gateway.get("/own");
  CHECK(own.field("X-B") == "(none)");
  CHECK(own.field("X-C") == "location");
  auto& merged = gateway.get("/merge");
  CHECK(merged.field("X-A") == "(none)");
  CHECK(merged.field("X-B") == "server");
  CHECK(merged.field("X-C") == "location");
  CHECK(gateway.get("/off").field("X-B") == "(none)");
  CHECK(gateway.get("/offown").field("X-C") == "location");
  auto& deep = gateway.get("/deep/er");
  CHECK(deep.field("X-B") == "server");
  CHECK(deep.field("X-C") == "c");
  CHECK(deep.field("X-D") == "d");
}

TEST_CASE("add_trailer sends its fields behind chunks") {
  Gateway gateway(R"(server { listen 8080; add_trailer X-Sent $body_bytes_sent; add_trailer X-Always y always;
    location /a { return 200 hello; } location /e { return 404 hello; } location /none { return 204; } })");
  auto& answer = gateway.get("/a");
  CHECK(answer.field("Content-Length") == "(none)");
  CHECK(answer.field("Transfer-Encoding") == "chunked");
  CHECK(answer.trailers == "0\r\nX-Sent: 5\r\nX-Always: y\r\n\r\n");
  CHECK(gateway.get("/e").trailers == "0\r\nX-Always: y\r\n\r\n");
  CHECK(gateway.get("/none").trailers.empty());
  auto& old = gateway.ask("GET /a HTTP/1.0\r\n\r\n");
  CHECK(old.field("Content-Length") == "5");
  CHECK(old.trailers.empty());
}

TEST_CASE("names that are no fields, and those that are not the configuration's business") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; add_header \"X Y\" z; }"));
  REQUIRE(gateway.load("server { listen 8080; add_header Content-Length 0; location / { return 200 hello; } }"));
  CHECK(gateway.messages.find("N901") != std::string::npos);
  CHECK(gateway.get("/").field("Content-Length") == "5");
}
