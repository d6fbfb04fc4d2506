// gatehouse_manual [--check] FILE: writes gateway.conf(5), or says whether FILE is what it would write. A tool of the
// build, not installed. Beside main.cc, because like it it joins the tools with the directive table.
#include <cstdio>
#include <string>
#include <string_view>

#include "directives/directives.h"
#include "proxy/variables.h"
#include "tools/manual.h"
#include "tools/prose.h"

namespace {

bool read_file(const char* path, std::string& out) {
  std::FILE* file = std::fopen(path, "rb");
  if (!file) return false;
  char buffer[65536];
  std::size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof buffer, file)) > 0) out.append(buffer, got);
  return std::fclose(file) == 0;
}

bool write_file(const char* path, std::string_view text) {
  std::FILE* file = std::fopen(path, "wb");
  if (!file) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return (std::fclose(file) == 0) && written;
}

/// The first line that differs, from 1.
std::size_t first_difference(std::string_view a, std::string_view b) {
  std::size_t line = 1;
  for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i) line += a[i] == '\n' ? 1 : 0;
  return line;
}

int check(const char* path, const std::string& page) {
  std::string old;
  if (!read_file(path, old)) {
    std::fprintf(stderr, "gatehouse_manual: cannot read %s\n", path);
    return 1;
  }
  if (old == page) return 0;
  std::fprintf(stderr, "gatehouse_manual: %s is stale from line %zu on: run `gatehouse_manual %s`\n", path,
               first_difference(old, page), path);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bool checks = argc == 3 && std::string_view(argv[1]) == "--check";
  if (!checks && (argc != 2 || argv[1][0] == '-')) {
    std::fprintf(stderr, "usage: gatehouse_manual [--check] FILE\n");
    return 2;
  }
  const auto page =
      gh::tools::make_manual(gh::tools::prose_text, gh::directives::language(), gh::proxy::variable_rows());
  if (!page) {
    std::fprintf(stderr, "%s\n", page.error().text.c_str());
    return 1;
  }
  if (checks) return check(argv[2], *page);
  if (write_file(argv[1], *page)) return 0;
  std::fprintf(stderr, "gatehouse_manual: cannot write %s\n", argv[1]);
  return 1;
}
