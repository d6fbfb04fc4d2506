// The table of directives itself: rows are complete, and names are known once.
#include <algorithm>
#include <set>

#include "directives/shapes.h"
#include "unit/directives/compiled.h"

using namespace gh;
using test::Compiled;

TEST_CASE("every row has contexts, a doc line and what it does") {
  std::set<std::pair<std::string_view, config::Contexts>> seen;
  for (const config::Row* row : directives::language().rows) {
    CAPTURE(row->name);
    CHECK(row->contexts != 0);
    CHECK(row->doc.size() > 8);
    CHECK((row->doc.ends_with(".") || row->doc.ends_with("?")));
    const bool accepted_only = row->name == "zone";  // state is always shared
    CHECK((row->apply != nullptr || accepted_only));
    CHECK((row->block == config::Block::directives || row->block == config::Block::optional) == (row->inside != 0));
    for (const auto& [name, contexts] : seen) CHECK_FALSE((name == row->name && (contexts & row->contexts) != 0));
    seen.emplace(row->name, row->contexts);
  }
}

TEST_CASE("a known name is no row, has a reason, and stands once") {
  std::set<std::string_view> rows, known;
  for (const config::Row* row : directives::language().rows) rows.insert(row->name);
  for (const config::Known& name : directives::known_names()) {
    CAPTURE(name.name);
    CHECK_FALSE(rows.contains(name.name));
    CHECK(known.insert(name.name).second);
    CHECK(name.reason.size() > 10);
  }
  CHECK(known.size() > 300);
}

TEST_CASE("what would change who may pass is refused, what only helps is passed over") {
  for (const char* line :
       {"auth_digest x;", "auth_pam x;"}) {
    CAPTURE(line);
    Compiled c(test::server_of("location / { " + std::string(line) + " }"));
    CHECK(c.says("E0602"));
    CHECK_FALSE(c.table);
  }
  for (const char* line : {"fastcgi_pass 10.0.0.1;", "js_content a;", "content_by_lua_block { }"}) {
    CAPTURE(line);
    Compiled c(test::server_of("location / { " + std::string(line) + " }"));
    CHECK(c.says("E0601"));
    CHECK_FALSE(c.table);
  }
  for (const char* line : {"ssi on;", "charset utf-8;", "proxy_cache off;", "userid on;", "post_action /x;"}) {
    CAPTURE(line);
    Compiled c(test::server_of("location / { " + std::string(line) + " }"));
    CHECK(c.says("W901"));
    CHECK(c.table);
  }
  for (const char* line :
       {"sendfile on;", "tcp_nopush on;", "types_hash_max_size 2048;", "proxy_temp_path a;", "fastcgi_buffers 4 8k;"}) {
    CAPTURE(line);
    Compiled c(test::server_of(line));
    CHECK(c.says("N901"));
    CHECK(c.table);
  }
}

TEST_CASE("what is passed over is held to nginx's values all the same") {
  std::set<std::string_view> names;
  for (const auto shapes : {directives::later_shapes(), directives::no_effect_shapes()}) {
    for (const config::Row& row : shapes) {
      CAPTURE(row.name);
      CHECK(names.insert(row.name).second);
      const auto known = directives::known_names();
      const auto entry = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.name == row.name; });
      REQUIRE_MESSAGE(entry != known.end(), "a directive that is served needs no shape");
      CHECK(entry->row == &row);
      CHECK((entry->fate == config::Known::Fate::later || entry->fate == config::Known::Fate::note));
    }
  }
  CHECK(Compiled(test::server_of("sendfile yes;")).says("E0309"));
  CHECK(Compiled(test::server_of("sendfile on off;")).says("E0204"));
  CHECK(Compiled(test::server_of("sendfile on; sendfile off;")).says("E0203"));
  CHECK(Compiled(test::server_of("multi_accept on;")).says("E0202"));
  CHECK(Compiled(test::server_of("fastcgi_read_timeout soon;")).says("E0305"));
}

TEST_CASE("a note does not hide a refusal of its family") {
  const Compiled c(test::server_of("location / { fastcgi_param A b; fastcgi_pass 127.0.0.1:9000; }"));
  CHECK((c.says("N901") && c.says("E0601")));
}

TEST_CASE("sockets of what is not served stay closed") {
  const Compiled c("server { listen 127.0.0.1:80; listen 127.0.0.1:443 quic; } server { listen 127.0.0.1:443; }");
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(c.table->sockets.size() == 2);
  REQUIRE(c.table->closed_sockets.size() == 1);
  CHECK(c.table->closed_sockets[0].closed_because == "QUIC");
  CHECK(c.says("W901", "QUIC"));
  CHECK(table::dump(*c.table, "/nowhere/").find("\"waits_for\": \"QUIC\"") != std::string::npos);
  CHECK(Compiled("server { listen 443 ssl; listen 443; }").says("E0502"));
  CHECK(Compiled("server { listen 443 quic; listen 443 quic; }").says("E0502"));
}

TEST_CASE("the process") {
  const Compiled c(
      "worker_processes 3; user nobody; pid run/g.pid; worker_shutdown_timeout 10s; worker_rlimit_nofile 999; server { "
      "}");
  REQUIRE_MESSAGE(c.table, c.all());
  CHECK(c.table->process.workers == 3);
  CHECK((c.table->process.user == "nobody" && c.table->process.group == "nobody"));
  CHECK(c.table->process.pid_file == "/nowhere/run/g.pid");
  CHECK(c.table->process.worker_shutdown_timeout_ms == 10000);
  CHECK(c.table->process.worker_rlimit_nofile == 999);
  CHECK(Compiled("worker_processes auto; server { }").table->process.workers >= 1);
  CHECK(Compiled("worker_processes 0; server { }").says("E0310"));
  CHECK(Compiled("worker_processes many; server { }").says("E0310"));
}

TEST_CASE("unused zones and resolvers") {
  const std::string zone = "limit_req_zone $host zone=a:1m rate=1r/s; ";
  CHECK(Compiled(zone + "server { }").says("W501", "`a` is never used"));
  CHECK_FALSE(Compiled(zone + "server { limit_req zone=a; }").says("W501"));
  CHECK(
      Compiled("resolver 10.0.0.2 [::1]:5353 valid=30s ipv6=off; server { }").server().base.resolver->servers.size() ==
      2);
  CHECK(Compiled("server { }").server().base.resolver == nullptr);
  CHECK(Compiled("resolver dns.example; server { }").says("E0311"));
}

TEST_CASE("the dump is stable, and names places and what differs from the defaults") {
  const std::string text =
      "server { listen 127.0.0.1:8080; server_name a;\nlocation = /x { client_max_body_size 5; return 204; } }";
  const Compiled first(text), second(text);
  REQUIRE_MESSAGE(first.table, first.all());
  const std::string json = table::dump(*first.table, "/nowhere/");
  CHECK(json.find("\"client_max_body_size\": 5") != std::string::npos);
  CHECK(json.find("\"root\": \"html\"") != std::string::npos);
  CHECK(json.find("\"location\": \"= /x\"") != std::string::npos);
  CHECK(json.find(":2\"") != std::string::npos);  // the line of the location
  CHECK(json.find("rewrite return") != std::string::npos);
  CHECK(json.find("send_timeout") == std::string::npos);
}
