// return: LANGUAGE.md 8.2.
#include "gateway_fixture.h"

using gh::test::Gateway;

TEST_CASE("return answers with a text of the default type") {
  Gateway gateway(R"(server { listen 8080;
    location /a { return 200 "hello $arg_n"; }
    location /b { default_type application/json; return 201 "{}"; }
    location /c { return 204; }
    location /page.html { return 200 "<p>"; }
    location /d { return 200; } })");
  auto& a = gateway.get("/a?n=you");
  CHECK(a.status == 200);
  CHECK(a.body == "hello you");
  CHECK(a.field("Content-Type") == "text/plain");
  CHECK(a.field("Content-Length") == "9");
  auto& b = gateway.get("/b");
  CHECK(b.status == 201);
  CHECK(b.field("Content-Type") == "application/json");
  auto& c = gateway.get("/c");
  CHECK(c.status == 204);
  CHECK(c.body.empty());
  CHECK(c.field("Content-Type") == "(none)");
  CHECK(c.field("Content-Length") == "(none)");
  CHECK(gateway.get("/page.html").field("Content-Type") == "text/html");
  CHECK(gateway.get("/d").field("Content-Length") == "0");
}

TEST_CASE("return redirects") {
  Gateway gateway(R"(server { listen 8080; server_name s;
    location /301 { return 301 https://t$request_uri; }
    location /308 { return 308 /there; }
    location /url { return https://x/$uri; }
    location /scheme { return $scheme://y/; } })");
  auto& moved = gateway.get("/301?q=1");
  CHECK(moved.status == 301);
  CHECK(moved.field("Location") == "https://t/301?q=1");
  CHECK(gateway.get("/308").field("Location") == "http://h:8080/there");
  auto& url = gateway.get("/url");
  CHECK(url.status == 302);
  CHECK(url.field("Location") == "https://x//url");
  CHECK(gateway.get("/scheme").field("Location") == "http://y/");
}

TEST_CASE("what a path brings cannot start a field of its own") {
  Gateway gateway("server { listen 8080; location / { return 302 https://t$uri; add_header X-Path $uri; } }");
  auto& answer = gateway.get("/a%0d%0aSet-Cookie:%20x=1");
  CHECK(answer.field("Location") == "https://t/a%0D%0ASet-Cookie: x=1");
  CHECK(answer.field("X-Path") == "/a%0D%0ASet-Cookie: x=1");
  CHECK(answer.field("Set-Cookie") == "(none)");
}

TEST_CASE("errors without a text go through error_page, with a text they do not") {
  Gateway gateway(R"(server { listen 8080; error_page 404 /sorry; error_page 410 =200 /sorry;
    location /missing { return 404; }
    location /gone { return 410; }
    location /said { return 404 "not here"; }
    location /plain { return 503; }
    location = /sorry { return 200 "sorry"; } })");
  auto& missing = gateway.get("/missing");
  CHECK(missing.status == 404);
  CHECK(missing.body == "sorry");
  CHECK(gateway.get("/gone").status == 200);
  CHECK(gateway.get("/said").body == "not here");
  auto& plain = gateway.get("/plain");
  CHECK(plain.status == 503);
  CHECK(plain.body.find("503 Service") != std::string::npos);
}

TEST_CASE("444 closes without an answer; the first return of a block answers; a server's acts before its locations") {
  Gateway gateway("server { listen 8080; location /x { return 444; } location /two { return 200 a; return 200 b; } }");
  auto& dropped = gateway.get("/x");
  CHECK(dropped.dropped);
  CHECK(dropped.head.empty());
  CHECK(gateway.get("/two").body == "a");
  Gateway early("server { listen 8080; return 200 server; location / { return 200 location; } }");
  CHECK(early.get("/").body == "server");
}

TEST_CASE("what return does not take") {
  Gateway gateway;
  for (const char* bad : {"return abc;", "return 1000;", "return 100;", "return ftp://x/;", "return abc def;"}) {
    CHECK_FALSE(gateway.load("server { listen 8080; location / { " + std::string(bad) + " } }"));
    CHECK(gateway.messages.find("E0308") != std::string::npos);
  }
  CHECK_FALSE(gateway.load("server { listen 8080; location / { return 200 $nothing_such; } }"));
  CHECK(gateway.messages.find("E0401") != std::string::npos);
}

TEST_CASE("a redirect names the host of the request, else the address, and the server only where it is told to") {
  Gateway gateway(R"(server { listen 8080; server_name shop.example;
    location / { return 301 /x; } location /name { server_name_in_redirect on; return 301 /x; } })");
  CHECK(gateway.ask("GET / HTTP/1.0\r\nHost: Other:1\r\n\r\n").field("Location") == "http://other:8080/x");
  CHECK(gateway.ask("GET / HTTP/1.0\r\n\r\n").field("Location") == "http://127.0.0.1:8080/x");
  CHECK(gateway.ask("GET /name HTTP/1.0\r\n\r\n").field("Location") == "http://shop.example:8080/x");
}

TEST_CASE("variables of the connection that logs ask for") {
  Gateway gateway(R"(server { listen 8080;
    location / { return 200 "$pipe $connections_active $ssl_protocol$proxy_protocol_tlv_0x01$arg_$cookie_."; } })");
  CHECK(gateway.get("/").body == ". 0 .");
}
