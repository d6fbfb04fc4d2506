// LANGUAGE.md 2.4: whole directives, from the main file's folder, sorted patterns, no cycles.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/load.h"
#include "steps.h"

using namespace gh::config;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-include-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name + "/";
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + name).parent_path());
    std::ofstream(path_ + name, std::ios::binary) << text;
  }
  [[nodiscard]] std::unique_ptr<Loaded> load(const std::string& globals = "",
                                             std::size_t max_directives = 100000) const {
    LoadOptions options;
    options.main_file = "main.conf";
    options.prefix = path_;
    options.globals = globals;
    options.max_directives = max_directives;
    return gh::config::load(options, test_rows::language());
  }

 private:
  std::string path_;
};

std::string codes(const Loaded& loaded) {
  std::string out;
  for (const Diagnostic& d : loaded.diagnostics.all()) {
    out += (out.empty() ? "" : " ") + std::string(d.code) + "@" + std::to_string(loaded.sources.place(d.span).line);
  }
  return out;
}

}  // namespace

TEST_CASE("included directives stand where the include stands, paths start at the main file's folder") {
  const Folder folder;
  folder.write("main.conf", "server {\n  listen 80;\n  include sub/a.conf;\n  root z;\n}\n");
  folder.write("sub/a.conf", "index a;\ninclude sub/b.conf;\n");
  folder.write("sub/b.conf", "gzip on;\n");
  const auto loaded = folder.load();
  CHECK(codes(*loaded) == "");
  REQUIRE(loaded->bound.size() == 1);
  std::string names;
  for (const Bound& bound : loaded->bound[0].children) names += std::string(bound.row->name) + " ";
  CHECK(names == "listen index gzip root ");
  CHECK(loaded->directives == 7);
}

TEST_CASE("patterns give sorted files, none is fine; a plain path must be there") {
  const Folder folder;
  folder.write("main.conf", "include sites/*.conf;\ninclude none/*.conf;\ninclude absent.conf;\n");
  folder.write("sites/b.conf", "server { listen 82; }\n");
  folder.write("sites/a.conf", "server { listen 81; }\n");
  const auto loaded = folder.load();
  CHECK(codes(*loaded) == "E0406@3");
  REQUIRE(loaded->bound.size() == 2);
  CHECK(loaded->bound[0].children[0].text("address") == "81");
}

TEST_CASE("duplicates are found across included files") {
  const Folder folder;
  folder.write("main.conf", "server {\n  root a;\n  include a.conf;\n}\n");
  folder.write("a.conf", "root b;\n");
  CHECK(codes(*folder.load()) == "E0203@1");
}

TEST_CASE("include works in data blocks") {
  const Folder folder;
  folder.write("main.conf", "map $a $b {\n  include pairs;\n  default 1;\n}\n");
  folder.write("pairs", "server 2;\nlisten 3;\n");
  const auto loaded = folder.load();
  CHECK(codes(*loaded) == "");
  REQUIRE(loaded->bound.size() == 1);
  CHECK(loaded->bound[0].node->children[0].included.front().size() == 2);
}

TEST_CASE("a cycle is one error, with its chain") {
  const Folder folder;
  folder.write("main.conf", "include a.conf;\n");
  folder.write("a.conf", "include ./main.conf;\n");
  const auto loaded = folder.load();
  REQUIRE(codes(*loaded) == "E0115@1");
  CHECK(loaded->diagnostics.all()[0].help.find("main.conf -> ") != std::string::npos);
}

TEST_CASE("limits hold over all files together") {
  const Folder folder;
  folder.write("main.conf", "server { include a.conf; }\nserver { }\n");
  folder.write("a.conf", "index a;\nindex b;\n");
  CHECK(codes(*folder.load("", 5)).find("E0111") == std::string::npos);
  CHECK(codes(*folder.load("", 4)).find("E0111") != std::string::npos);

  const Folder many;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "include part;\n";
  many.write("main.conf", text);
  many.write("part", "# nothing\n");
  CHECK(codes(*many.load()) == "E0114@1000");  // the main file is one of the 1,000

  const Folder large;
  large.write("main.conf", "include large;\n");
  large.write("large", "");
  std::filesystem::resize_file(large.load()->sources.file(1).path, (64u << 20) + 1);
  CHECK(codes(*large.load()) == "E0113@1");
}

TEST_CASE("-g stands before the main file") {
  const Folder folder;
  folder.write("main.conf", "server { listen 80; }\n");
  const auto loaded = folder.load("worker_processes 3; gzp on;");
  CHECK(codes(*loaded) == "E0201@1");
  CHECK(loaded->sources.where(loaded->diagnostics.all()[0].span) == "command line:1:21");
  CHECK(loaded->bound[0].row->name == "worker_processes");
}

TEST_CASE("a main file that is not there is not readable") {
  const Folder folder;
  const auto loaded = folder.load();
  CHECK_FALSE(loaded->readable);
  CHECK(loaded->diagnostics.errors() == 1);
}
