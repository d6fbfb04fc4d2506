#include "config/arguments.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "steps.h"

using namespace gh::config;
using test_steps::check;

namespace {

/// The one directive of a server.
struct One {
  std::unique_ptr<test_steps::Checked> checked;
  const Bound* bound = nullptr;
};
One one(const std::string& directive) {
  One out;
  out.checked = check("server {\n" + directive + "\n}\n");
  if (!out.checked->bound.empty() && !out.checked->bound[0].children.empty())
    out.bound = &out.checked->bound[0].children[0];
  return out;
}

}  // namespace

TEST_CASE("required arguments get their words first, optional ones what is left") {
  const auto plain = one("location /a { }");
  REQUIRE(plain.bound);
  CHECK_FALSE(plain.bound->has("modifier"));
  CHECK(plain.bound->text("path") == "/a");
  const auto exact = one("location = /a { }");
  CHECK(exact.bound->text("modifier") == "=");
  const auto pages = one("error_page 502 503 504 /50x.html;");
  REQUIRE(pages.bound);
  CHECK(pages.bound->values.size() == 4);
  CHECK(pages.bound->text("uri") == "/50x.html");
}

TEST_CASE("keyed arguments and flags stand in any order; keys and quotes are taken off") {
  const auto c = check("upstream u { server a:1 backup weight=5 fail_timeout=1m; }");
  REQUIRE(c->codes() == "");
  const Bound& server = c->bound[0].children[0];
  CHECK(server.number("weight=", 1) == 5);
  CHECK(server.number("fail_timeout=", 0) == 60);
  CHECK(server.number("max_fails=", 7) == 7);
  CHECK(server.has("backup"));
  const auto quoted = one("limit_count \"message=Too many requests\" zone=a;");
  REQUIRE(quoted.bound);
  CHECK(quoted.bound->text("message=") == "Too many requests");
  CHECK(quoted.checked->sources.text(quoted.bound->find("message=")->span) == "Too many requests");
  CHECK(quoted.checked->sources.text(quoted.bound->find("zone=")->span) == "a");
}

TEST_CASE("a word that is a flag's name is an argument where one is still wanted") {
  const auto c = one("add_header always always always;");
  REQUIRE(c.bound);
  CHECK(c.bound->text("name") == "always");
  CHECK(c.bound->text("value") == "always");
  CHECK(c.bound->has("always"));
}

TEST_CASE("an expression runs to its own parenthesis (DSL rule 3)") {
  const auto c = one("auth_require ($a in (\"x\", \"y)\") or $b == 'its') error=403;");
  CHECK(c.checked->codes() == "");
  REQUIRE(c.bound);
  CHECK(c.bound->text("condition") == "($a in (\"x\", \"y)\") or $b == 'its')");
  CHECK(c.bound->number("error=", 0) == 403);
  const auto cost = one("limit_count zone=a cost=($m == \"POST\" ? 5 : 1) message=no;");
  REQUIRE(cost.bound);
  CHECK(cost.bound->text("cost=") == "($m == \"POST\" ? 5 : 1)");
  CHECK(cost.bound->text("message=") == "no");
  const auto when = one("route GET /a when ($x == \"1\") { return 204; }");
  REQUIRE(when.bound);
  CHECK(when.bound->text("condition") == "($x == \"1\")");
  CHECK(one("route GET /a { return 204; }").bound != nullptr);
  CHECK(one("auth_require ($a;").checked->codes() == "E0315@2");
  CHECK(one("auth_require ($a)error=403;").checked->codes() == "E0315@2");
}

TEST_CASE("conditions of if, glued or not, with quotes and regular expressions (LANGUAGE 8.3)") {
  for (const char* text : {"($a)", "( $a )", "($a = b)", "($a = \"b c\")", "($a ~* \"^/x{1,2}(a|b)\")",
                           "(-f $request_filename)", "($a ~ ^/(b|c)$)", "($a ~* it's)", "($a ~ \\()"}) {
    CAPTURE(text);
    const auto c = one(std::string("if ") + text + " { return 204; }");
    REQUIRE(c.bound);
    CHECK(c.bound->text("condition") == text);
  }
  CHECK(one("if ($a = \"b\"){ return 204; }").bound != nullptr);
}

