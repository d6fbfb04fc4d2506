#include "observe/open_logs.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

namespace gh::observe {
namespace {

struct Folder {
  std::string path = (std::filesystem::temp_directory_path() / "gh-logs-XXXXXX").string();
  Folder() { REQUIRE(mkdtemp(path.data())); }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file(const std::string& name) const { return path + "/" + name; }
};

}  // namespace

TEST_CASE("files stay open once they were used often enough, the least used go") {
  const Folder folder;
  OpenLogs logs({.most = 2, .inactive_ms = 1000, .valid_ms = 60000, .min_uses = 2});
  REQUIRE(logs.file(folder.file("a"), 0));
  CHECK(logs.open_files() == 0);
  const auto a = logs.file(folder.file("a"), 1);
  REQUIRE(a);
  CHECK(logs.open_files() == 1);
  CHECK(*logs.file(folder.file("a"), 2) == *a);
  for (int i = 0; i < 2; ++i) REQUIRE(logs.file(folder.file("b"), 3));
  REQUIRE(logs.file(folder.file("c"), 4));  // a goes
  CHECK(logs.open_files() == 1);
  CHECK(*logs.file(folder.file("a"), 5) != *a);
}

TEST_CASE("unused files are closed, and names are looked at again") {
  const Folder folder;
  OpenLogs logs({.most = 10, .inactive_ms = 1000, .valid_ms = 500, .min_uses = 1});
  const auto first = logs.file(folder.file("a"), 0);
  REQUIRE(first);
  CHECK(*logs.file(folder.file("a"), 500) == *first);
  CHECK(*logs.file(folder.file("a"), 501) != *first);
  REQUIRE(logs.file(folder.file("b"), 1502));
  CHECK(logs.open_files() == 1);
}

TEST_CASE("a folder that has gone is noticed only after valid") {
  const Folder folder;
  std::filesystem::create_directory(folder.file("d"));
  OpenLogs logs({.most = 10, .inactive_ms = 10000, .valid_ms = 500, .min_uses = 1});
  REQUIRE(logs.file(folder.file("d/a"), 0));
  std::filesystem::remove_all(folder.file("d"));
  CHECK(logs.file(folder.file("d/a"), 400));
  CHECK_FALSE(logs.file(folder.file("d/a"), 600));
  CHECK(logs.open_files() == 0);
}

TEST_CASE("a file that cannot be opened takes nobody's place") {
  const Folder folder;
  OpenLogs logs({.most = 1, .inactive_ms = 10000, .valid_ms = 500, .min_uses = 1});
  const auto first = logs.file(folder.file("a"), 0);
  REQUIRE(first);
  CHECK_FALSE(logs.file(folder.file("none/b"), 1));
  CHECK(*logs.file(folder.file("a"), 2) == *first);
}

}  // namespace gh::observe
