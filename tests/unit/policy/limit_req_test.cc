// limit_req: LANGUAGE.md 11.4. The arithmetic is tested in state/rate_zone_test.cc.
#include "gateway_fixture.h"

using gh::test::Gateway;

TEST_CASE("a request a second, then 503; an empty key is free") {
  Gateway gateway(R"(limit_req_zone $arg_k zone=one:1m rate=1r/s; add_header X-Limit $limit_req_status always;
    server { listen 8080; location / { limit_req zone=one; stub_status; } location /free { return 200; } })");
  auto& first = gateway.get("/?k=a");
  CHECK(first.status == 200);
  CHECK(first.field("X-Limit") == "PASSED");
  auto& second = gateway.get("/?k=a");
  CHECK(second.status == 503);
  CHECK(second.field("X-Limit") == "REJECTED");
  CHECK(gateway.get("/?k=b").status == 200);
  CHECK(gateway.get("/").field("X-Limit") == "(none)");
  gateway.pass(1000);
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.read("error.log").find("limiting requests, excess: 1.000 by zone \"one\", client: 192.0.2.1") !=
        std::string::npos);
}

TEST_CASE("a burst waits its turn") {
  Gateway gateway(R"(limit_req_zone $arg_k zone=ten:1m rate=10r/s;
    server { listen 8080; location / { limit_req zone=ten burst=2; limit_req_log_level error; stub_status; } })");
  CHECK(gateway.get("/?k=a").status == 200);
  gh::test::TestClient waiting;
  gateway.ask("GET /?k=a HTTP/1.1\r\nHost: h\r\n\r\n", waiting);
  CHECK_FALSE(waiting.done);
  gateway.pass(40);
  CHECK_FALSE(waiting.done);
  gateway.pass(80);
  CHECK(waiting.done);
  CHECK(waiting.status == 200);
  gateway.end_if_done(waiting);
}

TEST_CASE("status, dry run, several limits, inheritance") {
  Gateway gateway(R"(limit_req_zone $arg_k zone=one:1m rate=1r/s; limit_req_zone $arg_k zone=two:1m rate=1r/s;
    limit_req_zone $arg_k zone=wide:1m rate=1000r/s;
    server { listen 8080; limit_req zone=one;
      location /status { limit_req_status 429; stub_status; }
      location /dry { limit_req_dry_run on; stub_status; }
      location /own { limit_req zone=wide burst=50 nodelay; stub_status; }
      location /both { limit_req zone=wide burst=5 nodelay; limit_req zone=two; stub_status; } })");
  CHECK(gateway.get("/status?k=a").status == 200);
  CHECK(gateway.get("/status?k=a").status == 429);
  CHECK(gateway.get("/dry?k=b").status == 200);
  CHECK(gateway.get("/dry?k=b").status == 200);
  CHECK(gateway.read("error.log").find("limiting requests, dry run, excess: 1.000 by zone \"one\"") !=
        std::string::npos);
  for (int i = 0; i < 20; ++i) CHECK(gateway.get("/own?k=c").status == 200);
  CHECK(gateway.get("/both?k=d").status == 200);
  CHECK(gateway.get("/both?k=d").status == 503);
}

TEST_CASE("counts survive a reload, also when the rate changes") {
  Gateway gateway(
      "limit_req_zone $arg_k zone=one:1m rate=6r/m; server { listen 8080; location / { limit_req zone=one; "
      "stub_status; } }");
  CHECK(gateway.get("/?k=a").status == 200);
  REQUIRE(
      gateway.load("limit_req_zone $arg_k zone=one:1m rate=5r/m; server { listen 8080; location / { limit_req "
                   "zone=one; stub_status; } }"));
  CHECK(gateway.get("/?k=a").status == 503);
  REQUIRE(
      gateway.load("limit_req_zone $arg_k$uri zone=one:1m rate=5r/m; server { listen 8080; location / { limit_req "
                   "zone=one; stub_status; } }"));
  CHECK(gateway.messages.find("start anew") != std::string::npos);
  CHECK(gateway.get("/?k=a").status == 200);
}

TEST_CASE("faults name the zone and the next step") {
  Gateway gateway;
  CHECK_FALSE(
      gateway.load("limit_req_zone $arg_k zone=alpha:1m rate=1r/s; server { listen 8080; limit_req zone=alhpa; }"));
  CHECK(gateway.messages.find("E0403") != std::string::npos);
  CHECK(gateway.messages.find("did you mean `alpha`?") != std::string::npos);
  CHECK_FALSE(gateway.load(
      "limit_req_zone $arg_k zone=a:1m rate=1r/s; limit_req_zone $uri zone=a:1m rate=1r/s; server { listen 8080; }"));
  CHECK(gateway.messages.find("E0506") != std::string::npos);
  CHECK_FALSE(gateway.load("limit_req_zone $arg_k zone=a rate=1r/s; server { listen 8080; }"));
  CHECK_FALSE(gateway.load("limit_req_zone $arg_k zone=a:1k rate=1r/s; server { listen 8080; }"));
  CHECK_FALSE(gateway.load(
      "limit_req_zone $arg_k zone=a:1m rate=1r/s; server { listen 8080; limit_req zone=a; limit_req zone=a; }"));
}

TEST_CASE("a zone may be defined behind its use") {
  Gateway gateway(
      "server { listen 8080; location / { limit_req zone=late; stub_status; } } limit_req_zone $arg_k zone=late:1m "
      "rate=1r/s;");
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.get("/?k=a").status == 503);
}
