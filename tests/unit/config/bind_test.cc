#include "config/bind.h"

#include <doctest/doctest.h>

#include "steps.h"

using namespace gh::config;
using test_steps::check;

TEST_CASE("http and events may be left out; with them a file loads just the same (DSL rule 9)") {
  const auto bare = check("server { listen 80; }");
  CHECK(bare->codes() == "");
  CHECK(bare->bound[0].row->name == "server");
  const auto full = check("worker_processes 2; events { worker_connections 10; } http { server { listen 80; } }");
  CHECK(full->codes() == "");
  CHECK(full->bound[2].children[0].row == bare->bound[0].row);
}

TEST_CASE("one name may have a row for each context") {
  const auto c = check("upstream u { server a; } server { listen 80; }");
  REQUIRE(c->codes() == "");
  CHECK(c->bound[0].children[0].row->contexts == in_upstream);
  CHECK(c->bound[1].row->contexts == in_http);
}

TEST_CASE("fragments are checked in the context that is named") {
  CHECK(check("listen 80;", in_server)->codes() == "");
  CHECK(check("listen 80;", in_location)->codes() == "E0202@1");
}

TEST_CASE("unknown names: the nearest legal here, then elsewhere, then other products' words") {
  const auto here = check("server {\n listn 80;\n}");
  CHECK(here->codes() == "E0201@2");
  CHECK(here->first().help == "did you mean `listen`?");
  CHECK(here->first().label == "not known inside `server`");
  REQUIRE(here->first().fixes.size() == 1);
  CHECK(check("server { worker_connection 1; }")->first().help == "`worker_connections` exists, but only in events");
  CHECK(check("backend x { }")->first().help == "write `upstream NAME { server HOST:PORT; }`");
  CHECK(check("else { }")->codes() == "E0211@1");
  CHECK(check("zzzzzzz;")->first().help == "gateway.conf(5) lists all directives");
}

TEST_CASE("an unknown or refused block does not produce errors for what is in it; a misplaced one does") {
  CHECK(check("frobnicate {\n nonsense;\n more { x; }\n}")->codes() == "E0201@1");
  CHECK(check("server {\n upstream u {\n  servr a;\n }\n}")->codes() == "E0202@2 E0201@3");
}

TEST_CASE("scalars stand once in a block, lists as often as one likes (LANGUAGE 2.5)") {
  const auto c = check("server {\n root a;\n root a;\n add_header a b;\n add_header a b;\n location / { root c; }\n}");
  CHECK(c->codes() == "E0203@3");
  REQUIRE(c->first().related.size() == 1);
  CHECK(c->sources.place(c->first().related[0].span).line == 2);
}

TEST_CASE("data blocks hold keys and values, not directives (LANGUAGE 2.3)") {
  const auto c = check("map $a $b {\n default 1;\n ~^x{2}$ 2;\n \"\" 3;\n server 4;\n}");
  CHECK(c->codes() == "E0107@3");
  CHECK(check("map $a $b { server { } }")->codes() == "E0208@1");
  CHECK(check("types { text/html html htm; }")->codes() == "");
}

TEST_CASE("known names: notes, warnings, refusals, each group once a file") {
  const auto c = check(
      "worker_cpu_affinity auto;\nvariables_hash_max_size 1;\nhttp3 on;\nserver {\n"
      " location /a { content_by_lua_block { x } }\n location /b { access_by_lua_block { y } }\n js_content a;\n "
      "js_set b;\n}");
  CHECK(c->codes() == "N901@1 N901@2 W901@3 E0601@5 E0601@7");
  CHECK(c->diagnostics.all()[3].label == "refused, like 1 more line of this file");
  CHECK(c->diagnostics.all()[4].label == "refused, like 1 more line of this file");
}

TEST_CASE("known names: a note of a group does not hide its refusal") {
  CHECK(check("fcgi_param a;\nfcgi_pass b;\nfcgi_param c;")->codes() == "N901@1 E0601@2");
}

TEST_CASE("known names with a row are held to it, and are in the result") {
  const auto c = check("http {\n http2 maybe;\n server {\n http2 on;\n http2 on;\n }\n location /a { http2 on; }\n}");
  CHECK(c->codes().find("E0309@2") != std::string::npos);
  CHECK(c->codes().find("E0203@5") != std::string::npos);
  CHECK(c->codes().find("W901@2") != std::string::npos);
  CHECK(check("upstream a {\n http2 on;\n}")->codes() == "E0202@2 W901@2");
  CHECK(check("http2 on;")->bound.size() == 1);
}

TEST_CASE("known names: what cannot be passed over is an error of its own, once a file and name") {
  const auto c = check("http {\n auth_basic a;\n server {\n auth_basic b;\n auth_basic off;\n }\n}");
  CHECK(c->codes() == "E0602@2");
  CHECK(c->diagnostics.all()[0].label == "cannot be passed over, like 2 more lines of this file");
}

TEST_CASE("what failed is not in the result, the rest is") {
  const auto c = check("server {\n listen 80;\n gzip maybe;\n root a;\n}");
  CHECK(c->codes() == "E0309@3");
  REQUIRE(c->bound.size() == 1);
  CHECK(c->bound[0].children.size() == 2);
}

TEST_CASE("switches take any case, other words do not (LANGUAGE 2.2)") {
  CHECK(check("gzip On;")->codes() == "");
  CHECK(check("satisfy All;")->codes() == "E0310@1");
  CHECK(check("GZIP on;")->codes() == "E0201@1");
}
