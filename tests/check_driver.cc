// Stands in for the program where src/config is tested alone: the same arguments, the table of tests/unit/config/rows.h.
//   GATEHOUSE=build/dev/check_driver tests/check/run.py
// Usage: check_driver --check -c FILE [--format text|short|json|github]
#include <cstdio>
#include <string_view>

#include "config/load.h"
#include "unit/config/rows.h"

using namespace gh::config;

namespace {

Format format_of(std::string_view name) {
  if (name == "short") return Format::brief;
  if (name == "json") return Format::json;
  return name == "github" ? Format::github : Format::text;
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options;
  PrintOptions print_options;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "-c") options.main_file = argv[++i];
    else if (option == "--format") print_options.format = format_of(argv[++i]);
  }
  if (options.main_file.empty()) return 2;
  const auto loaded = load(options, test_rows::language());
  std::FILE* out = print_options.format == Format::text ? stderr : stdout;
  std::fputs(print(loaded->diagnostics, loaded->sources, print_options).c_str(), out);
  if (!loaded->readable) return 3;
  return loaded->diagnostics.has_errors() ? 1 : 0;
}
