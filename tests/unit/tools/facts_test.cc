#include "tools/facts.h"

#include <doctest/doctest.h>

#include "unit/config/rows.h"

using namespace gh;
using config::ArgType;
using config::Presence;
using config::Row;

namespace {

std::string fact(const Row& row, std::string_view label) {
  for (const tools::Fact& one : tools::facts(row)) {
    if (one.label == label) return one.text;
  }
  return "none";
}

}  // namespace

TEST_CASE("facts: the syntax line says what is to be written and what to be filled in") {
  const Row limit{.name = "limit_req",
                  .contexts = config::in_http,
                  .args = {{{"zone=", ArgType::zone},
                            {"burst=", ArgType::count, Presence::optional, {}, 0, 9},
                            {"nodelay", ArgType::flag, Presence::optional}}}};
  CHECK(tools::syntax_line(limit) == "limit_req zone=NAME [burst=NUMBER] [nodelay];");
  CHECK(fact(limit, "Bounds") == "burst from 0 to 9");

  const Row workers{
      .name = "worker_processes", .contexts = config::in_main, .args = {{{"number|auto", ArgType::word}}}};
  CHECK(tools::syntax_line(workers) == "worker_processes NUMBER|auto;");

  const Row names{
      .name = "server_name", .contexts = config::in_server, .args = {{{"name", ArgType::word, Presence::repeat_one}}}};
  CHECK(tools::syntax_line(names) == "server_name NAME ...;");

  const Row mode{.name = "lingering_close",
                 .contexts = config::in_http,
                 .args = {{{"mode", ArgType::one_of, Presence::required, "off|on|always"}}}};
  CHECK(tools::syntax_line(mode) == "lingering_close off|on|always;");

  const Row block{.name = "upstream",
                  .contexts = config::in_http,
                  .args = {{{"name", ArgType::word}}},
                  .block = config::Block::directives};
  CHECK(tools::syntax_line(block) == "upstream NAME { ... }");
}

TEST_CASE("facts: default, context, inheritance and phase") {
  const Row row{.name = "limit",
                .contexts = config::in_http_server_location,
                .fallback = "1m",
                .inherit = config::Inherit::replace,
                .repeatable = true,
                .phase = config::Phase::limit};
  CHECK(fact(row, "Default") == "1m");
  CHECK(fact(row, "Context") == "http, server, location");
  CHECK(fact(row, "Inherited") == "a block that states it drops all outer ones");
  CHECK(fact(row, "Phase") == "limit");
  CHECK(fact(row, "Repeated") != "none");
  CHECK(fact(row, "Since") == "none");

  const Row alone{.name = "pid", .contexts = config::in_main};
  CHECK(fact(alone, "Inherited") == "none");
  CHECK(fact(alone, "Default") == "none");
}

TEST_CASE("facts: a second directive of a name is told apart by its context") {
  config::Language language;
  for (const Row& row : test_rows::rows) language.rows.push_back(&row);
  std::vector<std::string> titles;
  for (const tools::Section& section : tools::sections(language)) {
    if (section.row.name == "server") titles.push_back(section.title);
  }
  CHECK(titles == std::vector<std::string>{"server", "server in upstream"});
}

TEST_CASE("facts: rows that differ in their blocks only are one section") {
  const Row in_server{.name = "if", .contexts = config::in_server, .inside = config::in_server_if, .doc = "A condition."};
  const Row in_location{
      .name = "if", .contexts = config::in_location, .inside = config::in_location_if, .doc = "A condition."};
  config::Language language;
  language.rows = {&in_server, &in_location};
  const auto sections = tools::sections(language);
  REQUIRE(sections.size() == 1);
  CHECK(sections[0].title == "if");
  CHECK(fact(sections[0].row, "Context") == "server, location");
}
