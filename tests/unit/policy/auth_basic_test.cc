// auth_basic: RFC 7617. The forms of hashes are tested in password_test.cc, the file in state/user_files_test.cc.
#include "gateway_fixture.h"

using gh::test::Gateway;
using gh::test::TestClient;

namespace {

/// "u:p", "slow:password", "slow:wrong"
constexpr const char *user_p = "dTpw", *slow_right = "c2xvdzpwYXNzd29yZA==", *slow_wrong = "c2xvdzp3cm9uZw==";
constexpr const char* slow_line = "slow:$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/\n";

std::string basic(const std::string& encoded) { return "Authorization: Basic " + encoded + "\r\n"; }

/// Runs the loop until the answer is there: hashes and files are work for other threads.
void ask(Gateway& gateway, TestClient& client, const std::string& target, const std::string& fields) {
  gateway.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", client);
  for (int i = 0; i < 100000 && !client.done; ++i) uv_run(gateway.worker->loop.uv(), UV_RUN_NOWAIT);
  REQUIRE(client.done);
  gateway.end_if_done(client);
}

unsigned status(Gateway& gateway, const std::string& target, const std::string& fields) {
  TestClient client;
  ask(gateway, client, target, fields);
  return client.status;
}

}  // namespace

TEST_CASE("who has the password passes") {
  Gateway gateway(R"(server { listen 8080; auth_basic "a \"quoted\" place"; auth_basic_user_file users;
    location / { add_header X-User $remote_user always; stub_status; } location /open { auth_basic off; stub_status; } })");
  gateway.write("users", std::string("u:{PLAIN}p\n") + slow_line);
  TestClient client;
  ask(gateway, client, "/", basic(user_p));
  CHECK(client.status == 200);
  CHECK(client.field("X-User") == "u");
  CHECK(status(gateway, "/", basic(slow_right)) == 200);
  CHECK(status(gateway, "/", basic(slow_right)) == 200);
  CHECK(status(gateway, "/", basic(slow_wrong)) == 401);
  CHECK(status(gateway, "/open", "") == 200);
  TestClient challenged;
  ask(gateway, challenged, "/", "");
  CHECK(challenged.status == 401);
  CHECK(challenged.field("WWW-Authenticate") == "Basic realm=\"a \\\"quoted\\\" place\"");
}

TEST_CASE("credentials that are none") {
  Gateway gateway("server { listen 8080; location / { auth_basic x; auth_basic_user_file users; stub_status; } }");
  gateway.write("users", "u:{PLAIN}p\n:{PLAIN}\n");
  for (const std::string& junk : {std::string("Authorization: Basic\r\n"), std::string("Authorization: Basic \r\n"),
                                  std::string("Authorization: Bearer dTpw\r\n"), basic("dXA="), basic("!!!!"),
                                  basic("dTpw dTpw"), basic("dTpwcA=="), basic("dTo="), basic("VTpw")}) {
    CAPTURE(junk);
    CHECK(status(gateway, "/", junk) == 401);
  }
  CHECK(status(gateway, "/", "Authorization: basic   dTpw\r\n") == 200);
}

TEST_CASE("no file is 403, an unreadable one 500, and nothing of a password is logged") {
  Gateway gateway(R"(server { listen 8080; auth_basic x;
    location /missing { auth_basic_user_file missing; stub_status; }
    location /folder { auth_basic_user_file .; stub_status; }
    location /named/ { auth_basic_user_file $arg_f; stub_status; }
    location / { stub_status; } })");
  CHECK(gateway.messages.find("W318") != std::string::npos);
  gateway.write("users", slow_line);
  CHECK(status(gateway, "/missing", basic(user_p)) == 403);
  CHECK(status(gateway, "/missing", "") == 401);
  CHECK(status(gateway, "/folder", basic(user_p)) == 500);
  CHECK(status(gateway, "/", basic(user_p)) == 403);
  CHECK(status(gateway, "/named/?f=users", basic(slow_right)) == 200);
  CHECK(status(gateway, "/named/?f=users", basic(slow_wrong)) == 401);
  CHECK(status(gateway, "/named/?f=users", basic(user_p)) == 401);
  CHECK(status(gateway, "/named/?f=other", basic(slow_right)) == 403);
  const std::string log = gateway.read("error.log");
  CHECK(log.find("user \"u\" was not found in \"" + gateway.folder() + "users\"") != std::string::npos);
  CHECK(log.find("user \"slow\": password mismatch") != std::string::npos);
  CHECK(log.find("wrong") == std::string::npos);
  CHECK(log.find("apr1") == std::string::npos);
}

TEST_CASE("a request that ends while its hash is computed leaves nothing behind") {
  Gateway gateway("server { listen 8080; location / { auth_basic x; auth_basic_user_file users; stub_status; } }");
  gateway.write("users", slow_line);
  for (int i = 0; i < 20; ++i) {
    TestClient client;
    gateway.ask("GET / HTTP/1.1\r\nHost: h\r\n" + basic(slow_right) + "\r\n", client);
    REQUIRE_FALSE(client.done);
    gateway.exchange->on_client_gone();
    gateway.end_if_done(client);
  }
  CHECK(status(gateway, "/", basic(slow_right)) == 200);
}

TEST_CASE("a changed file counts at once") {
  Gateway gateway("server { listen 8080; location / { auth_basic x; auth_basic_user_file users; stub_status; } }");
  gateway.write("users", slow_line);
  CHECK(status(gateway, "/", basic(slow_right)) == 200);
  gateway.write("users", "slow:{PLAIN}other\n");
  CHECK(status(gateway, "/", basic(slow_right)) == 401);
}
