// limit_conn: counts of requests under way. The memory is tested in state/conn_zone_test.cc.
#include "gateway_fixture.h"

using gh::test::Gateway;
using gh::test::TestClient;

namespace {

/// A request that stays under way: limit_req holds it back. Its exchange is put aside.
class Held {
 public:
  Held(Gateway& gateway, const std::string& target) : gateway_(gateway) {
    gateway.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n", client_);
    exchange_ = std::exchange(gateway.exchange, nullptr);
    REQUIRE_FALSE(client_.done);
  }
  ~Held() { end(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  void end() {
    if (!exchange_) return;
    exchange_->on_client_gone();
    exchange_->finish();
    gateway_.worker->free_exchange(exchange_);
    exchange_ = nullptr;
  }

 private:
  Gateway& gateway_;
  TestClient client_;
  gh::proxy::Exchange* exchange_ = nullptr;
};

/// auth_delay keeps a request that has no password under way for an hour, behind the limits.
const std::string slow = "auth_basic x; auth_basic_user_file users; auth_delay 1h; stub_status;";

}  // namespace

TEST_CASE("up to the number, not above it, and again when one is over") {
  Gateway gateway("limit_conn_zone $arg_k zone=one:1m; add_header X-Limit $limit_conn_status always;"
                  "server { listen 8080; location /slow { limit_conn one 2; " + slow + " }"
                  " location / { limit_conn one 2; limit_conn_status 429; stub_status; } }");
  Held first(gateway, "/slow?k=a");
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.get("/?k=a").field("X-Limit") == "PASSED");
  Held second(gateway, "/slow?k=a");
  auto& refused = gateway.get("/?k=a");
  CHECK(refused.status == 429);
  CHECK(refused.field("X-Limit") == "REJECTED");
  CHECK(gateway.get("/?k=b").status == 200);
  CHECK(gateway.get("/").field("X-Limit") == "(none)");
  first.end();
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.read("error.log").find("[error]") != std::string::npos);
  CHECK(gateway.read("error.log").find("limiting connections by zone \"one\", client: 192.0.2.1") != std::string::npos);
}

TEST_CASE("one of several limits refuses: the others count nothing") {
  Gateway gateway("limit_conn_zone $arg_k zone=wide:1m; limit_conn_zone $arg_k zone=tight:1m;"
                  "server { listen 8080; location /slow { limit_conn tight 1; " + slow + " }"
                  " location /both { limit_conn wide 1; limit_conn tight 1; stub_status; }"
                  " location /wide { limit_conn wide 1; stub_status; } }");
  Held held(gateway, "/slow?k=a");
  CHECK(gateway.get("/both?k=a").status == 503);
  CHECK(gateway.get("/both?k=a").status == 503);
  CHECK(gateway.get("/wide?k=a").status == 200);
  held.end();
  CHECK(gateway.get("/both?k=a").status == 200);
}

TEST_CASE("dry run counts and lets pass") {
  Gateway gateway("limit_conn_zone $arg_k zone=one:1m; add_header X-Limit $limit_conn_status always;"
                  "server { listen 8080; limit_conn one 1; location /slow { " + slow + " }"
                  " location / { limit_conn_dry_run on; stub_status; } }");
  Held held(gateway, "/slow?k=a");
  auto& passed = gateway.get("/?k=a");
  CHECK(passed.status == 200);
  CHECK(passed.field("X-Limit") == "REJECTED_DRY_RUN");
  CHECK(gateway.read("error.log").find("limiting connections, dry run, by zone \"one\"") != std::string::npos);
}

TEST_CASE("counts survive a reload, those under way are given back to the zone they came from") {
  const std::string server = "server { listen 8080; limit_conn one 1; location /slow { " + slow +
                             " } location / { stub_status; } }";
  Gateway gateway("limit_conn_zone $arg_k zone=one:1m;" + server);
  Held held(gateway, "/slow?k=a");
  REQUIRE(gateway.load("limit_conn_zone $arg_k zone=one:1m;" + server + " server { listen 8081; }"));
  CHECK(gateway.get("/?k=a").status == 503);
  REQUIRE(gateway.load("limit_conn_zone $arg_k$arg_l zone=one:1m;" + server));
  CHECK(gateway.messages.find("start anew") != std::string::npos);
  CHECK(gateway.get("/?k=a").status == 200);
  held.end();
  REQUIRE(gateway.load("limit_conn_zone $arg_k zone=one:1m;" + server));
  CHECK(gateway.get("/?k=a").status == 200);
}
