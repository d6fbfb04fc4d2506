#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <doctest/doctest.h>

#include "base/regex.h"

using namespace gh;

namespace {
/// A folder of its own that goes with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gh-log-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file(const char* name) const { return (path / name).string(); }
};
std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}
std::shared_ptr<LogFile> open(const std::string& path) {
  auto file = LogFile::open(path);
  REQUIRE(file);
  return *file;
}
}  // namespace

TEST_CASE("a line has time, level, process and connection") {
  const Folder folder;
  const ErrorLog log({{open(folder.file("a")), LogLevel::info}});
  log.write(LogLevel::error, 7, "upstream timed out");
  log.write(LogLevel::info, 0, "hello");
  log.write(LogLevel::debug, 0, "too much");
  const std::string text = read(folder.file("a"));
  auto shape = Regex::compile(
      "^\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d \\[error\\] \\d+#\\d+: \\*7 upstream timed out\\n"
      "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d \\[info\\] \\d+#\\d+: hello\\n\\z", false);
  REQUIRE(shape);
  CHECK(shape->match(text, nullptr) == Regex::Match::yes);
  CHECK(text.find(" " + std::to_string(getpid()) + "#") != std::string::npos);
}

TEST_CASE("each target has its own threshold") {
  const Folder folder;
  const ErrorLog log({{open(folder.file("all")), LogLevel::debug}, {open(folder.file("bad")), LogLevel::error}});
  CHECK(log.wants(LogLevel::debug));
  log.write(LogLevel::warn, 0, "one");
  log.write(LogLevel::crit, 0, "two");
  CHECK(read(folder.file("all")).find("one\n") != std::string::npos);
  CHECK(read(folder.file("bad")).find("one") == std::string::npos);
  CHECK(read(folder.file("bad")).find("two\n") != std::string::npos);
  CHECK_FALSE(ErrorLog({{open(folder.file("x")), LogLevel::error}}).wants(LogLevel::warn));
}

TEST_CASE("a peer's line feed does not make a line") {
  const Folder folder;
  const ErrorLog log({{open(folder.file("a")), LogLevel::info}});
  log.write(LogLevel::info, 0, "GET /\n1999/01/01 [emerg] \x1b[31m \xc3\xa4");
  const std::string text = read(folder.file("a"));
  CHECK(text.find("GET /\\x0A1999/01/01 [emerg] \\x1B[31m \xc3\xa4\n") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("reopen follows a moved file, and a failed one keeps the old") {
  const Folder folder;
  const std::string path = folder.file("a");
  auto file = open(path);
  file->write("one\n");
  std::filesystem::rename(path, folder.file("a.1"));
  file->write("two\n");
  REQUIRE(file->reopen());
  file->write("three\n");
  CHECK(read(folder.file("a.1")) == "one\ntwo\n");
  CHECK(read(path) == "three\n");
  std::filesystem::rename(path, folder.file("a.2"));
  std::filesystem::create_directory(path);
  auto failed = file->reopen();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text.find(path) != std::string::npos);
  file->write("four\n");
  CHECK(read(folder.file("a.2")) == "three\nfour\n");
}

TEST_CASE("lines of many threads stay whole through reopening") {
  const Folder folder;
  auto file = open(folder.file("a"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&file] {
      for (int i = 0; i < 300; ++i) file->write("0123456789\n");
    });
  }
  for (int i = 0; i < 50; ++i) CHECK(file->reopen());
  for (auto& thread : threads) thread.join();
  const std::string text = read(folder.file("a"));
  CHECK(text.size() == 3 * 300 * 11);
  for (std::size_t i = 0; i < text.size(); i += 11) REQUIRE(text.substr(i, 11) == "0123456789\n");
}

TEST_CASE("a file that cannot be opened, and the standard ones") {
  CHECK_FALSE(LogFile::open("/no/such/folder/log"));
  CHECK(open("stderr")->path() == "stderr");
  { auto out = open("/dev/stdout"); }
  CHECK(fcntl(STDOUT_FILENO, F_GETFD) != -1);  // not closed with its LogFile
  CHECK(LogFile::standard_error()->reopen());
  CHECK(process_log()->wants(LogLevel::notice));
  CHECK_FALSE(process_log()->wants(LogLevel::info));
}
