// limit_count: what counts where, what clients are told, phases, reload. The arithmetic is tested in
// state/count_window_test.cc and state/count_zone_test.cc.
#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

std::string two_a_minute(const std::string& lines) {
  return "limit_count_zone $arg_k zone=two:1m rate=2r/m; server { listen 8080; location / { stub_status; " + lines +
         " } }";
}

}  // namespace

TEST_CASE("two in a minute, then 429 with Retry-After; an empty key is free") {
  Gateway gateway("add_header X-Limit \"$limit_count_status $limit_count_remaining $limit_count_reset\" always;" +
                  two_a_minute("limit_count zone=two;"));
  auto& first = gateway.get("/?k=a");
  CHECK(first.status == 200);
  CHECK(first.field("X-Limit") == "PASSED 1 61");
  CHECK(first.field("RateLimit-Limit") == "2");
  CHECK(first.field("RateLimit-Remaining") == "1");
  CHECK(first.field("RateLimit-Reset") == "61");
  CHECK(first.field("RateLimit-Policy") == "2;w=60");
  CHECK(first.field("Retry-After") == "(none)");
  CHECK(gateway.get("/?k=a").field("RateLimit-Remaining") == "0");
  auto& refused = gateway.get("/?k=a");
  CHECK(refused.status == 429);
  CHECK(refused.field("X-Limit") == "REJECTED 0 61");
  CHECK(refused.field("RateLimit-Remaining") == "0");
  CHECK(refused.field("Retry-After") == "61");
  CHECK(gateway.get("/?k=b").status == 200);
  CHECK(gateway.get("/").field("RateLimit-Limit") == "(none)");
  gateway.pass(61'000);
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.read("error.log").find("limiting requests, count: 2, retry after 61 s, by zone \"two\", client: ") !=
        std::string::npos);
}

TEST_CASE("the fields of each form") {
  Gateway gateway(R"(limit_count_zone $arg_k zone=api:1m rate=100r/15m; limit_count_zone $arg_k zone=b:1m rate=10r/s
        window=gcra burst=20;
    server { listen 8080; location /7 { stub_status; limit_count zone=api headers=draft-7; }
      location /8 { stub_status; limit_count zone=api headers=draft-8; }
      location /old { stub_status; limit_count zone=api headers=legacy; }
      location /both { stub_status; limit_count zone=api headers=draft-6,legacy; }
      location /off { stub_status; limit_count zone=api headers=off; }
      location /bucket { stub_status; limit_count zone=b; } })");
  auto& seven = gateway.get("/7?k=7");
  CHECK(seven.field("RateLimit") == "limit=100, remaining=99, reset=901");
  CHECK(seven.field("RateLimit-Policy") == "100;w=900");
  auto& eight = gateway.get("/8?k=8");
  CHECK(eight.field("RateLimit") == "\"api\";r=99;t=901");
  CHECK(eight.field("RateLimit-Policy") == "\"api\";q=100;w=900");
  auto& old = gateway.get("/old?k=o");
  CHECK(old.field("X-RateLimit-Limit") == "100");
  CHECK(old.field("X-RateLimit-Remaining") == "99");
  CHECK(old.field("X-RateLimit-Reset") == std::to_string(784111777 + 901));
  CHECK(old.field("RateLimit-Limit") == "(none)");
  auto& both = gateway.get("/both?k=b");
  CHECK(both.field("RateLimit-Remaining") == "99");
  CHECK(both.field("X-RateLimit-Remaining") == "99");
  CHECK(gateway.get("/off?k=f").head.find("RateLimit") == std::string::npos);
  auto& bucket = gateway.get("/bucket?k=g");
  CHECK(bucket.field("RateLimit-Limit") == "20");
  CHECK(bucket.field("RateLimit-Remaining") == "19");
  CHECK(bucket.field("RateLimit-Reset") == "1");
  CHECK(bucket.field("RateLimit-Policy") == "10;w=1;burst=20");
}

TEST_CASE("server and location both count, off clears, a zone stated again counts once") {
  Gateway gateway(R"(limit_count_zone $arg_k zone=general:1m rate=5r/m; limit_count_zone $arg_k zone=login:1m rate=2r/m;
    server { listen 8080; limit_count zone=general;
      location / { stub_status; }
      location /login { stub_status; limit_count zone=login; }
      location /own { stub_status; limit_count zone=login; limit_count off; }
      location /off { stub_status; limit_count off; }
      location /again { stub_status; limit_count zone=general cost=2; } })");
  CHECK(gateway.get("/login?k=a").field("RateLimit-Limit") == "2");
  CHECK(gateway.get("/login?k=a").status == 200);
  for (int i = 0; i < 3; ++i) CHECK(gateway.get("/login?k=a").status == 429);
  CHECK(gateway.get("/?k=a").field("RateLimit-Remaining") == "2");  // what login refused has not counted here
  CHECK(gateway.get("/off?k=a").field("RateLimit-Limit") == "(none)");
  CHECK(gateway.get("/own?k=b").field("RateLimit-Remaining") == "1");
  CHECK(gateway.get("/?k=b").field("RateLimit-Remaining") == "4");
  CHECK(gateway.get("/again?k=c").field("RateLimit-Remaining") == "3");
}

