// The samples of grammar/: what must be read, what must not, and which line is to blame.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/load.h"

using namespace gh::config;

namespace {

std::vector<std::filesystem::path> samples(const char* folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(GH_SOURCE_DIR) / "grammar/samples" / folder)) {
    out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("good samples have no syntax error") {
  REQUIRE(samples("good").size() >= 4);
  for (const auto& path : samples("good")) {
    CAPTURE(path.string());
    Sources sources;
    Diagnostics diagnostics;
    const auto file = sources.read(path.string(), {});
    REQUIRE(file);
    (void)parse(sources, *file, diagnostics, 64, 1000);
    CHECK(diagnostics.all().empty());
  }
}

TEST_CASE("bad samples have exactly the error that their first line names") {
  REQUIRE(samples("bad").size() >= 10);
  for (const auto& path : samples("bad")) {
    CAPTURE(path.string());
    Sources sources;
    Diagnostics diagnostics;
    const auto file = sources.read(path.string(), {});
    REQUIRE(file);
    (void)parse(sources, *file, diagnostics, 64, 1000);
    diagnostics.sort_and_deduplicate(sources);
    REQUIRE(diagnostics.errors() == 1);
    const Diagnostic& d = diagnostics.all().front();
    CHECK("# " + std::string(d.code) + " " + std::to_string(sources.place(d.span).line) == sources.line(*file, 1));
  }
}
