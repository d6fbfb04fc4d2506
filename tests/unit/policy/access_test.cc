// allow, deny, satisfy, auth_delay; auth_basic has its own file.
#include "gateway_fixture.h"

using gh::Address;
using gh::test::Gateway;
using gh::test::TestClient;

namespace {

unsigned status_for(Gateway& gateway, const std::string& target, const std::string& ip) {
  TestClient client;
  client.peer = ip.starts_with("/") ? *Address::unix_path(ip) : *Address::parse_ip(ip, 1);
  gateway.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n", client);
  return client.status;
}

}  // namespace

TEST_CASE("the first rule that fits decides") {
  Gateway gateway(R"(server { listen 8080;
    location /a { deny 192.0.2.1; allow 192.0.2.0/24; allow 2001:db8::/32; deny all; stub_status; }
    location /b { allow 192.0.2.0/24; deny 192.0.2.1; stub_status; }
    location /unix { allow unix:; deny all; stub_status; }
    location /no_unix { deny unix:; stub_status; } })");
  CHECK(status_for(gateway, "/a", "192.0.2.1") == 403);
  CHECK(status_for(gateway, "/a", "192.0.2.2") == 200);
  CHECK(status_for(gateway, "/a", "::ffff:192.0.2.2") == 200);
  CHECK(status_for(gateway, "/a", "::ffff:192.0.2.1") == 403);
  CHECK(status_for(gateway, "/a", "2001:db8::1") == 200);
  CHECK(status_for(gateway, "/a", "2001:db9::1") == 403);
  CHECK(status_for(gateway, "/a", "198.51.100.1") == 403);
  CHECK(status_for(gateway, "/b", "192.0.2.1") == 200);
  CHECK(status_for(gateway, "/b", "198.51.100.1") == 200);  // no rule fits
  CHECK(status_for(gateway, "/unix", "/run/peer") == 200);
  CHECK(status_for(gateway, "/unix", "192.0.2.1") == 403);
  CHECK(status_for(gateway, "/no_unix", "/run/peer") == 403);
  CHECK(gateway.read("error.log").find("access forbidden by rule, client: 192.0.2.1") != std::string::npos);
}

TEST_CASE("allow and deny are one list, replaced as a whole") {
  Gateway gateway(R"(deny all; server { listen 8080;
    location /inherits { stub_status; }
    location /own { allow 192.0.2.9; stub_status; } })");
  CHECK(status_for(gateway, "/inherits", "192.0.2.1") == 403);
  CHECK(status_for(gateway, "/own", "192.0.2.1") == 200);
}

TEST_CASE("return acts before access rules") {
  Gateway gateway("server { listen 8080; deny all; location / { return 204; } }");
  CHECK(gateway.get("/").status == 204);
}

TEST_CASE("satisfy any: one check is enough, and 401 outlives 403") {
  Gateway gateway(R"(server { listen 8080; satisfy any; auth_basic closed; auth_basic_user_file users;
    location /allowed { allow 192.0.2.1; deny all; stub_status; }
    location /denied { deny all; stub_status; }
    location /undecided { allow 192.0.2.9; stub_status; } })");
  gateway.write("users", "u:{PLAIN}p\n");
  CHECK(gateway.get("/allowed").status == 200);
  CHECK(gateway.get("/allowed").field("WWW-Authenticate") == "(none)");
  TestClient refused;
  gateway.ask("GET /denied HTTP/1.1\r\nHost: h\r\n\r\n", refused);
  CHECK(refused.status == 401);
  CHECK(refused.field("WWW-Authenticate") == "Basic realm=\"closed\"");
  CHECK(gateway.get("/undecided").status == 401);
}

TEST_CASE("auth_delay holds 401 back, and only that") {
  Gateway gateway(R"(server { listen 8080; auth_delay 2s;
    location / { auth_basic closed; auth_basic_user_file users; stub_status; }
    location /denied { deny all; stub_status; } })");
  CHECK(gateway.get("/denied").status == 403);
  TestClient client;
  gateway.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n", client);
  CHECK_FALSE(client.done);
  gateway.pass(1900);
  CHECK_FALSE(client.done);
  gateway.pass(200);
  CHECK(client.done);
  CHECK(client.status == 401);
  CHECK(client.field("WWW-Authenticate") == "Basic realm=\"closed\"");
  gateway.end_if_done(client);
}
