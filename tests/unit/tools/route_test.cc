// `gatehouse route`: what it says of a request.
#include "tools/route.h"

#include "unit/directives/compiled.h"

using namespace gh;
using test::Compiled;

namespace {

const char* const text = R"(
upstream items { server 127.0.0.1:1; }
server { listen 8080; server_name other.example; location / { return 204; } }
server {
    listen 8080;
    server_name shop.example *.shop.example;
    route GET /items/:id { limit_rate 1k; proxy_pass http://items/v2/$path_id; }
    route POST /items/new { return 201; }
    route GET /items/*rest { return 200 rest; }
    route DELETE /gone/:id { return 204; }
    location /api/ { proxy_pass http://items; }
    location /api/v1/ { internal; }
    location ~ [.]php$ { return 403; }
    location = /items/exact/x/ { return 200; }
}
server {
    listen 8080;
    server_name locked.example;
    auth_basic a;
    auth_basic_user_file users;
    location / { proxy_pass http://items; }
    location /login { auth_basic off; proxy_pass http://items; }
    location /hello { return 200 hello; }
}
)";

std::string explain(std::string method, std::string url, std::vector<std::string> headers = {}, bool good = true) {
  static const Compiled c{text};
  REQUIRE_MESSAGE(c.table, c.all());
  std::string out;
  CHECK(tools::explain_route(*c.table, {std::move(method), std::move(url), std::move(headers)}, out) == good);
  return out;
}

bool has(const std::string& all, std::string_view part) {
  if (all.find(part) != std::string::npos) return true;
  MESSAGE(all);
  return false;
}

}  // namespace

TEST_CASE("the route, its parameters, what was passed over, the steps and the upstream") {
  const std::string all = explain("GET", "http://shop.example:8080/items/a%2Fb?x=1");
  CHECK(has(all, "address   0.0.0.0:8080\n"));
  CHECK(has(all, "by its name `shop.example`"));
  CHECK(has(all, "route     GET /items/:id ("));
  CHECK(has(all, "$path_id = \"a/b\""));
  CHECK(has(all, "not       GET /items/*rest ("));
  CHECK(has(all, "content: proxy_pass"));
  CHECK(has(all, "upstream  items: http://items/v2/$path_id"));
  CHECK_FALSE(all.find("location") != std::string::npos);
  const std::string other = explain("GET", "http://shop.example:8080/items/new");
  CHECK(has(other, "not       POST /items/new ("));
  CHECK(has(other, "for other methods"));
  CHECK(has(other, "$path_id = \"new\""));
}

TEST_CASE("servers: wildcard names, the default one, Host before the URL") {
  CHECK(has(explain("GET", "http://a.shop.example:8080/x"), "a wildcard name fits `a.shop.example`"));
  CHECK(has(explain("GET", "http://nobody:8080/x"), "the default one, no name fits `nobody`"));
  CHECK(has(explain("GET", "/items/7", {"Host: SHOP.example"}), "route     GET /items/:id"));
  CHECK(has(explain("GET", "http://shop.example:9/x"), "as none has port 9"));
}

TEST_CASE("locations where no route fits, and what they are") {
  const std::string host = "http://shop.example:8080";
  CHECK(has(explain("GET", host + "/api/x"), "location  /api/ ("));
  CHECK(has(explain("GET", host + "/api/v1/x"), "404: the location is internal"));
  CHECK(has(explain("GET", host + "/api/v1/x"), "not       /api/ ("));
  CHECK(has(explain("GET", host + "/api/x.php"), "the first regular expression that matches"));
  CHECK(has(explain("GET", host + "/api"), "301: to the path with a slash behind it"));
  CHECK(has(explain("GET", host + "/gone/1"), "405: routes with this path are for other methods"));
  CHECK(has(explain("GET", host + "/nothing"), "none: the server's own settings hold"));
  CHECK(has(explain("POST", host + "/items/exact/x/"), "location  = /items/exact/x/ ("));
  CHECK(has(explain("GET", host + "/items/..%2Fx"), "encoded slashes hide a dot segment"));
  CHECK(has(explain("GET", host + "/%zz"), "400"));
  CHECK(has(explain("TRACE", host + "/"), "405"));
}

TEST_CASE("the checks of who may pass, and what is exempt from them") {
  CHECK(has(explain("GET", "http://locked.example/x"), "checks    auth_basic\n"));
  const std::string login = explain("GET", "http://locked.example/login");
  CHECK(has(login, "checks    no auth_basic, unlike the block around it ("));
  CHECK(has(login, ":22)\n"));
  CHECK(has(explain("GET", "http://locked.example/hello"), "note: never asked, `return` ("));
  CHECK(explain("GET", "http://shop.example/api/").find("checks") == std::string::npos);
}

TEST_CASE("what is no request") {
  CHECK(has(explain("get it", "/", {}, false), "`get it` is no method"));
  CHECK(has(explain("GET", "http://:0x/", {}, false), "no URL"));
  CHECK(has(explain("GET", "/", {"Host"}, false), "no field"));
}
