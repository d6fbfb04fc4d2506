#include "config/load.h"

#include <fmt/format.h>

#include "base/text.h"
#include "config/bind.h"
#include "config/codes.h"
#include "config/include.h"
#include "config/repair.h"

namespace gh::config {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

void append(std::vector<Node>& to, std::vector<Node> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Paths in diagnostics are what people wrote; the folder of included files is kept as they wrote it as well.
std::string main_path(const LoadOptions& options) {
  const bool relative = !options.main_file.empty() && options.main_file.front() != '/';
  return relative ? options.prefix + options.main_file : options.main_file;
}

}  // namespace

std::unique_ptr<Loaded> load(const LoadOptions& options, const Language& language) {
  auto loaded = std::make_unique<Loaded>();
  const Vocabulary vocabulary(language);
  const std::string path = main_path(options);
  Loading loading = {loaded->sources, loaded->diagnostics, vocabulary, folder_of(path), {}, 0};
  loading.limits.max_nesting = options.max_nesting;
  loading.limits.max_directives = options.max_directives;
  if (!options.globals.empty()) {
    const std::uint32_t file = loaded->sources.add("command line", options.globals);
    append(loaded->nodes, load_file(loading, file, options.top));
  }
  const auto file = loaded->sources.read(path, {});
  if (file) {
    append(loaded->nodes, load_file(loading, *file, options.top));
  } else {
    loaded->readable = false;
    loaded->diagnostics
        .error(code::unreadable, {}, fmt::format("cannot read `{}`: {}", printable(path), file.error().text))
        .with_help("name the configuration file: -c FILE");
  }
  loaded->main_dir = loading.main_dir;
  const ArgumentPlace place = {loading.main_dir, options.prefix};
  loaded->bound = bind(loaded->nodes, options.top, vocabulary, loaded->sources, place, loaded->diagnostics);
  loaded->directives = loading.directives;
  loaded->diagnostics.sort_and_deduplicate(loaded->sources);
  return loaded;
}

std::vector<Node> parse(Sources& sources, std::uint32_t file, Diagnostics& diagnostics, std::size_t max_nesting,
                        std::size_t max_directives) {
  ParseLimits limits;
  limits.max_nesting = max_nesting;
  limits.max_directives = max_directives;
  Parsed parsed = parse_file(sources, file, diagnostics, limits, default_raw_names());
  repair_by_indentation(sources, file, parsed, diagnostics);
  report_rest(sources, file, parsed, diagnostics);
  return std::move(parsed.nodes);
}

}  // namespace gh::config
