// auth_request and the subexchange under it, with locations that answer at once. tests/wire/test_access.py has real
// services behind them.
#include "gateway_fixture.h"

using gh::test::Gateway;
using gh::test::TestClient;

namespace {

/// The question is asked at the end of a turn, and answered at the end of a later one.
TestClient& ask(Gateway& gateway, TestClient& client, const std::string& head) {
  gateway.ask(head, client);
  for (int i = 0; i < 100 && !client.done; ++i) gateway.turn();
  REQUIRE(client.done);
  gateway.end_if_done(client);
  return client;
}

unsigned status(Gateway& gateway, const std::string& target) {
  TestClient client;
  return ask(gateway, client, "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").status;
}

}  // namespace

TEST_CASE("2xx passes, 401 and 403 are passed on, all else is 500") {
  Gateway gateway(R"(server { listen 8080;
    location /yes { auth_request /auth/204; stub_status; } location /yes/off { auth_request off; stub_status; }
    location /two { auth_request /auth/299; stub_status; }
    location /401 { auth_request /auth/401; stub_status; } location /403 { auth_request /auth/403; stub_status; }
    location /302 { auth_request /auth/302; stub_status; } location /404 { auth_request /auth/404; stub_status; }
    location /502 { auth_request /auth/502; stub_status; } location /444 { auth_request /auth/444; stub_status; }
    location /self { auth_request /self; stub_status; } location /nowhere { auth_request /nothing/here; stub_status; }
    location /auth/ { internal; add_header WWW-Authenticate "Bearer a" always; add_header WWW-Authenticate b always;
      location /auth/204 { return 204; } location /auth/299 { return 299; } location /auth/401 { return 401; }
      location /auth/403 { return 403; } location /auth/302 { return 302 /x; } location /auth/404 { return 404; }
      location /auth/502 { return 502; } location /auth/444 { return 444; } } })");
  CHECK(status(gateway, "/yes") == 200);
  CHECK(status(gateway, "/yes/off") == 200);
  CHECK(status(gateway, "/two") == 200);
  CHECK(status(gateway, "/403") == 403);
  for (const char* target : {"/302", "/404", "/502", "/444", "/nowhere"}) {
    CAPTURE(target);
    CHECK(status(gateway, target) == 500);
  }
  CHECK(status(gateway, "/self") == 200);  // a subexchange is not checked itself
  TestClient challenged;
  ask(gateway, challenged, "GET /401 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(challenged.status == 401);
  CHECK(challenged.head.find("WWW-Authenticate: Bearer a\r\nWWW-Authenticate: b\r\n") != std::string::npos);
  CHECK(gateway.read("error.log").find("auth request unexpected status: 502") != std::string::npos);
}

TEST_CASE("variables of the answer outlive it, also over an internal redirect") {
  Gateway gateway(R"(server { listen 8080;
    location / { auth_request /auth; auth_request_set $who "u=$arg_x-$uri-$http_x_name"; add_header X-Who "[$who]" always;
      stub_status; }
    location /redirected { auth_request /auth; auth_request_set $who "from $uri"; error_page 404 = /page; }
    location /page { add_header X-Who "[$who]" always; return 200; }
    location /refused { auth_request /no; auth_request_set $who "said no"; add_header X-Who "[$who]" always; stub_status; }
    location /plain { add_header X-Who "[$who]" always; stub_status; }
    location = /auth { return 204; } location = /no { return 403; } })");
  const auto who = [&](const std::string& target) {
    TestClient client;
    ask(gateway, client, "GET " + target + " HTTP/1.1\r\nHost: h\r\nX-Name: N\r\n\r\n");
    return client.field("X-Who");
  };
  CHECK(who("/?x=1") == "[u=-/auth-N]");
  CHECK(who("/redirected") == "[from /auth]");
  CHECK(who("/refused") == "[said no]");
  CHECK(who("/plain") == "[]");
}

TEST_CASE("satisfy any: another check may save the request, an error of the question may not") {
  Gateway gateway(R"(server { listen 8080; satisfy any;
    location /allowed { allow 192.0.2.1; auth_request /no; stub_status; }
    location /denied { deny all; auth_request /yes; stub_status; }
    location /both { deny all; auth_request /no; stub_status; }
    location /unknown { deny all; auth_request /unknown_user; stub_status; }
    location /broken { deny all; auth_request /broken_one; stub_status; }
    location = /yes { return 204; } location = /no { return 403; } location = /unknown_user { return 401; }
    location = /broken_one { return 503; } })");
  CHECK(status(gateway, "/allowed") == 200);
  CHECK(status(gateway, "/denied") == 200);
  CHECK(status(gateway, "/both") == 403);
  CHECK(status(gateway, "/unknown") == 401);
  CHECK(status(gateway, "/broken") == 500);
}

TEST_CASE("a question takes the method of its own, the request keeps its own") {
  Gateway gateway(R"(server { listen 8080; add_header X-Method "$request_method $method_seen" always;
    location / { auth_request /auth; auth_request_set $method_seen "$request_method $request_uri"; stub_status; }
    location = /auth { return 204; } })");
  TestClient client;
  ask(gateway, client, "DELETE /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.field("X-Method") == "DELETE DELETE /a?b");
}

TEST_CASE("the client leaves while the question is open") {
  Gateway gateway(R"(server { listen 8080; location / { auth_request /auth; stub_status; }
    location = /auth { limit_req zone=one burst=100; stub_status; } }
    limit_req_zone $uri zone=one:1m rate=1r/m;)");
  CHECK(status(gateway, "/") == 200);
  for (int i = 0; i < 20; ++i) {
    TestClient client;
    gateway.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n", client);
    for (int turn = 0; turn < i % 4; ++turn) gateway.turn();
    REQUIRE_FALSE(client.done);
    gateway.exchange->on_client_gone();
    gateway.end_if_done(client);
    CHECK(gateway.worker->subexchanges.empty());
  }
}

TEST_CASE("questions within questions, and their variables") {
  Gateway gateway(R"(server { listen 8080; error_page 418 = /inner;
    location / { auth_request /outer; auth_request_set $seen "$seen/outer"; add_header X-Seen $seen always; stub_status; }
    location = /outer { error_page 418 = /inner; return 418; }
    location = /inner { return 204; } })");
  TestClient client;
  ask(gateway, client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.status == 200);
  CHECK(client.field("X-Seen") == "/outer");
}

TEST_CASE("what cannot be written") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; auth_request auth; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; auth_request_set $host x; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; auth_request_set $a $nothing_defines_this; }"));
}
