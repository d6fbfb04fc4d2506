// `if` and limit_except: routes laid over that of the block around them (LANGUAGE 8.4, 11.6).
#include "compiled.h"

using namespace gh;
using test::Compiled;
using test::server_of;

namespace {

std::string steps_of(const table::Route& route) {
  std::string names;
  for (const auto* part : {&route.program.steps, &route.program.response}) {
    for (const table::Step& step : *part) names.append(names.empty() ? "" : " ").append(step.name);
  }
  return names;
}

}  // namespace

TEST_CASE("each block makes an overlay of its own, in the order of the file") {
  const Compiled c(server_of(R"(
    if ($arg_a) { set $a 1; }
    location /x {
      if ($arg_b = "one two") { return 403; }
      limit_except GET HEAD { deny all; }
      if (-f $uri) { break; }
      stub_status;
    })"));
  REQUIRE_MESSAGE(c.table, c.all());
  REQUIRE(c.server().base.overlays.size() == 1);
  CHECK(c.server().base.overlays[0]->name == "if ($arg_a)");
  const table::Route& x = c.at("/x");
  REQUIRE(x.overlays.size() == 3);
  CHECK(x.overlays[0]->name == "if ($arg_b = one two)");
  CHECK(x.overlays[1]->name == "limit_except GET HEAD");
  CHECK(x.overlays[2]->name == "if (-f $uri)");
  CHECK(x.except == x.overlays[1].get());
  for (const auto& overlay : x.overlays) CHECK(overlay->kind == table::Route::Kind::condition);
}

TEST_CASE("an overlay answers as the block around it does, and shares what it does not state") {
  const Compiled c(server_of(R"(
    add_header X-A 1;
    location /x {
      proxy_pass http://127.0.0.1:9001;
      if ($arg_own) { proxy_pass http://127.0.0.1:9002; }
      if ($arg_more) { rewrite_log on; add_header X-B 2; }
      if ($arg_none) { set $x 1; }
    })"));
  REQUIRE_MESSAGE(c.table, c.all());
  const table::Route& x = c.at("/x");
  REQUIRE(x.overlays.size() == 3);
  CHECK(x.overlays[0]->proxy_target->host == "127.0.0.1:9002");
  CHECK(x.overlays[1]->proxy_target == x.proxy_target);
  CHECK(x.overlays[1]->core->rewrite_log);
  CHECK(x.overlays[1]->core != x.core);
  CHECK(x.overlays[2]->core == x.core);
  CHECK(x.overlays[2]->proxy_target == x.proxy_target);
  // The rewriting of an `if` is run by the block around it.
  CHECK(steps_of(x) == "if proxy_pass add_header");
  for (const auto& overlay : x.overlays) CHECK(steps_of(*overlay) == "proxy_pass add_header");
}

TEST_CASE("a nested location does not answer as an if beside it") {
  const Compiled c(server_of(R"(
    location /x {
      if ($arg_own) { proxy_pass http://127.0.0.1:9002; }
      location /x/y { if ($arg_a) { add_header X-A 1; } }
    })"));
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK_FALSE(c.at("/x").proxy_target);
  REQUIRE(c.at("/x/y").overlays.size() == 1);
  CHECK_FALSE(c.at("/x/y").overlays[0]->proxy_target);
}

TEST_CASE("regexes of if know their names everywhere, those of locations are known in if") {
  const Compiled c(server_of(R"conf(
    location ~ ^/u/(?<id>\d+)$ {
      if ($http_cookie ~ "tier=(?<tier>\w+)") { return 200 "$id $tier"; }
      return 200 $tier;
    })conf"));
  REQUIRE_MESSAGE(c.table, c.all());
  const table::Route& location = *c.server().routes.at(0);
  REQUIRE(location.overlays.size() == 1);
  CHECK(location.overlays[0]->regex == location.regex);
  CHECK(location.overlays[0]->regex_slots == location.regex_slots);
}

TEST_CASE("what an if cannot hold") {
  const auto refused = [](const std::string& body) { return !Compiled(server_of(body)).table; };
  CHECK(refused("if ($arg_a) { location /x { } }"));
  CHECK(refused("if ($arg_a) { if ($arg_b) { return 403; } }"));
  CHECK(refused("if ($arg_a) { proxy_pass http://127.0.0.1:9001; }"));
  CHECK(refused("location /x { if ($arg_a) { limit_except GET { deny all; } } }"));
  CHECK(refused("location /x { if ($arg_a) { proxy_pass http://127.0.0.1:9001/v1/; } }"));
  CHECK_FALSE(refused("location /x { if ($arg_a) { proxy_pass http://127.0.0.1:9001$uri; } }"));
}
