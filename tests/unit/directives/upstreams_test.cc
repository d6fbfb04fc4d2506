// upstream blocks and proxy_pass (LANGUAGE 3.6, 9).
#include "state/peers.h"
#include "unit/directives/compiled.h"
#include "upstream/balance.h"

using namespace gh;
using test::Compiled;
using test::server_of;

namespace {

std::string used(const std::string& upstream) {
  return "upstream u { " + upstream + " } server { location / { proxy_pass http://u; } }";
}
std::string pass(const std::string& url, const std::string& location = "/p/") {
  return server_of("location " + location + " { proxy_pass " + url + "; }");
}

}  // namespace

TEST_CASE("servers of an upstream with their parameters") {
  Compiled c(
      used("server 10.0.0.1:81 weight=3 max_conns=7 max_fails=2 fail_timeout=20s; server unix:/run/a.sock backup;"
           "server app:82 down; server [::1]; server localhost:83;"));
  REQUIRE_MESSAGE(c.table, c.all());
  const auto& servers = c.table->upstreams.at(0)->peers->servers();
  REQUIRE(servers.size() == 5);
  CHECK(servers[0].weight == 3);
  CHECK(servers[0].max_conns == 7);
  CHECK(servers[0].max_fails == 2);
  CHECK(servers[0].fail_timeout_ms == 20000);
  CHECK((servers[1].backup && servers[1].addresses.at(0).is_unix()));
  CHECK((servers[2].down && servers[2].resolve && servers[2].port == 82 && servers[2].addresses.empty()));
  CHECK(servers[3].addresses.at(0).text() == "[::1]:80");
  CHECK(servers[4].addresses.at(0).text() == "127.0.0.1:83");
}

TEST_CASE("balancing methods") {
  struct Case {
    std::string_view line;
    upstream::Policy policy;
  };
  const Case cases[] = {{"", upstream::Policy::round_robin},
                        {"least_conn;", upstream::Policy::least_conn},
                        {"ip_hash;", upstream::Policy::ip_hash},
                        {"hash $request_uri;", upstream::Policy::hash},
                        {"hash $host consistent;", upstream::Policy::hash_consistent},
                        {"random;", upstream::Policy::random},
                        {"random two;", upstream::Policy::random_two},
                        {"random two least_conn;", upstream::Policy::random_two}};
  for (const Case& test : cases) {
    CAPTURE(test.line);
    Compiled c(used(std::string(test.line) + " server 10.0.0.1;"));
    REQUIRE_MESSAGE(c.table, c.all());
    CHECK(c.table->upstreams[0]->policy == test.policy);
    CHECK(c.table->upstreams[0]->policy_name == upstream::policy_name(test.policy));
  }
  CHECK(Compiled(used("hash $host; server 10.0.0.1;")).table->upstreams[0]->hash_key.source() == "$host");
  CHECK(Compiled(used("ip_hash; least_conn; server 10.0.0.1;")).says("E0203", "two balancing methods"));
  CHECK(Compiled(used("random least_conn; server 10.0.0.1;")).says("E0310"));
}

TEST_CASE("idle connections: nginx 1.29.7's default, and its switches") {
  const Compiled plain(used("server 10.0.0.1;"));
  CHECK(plain.table->upstreams[0]->keepalive_connections == 32);
  const Compiled c(
      used("server 10.0.0.1; keepalive 0; keepalive_requests 5; keepalive_time 1m; keepalive_timeout 7s; zone z 64k;"));
  CHECK(c.table->upstreams[0]->keepalive_connections == 0);
  CHECK(c.table->upstreams[0]->keepalive_requests == 5);
  CHECK(c.table->upstreams[0]->keepalive_time_ms == 60000);
  CHECK(c.table->upstreams[0]->keepalive_timeout_ms == 7000);
}

TEST_CASE("faults of upstream blocks") {
  CHECK(Compiled(used("")).says("E0408", "has no `server`"));
  CHECK(Compiled(used("server 10.0.0.1 backup;")).says("E0408", "not `backup`"));
  CHECK(Compiled("upstream u { server a; } " + used("server b;")).says("E0506", "`u` is defined twice"));
  CHECK(Compiled(used("server 10.0.0.1:x;")).says("E0311"));
  CHECK(Compiled(used("server 10.0.0.1 weight=0;")).says("E0302"));
  CHECK(Compiled(used("server 10.0.0.1 slow_start=later;")).says("E0305"));
  CHECK(Compiled("upstream u { server 10.0.0.1; } server { }").says("W404", "`u` is never used"));
  CHECK_FALSE(
      Compiled("upstream u { server 10.0.0.1; } server { location / { proxy_pass http://$host; } }").says("W404"));
}

TEST_CASE("proxy_pass names an upstream, before or behind it in the file") {
  const Compiled c(server_of("location / { proxy_pass http://orders; }") + "upstream orders { server 10.0.0.1; }");
  const table::ProxyTarget& target = *c.at("/").proxy_target;
  CHECK(target.upstream == c.table->upstreams.at(0).get());
  CHECK(target.host == "orders");
  CHECK_FALSE(target.has_uri);
  CHECK(c.table->upstream_names.at("orders") == target.upstream);
}

