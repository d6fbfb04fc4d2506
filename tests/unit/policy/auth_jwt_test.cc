// auth_jwt: what is asked of tokens, what is answered, claims as variables and in conditions, and what is remembered.
#include <fmt/format.h>

#include "gateway_fixture.h"
#include "jose/issue.h"
#include "jose/key_set.h"
#include "policy/access/auth_jwt_cache.h"
#include "table/jwt_keys.h"

using namespace gh;
using gh::test::Gateway;
using gh::test::TestClient;

namespace {

constexpr std::int64_t now_s = 784111777;  // of the manual clock
const std::string secret = "a secret of the shop, long enough for HS256";

std::string token_of(const std::string& claims, const std::string& by = secret,
                     jose::Algorithm algorithm = jose::Algorithm::hs256) {
  const auto key = jose::Key::from_secret(by, {.private_keys = false, .secrets = true, .short_secrets = true});
  return *jose::issue_token(*key, algorithm, claims);
}

std::string valid(const std::string& more = "") {
  return token_of(fmt::format("{{\"exp\":{}{}{}}}", now_s + 60, more.empty() ? "" : ",", more));
}

std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

struct JwtGateway : Gateway {
  explicit JwtGateway(const std::string& config) {
    write("secret", secret + "\n");
    REQUIRE_MESSAGE(load(config), messages);
  }
};

}  // namespace

TEST_CASE("a good token passes, all others are told what is wrong") {
  JwtGateway gateway(R"(server { listen 8080; auth_jwt "the \"shop\""; auth_jwt_secret file:secret;
    location / { stub_status; } location /open { auth_jwt off; stub_status; } })");
  CHECK(gateway.get("/", bearer(valid())).status == 200);
  CHECK(gateway.get("/", "Authorization: bEARER   " + valid() + "\r\n").status == 200);
  CHECK(gateway.get("/open").status == 200);
  const TestClient& missing = gateway.get("/");
  CHECK(missing.status == 401);
  CHECK(missing.field("WWW-Authenticate") == R"(Bearer realm="the \"shop\"")");
  const TestClient& expired = gateway.get("/", bearer(token_of(fmt::format("{{\"exp\":{}}}", now_s))));
  CHECK(expired.status == 401);
  CHECK(expired.field("WWW-Authenticate") ==
        R"(Bearer realm="the \"shop\"", error="invalid_token", error_description="The token has expired")");
  CHECK(gateway.get("/", bearer(token_of(R"({"sub":"a"})"))).status == 401);  // it never ends
  CHECK(gateway.get("/", bearer(token_of(fmt::format("{{\"exp\":{}}}", now_s + 60), secret + "x"))).status == 401);
  CHECK(gateway.get("/", "Authorization: Basic YTpi\r\n").status == 401);
  CHECK(gateway.get("/", "Authorization: Bearer\r\n").status == 401);
  CHECK(gateway.get("/", bearer(valid() + ", Bearer " + valid())).status == 401);
  CHECK(gateway.get("/", bearer(valid() + " ")).status == 200);  // blanks around a value are not part of it
  const std::string log = gateway.read("error.log");
  CHECK(log.find("token refused: it has expired") != std::string::npos);
  CHECK(log.find("eyJ") == std::string::npos);
  CHECK(log.find(secret) == std::string::npos);
}

