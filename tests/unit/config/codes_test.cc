// Every code has its text, and a file in tests/check that fires it.
#include "config/codes.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace gh::config;

namespace {

// What is around the machine decides: tests/wire reaches them.
const std::set<std::string_view> needs_a_machine = {"E0407", "E0411", "E0505", "W401"};
// Kinds of values that no directive of this release takes: arguments_test.cc and bind_test.cc reach them.
const std::set<std::string_view> no_row_yet = {"E0340"};
// Limits too large for a fixture: include_test.cc and parse_test.cc reach them.
const std::set<std::string_view> too_large = {"E0111", "E0112", "E0113", "E0114"};

std::string all_expected() {
  std::string out;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(GH_SOURCE_DIR) / "tests/check")) {
    if (entry.path().extension() != ".expected") continue;
    std::ifstream file(entry.path());
    out.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

}  // namespace

TEST_CASE("every code has a complete text, in order, once") {
  std::string_view before;
  for (const Code& code : codes()) {
    CAPTURE(code.id);
    CHECK_FALSE(code.title.empty());
    CHECK(code.cause.size() > 20);
    CHECK_FALSE(code.bad.empty());
    CHECK((code.id.front() == 'N' || !code.good.empty()));
    CHECK((code.id.front() == 'E') == code.silence.empty());  // an error would fail a start: nothing silences it
    CHECK(code.title.back() != '.');
    if (!before.empty() && before.front() == code.id.front()) CHECK(before < code.id);
    before = code.id;
    CHECK(explain(code).find(code.bad.substr(0, code.bad.find('\n'))) != std::string::npos);
  }
  CHECK(find_code("E0101") == &codes().front());
  CHECK(find_code("E9999") == nullptr);
}

TEST_CASE("every code fires in tests/check") {
  const std::string expected = all_expected();
  for (const Code& code : codes()) {
    const bool exempt = needs_a_machine.count(code.id) + no_row_yet.count(code.id) + too_large.count(code.id) > 0;
    const bool fires = expected.find("[" + std::string(code.id) + "]") != std::string::npos;
    CAPTURE(code.id);
    CHECK((fires || exempt));
    if (no_row_yet.count(code.id) > 0) CHECK_MESSAGE(!fires, "it has a fixture now: take it off the list");
  }
  for (const auto list : {&needs_a_machine, &no_row_yet, &too_large}) {
    for (const std::string_view id : *list) CHECK(find_code(id) != nullptr);
  }
}
