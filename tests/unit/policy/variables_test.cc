// Variables as a configuration sees them: LANGUAGE.md 4.
#include "gateway_fixture.h"

using gh::test::Gateway;

namespace {

/// The value of `text` in a location for one request; "(missing)" cannot be seen here, it is empty.
std::string value_of(const std::string& text, const std::string& head) {
  Gateway gateway("server { listen 8080; server_name shop.example; location / { return 200 \"" + text + "\"; } }");
  return gateway.ask(head).body;
}
std::string value_for(const std::string& text, const std::string& target, const std::string& fields = "") {
  return value_of(text, "GET " + target + " HTTP/1.1\r\nHost: H.example:81\r\n" + fields + "\r\n");
}

}  // namespace

TEST_CASE("the request line and its parts") {
  CHECK(value_for("$request", "/a?b") == "GET /a?b HTTP/1.1");
  CHECK(value_for("$uri $request_uri", "/a%20b//c/../d?q=%41") == "/a b/d /a%20b//c/../d?q=%41");
  CHECK(value_for("$args$is_args|$query_string", "/a?x=1") == "x=1?|x=1");
  CHECK(value_for("[$args$is_args]", "/a") == "[]");
  CHECK(value_for("$arg_a,$arg_B,$arg_none", "/?A=%41&a=2&b=") == "%41,,");
  CHECK(value_for("$host $http_host $request_port$is_request_port", "/") == "h.example H.example:81 81:");
  CHECK(value_of("$host $server_name $server_protocol", "GET / HTTP/1.0\r\n\r\n") ==
        "shop.example shop.example HTTP/1.0");
  CHECK(value_for("$scheme $https $request_method", "/") == "http  GET");
}

TEST_CASE("fields and cookies of the request") {
  CHECK(value_for("$http_x_a_b", "/", "X-A-B: 1\r\nx-a-b: 2\r\n") == "1, 2");
  CHECK(value_for("$http_user_agent|$http_none|", "/", "User-Agent: ua\r\n") == "ua||");
  CHECK(value_for("$cookie_sid,$cookie_b", "/", "Cookie: a=1; SID=x=y;b = 2\r\n") == "x=y,2");
  CHECK(value_for("$remote_user", "/", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") ==
        "Aladdin");  // RFC 7617 2
  CHECK(value_for("[$remote_user]", "/", "Authorization: Basic !\r\n") == "[]");
  CHECK(value_for("$proxy_add_x_forwarded_for", "/") == "192.0.2.1");
  CHECK(value_for("$proxy_add_x_forwarded_for", "/", "X-Forwarded-For: a, b\r\nX-Forwarded-For: c\r\n") ==
        "a, b, c, 192.0.2.1");
}

TEST_CASE("the connection and time") {
  CHECK(value_for("$remote_addr $remote_port $server_addr $server_port", "/") == "192.0.2.1 4711 127.0.0.1 8080");
  CHECK(value_for("$connection $connection_requests", "/") == "7 3");
  CHECK(value_for("$msec $request_time", "/") == "784111777.000 0.000");
  CHECK(value_for("$binary_remote_addr", "/") == std::string("\xc0\x00\x02\x01", 4));
  CHECK(value_for("$pipe$tcpinfo_rtt", "/") == ".");
}

TEST_CASE("request_id is one for a request and another for the next") {
  Gateway gateway("server { listen 8080; location / { return 200 \"$request_id $request_id\"; } }");
  const std::string first = gateway.get("/").body;
  gateway.worker->loop.clock().advance(1);
  const std::string second = gateway.get("/").body;
  REQUIRE(first.size() == 65);
  CHECK(first.substr(0, 32) == first.substr(33));
  CHECK(first.find_first_not_of("0123456789abcdef ") == std::string::npos);
  CHECK(first != second);
}

TEST_CASE("captures and named groups") {
  Gateway gateway("server { listen 8080; location ~ ^/u/(?<user>[a-z]+)/(.*)$ { return 200 \"$user $1 $2 $3\"; } }");
  CHECK(gateway.get("/u/ann/x/y").body == "ann ann x/y ");
}

TEST_CASE("upstream lists: one value a try") {
  Gateway gateway("server { listen 8080; location / { stub_status; } }");
  gh::test::TestClient client;
  gh::proxy::Exchange& x = *gateway.worker->new_exchange();
  x.client = &client;
  auto& first = x.add_attempt("10.0.0.1:80");
  auto& second = x.add_attempt("unix:/s");
  auto& third = x.add_attempt("pool");
  second.status = 502;
  second.connect_ms = 0;
  second.header_ms = second.response_ms = 1234;
  second.bytes_received = 10;
  third.new_group = true;
  third.status = 200;
  (void)first;
  const auto text = [&](std::string_view name) {
    for (const auto& row : gh::proxy::variable_rows()) {
      if (row.name == name) return std::string(row.get(x, {row.name, 0, nullptr}));
    }
    return std::string("no such variable");
  };
  CHECK(text("upstream_addr") == "10.0.0.1:80, unix:/s : pool");
  CHECK(text("upstream_status") == "-, 502 : 200");
  CHECK(text("upstream_connect_time") == "-, 0.000 : -");
  CHECK(text("upstream_response_time") == "-, 1.234 : -");
  CHECK(text("upstream_bytes_received") == "0, 10 : 0");
  gateway.worker->free_exchange(&x);
}

TEST_CASE("every variable is named once and says what it is") {
  std::vector<std::string_view> names;
  for (const auto& row : gh::proxy::variable_rows()) {
    CHECK_MESSAGE(!row.doc.empty(), std::string(row.name));
    CHECK_MESSAGE(row.family == row.name.ends_with('_'), std::string(row.name));
    CHECK_MESSAGE(std::find(names.begin(), names.end(), row.name) == names.end(), std::string(row.name));
    names.push_back(row.name);
  }
}

TEST_CASE("cookies are found as nginx finds them") {
  Gateway gateway(R"(server { listen 8080; location / { return 200 "$cookie_foo|$cookie_bar|$cookie_qux"; } })");
  const auto cookies = [&](const char* field) { return gateway.get("/", std::string(field) + "\r\n").body; };
  CHECK(cookies("Cookie: foo=1; bar=2;qux=3") == "1|2|3");
  CHECK(cookies("Cookie: foo=1, qux=0; bar=2") == "1, qux=0|2|");
  CHECK(cookies("Cookie: FOO = a b ; barx=1; bar") == "a b ||");
  CHECK(cookies("Cookie: xfoo=1; foo=2\r\nCookie: bar=3; foo=4") == "2|3|");
}
