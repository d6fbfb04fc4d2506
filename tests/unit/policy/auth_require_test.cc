// auth_require: conditions and variables, several lines, inheritance, its answer, and what it must not tell.
#include "gateway_fixture.h"

using gh::Address;
using gh::test::Gateway;
using gh::test::TestClient;

TEST_CASE("a condition must be true: false, null and missing refuse") {
  Gateway gateway(R"(server { listen 8080;
    location /role { auth_require ($http_role in ("admin", "sup;port")) error=401; stub_status; }
    location /not { auth_require ($http_role != "guest"); stub_status; }
    location /missing { auth_require ($http_role == null or not ($http_role == "guest")); stub_status; }
    location /regex { auth_require ($arg_id ~ "^\d{1,3}$"); stub_status; }
    location /number { auth_require (number($arg_n) > 2 and number($arg_n) < 10); stub_status; }
    location /address { 
      auth_require (ip_in($remote_addr, "192.0.2.0/24") and $request_method == "GET"); stub_status; } })");
  CHECK(gateway.get("/role", "Role: admin\r\n").status == 200);
  CHECK(gateway.get("/role", "Role: sup;port\r\n").status == 200);
  CHECK(gateway.get("/role", "Role: Admin\r\n").status == 401);
  CHECK(gateway.get("/role").status == 401);
  CHECK(gateway.get("/not", "Role: user\r\n").status == 200);
  CHECK(gateway.get("/not", "Role: guest\r\n").status == 403);
  CHECK(gateway.get("/not").status == 403);
  CHECK(gateway.get("/missing").status == 200);
  CHECK(gateway.get("/missing", "Role: guest\r\n").status == 403);
  CHECK(gateway.get("/regex?id=12").status == 200);
  CHECK(gateway.get("/regex?id=1234").status == 403);
  CHECK(gateway.get("/number?n=3").status == 200);
  CHECK(gateway.get("/number?n=10").status == 403);
  CHECK(gateway.get("/number?n=x").status == 403);
  CHECK(gateway.get("/number").status == 403);
  CHECK(gateway.get("/address").status == 200);
  CHECK(gateway.ask("POST /address HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").status == 403);
}

TEST_CASE("variables must be there, and neither empty nor 0") {
  Gateway gateway(R"(map $http_a $mapped { default ""; yes 1; zero 0; no 00; }
    server { listen 8080;
    location /one { auth_require $mapped; stub_status; }
    location /two { auth_require $http_a $arg_b error=404; stub_status; } })");
  CHECK(gateway.get("/one", "A: yes\r\n").status == 200);
  CHECK(gateway.get("/one", "A: zero\r\n").status == 403);
  CHECK(gateway.get("/one", "A: no\r\n").status == 200);
  CHECK(gateway.get("/one").status == 403);
  CHECK(gateway.get("/two?b=1", "A: x\r\n").status == 200);
  CHECK(gateway.get("/two?b=0", "A: x\r\n").status == 404);
  CHECK(gateway.get("/two?b=1").status == 404);
}

TEST_CASE("all lines must hold, in order; an inner block replaces them") {
  Gateway gateway(R"(auth_require ($http_a == "1") error=401; auth_require ($http_b == "1");
    server { listen 8080;
    location /inherits { stub_status; }
    location /own { auth_require ($http_c == "1") error=451; stub_status; }
    location /except { limit_except GET { auth_require $http_d error=405; } stub_status; }
    location /before { return 204; } })");
  CHECK(gateway.get("/inherits", "A: 1\r\nB: 1\r\n").status == 200);
  CHECK(gateway.get("/inherits", "B: 1\r\n").status == 401);
  CHECK(gateway.get("/inherits", "A: 1\r\n").status == 403);
  CHECK(gateway.get("/own", "C: 1\r\n").status == 200);
  CHECK(gateway.get("/own", "A: 1\r\nB: 1\r\n").status == 451);
  CHECK(gateway.get("/except", "A: 1\r\nB: 1\r\n").status == 200);
  CHECK(gateway.ask("PUT /except HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 1\r\nContent-Length: 0\r\n\r\n").status == 405);
  CHECK(gateway.get("/before").status == 204);
}

TEST_CASE("the log says which line refused, and nothing of its text") {
  Gateway gateway(R"(server { listen 8080; location / { auth_require ($http_key == "hush"); stub_status; } })");
  CHECK(gateway.get("/", "Key: hush\r\n").status == 200);
  CHECK(gateway.get("/", "Key: hush2\r\n").status == 403);
  const std::string log = gateway.read("error.log");
  CHECK(log.find("access forbidden by auth_require at ") != std::string::npos);
  CHECK(log.find("gateway.conf:1:") != std::string::npos);
  CHECK(log.find("hush") == std::string::npos);
}

TEST_CASE("who asks is found out first, whatever satisfy says of that") {
  Gateway gateway(R"(server { listen 8080; satisfy any; allow 192.0.2.1; auth_require ($remote_addr == "192.0.2.2");
    location / { stub_status; } location /denied { deny all; auth_require $remote_addr error=404; stub_status; } })");
  CHECK(gateway.get("/").status == 403);
  CHECK(gateway.get("/denied").status == 403);
}

TEST_CASE("faults of expressions fail the load") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("server { listen 8080; auth_require; }"));
  CHECK(gateway.messages.find("E0204 `auth_require` needs a condition") != std::string::npos);
  CHECK_FALSE(gateway.load("server { listen 8080; auth_require ($uri == ); }"));
  CHECK(gateway.messages.find("E0315 a value is missing") != std::string::npos);
  CHECK_FALSE(gateway.load("server { listen 8080; auth_require ($http_a); }"));
  CHECK(gateway.messages.find("E0320 a condition must be true or false") != std::string::npos);
  CHECK_FALSE(gateway.load("server { listen 8080; auth_require $hots; }"));
  CHECK(gateway.messages.find("E0401 unknown variable `$hots`; did you mean `$host`?") != std::string::npos);
}
