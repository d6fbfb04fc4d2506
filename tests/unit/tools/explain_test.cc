#include "tools/explain.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "config/codes.h"
#include "directives/directives.h"
#include "proxy/variables.h"

using namespace gh;

namespace {

std::string explain(std::string_view what) {
  return tools::explain(what, directives::language(), proxy::variable_rows());
}
bool known(std::string_view what) { return tools::can_explain(what, directives::language(), proxy::variable_rows()); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0, begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    longest = std::max(longest, end - begin);
  }
  return longest;
}

}  // namespace

TEST_CASE("explain: a diagnostic code, in any case") {
  CHECK(explain("E0101") == explain("e0101"));
  CHECK(has(explain("E0101"), config::find_code("E0101")->title));
}

TEST_CASE("explain: a directive with its facts and its prose") {
  const std::string text = explain("limit_req");
  CHECK(text.starts_with("limit_req\n  Hold requests"));
  CHECK(has(text, "  Syntax:    limit_req zone=NAME [burst=NUMBER] [nodelay] [delay=NUMBER];\n"));
  CHECK(has(text, "  Context:   http, server, location\n"));
  CHECK(has(text, "  Phase:     limit\n"));
  CHECK(has(text, "    location /login {"));
  CHECK(longest_line(text) <= 80);
}

TEST_CASE("explain: both directives of one name") {
  const std::string text = explain("server");
  CHECK(text.starts_with("server\n"));
  CHECK(has(text, "\nserver in upstream\n"));
}

TEST_CASE("explain: variables, with and without the dollar, and families") {
  CHECK(explain("$host").starts_with("$host: host of the request"));
  CHECK(explain("host") == explain("$host"));
  CHECK(explain("$http_user_agent").starts_with("$http_NAME: "));
  CHECK(has(explain("$upstream_status"), "Known from phase response on.\n"));
}

TEST_CASE("explain: what is no directive but known") {
  CHECK(has(explain("include"), "`include FILE;`"));
  CHECK(explain("lua_package_path").starts_with("lua_package_path: known and refused\n"));
  CHECK(explain("sendfile").starts_with("sendfile: known, accepted, without effect here\n"));
}

TEST_CASE("explain: an unknown word gets the nearest names") {
  CHECK(explain("proxy_pas") == "`proxy_pas` is no code, directive or variable\ndid you mean proxy_pass?\n");
  CHECK(explain("$hots") == "`$hots` is no code, directive or variable\ndid you mean $host?\n");
  CHECK(has(explain("E010"), "did you mean E010"));
  CHECK(explain("a\x01zzzzzzzz") == "`a\\x01zzzzzzzz` is no code, directive or variable\n");
  CHECK(explain("") == "`` is no code, directive or variable\n");
  CHECK_FALSE(known("proxy_pas"));
  CHECK(known("proxy_pass"));
}

TEST_CASE("explain: every directive, variable and code has a text") {
  for (const config::Row* row : directives::language().rows)
    CHECK_MESSAGE(has(explain(row->name), "Syntax:"), row->name);
  for (const table::VariableRow& row : proxy::variable_rows()) {
    CHECK_MESSAGE(known("$" + std::string(row.name) + (row.family ? "x" : "")), row.name);
  }
  for (const config::Code& code : config::codes()) CHECK_MESSAGE(known(code.id), code.id);
}
