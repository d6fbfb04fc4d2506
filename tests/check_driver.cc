// Prints what is wrong with one configuration file, by the table of tests/unit/config/rows.h. tests/check is recorded with
// the program itself (gatehouse --check); this driver serves src/config alone. Usage: check_driver FILE [short|json|github]
#include <cstdio>
#include <cstring>

#include "config/load.h"
#include "unit/config/rows.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  gh::config::LoadOptions options;
  options.main_file = argv[1];
  const auto loaded = gh::config::load(options, test_rows::language());
  gh::config::PrintOptions print_options;
  if (argc > 2 && std::strcmp(argv[2], "short") == 0) print_options.format = gh::config::Format::brief;
  if (argc > 2 && std::strcmp(argv[2], "json") == 0) print_options.format = gh::config::Format::json;
  if (argc > 2 && std::strcmp(argv[2], "github") == 0) print_options.format = gh::config::Format::github;
  std::fputs(gh::config::print(loaded->diagnostics, loaded->sources, print_options).c_str(), stdout);
  if (!loaded->readable) return 3;
  return loaded->diagnostics.has_errors() ? 1 : 0;
}
