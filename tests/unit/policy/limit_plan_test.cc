// limit_count with plans and costs: which plan a request has, what its quota leaves, what a request uses up.
#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

constexpr const char* plans = R"(
  plan basic { rate 2r/m; quota 3r/day; }
  plan gold { rate 10r/s burst=20; quota 100r/month; }
  plan partners { rate off; }
  plan bucket { rate 5r/m; }
  limit_count_zone $arg_k zone=plans:1m plan=$arg_plan default=basic;
  limit_count_zone $arg_k zone=gcra:1m plan=$arg_plan default=basic window=gcra;
  limit_count_zone $arg_k zone=ten:1m rate=10r/m window=fixed;
  server { listen 8080; location / { stub_status; limit_count zone=plans; }
    location /8 { stub_status; limit_count zone=plans headers=draft-8; }
    location /gcra { stub_status; limit_count zone=gcra; }
    location /both { stub_status; limit_count zone=plans; limit_count zone=ten; }
    location /cost { stub_status; limit_count zone=ten cost=($request_method == "HEAD" ? 5 : 1); }
    location /arg { stub_status; limit_count zone=ten cost=($arg_n); }
    location /free { stub_status; limit_count zone=ten cost=0; }
    location /late { stub_status; limit_count zone=ten cost=($remote_user == "a" ? 4 : 1); } })";

}  // namespace

TEST_CASE("the plan is the request's; an unknown one, and none, is the default") {
  Gateway gateway(plans);
  CHECK(gateway.get("/?k=a").field("RateLimit-Limit") == "2");
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.get("/?k=a").status == 429);
  CHECK(gateway.get("/?k=a&plan=nosuch").status == 429);
  auto& gold = gateway.get("/?k=a&plan=gold");
  CHECK(gold.status == 200);
  CHECK(gold.field("RateLimit-Limit") == "20");
  CHECK(gold.field("RateLimit-Policy") == "10;w=1;burst=20");
  CHECK(gateway.get("/8?k=b&plan=gold").field("RateLimit") == "\"gold\";r=19;t=1");
  auto& unlimited = gateway.get("/?k=a&plan=partners");
  CHECK(unlimited.status == 200);
  CHECK(unlimited.field("RateLimit-Limit") == "(none)");
  CHECK(gateway.read("error.log").find("by zone \"plans\", plan \"basic\"") != std::string::npos);
}

TEST_CASE("a quota is a fixed window beside the rate; what the rate refuses uses up nothing of it") {
  Gateway gateway(plans);
  CHECK(gateway.get("/?k=a").status == 200);
  CHECK(gateway.get("/?k=a").status == 200);
  for (int i = 0; i < 5; ++i) CHECK(gateway.get("/?k=a").status == 429);
  gateway.pass(70'000);
  auto& third = gateway.get("/?k=a");
  CHECK(third.status == 200);
  CHECK(third.field("RateLimit-Limit") == "3");  // the quota has the least left
  CHECK(third.field("RateLimit-Remaining") == "0");
  CHECK(third.field("RateLimit-Policy") == "3;w=86400");
  gateway.pass(70'000);
  auto& fourth = gateway.get("/?k=a");
  CHECK(fourth.status == 429);
  CHECK(fourth.field("RateLimit-Policy") == "3;w=86400");
  CHECK(gateway.get("/?k=b").status == 200);
}

TEST_CASE("a rate without burst= is counted as the zone's window says") {
  Gateway gateway(plans);
  CHECK(gateway.get("/gcra?k=a&plan=bucket").field("RateLimit-Policy") == "5;w=60;burst=5");
  CHECK(gateway.get("/?k=a&plan=bucket").field("RateLimit-Policy") == "5;w=60");
}

TEST_CASE("limits of several zones and tiers are decided together") {
  Gateway gateway(plans);
  for (int i = 0; i < 2; ++i) CHECK(gateway.get("/both?k=a").status == 200);
  for (int i = 0; i < 4; ++i) CHECK(gateway.get("/both?k=a").status == 429);
  CHECK(gateway.get("/cost?k=a").field("RateLimit-Remaining") == "7");
}

TEST_CASE("cost: an expression, whole units rounded up; what is no number costs 1, less than nothing is nothing") {
  Gateway gateway(plans);
  CHECK(gateway.get("/cost?k=a").field("RateLimit-Remaining") == "9");
  CHECK(gateway.ask("HEAD /cost?k=a HTTP/1.1\r\nHost: h\r\n\r\n").field("RateLimit-Remaining") == "4");
  CHECK(gateway.ask("HEAD /cost?k=a HTTP/1.1\r\nHost: h\r\n\r\n").status == 429);
  CHECK(gateway.get("/free?k=a").field("RateLimit-Remaining") == "4");
  CHECK(gateway.get("/arg?k=b&n=3").field("RateLimit-Remaining") == "7");
  CHECK(gateway.get("/arg?k=b&n=0").field("RateLimit-Remaining") == "7");
  CHECK(gateway.get("/arg?k=b&n=-5").field("RateLimit-Remaining") == "7");
  CHECK(gateway.get("/arg?k=b&n=1.2").field("RateLimit-Remaining") == "5");
  CHECK(gateway.get("/arg?k=b&n=x").field("RateLimit-Remaining") == "4");
  CHECK(gateway.get("/arg?k=b").field("RateLimit-Remaining") == "3");
  CHECK(gateway.get("/arg?k=b&n=99999999999999999999").status == 429);
  CHECK(gateway.get("/arg?k=b&n=11").status == 429);
  CHECK(gateway.get("/arg?k=b&n=3").field("RateLimit-Remaining") == "0");
  CHECK(gateway.get("/free?k=b").status == 200);
  CHECK(gateway.get("/arg?k=b&n=1").status == 429);
}
