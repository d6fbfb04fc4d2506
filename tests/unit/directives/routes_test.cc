// `route` blocks from text to table.
#include "unit/directives/compiled.h"

using namespace gh;
using http::Method;
using test::Compiled;
using test::server_of;
using Kind = table::Route::Kind;

namespace {

const table::Route* route_at(const Compiled& c, std::string_view path, Method method = Method::get) {
  REQUIRE(c.server().paths);
  const auto hit = c.server().paths->find(path, method, {});
  return hit.route == table::RouteTree::npos ? nullptr : c.server().routes[hit.route].get();
}

}  // namespace

TEST_CASE("methods and path of a route") {
  const Compiled c(server_of("route GET /items/:id { } route POST,DELETE /items/:id { } route * /all { } "
                             "route ANY /any/*rest { } location / { }"));
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(c.table->routes == 4);
  CHECK(c.table->locations == 1);
  CHECK(route_at(c, "/items/1")->name == "GET /items/:id");
  CHECK(route_at(c, "/items/1")->kind == Kind::path);
  CHECK(route_at(c, "/items/1")->parameters == std::vector<std::string>{"id"});
  CHECK(route_at(c, "/items/1", Method::head)->name == "GET /items/:id");
  CHECK(route_at(c, "/items/1", Method::delete_)->name == "POST,DELETE /items/:id");
  CHECK(route_at(c, "/items/1", Method::put) == nullptr);
  for (const Method method : {Method::get, Method::options, Method::search, Method::other}) {
    CHECK(route_at(c, "/all", method)->name == "* /all");
    CHECK(route_at(c, "/any/x/y", method)->name == "ANY /any/*rest");
  }
  CHECK_FALSE(Compiled(server_of("location / { }")).server().paths);
}

TEST_CASE("routes with conditions never tie, and are called by them") {
  const Compiled c(server_of("route GET /a { } route GET /a when ($arg_b == \"1\") { } "
                             "route GET /a when ($arg_b == \"2\" and $http_x in (\"c\", \"d\")) { }"));
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(c.server().routes[1]->name == "GET /a when ($arg_b == \"1\")");
  CHECK(c.server().paths->candidates("/a").size() == 3);
}

TEST_CASE("what is wrong with a route is said") {
  CHECK(Compiled(server_of("route get /a { }")).says("E0310", "did you mean `GET`?"));
  CHECK(Compiled(server_of("route GET, /a { }")).says("E0310"));
  CHECK(Compiled(server_of("route TRACE /a { }")).says("E0310"));
  CHECK(Compiled(server_of("route /a GET { }")).says("E0310", "methods stand before the path"));
  CHECK(Compiled(server_of("route /a { }")).says("E0204"));
  CHECK(Compiled(server_of("route GET \"/{id}\" { }")).says("E0330"));
  CHECK(Compiled(server_of("route GET a { }")).says("E0330"));
  CHECK(Compiled(server_of("route GET /a { } route GET /a { }")).says("E0510"));
  CHECK(Compiled(server_of("route GET /:a { } route HEAD /:b { }")).says("E0510"));
  CHECK(Compiled(server_of("location / { route GET /a { } }")).says("E0202"));
  CHECK(Compiled("route GET /a { }").says("E0202"));
  CHECK(Compiled(server_of("route GET /a when { }")).says("E0315"));
  CHECK(Compiled(server_of("route GET /a ($host == \"x\") { }")).says("E0315"));
  CHECK(Compiled(server_of("route GET /a when ($host) { }")).says("E0320"));
  CHECK(Compiled(server_of("route GET /a when ($hots == \"x\") { }")).says("E0401"));
  CHECK(Compiled(server_of("route GET /a when ($upstream_status == \"200\") { }")).says("E0331"));
}

TEST_CASE("a route takes what a location takes, but for what makes no sense there") {
  const Compiled c(server_of("client_max_body_size 2; route GET /a { client_max_body_size 3; if ($arg_x) { return 403; }"
                             " limit_rate 1k; rewrite ^ /b; } route GET /b { }"));
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(route_at(c, "/a")->core->client_max_body_bytes == 3);
  CHECK(route_at(c, "/b")->core->client_max_body_bytes == 2);
  for (const char* line : {"location /b { }", "internal;", "alias /x;", "limit_except GET { deny all; }"}) {
    CAPTURE(line);
    CHECK(Compiled(server_of("route GET /a { " + std::string(line) + " }")).says("E0202"));
  }
  CHECK(Compiled(server_of("route GET /a { proxy_pass http://127.0.0.1:1/x; }")).says("E0507", "$path_"));
  CHECK(Compiled(server_of("route GET /a { proxy_pass http://127.0.0.1:1; }")).table);
  CHECK(Compiled(server_of("route GET /a/:id { proxy_pass http://127.0.0.1:1/x/$path_id; }")).table);
}

TEST_CASE("$path_NAME exists where a route of the file has the name") {
  CHECK(Compiled("log_format f $path_id; " + server_of("route GET /a/:id { return 200 $path_id; }")).table);
  CHECK(Compiled(server_of("location / { return 200 $path_rest; } route GET /*rest { }")).table);
  CHECK(Compiled(server_of("route GET /a/:order_id { return 200 $path_orderid; }"))
            .says("E0401", "did you mean `$path_order_id`?"));
  CHECK(Compiled(server_of("location / { return 200 $path_id; }")).says("E0401"));
  CHECK(Compiled(server_of("location / { set $path_info x; return 200 $path_info; }")).table);
}
