// auth_key and consumers: where a key is looked for, who it belongs to, what is hidden, how it joins the other checks.
#include "gateway_fixture.h"

#include "base/digest.h"

using gh::test::Gateway;
using gh::test::TestClient;

namespace {

std::string sha256(const std::string& key) { return "sha256:" + gh::hex_digest(gh::DigestKind::sha256, key); }

std::string consumers() {
  return "consumer shop { key " + sha256("shop-key") + "; key " + sha256("shop key %") +
         "; plan gold; group ops partners; basic_user ann; } consumer cart { key " + sha256("cart-key") +
         "; group ops; } plan gold { rate 3r/m; } plan basic { rate 1r/m; } ";
}

std::string server(const std::string& lines) {
  return consumers() + "add_header X-Who \"$consumer|$consumer_plan|$consumer_group\" always; server { listen 8080; " +
         lines + " }";
}

/// Passwords are looked up beside the loop.
std::string who(Gateway& gateway, const std::string& target, const std::string& fields) {
  TestClient client;
  gateway.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", client);
  for (int i = 0; i < 100000 && !client.done; ++i) uv_run(gateway.worker->loop.uv(), UV_RUN_NOWAIT);
  REQUIRE(client.done);
  gateway.end_if_done(client);
  return std::to_string(client.status) + " " + client.field("X-Who");
}

}  // namespace

TEST_CASE("a key is one of a consumer's: 401 with a challenge without it, and with another") {
  Gateway gateway(server("location / { auth_key \"the \\\"shop\\\"\"; stub_status; }"));
  auto& none = gateway.get("/");
  CHECK(none.status == 401);
  CHECK(none.field("WWW-Authenticate") == "Key realm=\"the \\\"shop\\\"\"");
  CHECK(none.field("X-Who") == "||");
  CHECK(gateway.get("/", "X-API-Key: shop-kez\r\n").status == 401);
  CHECK(gateway.get("/", "X-API-Key: \r\n").status == 401);
  CHECK(gateway.get("/?X-API-Key=shop-key").status == 401);
  auto& shop = gateway.get("/", "x-api-key: shop-key\r\n");
  CHECK(shop.status == 200);
  CHECK(shop.field("X-Who") == "shop|gold|ops,partners");
  CHECK(gateway.get("/", "X-API-Key: cart-key\r\n").field("X-Who") == "cart||ops");
  CHECK(gateway.get("/", "X-API-Key: shop-key\r\nX-API-Key: cart-key\r\n").status == 401);
  const std::string log = gateway.read("error.log");
  CHECK(log.find("the API key belongs to no consumer") != std::string::npos);
  CHECK(log.find("shop-kez") == std::string::npos);
}

TEST_CASE("where a key is looked for") {
  Gateway gateway(server("location / { auth_key shop header=Authorization query=apikey cookie=key; stub_status; }"));
  CHECK(gateway.get("/", "Authorization: Bearer shop-key\r\n").status == 200);
  CHECK(gateway.get("/", "Authorization: shop-key\r\n").status == 401);
  CHECK(gateway.get("/", "X-API-Key: shop-key\r\n").status == 401);
  CHECK(gateway.get("/?a=b&apikey=shop-key").status == 200);
  CHECK(gateway.get("/?apikey=shop%20key%20%25").status == 200);
  CHECK(gateway.get("/?apikey=shop%2").status == 401);
  CHECK(gateway.get("/?apikey").status == 401);
  CHECK(gateway.get("/", "Cookie: a=b; key=shop-key; c=d\r\n").status == 200);
  CHECK(gateway.get("/?apikey=shop-key", "Cookie: key=cart-key\r\n").status == 401);
}

TEST_CASE("groups in expressions: `in` always, `==` when there is one") {
  Gateway gateway(server("auth_key shop; location /in { auth_require (\"ops\" in $consumer_group); stub_status; }"
                         "location /one { auth_require ($consumer_group == \"ops\"); stub_status; }"
                         "location /other { auth_require (\"op\" in $consumer_group); stub_status; }"));
  for (const char* key : {"X-API-Key: shop-key\r\n", "X-API-Key: cart-key\r\n"}) {
    CHECK(gateway.get("/in", key).status == 200);
    CHECK(gateway.get("/other", key).status == 403);
  }
  CHECK(gateway.get("/one", "X-API-Key: cart-key\r\n").status == 200);
  CHECK(gateway.get("/one", "X-API-Key: shop-key\r\n").status == 403);
}

