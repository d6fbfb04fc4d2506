// The pages the gateway makes itself (error_format) and which error_page serves a status.
#include "proxy/error_page.h"

#include "unit/policy/gateway_fixture.h"

namespace gh::test {
namespace {

std::string server(const std::string& lines) { return "events {}\nhttp { server { listen 8080;\n" + lines + "\n} }\n"; }

TEST_CASE("the built-in page in each form") {
  Gateway gateway(
      server("location /h { return 404; }  location /j { error_format json; return 404; }  location /p { error_format "
             "problem; return 503; }"));
  TestClient& html = gateway.get("/h");
  CHECK(html.status == 404);
  CHECK(html.field("Content-Type") == "text/html");
  CHECK(html.body.find("<h1>404 Not Found</h1>") != std::string::npos);
  CHECK(html.field("Content-Length") == std::to_string(html.body.size()));
  TestClient& json = gateway.get("/j");
  CHECK(json.field("Content-Type") == "application/json");
  CHECK(json.body == "{\"error\":\"Not Found\"}\n");
  TestClient& problem = gateway.get("/p");
  CHECK(problem.field("Content-Type") == "application/problem+json");
  CHECK(problem.body == "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}\n");
}

TEST_CASE("error_format auto takes the type of Accept that weighs most") {
  Gateway gateway(server("error_format auto; location / { return 403; }"));
  CHECK(gateway.get("/").field("Content-Type") == "text/html");
  CHECK(gateway.get("/", "Accept: */*\r\n").field("Content-Type") == "text/html");
  CHECK(gateway.get("/", "Accept: image/png, application/JSON;q=0.5, text/html\r\n").field("Content-Type") ==
        "text/html");
  CHECK(gateway.get("/", "Accept: text/html;q=0.1, application/json\r\n").field("Content-Type") == "application/json");
  CHECK(gateway.get("/", "Accept: application/problem+json\r\n").field("Content-Type") == "application/problem+json");
}

TEST_CASE("server_tokens off takes the version out of the page and of Server") {
  Gateway gateway(server("server_tokens off; location / { return 404; }"));
  TestClient& client = gateway.get("/");
  CHECK(client.body.find("<center>gatehouse</center>") != std::string::npos);
  CHECK(client.field("Server") == "gatehouse");
}

TEST_CASE("LANGUAGE 11.5: the status stays without =, is taken from the target with =, is forced with =CODE") {
  Gateway gateway(server(
      "location /keep { error_page 404 /page; return 404; }  location /take { error_page 404 = /page; return 404; }"
      "location /force { error_page 404 =202 /page; return 404; }  location /named { error_page 404 @n; return 404; }"
      "location /page { return 201 page; }  location @n { return 201 named; }"));
  CHECK(gateway.get("/keep").status == 404);
  CHECK(gateway.get("/take").status == 201);
  CHECK(gateway.get("/force").status == 202);
  TestClient& named = gateway.get("/named");
  CHECK(named.status == 404);
  CHECK(named.body == "named");
}

TEST_CASE("an error inside an error page is answered by the built-in page, without a cycle") {
  Gateway gateway(server("error_page 404 /missing; location / { return 404; }"));
  TestClient& client = gateway.get("/x");
  CHECK(client.status == 404);
  CHECK(client.body.find("404 Not Found") != std::string::npos);
}

TEST_CASE("an error_page that is a URL redirects") {
  Gateway gateway(
      server("location /a { error_page 404 http://example.org/e; return 404; }"
             "location /b { error_page 404 =301 https://example.org/e; return 404; }"));
  CHECK(gateway.get("/a").status == 302);
  CHECK(gateway.get("/a").field("Location") == "http://example.org/e");
  CHECK(gateway.get("/b").status == 301);
}

TEST_CASE("as in nginx, a redirect made by an error page is a redirect") {
  Gateway gateway(server("location /a { error_page 403 @login; return 403; }  location @login { return 302 /login; }"));
  TestClient& client = gateway.get("/a");
  CHECK(client.status == 302);
  CHECK(client.field("Location").ends_with("/login"));
}

TEST_CASE("a decoded line end in a path cannot start a field of a redirect") {
  Gateway gateway(server("location / { error_page 404 http://example.org$uri; return 404; }"));
  TestClient& client = gateway.get("/a%0d%0aX-Evil:%201");
  CHECK(client.status == 302);
  CHECK(client.head.find("\r\nX-Evil:") == std::string::npos);
}

TEST_CASE("HEAD gets the head alone") {
  Gateway gateway(server("location / { return 404; }"));
  TestClient& client = gateway.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.status == 404);
  CHECK(client.body.empty());
  CHECK(client.field("Content-Length") != "0");
}

}  // namespace
}  // namespace gh::test
