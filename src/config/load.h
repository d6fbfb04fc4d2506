// From a path to a checked tree: read, parse with recovery, splice includes, check names, contexts, counts and types.
// Never throws, never stops at the first fault. Main thread only.
#pragma once

#include <memory>
#include <string>

#include "config/diagnostic.h"
#include "config/directive.h"

namespace gh::config {

struct LoadOptions {
  std::string main_file;      // -c, absolute or relative to prefix
  std::string prefix;         // -p, ends with "/"; relative root, logs, pid
  std::string globals;        // -g, parsed as a file named "command line" before the main file
  Contexts top = in_main | in_http;  // --context server|location: check a fragment
  std::size_t max_nesting = 64;
  std::size_t max_directives = 100000;
};

struct Loaded {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<Node> nodes;    // main file (with -g first), includes spliced inside the nodes
  std::vector<Bound> bound;   // what passed; incomplete when there are errors
  std::size_t directives = 0;
  std::string main_dir;       // of the main file, ends with "/"
  bool readable = true;       // false: the main file could not be read (exit 3)
};

/// The result keeps addresses inside it stable: it is only moved as a pointer.
std::unique_ptr<Loaded> load(const LoadOptions& options, const Language& language);

/// Parsing alone, for the fuzzer and fmt: any bytes give a tree and diagnostics, in linear time.
std::vector<Node> parse(Sources& sources, std::uint32_t file, Diagnostics& diagnostics, std::size_t max_nesting,
                        std::size_t max_directives);

}  // namespace gh::config