TEST_CASE("hide: the key is gone behind the checks, and an internal redirect still passes") {
  Gateway gateway(server(R"(auth_key shop header=X-Key query=apikey cookie=key hide;
      add_header X-Seen "$http_x_key|$arg_apikey|$cookie_key|$args|$request_uri|$request|$http_cookie|$http_x_other";
      location / { try_files /nothing @next; } location @next { stub_status; })"));
  CHECK(gateway.get("/a?apikey=shop-key&b=1", "X-Other: o\r\n").field("X-Seen") ==
        "||" "|b=1|/a?b=1|GET /a?b=1 HTTP/1.1||o");
  CHECK(gateway.get("/a?ApiKey=shop-key").field("X-Seen") == "||||/a|GET /a HTTP/1.1||");
  CHECK(gateway.get("/a?b=1", "X-Key: shop-key\r\n").field("X-Seen") == "|||b=1|/a?b=1|GET /a?b=1 HTTP/1.1||");
  CHECK(gateway.get("/a", "Cookie: x=y; key=shop-key;z=1\r\n").field("X-Seen") ==
        "||||/a|GET /a HTTP/1.1|x=y; z=1|");
  CHECK(gateway.get("/a", "Cookie: key=shop-key\r\n").field("X-Seen") == "||||/a|GET /a HTTP/1.1||");
  CHECK(gateway.get("/a").status == 401);
}

TEST_CASE("satisfy joins the checks; users of auth_basic are consumers, too") {
  Gateway gateway;
  gateway.write("users", "ann:{PLAIN}secret\nbob:{PLAIN}secret\n");
  REQUIRE(gateway.load(server(R"(auth_basic users; auth_basic_user_file users; auth_key keys;
      location /any { satisfy any; stub_status; } location /all { stub_status; } location /off { auth_key off; stub_status; })")));
  const std::string ann = "Authorization: Basic YW5uOnNlY3JldA==\r\n", bob = "Authorization: Basic Ym9iOnNlY3JldA==\r\n";
  const std::string key = "X-API-Key: cart-key\r\n";
  auto& none = gateway.get("/any");
  CHECK(none.status == 401);
  CHECK(none.head.find("Key realm=\"keys\"") != std::string::npos);
  CHECK(none.head.find("Basic realm=\"users\"") != std::string::npos);
  CHECK(gateway.get("/any", key).field("X-Who") == "cart||ops");
  CHECK(gateway.get("/any", key).field("WWW-Authenticate") == "(none)");
  CHECK(who(gateway, "/any", ann) == "200 shop|gold|ops,partners");
  CHECK(who(gateway, "/any", bob) == "200 ||");
  CHECK(gateway.get("/all", key).status == 401);
  CHECK(gateway.get("/all", ann).status == 401);
  CHECK(who(gateway, "/all", ann + key) == "200 cart||ops");  // the key is asked for first
  CHECK(who(gateway, "/off", ann) == "200 shop|gold|ops,partners");
}

TEST_CASE("limits by consumer and plan count behind the check") {
  Gateway gateway(server("auth_key shop; limit_count zone=plans; location / { stub_status; }") +
                  "limit_count_zone $consumer zone=plans:1m plan=$consumer_plan default=basic;");
  for (int i = 0; i < 5; ++i) CHECK(gateway.get("/", "X-API-Key: no-such-key\r\n").status == 401);
  for (int i = 0; i < 3; ++i) CHECK(gateway.get("/", "X-API-Key: shop-key\r\n").status == 200);
  CHECK(gateway.get("/", "X-API-Key: shop-key\r\n").status == 429);
  CHECK(gateway.get("/", "X-API-Key: cart-key\r\n").status == 200);
  CHECK(gateway.get("/", "X-API-Key: cart-key\r\n").status == 429);
}

TEST_CASE("keys from the environment and from files") {
  Gateway gateway;
  gateway.write("key", "file-key\n");
  ::setenv("GATEHOUSE_TEST_KEY", "environment-key", 1);
  REQUIRE(gateway.load("consumer a { key env:GATEHOUSE_TEST_KEY; } consumer b { key file:key; } "
                       "server { listen 8080; auth_key x; location / { stub_status; } }"));
  CHECK(gateway.get("/", "X-API-Key: environment-key\r\n").status == 200);
  CHECK(gateway.get("/", "X-API-Key: file-key\r\n").status == 200);
  CHECK(gateway.get("/", "X-API-Key: env:GATEHOUSE_TEST_KEY\r\n").status == 401);
}
