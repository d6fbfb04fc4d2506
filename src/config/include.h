// `include PATH;` in any block that is not raw: the files are read, parsed and hung into the node (Node::included).
#pragma once

#include <string>
#include <vector>

#include "config/load.h"
#include "config/parse.h"
#include "config/vocabulary.h"

namespace gh::config {

struct Loading {
  Sources& sources;
  Diagnostics& diagnostics;
  const Vocabulary& vocabulary;
  std::string main_dir;       // relative paths start here, wherever the include stands (LANGUAGE.md 2.4)
  ParseLimits limits;
  std::size_t directives = 0; // of all files so far
};

/// Parses a file that is in `sources` already, repairs it and splices what it includes.
std::vector<Node> load_file(Loading& loading, std::uint32_t file, Contexts contexts);

}  // namespace gh::config
