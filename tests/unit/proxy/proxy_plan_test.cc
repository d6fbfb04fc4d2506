// What a location's proxying is compiled to: fields dropped, set and hidden, and the default proxy_redirect.
#include "proxy/proxy_plan.h"

#include <doctest/doctest.h>

namespace gh::proxy {
namespace {

using http::HeaderId;

http::Field field(std::string_view name) { return {name, "v", http::header_id(name)}; }

struct Parts {
  std::shared_ptr<table::ProxyTarget> target = std::make_shared<table::ProxyTarget>();
  std::shared_ptr<table::ProxySettings> settings = std::make_shared<table::ProxySettings>();
  std::shared_ptr<table::ProxySetHeaders> set;
  table::ProxyHideHeaders hide;
  table::ProxyPassHeaders pass;
  std::shared_ptr<table::ProxyRedirects> redirects;
  std::string prefix = "/app/";
  bool prefix_location = true;

  Parts() { target->host = "backend:81"; }
  void add(std::string name, std::string value) {
    if (!set) set = std::make_shared<table::ProxySetHeaders>();
    const HeaderId id = http::header_id(name);
    set->list.push_back({std::move(name), table::Template::constant(std::move(value)), id});
  }
  [[nodiscard]] std::shared_ptr<ProxyPlan> make() const {
    return make_proxy_plan(target, settings, set, hide, pass, redirects, prefix, prefix_location);
  }
};

TEST_CASE("a set of names knows well-known and other names in any case, and forgets them") {
  NameSet names;
  CHECK(!names.has(field("Host")));
  names.add("hOsT");
  names.add("X-Own");
  names.add("x-own");
  CHECK(names.has(field("HOST")));
  CHECK(names.has(HeaderId::host));
  CHECK(names.has(field("x-OWN")));
  CHECK(!names.has(field("X-Ow")));
  CHECK(!names.has(field("Cookie")));
  names.remove("HOST");
  names.remove("X-OWN");
  CHECK(!names.has(field("Host")));
  CHECK(!names.has(field("X-Own")));
}

TEST_CASE("RFC 9110 7.6.1: what belongs to one connection passes neither way") {
  const auto plan = Parts().make();
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
                           "Content-Length", "Expect", "HTTP2-Settings", "Trailer", "Host"}) {
    CAPTURE(name);
    CHECK(plan->not_forwarded.has(field(name)));
  }
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade", "Content-Length"}) {
    CAPTURE(name);
    CHECK(plan->hidden.has(field(name)));
  }
  CHECK(!plan->not_forwarded.has(field("Authorization")));
  CHECK(!plan->hidden.has(field("Set-Cookie")));
}

TEST_CASE("LANGUAGE 9.7: a set field replaces the client's; an empty value takes it away") {
  Parts parts;
  parts.add("X-A", "1");
  parts.add("X-B", "");
  parts.add("X-C", "3");
  const auto plan = parts.make();
  CHECK(plan->default_host);
  for (const char* name : {"x-a", "x-b", "x-c"}) CHECK(plan->not_forwarded.has(field(name)));
  REQUIRE(plan->pieces.size() == 1);  // constant neighbours are one piece
  CHECK(plan->pieces[0].constant == "X-A: 1\r\nX-C: 3\r\n");
}

TEST_CASE("Host may be set") {
  Parts parts;
  parts.add("host", "example.org");
  CHECK(!parts.make()->default_host);
}

TEST_CASE("nginx's hidden fields, opened by proxy_pass_header, more of them by proxy_hide_header") {
  Parts parts;
  CHECK(parts.make()->hidden.has(field("Server")));
  CHECK(parts.make()->hidden.has(field("X-Accel-Redirect")));
  parts.pass.list = {"server", "x-mine"};
  parts.hide.list = {"x-secret", "x-mine"};
  const auto plan = parts.make();
  CHECK(!plan->hidden.has(field("Server")));
  CHECK(plan->hidden.has(field("Date")));
  CHECK(plan->hidden.has(field("X-Secret")));
  CHECK(!plan->hidden.has(field("X-Mine")));
}

TEST_CASE("framing is not opened by proxy_pass_header") {
  Parts parts;
  parts.pass.list = {"transfer-encoding", "content-length", "connection"};
  const auto plan = parts.make();
  for (const char* name : {"Transfer-Encoding", "Content-Length", "Connection"}) CHECK(plan->hidden.has(field(name)));
}

TEST_CASE("proxy_redirect default maps the upstream's URL to the location") {
  Parts parts;
  CHECK(parts.make()->redirect_from == "http://backend:81/");
  CHECK(parts.make()->redirect_to == "/");
  parts.target->has_uri = true;
  parts.target->uri = "/v1/";
  CHECK(parts.make()->redirect_from == "http://backend:81/v1/");
  CHECK(parts.make()->redirect_to == "/app/");
  parts.redirects = std::make_shared<table::ProxyRedirects>();
  parts.redirects->off = true;
  CHECK(parts.make()->redirect_from.empty());
  parts.redirects->off = false;
  parts.target->has_variables = true;
  CHECK(parts.make()->redirect_from.empty());
}

}  // namespace
}  // namespace gh::proxy
