#include "base/temp_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace gh;
namespace fs = std::filesystem;

namespace {
struct Folder {
  std::string path = (fs::temp_directory_path() / "gh-temp-XXXXXX").string();
  Folder() { REQUIRE(mkdtemp(path.data())); }
  ~Folder() { fs::remove_all(path); }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
};
}  // namespace

TEST_CASE("levels take digits from the end") {
  CHECK(temp_file_name({"/t", {}}, 7) == "/t/0000000007");
  CHECK(temp_file_name({"/t", {1, 2, 0}}, 539) == "/t/9/53/0000000539");
  CHECK(temp_file_name({"/t", {3, 3, 3}}, 4294967295) == "/t/295/967/294/4294967295");
}

TEST_CASE("a nameless file leaves nothing, also when its name was asked for") {
  const Folder folder;
  const TempPath path{folder.path + "/deep", {1, 2, 0}};
  {
    TempFile file;
    REQUIRE(file.open(path, TempFile::Form::nameless));
    REQUIRE(::write(file.fd(), "body", 4) == 4);
    CHECK(folder.files() == 0);
    const std::string name(file.name());
    CHECK(fs::file_size(name) == 4);
    CHECK(file.name() == name);
    struct stat info;
    REQUIRE(::stat(name.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }
  CHECK(folder.files() == 0);
}

TEST_CASE("a named file is there from the start; keep() leaves it") {
  const Folder folder;
  const TempPath path{folder.path, {2, 0, 0}};
  TempFile file;
  REQUIRE(file.open(path, TempFile::Form::named));
  CHECK(fs::exists(file.name()));
  file.close();
  CHECK(folder.files() == 0);
  REQUIRE(file.open(path, TempFile::Form::named));
  file.keep();
  file.close();
  CHECK(folder.files() == 1);
}

TEST_CASE("names in use are passed over, and a folder that cannot be is an error") {
  const Folder folder;
  const TempPath path{folder.path, {}};
  TempFile first, second;
  REQUIRE(first.open(path, TempFile::Form::named));
  REQUIRE(second.open(path, TempFile::Form::named));
  CHECK(first.name() != second.name());
  const TempPath nowhere{"/proc/none", {}};
  const Result<void> refused = first.open(nowhere, TempFile::Form::named);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("/proc/none") != std::string::npos);
  CHECK(first.name().empty());
}
