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
  CHECK_FALSE(gateway.load("server { listen 8080; access_log nofolder/a.log; }"));
}

TEST_CASE("buffer= holds lines back until it is full; another file has its own") {
  Gateway gateway(R"(log_format u $uri; server { listen 8080; access_log b.log u buffer=20 flush=1m;
    location /n { access_log n.log u; return 200; } location / { return 200; } })");
  gateway.get("/01234567");
  CHECK(gateway.read("b.log").empty());
  gateway.get("/n");
  CHECK(gateway.read("n.log") == "/n\n");
  gateway.get("/01234568");
  CHECK(gateway.read("b.log").empty());
  gateway.get("/9");
  CHECK(gateway.read("b.log") == "/01234567\n/01234568\n");
  gateway.get("/" + std::string(30, 'x'));  // longer than the buffer
  CHECK(gateway.read("b.log") == "/01234567\n/01234568\n/9\n/" + std::string(30, 'x') + "\n");
}

TEST_CASE("flush= and gzip") {
  Gateway gateway(R"(log_format u $uri; server { listen 8080; access_log b.log u buffer=1m flush=2s;
    location /z { access_log z.log u gzip=9 flush=1s; return 200; } location / { return 200; } })");
  gateway.get("/a");
  gateway.get("/z");
  gateway.worker->flush_logs();
  CHECK(gateway.read("b.log") == "/a\n");
  CHECK(gateway.read("z.log").starts_with("\x1f\x8b\x08"));
}

TEST_CASE("a buffer is the file's, and not every log can have one") {
  const auto refused = [](const char* lines) {
    Gateway gateway;
    return !gateway.load("log_format u $uri; server { listen 8080; " + std::string(lines) + " }");
  };
  CHECK(refused("access_log a.log u buffer=1k; location / { access_log a.log u buffer=2k; }"));
  CHECK_FALSE(refused("access_log a.log u buffer=1k; location / { access_log a.log u buffer=1k; }"));
  CHECK_FALSE(refused("access_log a.log u buffer=1k; location / { access_log a.log u; }"));
  CHECK(refused("access_log a.log u flush=1s;"));
  CHECK(refused("access_log a$uri.log u buffer=1k;"));
  CHECK(refused("access_log syslog:server=127.0.0.1 u buffer=1k;"));
  CHECK(refused("access_log syslog:server=127.0.0.1 u gzip;"));
  CHECK(refused("access_log syslog:tag=x u;"));
  CHECK(refused("access_log a.log u gzip=0;"));
  CHECK(refused("open_log_file_cache inactive=1s;"));
  CHECK_FALSE(refused("open_log_file_cache off;"));
}

TEST_CASE("levels of error_log") {
  const auto refused = [](const char* line) {
    Gateway gateway;
    return !gateway.load(std::string(line) + " server { listen 8080; }");
  };
  CHECK_FALSE(refused("error_log e.log debug_http debug_event;"));
  CHECK_FALSE(refused("error_log memory:1m debug;"));
  CHECK(refused("error_log memory: debug;"));
  CHECK(refused("error_log memory:1x;"));
  CHECK(refused("error_log e.log info warn;"));
  CHECK(refused("error_log e.log info debug_http;"));
  CHECK(refused("error_log syslog:server=127.0.0.1,facility=no;"));
}