TEST_CASE("proxy_pass to a plain host makes an upstream that all uses share") {
  const Compiled c(server_of(
      "location /a { proxy_pass http://10.0.0.1:81/x/; } location /b { proxy_pass http://10.0.0.1:81; }"
      "location /c { proxy_pass http://app.example; } location /d { proxy_pass http://unix:/run/a.sock:/y; }"));
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(c.table->upstreams.size() == 3);
  const auto& a = *c.at("/a").proxy_target;
  CHECK(a.upstream == c.at("/b").proxy_target->upstream);
  CHECK(a.upstream->is_implicit);
  CHECK((a.has_uri && a.uri == "/x/" && a.host == "10.0.0.1:81" && a.port == "81"));
  const auto& name = *c.at("/c").proxy_target;
  CHECK((name.host == "app.example" && name.port == "80"));  // the default port is not written
  CHECK(name.upstream->peers->servers()[0].resolve);
  CHECK((c.at("/d").proxy_target->host == "localhost" && c.at("/d").proxy_target->uri == "/y"));
  CHECK(c.table->upstream_names.empty());
}

TEST_CASE("a query alone is a URI from the root") {
  const Compiled c(pass("http://10.0.0.1?x=1"));
  CHECK(c.at("/p/").proxy_target->uri == "/?x=1");
}

TEST_CASE("variables: the upstream is known when they begin behind the host") {
  const Compiled late("upstream u { server 10.0.0.1; } " + pass("http://u/$request_uri"));
  CHECK(late.at("/p/").proxy_target->has_variables);
  CHECK(late.at("/p/").proxy_target->upstream == late.table->upstreams[0].get());
  const Compiled early(pass("http://$host:8080"));
  CHECK(early.at("/p/").proxy_target->upstream == nullptr);
  CHECK(Compiled(pass("$http_x_target")).table);
  CHECK(Compiled(pass("orders/$uri")).says("E0318", "no scheme"));
}

TEST_CASE("faults of proxy_pass") {
  CHECK(Compiled(pass("10.0.0.1:80")).says("E0318", "no scheme"));
  const Compiled tls(pass("https://10.0.0.1"));
  CHECK(tls.at("/p/").proxy_target->tls);
  CHECK(Compiled(pass("http://10.0.0.1/x", "~ ^/p")).says("E0507", "in a regex location"));
  CHECK(Compiled(pass("http://10.0.0.1/", "@p")).says("E0507", "in a named location"));
  CHECK(Compiled(pass("http://10.0.0.1/$1", "~ ^/(p)")).table);
  CHECK(Compiled(pass("http://10.0.0.1", "~ ^/p")).table);
  CHECK(Compiled("upstream orders { server 10.0.0.1; } " + pass("http://ordres"))
            .says("E0402", "did you mean `orders`?"));
  const Compiled host(pass("http://orders"));
  CHECK(host.says("W416", "http://orders:80"));
  CHECK(host.at("/p/").proxy_target->upstream->name == "orders:80");
  CHECK(Compiled(pass("http://orders:80")).table);
  CHECK(Compiled(pass("http://localhost")).table);
  CHECK(Compiled(pass("http://bad_char!:80")).says("E0318"));
  CHECK(Compiled("server { proxy_pass http://10.0.0.1; }").says("E0202"));
}

TEST_CASE("settings of the proxy") {
  const Compiled c(
      server_of("location / { proxy_pass http://10.0.0.1; proxy_next_upstream error http_503 non_idempotent;"
                " proxy_bind 127.0.0.2:5000; proxy_http_version 1.0; proxy_method PUT; proxy_buffers 4 16k;"
                " proxy_connect_timeout 500ms; proxy_ignore_headers X-Accel-Redirect Vary; }"));
  REQUIRE_MESSAGE(c.table, c.all());
  const table::ProxySettings& proxy = *c.at("/").proxy;
  CHECK(proxy.next_upstream == (table::next_error | table::next_503 | table::next_non_idempotent));
  CHECK(proxy.bind->text() == "127.0.0.2:5000");
  CHECK(proxy.http_1_0);
  CHECK(proxy.method->source() == "PUT");
  CHECK((proxy.buffers == 4 && proxy.buffers_bytes == 16384));
  CHECK(proxy.connect_timeout_ms == 500);
  CHECK(Compiled(server_of("proxy_next_upstream http_418;")).says("E0310"));
  CHECK(Compiled(server_of("proxy_bind nowhere;")).says("E0311"));
  CHECK(Compiled(server_of("proxy_set_header \"a b\" c;")).says("E0310", "no field name"));
  CHECK(Compiled(server_of("proxy_ignore_headers X-Mine;")).says("E0310"));
  CHECK(Compiled(server_of("proxy_redirect on;")).says("E0310"));
  CHECK(Compiled(server_of("proxy_redirect ~( /;")).says("E0312"));
}
