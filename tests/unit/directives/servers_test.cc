// Servers, their sockets and names, from text to table (LANGUAGE 3.5, 5).
#include "unit/directives/compiled.h"

using namespace gh;
using test::Compiled;

TEST_CASE("servers of one address share it; the default server or the first is the fallback") {
  Compiled c("server { listen 127.0.0.1:8080; server_name a; }"
             "server { listen 127.0.0.1:8080 default_server; server_name b; }"
             "server { listen 127.0.0.1:8081; server_name c; }");
  REQUIRE_MESSAGE(c.table, c.all());
  REQUIRE(c.table->addresses.size() == 2);
  const table::ListenAddress& first = *c.table->addresses[0];
  CHECK(first.servers.size() == 2);
  CHECK(first.fallback->name == "b");
  CHECK(first.servers[first.names.find("a").server]->name == "a");
  CHECK(first.names.find("zzz").server == table::ServerNames::npos);
  CHECK(c.table->addresses[1]->fallback->name == "c");
  CHECK(c.table->sockets.size() == 2);
}

TEST_CASE("one socket for a wildcard and the exact addresses under it") {
  Compiled c("server { listen *:8080; } server { listen 127.0.0.1:8080; } server { listen 127.0.0.2:8080 bind; }"
             "server { listen [::1]:8080; }");
  REQUIRE_MESSAGE(c.table, c.all());
  REQUIRE(c.table->sockets.size() == 3);
  CHECK(c.table->sockets[0].address.text() == "0.0.0.0:8080");
  CHECK(c.table->sockets[0].addresses == std::vector<std::uint32_t>{0, 1});
  CHECK(c.table->sockets[0].wildcard_covers);
  CHECK(c.table->sockets[1].address.text() == "127.0.0.2:8080");
  CHECK(c.table->sockets[2].address.text() == "[::1]:8080");
}

TEST_CASE("ports may be left to the kernel, and ranges are many addresses") {
  CHECK(Compiled("server { listen 127.0.0.1:0; }").table->sockets[0].address.port() == 0);
  CHECK(Compiled("server { listen 127.0.0.1:9000-9003; }").table->sockets.size() == 4);
}

TEST_CASE("a server without listen has the default port") {
  const auto port = Compiled("server { }").table->sockets.at(0).address.port();
  CHECK((port == 80 || port == 8000));
}

TEST_CASE("socket parameters") {
  Compiled c("server { listen 8080 backlog=7 reuseport deferred rcvbuf=8k sndbuf=16k so_keepalive=on ipv6only=off; }");
  REQUIRE_MESSAGE(c.table, c.all());
  const table::ListenSocket& socket = c.table->sockets[0];
  CHECK(socket.backlog == 7);
  CHECK((socket.reuseport && socket.deferred && socket.so_keepalive && !socket.ipv6only));
  CHECK(socket.rcvbuf == 8192);
  CHECK(socket.sndbuf == 16384);
}

TEST_CASE("conflicts between listens") {
  CHECK(Compiled("server { listen 80; listen *:80; }").says("E0502", "listens on `0.0.0.0:80` twice"));
  CHECK(Compiled("server { listen 80 default_server; } server { listen 80 default_server; }").says("E0501"));
  CHECK(Compiled("server { listen 80 backlog=9; } server { listen 80 backlog=10; }").says("E0502", "twice"));
  CHECK(Compiled("server { listen shop.example:80; }").says("E0311", "not an address"));
  Compiled quic("server { listen 443; listen 443 quic; listen 80 http2; }");
  CHECK(quic.says("W901", "QUIC"));
  CHECK(quic.says("W701", "http2"));
  CHECK(quic.table->sockets.size() == 2);
  CHECK(Compiled("server { listen 80; server_name http://a; }").says("W119", "suspicious"));
}

TEST_CASE("names: $server_name is the first one, kinds as nginx") {
  CHECK(Compiled("server { server_name Shop.Example x; }").server().name == "shop.example");
  CHECK(Compiled("server { server_name .shop.example; }").server().name == "shop.example");
  CHECK(Compiled("server { server_name *.shop.example; }").server().name == "*.shop.example");
  CHECK(Compiled("server { server_name a; server_name b; }").server().names == std::vector<std::string>{"a", "b"});
  CHECK(Compiled("server { server_name a.*.b; }").says("E0317"));
  CHECK(Compiled("server { server_name ~(; }").says("E0312"));
}

TEST_CASE("a name twice on one socket is a warning, on two it is not") {
  Compiled same("server { listen 80; server_name a; } server { listen 80; server_name a; }");
  CHECK(same.says("W103", "`a` on `0.0.0.0:80` is ignored"));
  CHECK(same.table);
  CHECK_FALSE(Compiled("server { listen 80; server_name a; } server { listen 81; server_name a; }").says("W103"));
  CHECK(Compiled("server { listen 80; } server { listen 80; }").says("W103", "without a name"));
}

TEST_CASE("groups of a regex name are variables everywhere, also in lines before") {
  Compiled c("log_format f '$tenant'; server { server_name ~^(?<tenant>.+)\\.example$; }");
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(c.table->variable_slots == 1);
  const auto hit = c.table->addresses[0]->names.find("a.example");
  REQUIRE(hit.regex);
  CHECK(c.table->addresses[0]->regex_slots.at(hit.regex) == std::vector<std::uint32_t>{0});
  CHECK(Compiled("server { server_name ~^(?<host>.+)$; }").says("E0506", "name of a variable"));
}

TEST_CASE("http and events may be there or not") {
  CHECK(Compiled("events { worker_connections 7; } http { server { } }").table->process.worker_connections == 7);
  CHECK(Compiled("http { client_max_body_size 5; server { } }").server().base.core->client_max_body_bytes == 5);
  CHECK(Compiled("client_max_body_size 5; server { }").server().base.core->client_max_body_bytes == 5);
  Compiled empty("");
  CHECK(empty.says("W118", "nothing to serve"));
  CHECK(empty.table);
}

TEST_CASE("limits of request heads come from the server") {
  const Compiled c("large_client_header_buffers 2 16k; server { max_headers 50; underscores_in_headers on; }");
  const http::HeadLimits& limits = c.server().limits;
  CHECK(limits.line_bytes == 16384);
  CHECK(limits.total_bytes == 32768);
  CHECK(limits.fields == 50);
  CHECK(limits.underscores);
}

TEST_CASE("fragments are checked in the block they belong to") {
  CHECK(Compiled("listen 80; location / { return 204; }", config::in_server).table);
  CHECK(Compiled("proxy_pass http://127.0.0.1:1;", config::in_location).table);
  CHECK(Compiled("location /a { } location /a { }", config::in_server).says("E0503"));
}
