// X-Accel-...: what an upstream asks the gateway to do, and proxy_ignore_headers.
#include "proxy/upstream_head.h"

#include "unit/proxy/loopback.h"

namespace gh::test {
namespace {

using proxy::AccelFields;
using proxy::read_accel_fields;

/// What the client reads when the location /app answers with `head`; `lines` go into the server.
std::string got_for(const std::string& lines, const std::string& head, const std::string& method = "GET") {
  return exchanged(lines, method + " /app/x HTTP/1.1\r\nHost: example.org\r\nContent-Length: 2\r\n\r\nhi",
                   "HTTP/1.1 " + head + "\r\nContent-Length: 4\r\n\r\nbody");
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct Head {
  std::vector<http::Field> fields;
  http::ResponseHead head;
  Head(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    for (const auto& [name, value] : list) fields.push_back({name, value, http::header_id(name)});
    head.fields = fields;
  }
};

TEST_CASE("values are read strictly: anything odd asks for nothing") {
  const Head good{{"X-Accel-Redirect", "/a"}, {"X-Accel-Buffering", "NO"}, {"X-Accel-Limit-Rate", "1000"}};
  const AccelFields fields = read_accel_fields(good.head, 0);
  REQUIRE(fields.redirect);
  CHECK((fields.redirect->value == "/a" && fields.buffering == 0 && fields.limit_rate == 1000));
  for (const char* odd : {"", "-1", "1k", "off", " 5", "99999999999999999999", "9223372036854775808"}) {
    CAPTURE(odd);
    CHECK(read_accel_fields(Head{{"X-Accel-Limit-Rate", odd}}.head, 0).limit_rate == -1);
  }
  CHECK(read_accel_fields(Head{{"X-Accel-Buffering", "off"}}.head, 0).buffering == -1);
  CHECK(read_accel_fields(Head{{"X-Accel-Buffering", "no"}, {"X-Accel-Buffering", "yes"}}.head, 0).buffering == 1);
  CHECK(read_accel_fields(Head{{"X-Accel-Limit-Rate", "0"}, {"X-Accel-Limit-Rate", "7"}}.head, 0).limit_rate == 0);
}

TEST_CASE("proxy_ignore_headers: each by its own name") {
  const Head all{{"X-Accel-Redirect", "/a"}, {"X-Accel-Buffering", "no"}, {"X-Accel-Limit-Rate", "1000"}};
  CHECK(!read_accel_fields(all.head, table::ignore_x_accel_redirect).redirect);
  CHECK(read_accel_fields(all.head, table::ignore_x_accel_redirect).limit_rate == 1000);
  CHECK(read_accel_fields(all.head, table::ignore_x_accel_limit_rate).limit_rate == -1);
  CHECK(read_accel_fields(all.head, table::ignore_x_accel_limit_rate).buffering == 0);
  CHECK(read_accel_fields(all.head, table::ignore_x_accel_buffering).buffering == -1);
}

constexpr const char* lines =
    "location /app { proxy_pass http://UP:; proxy_hide_header Expires; proxy_cookie_path /in /out; }"
    "location /priv { internal; default_type x/y; return 200 \"at $uri args $args by $request_method\"; }"
    "location @here { return 200 \"named $uri by $request_method\"; }";

TEST_CASE("X-Accel-Redirect: another location answers, with what nginx keeps of the first head") {
  const std::string got =
      got_for(lines,
              "404 Not Found\r\nX-Accel-Redirect: /priv/a%20b?q=1\r\nContent-Type: text/blah\r\nSet-Cookie: a=1; "
              "Path=/in/\r\nContent-Disposition: attachment\r\nCache-Control: no-cache\r\nCache-Control: private\r\n"
              "Expires: fake\r\nExpires: other\r\nAccept-Ranges: parrots\r\nETag: \"x\"\r\nSomething: other",
              "POST");
  CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(got.ends_with("at /priv/a b args q=1 by GET"));
  for (const char* kept : {"Content-Type: text/blah", "Set-Cookie: a=1; Path=/out/", "Content-Disposition: attachment",
                           "Cache-Control: no-cache", "Cache-Control: private", "Expires: fake",
                           "Accept-Ranges: parrots"}) {
    CAPTURE(kept);
    CHECK(has(got, std::string("\r\n") + kept + "\r\n"));
  }
  for (const char* gone : {"Something", "ETag", "X-Accel", "Expires: other", "body"}) {
    CAPTURE(gone);
    CHECK(!has(got, gone));
  }
}

TEST_CASE("X-Accel-Redirect to a named location keeps method and URI; HEAD stays HEAD") {
  CHECK(got_for(lines, "200 OK\r\nX-Accel-Redirect: @here", "POST").ends_with("named /app/x by POST"));
  const std::string head = got_for(lines, "200 OK\r\nX-Accel-Redirect: /priv/b", "HEAD");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("X-Accel-Redirect: an unsafe URI is a 404, a missing name a 500") {
  for (const char* bad : {"..", "/priv/../x", "/priv/.%2e", "/priv/%zz", "priv", ""}) {
    CAPTURE(bad);
    const std::string got = got_for(lines, std::string("200 OK\r\nX-Accel-Redirect: ") + bad);
    CHECK(got.starts_with("HTTP/1.1 404 "));
    CHECK(has(got, "\r\nContent-Type: text/html\r\n"));
  }
  CHECK(got_for(lines, "200 OK\r\nX-Accel-Redirect: @gone").starts_with("HTTP/1.1 500 "));
}

TEST_CASE("a page of our own says its own type, whatever the redirecting answer was") {
  const std::string got = got_for("location /app { proxy_pass http://UP:; } location /none { return 404; }",
                                  "200 OK\r\nContent-Type: image/png\r\nSet-Cookie: a=1\r\nX-Accel-Redirect: /none");
  CHECK(got.starts_with("HTTP/1.1 404 "));
  CHECK(has(got, "\r\nContent-Type: text/html\r\n"));
  CHECK(has(got, "\r\nSet-Cookie: a=1\r\n"));
}

TEST_CASE("X-Accel-Redirect to itself ends after ten rounds") {
  Loopback gateway(server("location / { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  int rounds = 0;
  for (gateway.turn(); gateway.has_upstream() && rounds < 50; ++rounds) {
    End upstream = gateway.upstream();
    gateway.turn();
    upstream.send("HTTP/1.1 200 OK\r\nX-Accel-Redirect: /again\r\nContent-Length: 0\r\n\r\n");
    gateway.step(client);
  }
  CHECK(rounds == 11);
  CHECK(client.got.starts_with("HTTP/1.1 500 "));
}

TEST_CASE("X-Accel-Redirect to a proxied location: cookies of both, the type of the second") {
  Loopback gateway(server("location / { proxy_pass http://UP:; }"));
  End client = gateway.client();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  gateway.turn();
  for (const char* head : {"Content-Type: a/b\r\nSet-Cookie: a=1\r\nX-Accel-Redirect: /second",
                           "Content-Type: c/d\r\nSet-Cookie: b=1"}) {
    End upstream = gateway.upstream();
    gateway.step(upstream);
    upstream.send("HTTP/1.1 200 OK\r\n" + std::string(head) + "\r\nContent-Length: 2\r\n\r\nxy");
    gateway.step(client);
  }
  CHECK((client.has("\r\nSet-Cookie: a=1\r\n") && client.has("\r\nSet-Cookie: b=1\r\n")));
  CHECK((client.has("\r\nContent-Type: c/d\r\n") && !client.has("a/b")));
  CHECK(client.got.ends_with("\r\n\r\nxy"));
}

TEST_CASE("proxy_ignore_headers X-Accel-Redirect: the answer is the upstream's; proxy_pass_header shows the field") {
  const std::string got = got_for("location /app { proxy_pass http://UP:; proxy_ignore_headers X-Accel-Redirect; "
                                  "proxy_pass_header X-Accel-Redirect; } location /priv { return 200 no; }",
                                  "201 Created\r\nX-Accel-Redirect: /priv");
  CHECK(got.starts_with("HTTP/1.1 201 Created\r\n"));
  CHECK(has(got, "\r\nX-Accel-Redirect: /priv\r\n"));
  CHECK(got.ends_with("\r\n\r\nbody"));
}

TEST_CASE("of fields that there is one of, the second line is passed over") {
  const std::string got =
      got_for("location /app { proxy_pass http://UP:; }",
              "200 OK\r\nExpires: foo\r\nExpires: bar\r\nETag: \"a\"\r\nETag: \"b\"\r\nContent-Type: a/b\r\n"
              "Content-Type: c/d\r\nVary: one\r\nVary: two\r\nLocation: /1\r\nLocation: /2");
  for (const char* once : {"Expires: foo", "ETag: \"a\"", "Content-Type: a/b", "Vary: one", "Vary: two"}) {
    CAPTURE(once);
    CHECK(has(got, std::string("\r\n") + once + "\r\n"));
  }
  for (const char* gone : {"bar", "\"b\"", "c/d", "/2"}) {
    CAPTURE(gone);
    CHECK(!has(got, gone));
  }
}

TEST_CASE("the place of default among the rules of proxy_redirect counts") {
  const auto location = [](const std::string& rules) {
    const std::string got = got_for("location /app/ { proxy_pass http://UP:/in/; " + rules + " }",
                                    "302 Found\r\nLocation: http://localhost/in/x");
    const std::size_t at = got.find("Location: ") + 10;
    return got.substr(at, got.find("\r\n", at) - at);
  };
  CHECK(location("proxy_redirect default; proxy_redirect http://localhost/in/ /rule/;").ends_with("/app/x"));
  CHECK(location("proxy_redirect http://localhost/in/ /rule/; proxy_redirect default;").ends_with("/rule/x"));
  CHECK(location("proxy_redirect http://other/ /rule/; proxy_redirect default;").ends_with("/app/x"));
  CHECK(location("proxy_redirect http://other/ /rule/;") == "http://localhost/in/x");
  CHECK(location("proxy_redirect ~^http://(?<up>\\w+)/in/(.) http://$2.$up/;") == "http://x.localhost/");
}

}  // namespace
}  // namespace gh::test
