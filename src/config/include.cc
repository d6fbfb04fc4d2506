#include "config/include.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/heap.h"
#include "base/text.h"
#include "config/codes.h"
#include "config/repair.h"
#include "config/typing.h"

namespace gh::config {
namespace {

constexpr std::size_t max_include_depth = 64;
constexpr std::size_t max_data_items = 4000000;  // of one file: lists of networks are long and cheap
constexpr std::size_t heap_per_byte = 22;  // tree and table of 10,000 locations take 40 MB for 1.8 MB of text

/// Sorted by bytes, whatever the locale; nothing when the folder cannot be read.
std::vector<std::string> glob_matches(const std::string& pattern) {
  ::glob_t found = {};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first = {}, second = {};
  if (a == b) return true;
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

class Includer {
 public:
  explicit Includer(Loading& loading) : l_(loading) {}

  std::vector<Node> load(std::uint32_t file, Contexts contexts, bool data) {
    expect_heap_growth(l_.sources.file(file).text.size() * heap_per_byte);
    ParseLimits limits = l_.limits;
    limits.max_directives =
        data ? max_data_items : l_.limits.max_directives - std::min(l_.directives, l_.limits.max_directives);
    Parsed parsed = parse_file(l_.sources, file, l_.diagnostics, limits, l_.vocabulary.raw_names());
    if (!data) l_.directives += parsed.directives;
    repair_by_indentation(l_.sources, file, parsed, l_.diagnostics);
    if (data) report_rest(l_.sources, file, parsed, l_.diagnostics);
    else repair_by_names(l_.sources, file, parsed, l_.vocabulary, contexts, l_.diagnostics);
    expand(parsed.nodes, contexts, data);
    return std::move(parsed.nodes);
  }

 private:
  void expand(std::vector<Node>& nodes, Contexts contexts, bool data) {
    for (Node& node : nodes) {
      if (node.kind == NodeKind::simple && node.name() == "include" && !node.words.front().quoted) {
        include(node, contexts, data);
      } else if (node.kind == NodeKind::block && !data) {
        const Row* row = vocabulary_row(node.name(), contexts);
        const bool known = row != nullptr;
        expand(node.children, known ? row->inside : 0, known && row->block == Block::data);
      }
    }
  }

  [[nodiscard]] const Row* vocabulary_row(std::string_view name, Contexts contexts) const {
    const Row* row = l_.vocabulary.row_in(name, contexts);
    if (row != nullptr) return row;
    const auto rows = l_.vocabulary.rows(name);
    return rows.empty() ? nullptr : rows.front();
  }

  void include(Node& node, Contexts contexts, bool data) {
    const Span at = node.words.front().span;
    if (node.words.size() != 2) {
      l_.diagnostics.error(code::argument_count, at, "`include` takes 1 argument")
          .with_label(node.words.size() < 2 ? "arguments are missing" : "one path only")
          .with_help("write one `include` for each path, or a pattern such as `sites/*.conf`");
      return;
    }
    std::string path(node.words[1].value);
    const Span where = node.words[1].span;
    if (!substitute_environment(path, where, false, l_.diagnostics)) return;
    if (path.empty()) {
      l_.diagnostics.error(code::empty_value, where, "an empty value")
          .with_label("must not be empty").with_help("write the path of a file, or a pattern");
      return;
    }
    if (path.front() != '/') path.insert(0, l_.main_dir);
    if (path.find_first_of("*?[") == std::string::npos) return one(node, path, where, contexts, data);
    for (const std::string& match : glob_matches(path)) one(node, match, where, contexts, data);
  }

  void one(Node& node, const std::string& path, Span where, Contexts contexts, bool data) {
    if (const auto chain = cycle(path, where)) {
      l_.diagnostics.error(code::include_cycle, where, fmt::format("`{}` includes itself", printable(path)))
          .with_label("read already").with_help("the files include each other: " + *chain);
      return;
    }
    const auto file = l_.sources.read(path, where);
    if (!file) return unreadable(path, where, file.error());
    node.included.push_back(load(*file, contexts, data));
  }

  void unreadable(const std::string& path, Span where, const Error& error) {
    if (error.code == EMFILE || error.code == ELOOP) {
      l_.diagnostics.error(code::too_many_files, where, "too many included files")
          .with_label("not read").with_help("at most 1000 files, 64 deep");
      return;
    }
    const std::string_view which = error.code == EFBIG ? code::large_file
                                   : error.code == ENOENT ? code::file_missing : code::unreadable;
    l_.diagnostics.error(which, where, fmt::format("cannot read `{}`", printable(path)))
        .with_label(error.text)
        .with_help(error.code == ENOENT   ? "relative paths start at the folder of the main configuration file"
                   : error.code == EISDIR ? "to read the files of a folder, write a pattern such as `sites/*.conf`"
                   : error.code == EACCES ? "the user who starts the gateway must be able to read it"
                                          : "");
  }

  /// The chain of files from the one that `path` is to the place that includes it again; also when it is too long.
  std::optional<std::string> cycle(const std::string& path, Span where) {
    std::string chain = path;
    std::size_t depth = 0;
    for (Span at = where; at.is_set(); at = l_.sources.file(at.file).included_from) {
      const std::string& file = l_.sources.file(at.file).path;
      chain = file + " -> " + chain;
      if (same_file(file, path) || ++depth > max_include_depth) return chain;
    }
    return std::nullopt;
  }

  Loading& l_;
};

}  // namespace

std::vector<Node> load_file(Loading& loading, std::uint32_t file, Contexts contexts) {
  return Includer(loading).load(file, contexts, false);
}

}  // namespace gh::config