TEST_CASE("status, message, cost, dry run") {
  Gateway gateway(R"(limit_count_zone $arg_k zone=two:1m rate=2r/m; error_format json;
    server { listen 8080;
      location /text { stub_status; limit_count zone=two status=503 "message=Slow \"down\", <please>"; }
      location /html { stub_status; limit_count zone=two "message=Slow <down>"; error_format html; }
      location /page { stub_status; limit_count zone=two "message=no"; error_page 429 /sorry; }
      location /sorry { return 200 sorry; }
      location /cost { stub_status; limit_count zone=two cost=2; }
      location /dry { stub_status; limit_count zone=two; limit_count_dry_run on;
        add_header X-Limit $limit_count_status; } })");
  for (int i = 0; i < 2; ++i) CHECK(gateway.get("/text?k=a").status == 200);
  auto& refused = gateway.get("/text?k=a");
  CHECK(refused.status == 503);
  CHECK(refused.body == "{\"error\":\"Slow \\\"down\\\", <please>\"}\n");
  CHECK(gateway.get("/html?k=a").body.find("Slow &lt;down&gt;") != std::string::npos);
  auto& page = gateway.get("/page?k=a");
  CHECK(page.status == 429);
  CHECK(page.body == "sorry");
  CHECK(page.field("RateLimit-Remaining") == "0");
  CHECK(page.field("Retry-After") == "61");
  CHECK(gateway.get("/cost?k=b").status == 200);
  CHECK(gateway.get("/cost?k=b").status == 429);
  auto& dry = gateway.get("/dry?k=b");
  CHECK(dry.status == 200);
  CHECK(dry.field("X-Limit") == "REJECTED_DRY_RUN");
  CHECK(dry.field("RateLimit-Limit") == "(none)");
  CHECK(gateway.read("error.log").find("limiting requests, dry run, count: 2") != std::string::npos);
}

TEST_CASE("a limit by identity is asked after the check of the identity, and gives back what others have counted") {
  // The password is "secret"; the first limit is known early, the second by whom it is.
  Gateway gateway;
  gateway.write("users", "ann:{PLAIN}secret\n");
  REQUIRE(gateway.load(R"(limit_count_zone $arg_k zone=early:1m rate=4r/m; map $remote_user $who { default $remote_user; }
    limit_count_zone $who zone=user:1m rate=2r/m;
    server { listen 8080; auth_basic api; auth_basic_user_file users;
      location / { stub_status; limit_count zone=user; limit_count zone=early; } })"));
  const auto ask = [&](const std::string& credentials) {  // files of users are work for other threads
    gh::test::TestClient client;
    gateway.ask("GET /?k=a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic " + credentials + "\r\n\r\n", client);
    for (int i = 0; i < 100000 && !client.done; ++i) uv_run(gateway.worker->loop.uv(), UV_RUN_NOWAIT);
    REQUIRE(client.done);
    gateway.end_if_done(client);
    return client;
  };
  CHECK(ask("YW5uOndyb25n").status == 401);           // counts in `early`, and in nobody's name
  CHECK(ask("YW5uOnNlY3JldA==").status == 200);
  const auto second = ask("YW5uOnNlY3JldA==");
  CHECK(second.status == 200);
  CHECK(second.field("RateLimit-Limit") == "2");
  CHECK(second.field("RateLimit-Remaining") == "0");
  for (int i = 0; i < 5; ++i) CHECK(ask("YW5uOnNlY3JldA==").status == 429);
  CHECK(ask("YW5uOndyb25n").status == 401);           // the fourth of `early`
  CHECK(ask("YW5uOndyb25n").status == 429);
}

TEST_CASE("counts survive a reload while the window is the same, also when the count changes") {
  Gateway gateway(two_a_minute("limit_count zone=two;"));
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.get("/?k=a").status == 200);
  const std::string rest = "; server { listen 8080; location / { stub_status; limit_count zone=two; } }";
  REQUIRE(gateway.load("limit_count_zone $arg_k zone=two:1m rate=3r/m" + rest));
  CHECK(gateway.get("/?k=a").field("RateLimit-Remaining") == "0");
  CHECK(gateway.get("/?k=a").status == 429);
  REQUIRE(gateway.load("limit_count_zone $arg_k zone=two:1m rate=3r/2m" + rest));
  CHECK(gateway.messages.find("start anew") != std::string::npos);
  CHECK(gateway.get("/?k=a").status == 200);
}

TEST_CASE("day and month are those of the calendar") {
  Gateway gateway(R"(limit_count_zone $arg_k zone=d:1m rate=10000r/day; limit_count_zone $arg_k zone=m:1m rate=9r/month;
    server { listen 8080; location /d { stub_status; limit_count zone=d; } location /m { stub_status;
      limit_count zone=m; } })");
  CHECK(gateway.get("/d?k=a").field("RateLimit-Reset") == std::to_string(86400 - 784111777 % 86400));
  CHECK(gateway.get("/m?k=a").field("RateLimit-Reset") == std::to_string(786240000 - 784111777));  // 1 Dec 1994
}

TEST_CASE("a zone may be defined behind its use") {
  Gateway gateway(
      "server { listen 8080; location / { limit_count zone=late; stub_status; } } limit_count_zone $arg_k zone=late:1m "
      "rate=1r/m;");
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.get("/?k=a").status == 429);
}