TEST_CASE("types change the text where the row says so") {
  CHECK(one("set $name value;").bound->text("variable") == "name");
  CHECK(one("root html;").bound->text("path") == "/prefix/html");
  CHECK(one("root /srv;").bound->text("path") == "/srv");
  CHECK(one("ssl_certificate certs/a.pem;").bound->text("file") == "/conf/certs/a.pem");
  CHECK(one("ssl_certificate file:certs/a.pem;").bound->text("file") == "file:/conf/certs/a.pem");
  CHECK(one("ssl_certificate env:CERT;").bound->text("file") == "env:CERT");
  CHECK(one("access_log off;").bound->text("path") == "off");
  CHECK(one("access_log syslog:server=a;").bound->text("path") == "syslog:server=a");
  CHECK(one("gzip ON;").bound->number("switch", -1) == 1);
  CHECK(one("keepalive_timeout 65;").bound->number("time", 0) == 65);
  CHECK(one("proxy_read_timeout 65;").bound->number("time", 0) == 65000);
  CHECK(one("allow 10.1.2.3/8;").bound->text("network") == "10.0.0.0/8");
}

TEST_CASE("bounds are inclusive") {
  CHECK(one("gzip_comp_level 1;").bound->number("level", 0) == 1);
  CHECK(one("gzip_comp_level 9;").bound->number("level", 0) == 9);
  CHECK(one("gzip_comp_level 0;").checked->codes() == "E0302@2");
  CHECK(one("gzip_comp_level 10;").checked->codes() == "E0302@2");
}

TEST_CASE("environment text is put in once and never read again (DSL rule 7)") {
  ::setenv("GATEHOUSE_TEST_A", "a $b ${env:GATEHOUSE_TEST_A} ;", 1);
  CHECK(one("return 200 \"<${env:GATEHOUSE_TEST_A}>\";").bound->text("text") == "<a $$b $${env:GATEHOUSE_TEST_A} ;>");
  CHECK(one("index ${env:GATEHOUSE_TEST_A};").bound->text("file") == "a $b ${env:GATEHOUSE_TEST_A} ;");
  CHECK(one("return 200 ${env:GATEHOUSE_TEST_B:-none};").bound->text("text") == "none");
  CHECK(one("return 200 \"${env:GATEHOUSE_TEST_B:-}\";").bound->text("text").empty());
  CHECK(one("return 200 ${env:GATEHOUSE_TEST_B};").checked->codes() == "E0314@2");
  const auto map = check("map $a $b { default ${env:GATEHOUSE_TEST_B:-x}; }");
  CHECK(map->codes() == "");
  CHECK(map->bound[0].node->children[0].words[1].value == "x");
  ::unsetenv("GATEHOUSE_TEST_A");
}

TEST_CASE("escapes that the lexer takes away from a regular expression are warned about (LANGUAGE 1.6)") {
  CHECK(one(R"(rewrite ^/a\d\.b$ /c;)").checked->codes() == "");
  CHECK(one(R"(rewrite "^/a\nb" /c;)").checked->codes() == "W706@2");
  CHECK(one(R"(rewrite ^/a\\nb /c;)").checked->codes() == "");
  CHECK(one(R"(rewrite ^/a\\d /c;)").checked->codes() == "W706@2");
}

TEST_CASE("kinds of values: shares, variables, networks with low bits set") {
  const auto share = check("upstream a {\n server 10.0.0.1;\n error_threshold half;\n}");
  CHECK(share->codes() == "E0307@3");
  CHECK(one("set x 1;").checked->codes() == "E0313@2");
  const auto low = one("allow 10.1.2.3/8;");
  CHECK(low.checked->codes() == "W707@2");
  REQUIRE(low.bound);
  CHECK(low.bound->at(0).text == "10.0.0.0/8");
}
