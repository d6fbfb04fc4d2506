// Secrets by reference: what they give, and what is said (and not said) where there is none.
#include "table/secret_value.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "table/codes.h"

using namespace gh::table;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/gatehouse-secret-XXXXXX";
    path = std::string(::mkdtemp(name)) + "/";
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + name, std::ios::binary) << text;
  }
  std::string path;
};

std::string_view fault_of(std::string_view reference, std::string_view folder = "/nowhere/") {
  const auto read = read_secret(reference, folder);
  REQUIRE_FALSE(read);
  CHECK_FALSE(read.error().message.empty());
  CHECK_FALSE(read.error().help.empty());
  return read.error().code;
}

}  // namespace

TEST_CASE("a secret of the environment") {
  ::setenv("GH_TEST_SECRET", "s3cret\n", 1);
  ::setenv("GH_TEST_EMPTY", "", 1);
  ::unsetenv("GH_TEST_UNSET");
  const auto read = read_secret("env:GH_TEST_SECRET", "/nowhere/");
  REQUIRE(read);
  CHECK(read->view() == "s3cret\n");  // as it is
  CHECK(read->reference() == "env:GH_TEST_SECRET");
  CHECK(fault_of("env:GH_TEST_EMPTY") == code::empty_value);
  CHECK(fault_of("env:GH_TEST_UNSET") == code::unset_environment);
  CHECK(fault_of("env:") == code::unset_environment);
}

TEST_CASE("a secret of a file, without one line end") {
  const Folder folder;
  folder.write("one", "s3cret\n");
  folder.write("two", "s3cret\r\n");
  folder.write("three", "s3cret\n\n");
  folder.write("binary", std::string("\0\xff\0", 3));
  folder.write("empty", "\n");
  folder.write("full", std::string(most_secret_bytes, 'x'));
  folder.write("large", std::string(most_secret_bytes + 1, 'x'));
  CHECK(read_secret("file:one", folder.path)->view() == "s3cret");
  CHECK(read_secret("file:one", folder.path)->reference() == "file:one");
  CHECK(read_secret("file:" + folder.path + "two", "/nowhere/")->view() == "s3cret");
  CHECK(read_secret("file:three", folder.path)->view() == "s3cret\n");
  CHECK(read_secret("file:binary", folder.path)->view() == std::string_view("\0\xff\0", 3));
  CHECK(read_secret("file:full", folder.path)->view().size() == most_secret_bytes);
  CHECK(fault_of("file:empty", folder.path) == code::empty_value);
  CHECK(fault_of("file:large", folder.path) == code::unreadable);
  CHECK(fault_of("file:none", folder.path) == code::file_missing);
  CHECK(fault_of("file:.", folder.path) == code::unreadable);
  CHECK(fault_of("file:/dev/zero") == code::unreadable);
  CHECK(fault_of("file:", folder.path) == code::plain_secret);
}

TEST_CASE("a text that may be the secret itself is not told") {
  for (const std::string_view plain : {"hunter2-of-the-shop", "", "ENV:X", "env", "vault:hunter2-of-the-shop"}) {
    CAPTURE(plain);
    const auto read = read_secret(plain, "/nowhere/");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == code::plain_secret);
    CHECK(read.error().message.find("hunter2") == std::string::npos);
    CHECK(read.error().help.find("hunter2") == std::string::npos);
  }
}
