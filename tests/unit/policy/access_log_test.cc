// access_log and log_format, through to the file.
#include "gateway_fixture.h"

using gh::test::Gateway;

TEST_CASE("combined is the default, and what a client sends cannot leave its quotes") {
  Gateway gateway("server { listen 8080; access_log a.log; location / { return 200 hello; } }");
  gateway.get("/x?q", "User-Agent: a\"b\\c\xe4\r\nReferer: r\r\n");
  gateway.get("/y", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
  const std::string date(gateway.worker->loop.clock().time_local());
  CHECK(gateway.read("a.log") == "192.0.2.1 - - [" + date +
                                     "] \"GET /x?q HTTP/1.1\" 200 5 \"r\" \"a\\x22b\\x5Cc\\xE4\"\n"
                                     "192.0.2.1 - Aladdin [" +
                                     date + "] \"GET /y HTTP/1.1\" 200 5 \"-\" \"-\"\n");
}

TEST_CASE("own formats, joined strings, escapes") {
  Gateway gateway(R"(
    log_format short '$remote_addr $status ' '$uri "$arg_none"';
    log_format js escape=json '{"agent":"$http_user_agent","none":"$http_none"}';
    log_format raw escape=none '$http_user_agent$http_none';
    server { listen 8080; location /s { access_log s.log short; return 200; }
      location /j { access_log j.log js; access_log r.log raw; return 200; } })");
  gateway.get("/s%0a1");
  CHECK(gateway.read("s.log") == "192.0.2.1 200 /s\\x0A1 \"-\"\n");
  gateway.get("/j", "User-Agent: q\"\\\tz\xe4\r\n");
  CHECK(gateway.read("j.log") == "{\"agent\":\"q\\\"\\\\\\tz\xe4\",\"none\":\"\"}\n");
  CHECK(gateway.read("r.log") == "q\"\\\tz\xe4\n");
}

TEST_CASE("conditions, off, inheritance") {
  Gateway gateway(R"(log_format u $uri; server { listen 8080; access_log server.log u;
    location /if { access_log if.log u if=$arg_log; return 200; }
    location /off { access_log off; return 200; }
    location / { return 200; } })");
  for (const char* path : {"/if/none", "/if/zero?log=0", "/if/one?log=1", "/off", "/in"}) gateway.get(path);
  CHECK(gateway.read("if.log") == "/if/one\n");
  CHECK(gateway.read("server.log") == "/in\n");
}

TEST_CASE("faults") {
  Gateway gateway;
  CHECK_FALSE(gateway.load("log_format mine $uri; server { listen 8080; access_log a.log mien; }"));
  CHECK(gateway.messages.find("E0405") != std::string::npos);
  CHECK(gateway.messages.find("did you mean `mine`?") != std::string::npos);
  CHECK_FALSE(gateway.load("log_format f '$uri' ' $statsu'; server { listen 8080; }"));
  CHECK(gateway.messages.find("did you mean `$status`?") != std::string::npos);
  CHECK_FALSE(gateway.load("log_format f $uri; log_format f $uri; server { listen 8080; }"));
  CHECK_FALSE(gateway.load("log_format combined $uri; server { listen 8080; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; access_log syslog:server=1.2.3.4; }"));
  CHECK_FALSE(gateway.load("server { listen 8080; access_log nofolder/a.log; }"));
  REQUIRE(gateway.load(
      "server { listen 8080; access_log a.log combined buffer=32k flush=5s gzip; location / { return 200; } }"));
  CHECK(gateway.messages.find("W901") != std::string::npos);
  gateway.get("/");
  CHECK(gateway.read("a.log").find("\"GET / HTTP/1.1\" 200 0") != std::string::npos);
}
