#include "state/user_files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

using namespace gh;
using namespace gh::state;

namespace {

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(name_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(name_); }
  std::string write(const std::string& text) {
    std::ofstream(name_ + "/users", std::ios::binary) << text;
    return name_ + "/users";
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_ = std::filesystem::temp_directory_path() / "gatehouse-users-XXXXXX";
};

}  // namespace

TEST_CASE("lines") {
  std::map<std::string, std::string, std::less<>> users;
  UserFile::read_lines("a:1\nb:2:a comment\r\n#c:3\n\nno colon\na:again\n:empty\nd:\nlast:9", users);
  CHECK(users.size() == 5);
  CHECK(users.at("a") == "1");
  CHECK(users.at("b") == "2");
  CHECK(users.at("") == "empty");
  CHECK(users.at("d").empty());
  CHECK(users.at("last") == "9");
}

TEST_CASE("a file is read again when it has changed, also in the same moment") {
  Folder folder;
  UserFiles files;
  const std::string path = folder.write("a:1\n");
  CHECK(files.current(path) == nullptr);
  auto first = files.load(path);
  REQUIRE(first);
  CHECK((*first)->passwords.at("a") == "1");
  folder.write("a:2\n");  // same size, perhaps the same tick of the clock
  auto second = files.load(path);
  REQUIRE(second);
  CHECK((*second)->passwords.at("a") == "2");
}

TEST_CASE("an old file is known from then on, until it is replaced") {
  Folder folder;
  UserFiles files;
  const std::string path = folder.write("a:1\n");
  while (!files.current(path)) REQUIRE(files.load(path));  // until the file's times lie far enough back
  CHECK(files.current(path)->passwords.at("a") == "1");
  std::filesystem::remove(path);
  CHECK(files.current(path) == nullptr);
  folder.write("a:3\n");
  CHECK((*files.load(path))->passwords.at("a") == "3");
}

TEST_CASE("what cannot be read has its errno") {
  Folder folder;
  UserFiles files;
  CHECK(files.load(folder.name() + "/missing").error().code == ENOENT);
  CHECK(files.load(folder.name()).error().code == EISDIR);
  REQUIRE(::mkfifo((folder.name() + "/pipe").c_str(), 0600) == 0);
  CHECK(files.load(folder.name() + "/pipe").error().code == EINVAL);
}

TEST_CASE("proofs") {
  UserFiles files;
  const Proof proof = UserFiles::proof_of("user", "password", "hash");
  CHECK_FALSE(files.was_right(proof, 0));
  files.remember(proof, 1000);
  CHECK(files.was_right(proof, 1000 + UserFiles::proof_ms - 1));
  CHECK_FALSE(files.was_right(proof, 1000 + UserFiles::proof_ms));
  CHECK_FALSE(files.was_right(UserFiles::proof_of("user", "password", "other"), 1000));
  CHECK_FALSE(files.was_right(UserFiles::proof_of("user", "passwor", "dhash"), 1000));
  CHECK_FALSE(files.was_right(UserFiles::proof_of("use", "rpassword", "hash"), 1000));
}