TEST_CASE("its end is its end, also when it is remembered; the leeway counts") {
  JwtGateway gateway(R"(server { listen 8080; auth_jwt a; auth_jwt_secret file:secret;
    location / { stub_status; } location /late { auth_jwt_leeway 10s; stub_status; } })");
  const std::string token = valid();
  CHECK(gateway.get("/", bearer(token)).status == 200);
  gateway.pass(59'000);
  CHECK(gateway.get("/", bearer(token)).status == 200);
  CHECK(gateway.get("/late", bearer(token)).status == 200);
  gateway.pass(1000);
  CHECK(gateway.get("/", bearer(token)).status == 401);
  CHECK(gateway.get("/late", bearer(token)).status == 200);
  gateway.pass(10'000);
  CHECK(gateway.get("/late", bearer(token)).status == 401);
}

TEST_CASE("where the token stands, who it is from and for") {
  JwtGateway gateway(R"(server { listen 8080; auth_jwt a token=$cookie_access; auth_jwt_secret file:secret;
    auth_jwt_issuer https://one https://two; auth_jwt_audience shop;
    location / { stub_status; } location /any { auth_jwt_audience other shop; stub_status; } })");
  const auto status = [&](const std::string& target, const std::string& more) {
    return gateway.get(target, "Cookie: access=" + valid(more) + "\r\n").status;
  };
  CHECK(status("/", R"("iss":"https://one","aud":"shop")") == 200);
  CHECK(status("/", R"("iss":"https://two","aud":["x","shop"])") == 200);
  CHECK(status("/", R"("iss":"https://two/","aud":"shop")") == 401);
  CHECK(status("/", R"("iss":"https://one","aud":"Shop")") == 401);
  CHECK(status("/", R"("iss":"https://one")") == 401);
  CHECK(status("/", R"("aud":"shop")") == 401);
  CHECK(status("/any", R"("iss":"https://one","aud":"other")") == 200);
  CHECK(status("/", R"("iss":"https://one","aud":"other")") == 401);  // what another block remembers is not good here
  CHECK(gateway.get("/", bearer(valid(R"("iss":"https://one","aud":"shop")"))).status == 401);
}

TEST_CASE("answers are as stated; expired and claims fall back to invalid") {
  JwtGateway gateway(R"(server { listen 8080; error_format json; auth_jwt a; auth_jwt_secret file:secret;
    auth_jwt_audience shop; auth_jwt_error missing=401 "No token provided"; auth_jwt_error invalid=403 "Invalid token";
    location / { stub_status; }
    location /more { auth_jwt_error expired=419 "Too late"; auth_jwt_error claims=451; stub_status; } })");
  const std::string expired = token_of(fmt::format("{{\"aud\":\"shop\",\"exp\":{}}}", now_s - 1));
  const TestClient& missing = gateway.get("/");
  CHECK(missing.status == 401);
  CHECK(missing.body == "{\"error\":\"No token provided\"}\n");
  const TestClient& invalid = gateway.get("/", bearer("a.b.c"));
  CHECK(invalid.status == 403);
  CHECK(invalid.body == "{\"error\":\"Invalid token\"}\n");
  CHECK(invalid.field("WWW-Authenticate") == "(none)");
  CHECK(gateway.get("/", bearer(expired)).body == "{\"error\":\"Invalid token\"}\n");
  CHECK(gateway.get("/", bearer(valid())).status == 403);
  CHECK(gateway.get("/more", bearer(expired)).status == 419);
  CHECK(gateway.get("/more", bearer(expired)).body == "{\"error\":\"Too late\"}\n");
  CHECK(gateway.get("/more", bearer(valid())).status == 451);
  CHECK(gateway.get("/more", bearer("a.b.c")).body == "{\"error\":\"Invalid token\"}\n");
}

TEST_CASE("claims as variables: texts, numbers, lists, what is within others") {
  JwtGateway gateway(R"(auth_jwt_claim_set $tenant org tenant; auth_jwt_claim_set $first roles;
    auth_jwt_header_set $kind typ;
    server { listen 8080; auth_jwt a; auth_jwt_secret file:secret;
    add_header X "$jwt_claim_sub|$jwt_claim_n|$jwt_claim_on|$jwt_claim_nil|$jwt_claim_roles|$tenant|$kind|$jwt_header_alg";
    location / { stub_status; } location /open { auth_jwt off; stub_status; }
    location /payload { add_header X $jwt_payload; stub_status; } })");
  const std::string more = R"("sub":"a\nb","n":12345678901234567890,"on":true,"nil":null,"roles":["x","",1],)"
                           R"("org":{"tenant":"t1"})";
  CHECK(gateway.get("/", bearer(valid(more))).field("X") == "a%0Ab|12345678901234567890|true||x,,1|t1|JWT|HS256");
  CHECK(gateway.get("/open", bearer(valid(more))).field("X") == "|||||||");
  CHECK(gateway.get("/", bearer("a.b.c")).status == 401);
  CHECK(gateway.get("/payload", bearer(token_of(R"({"exp":784119999})"))).field("X") == R"({"exp":784119999})");
}

TEST_CASE("claims in conditions have their JSON type") {
  JwtGateway gateway(R"(server { listen 8080; auth_jwt a; auth_jwt_secret file:secret;
    location /role { auth_require ($jwt_claim_role in ("admin", "support")); stub_status; }
    location /roles { auth_require ("admin" in $jwt_claim_roles); stub_status; }
    location /level { auth_require ($jwt_claim_level >= 3); stub_status; }
    location /deep { auth_require ($jwt_payload.org.tenant == "t1"); stub_status; } })");
  const auto status = [&](const std::string& target, const std::string& more) {
    return gateway.get(target, bearer(valid(more))).status;
  };
  CHECK(status("/role", R"("role":"support")") == 200);
  CHECK(status("/role", R"("role":"guest")") == 403);
  CHECK(status("/role", R"("role":["admin"])") == 403);
  CHECK(status("/role", "") == 403);
  CHECK(status("/roles", R"("roles":["x","admin"])") == 200);
  CHECK(status("/roles", R"("roles":["administrator"])") == 403);
  CHECK(status("/level", R"("level":3)") == 200);
  CHECK(status("/level", R"("level":2.5)") == 403);
  CHECK(status("/deep", R"("org":{"tenant":"t1"})") == 200);
  CHECK(status("/deep", R"("org":"t1")") == 403);
}

TEST_CASE("T12: whose resource it is, by a claim and a part of the path") {
  JwtGateway gateway(R"(server { listen 8080; auth_jwt a; auth_jwt_secret file:secret;
    route GET /dashboard/:userId { auth_require ($jwt_claim_id == $path_userId) error=404; stub_status; } })");
  CHECK(gateway.get("/dashboard/7", bearer(valid(R"("id":7)"))).status == 200);
  CHECK(gateway.get("/dashboard/7", bearer(valid(R"("id":"7")"))).status == 200);
  CHECK(gateway.get("/dashboard/8", bearer(valid(R"("id":7)"))).status == 404);
  CHECK(gateway.get("/dashboard/null", bearer(valid())).status == 404);
  CHECK(gateway.get("/dashboard/7").status == 401);
}

TEST_CASE("auth_jwt_require: variables of the token, and their answers") {
  JwtGateway gateway(R"(auth_jwt_claim_set $tenant org tenant;
    server { listen 8080; auth_jwt a; auth_jwt_secret file:secret;
    location / { auth_jwt_require $tenant; auth_jwt_require $jwt_claim_paid error=403; stub_status; }
    location /any { satisfy any; allow all; auth_jwt_require $tenant; stub_status; } })");
  const auto ask = [&](const std::string& more) -> const TestClient& { return gateway.get("/", bearer(valid(more))); };
  CHECK(ask(R"("org":{"tenant":"a"},"paid":true)").status == 200);
  CHECK(ask(R"("org":{"tenant":"a"},"paid":false)").status == 403);
  CHECK(ask(R"("org":{"tenant":"a"},"paid":false)").field("WWW-Authenticate").find("insufficient_scope") !=
        std::string::npos);
  CHECK(ask(R"("org":{"tenant":"0"},"paid":true)").status == 401);
  CHECK(ask(R"("paid":true)").status == 401);
  CHECK(gateway.get("/any").status == 200);
}

TEST_CASE("satisfy any: another check is enough; else the one that had credentials answers") {
  JwtGateway gateway(R"(server { listen 8080; satisfy any; error_format json;
    auth_jwt a; auth_jwt_secret file:secret; auth_jwt_error invalid=403 "Invalid token";
    auth_jwt_error missing=401 "No token";
    location /near { allow 192.0.2.1; deny all; stub_status; } location /far { deny all; stub_status; } })");
  CHECK(gateway.get("/near", bearer("x")).status == 200);
  CHECK(gateway.get("/far", bearer(valid())).status == 200);
  CHECK(gateway.get("/far", bearer("x.y.z")).status == 403);
  CHECK(gateway.get("/far", bearer("x.y.z")).body == "{\"error\":\"Invalid token\"}\n");
  CHECK(gateway.get("/far").body == "{\"error\":\"No token\"}\n");
}

TEST_CASE("a route is chosen by a claim when the server verifies, and refused behind") {
  JwtGateway gateway(R"(server { listen 8080; auth_jwt a; auth_jwt_secret file:secret;
    route GET /x when ($jwt_claim_beta == true) { add_header X beta; stub_status; }
    route GET /x { add_header X plain; stub_status; }
    route GET /open when ($jwt_claim_beta == true) { auth_jwt off; add_header X beta; stub_status; }
    route GET /open { auth_jwt off; add_header X plain; stub_status; } })");
  CHECK(gateway.get("/x", bearer(valid(R"("beta":true)"))).field("X") == "beta");
  CHECK(gateway.get("/x", bearer(valid())).field("X") == "plain");
  CHECK(gateway.get("/x").status == 401);
  const std::string forged = token_of(R"({"exp":884111777,"beta":true})", secret + "x");
  CHECK(gateway.get("/x", bearer(forged)).status == 401);
  CHECK(gateway.get("/open", bearer(forged)).field("X") == "plain");
  CHECK(gateway.get("/open", bearer(valid(R"("beta":true)"))).field("X") == "beta");
  CHECK_FALSE(gateway.load(R"(server { listen 8080; auth_jwt_secret file:secret;
    route GET /x when ($jwt_claim_beta == true) { auth_jwt a; stub_status; } })"));
  CHECK(gateway.messages.find("E0331") != std::string::npos);
}

TEST_CASE("keys: secrets for some algorithms, old and new ones, none") {
  const std::string claims = fmt::format("{{\"exp\":{}}}", now_s + 60);
  Gateway other;
  other.write("secret", secret);
  other.write("new", std::string(64, 'n'));
  REQUIRE_MESSAGE(other.load(R"(server { listen 8080; auth_jwt a; auth_jwt_secret file:new algorithms=HS256;
    location / { stub_status; }
    location /two { auth_jwt_secret file:secret; auth_jwt_secret file:new; stub_status; } })"), other.messages);
  const std::string fresh(64, 'n');
  CHECK(other.get("/", bearer(token_of(claims, fresh))).status == 200);
  CHECK(other.get("/", bearer(token_of(claims, fresh, jose::Algorithm::hs512))).status == 401);
  CHECK(other.get("/", bearer(token_of(claims))).status == 401);
  CHECK(other.get("/two", bearer(token_of(claims))).status == 200);
  CHECK(other.get("/two", bearer(token_of(claims, fresh, jose::Algorithm::hs512))).status == 200);
  CHECK_FALSE(other.load("server { listen 8080; auth_jwt a; location / { stub_status; } }"));
  CHECK(other.messages.find("E0342") != std::string::npos);
}

TEST_CASE("another location's keys, kept for a while") {
  const std::string jwks = R"({"keys":[{"kty":"oct","kid":"k","k":"YSBzZWNyZXQgb2YgdGhlIHNob3AsIGxvbmcgZW5vdWdoIGZvciBIUzI1Ng"}]})";
  Gateway gateway;
  gateway.write("jwks.json", jwks);
  REQUIRE_MESSAGE(gateway.load(R"(server { listen 8080; auth_jwt a; auth_jwt_key_request /jwks;
    location / { stub_status; } location /kept { auth_jwt_key_cache 10s; stub_status; }
    location /none { auth_jwt_key_request /gone; stub_status; } location /gone { auth_jwt off; return 500; }
    location = /jwks { auth_jwt off; internal; alias )" + gateway.folder() + R"(jwks.json; } })"), gateway.messages);
  const auto ask = [&](const std::string& target) {
    TestClient& client = gateway.get(target, bearer(valid()));
    for (int i = 0; i < 20 && !client.done; ++i) gateway.turn();
    gateway.end_if_done(client);
    return client.status;
  };
  CHECK(ask("/") == 200);
  CHECK(ask("/kept") == 200);
  CHECK(ask("/none") == 503);
  gateway.write("jwks.json", "{}");
  CHECK(ask("/") == 503);
  CHECK(ask("/kept") == 200);
  gateway.pass(11'000);
  CHECK(ask("/kept") == 200);  // no better ones came
}

TEST_CASE("the memory of tokens is bounded, and told apart by settings, keys and time") {
  const auto verified = [](std::int64_t from_s, double to_s) {
    auto header = json::Document::parse("{}"), claims = json::Document::parse("{}");
    auto token = std::make_shared<proxy::VerifiedToken>(std::make_shared<const json::Document>(std::move(*header)), std::move(*claims));
    token->checked_s = from_s;
    token->ends_s = to_s;
    return token;
  };
  policy::JwtCache cache(64 * 1024);
  cache.put("a", {1, 2}, verified(10, 20.5));
  CHECK(cache.find("a", {1, 2}, 10));
  CHECK(cache.find("a", {1, 2}, 20));
  CHECK_FALSE(cache.find("a", {1, 2}, 21));
  CHECK_FALSE(cache.find("a", {1, 2}, 9));  // a clock that went back
  CHECK_FALSE(cache.find("a", {2, 2}, 10));
  CHECK_FALSE(cache.find("a", {1, 3}, 10));
  CHECK_FALSE(cache.find("b", {1, 2}, 10));
  const std::string large(64 * 1024, 'x');
  cache.put(large, {1, 2}, verified(10, 20));
  CHECK_FALSE(cache.find(large, {1, 2}, 10));
  std::size_t kept = 0;
  for (int i = 0; i < 10'000; ++i) {
    cache.put("token " + std::to_string(i), {1, 2}, verified(10, 20));
    CHECK(cache.bytes_held() <= 64 * 1024);
  }
  for (int i = 0; i < 10'000; ++i) kept += cache.find("token " + std::to_string(i), {1, 2}, 10) != nullptr;
  CHECK(kept > 10);
  CHECK(kept < 300);
}

TEST_CASE("one renewal at a time, all wait for it, the next one is a cooldown away") {
  net::Loop loop;
  table::JwtKeys keys(1000);
  int told = 0;
  const auto waiter = [&] {
    auto one = std::make_shared<table::JwtKeyWaiter>(loop);
    one->ready = [&] { ++told; };
    return one;
  };
  CHECK_FALSE(keys.join(waiter()));
  CHECK(keys.begin(5000));
  CHECK_FALSE(keys.begin(5000));
  CHECK_FALSE(keys.begin(9000, true));
  CHECK(keys.join(waiter()));
  const auto gone = waiter();
  CHECK(keys.join(gone));
  gone->ready = nullptr;
  keys.end(nullptr, 5100);
  for (int i = 0; i < 3; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
  CHECK(told == 1);
  CHECK_FALSE(keys.get());
  CHECK_FALSE(keys.begin(5999));
  CHECK(keys.begin(6000));
  jose::KeySet set;
  set.add(std::move(*jose::Key::from_secret(secret, {})));
  keys.end(table::make_key_set(std::move(set)), 6100);
  CHECK(keys.get());
  CHECK(keys.number() == keys.get()->number);
  CHECK(keys.begin(6500, true));
  keys.give_up();
  CHECK(keys.begin(6501));
  keys.end(nullptr, 6600);
  CHECK(keys.get());  // the last good one stays
}
