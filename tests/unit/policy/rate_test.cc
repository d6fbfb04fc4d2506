// limit_rate in nginx's arithmetic: a budget of whole seconds, and a pause for what went out at once.
#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

const std::string text(3000, 'x');

std::string location(const std::string& settings) {
  return "server { listen 8080; location / { " + settings + " return 200 \"" + text + "\"; } }";
}

}  // namespace

TEST_CASE("an answer goes out second by second") {
  Gateway gateway(location("limit_rate 1000;"));
  gateway.pass(1000 - gateway.worker->loop.clock().unix_ms() % 1000);  // the beginning of a second
  auto& client = gateway.get("/");
  CHECK(client.body.size() == 1000);
  CHECK_FALSE(client.done);
  gateway.pass(900);
  CHECK(client.body.size() == 1000);
  gateway.pass(1200);  // the head went out beyond the first budget: what is due is a little less
  CHECK(client.body.size() > 1500);
  CHECK(client.body.size() < 3000);
  for (int i = 0; i < 3 && !client.done; ++i) gateway.pass(1050);
  CHECK(client.done);
  CHECK(client.body == text);
  gateway.end_if_done(client);
}

TEST_CASE("limit_rate_after, variables, and no limit at all") {
  Gateway gateway(location("limit_rate $arg_r; limit_rate_after $arg_a;"));
  for (const char* target : {"/", "/?r=0", "/?r=10&a=4k", "/?r=1m", "/?r=x", "/?r=1g"}) {
    auto& client = gateway.get(target);
    CHECK_MESSAGE(client.done, target);
    CHECK(client.body.size() == 3000);
  }
  auto& client = gateway.get("/?r=100&a=2000");
  CHECK_FALSE(client.done);
  CHECK(client.body.size() >= 2000);
  CHECK(client.body.size() < 3000);
  for (int i = 0; i < 20 && !client.done; ++i) gateway.pass(1000);
  CHECK(client.body == text);
  gateway.end_if_done(client);
}

TEST_CASE("answers without a body are not paced") {
  Gateway gateway(location("limit_rate 1;"));
  auto& head = gateway.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(head.done);
  CHECK(head.field("Content-Length") == "3000");
}

TEST_CASE("constant sizes are checked") {
  Gateway gateway;
  CHECK_FALSE(gateway.load(location("limit_rate 1.5k;")));
  CHECK(gateway.messages.find("E0304") != std::string::npos);
}
