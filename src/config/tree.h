// The syntax tree of configuration files: lossless (comments, blank lines, spans), without any knowledge of directives.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace gh::config {

struct Word {
  std::string_view value;  // quotes and backslashes resolved (LANGUAGE.md 1.6); lives as long as the Sources
  Span span;               // with its quotes
  bool quoted = false;
};

enum class NodeKind : std::uint8_t {
  simple,   // words ;
  block,    // words { children }
  raw,      // words { text with its own brackets }: *_by_lua_block and the raw blocks of DSL rule 3
  comment,  // one "# ..." to the end of line; span is the whole of it
};

struct Node {
  NodeKind kind = NodeKind::simple;
  std::span<Word> words;        // words[0] is the directive's name; empty for comments. In memory of the Sources
  std::vector<Node> children;   // of a block, in order, comments included
  Span span;                    // from the first word to `;` or `}` included
  Span body;                    // block and raw: what lies between the braces
  /// include: the files it brought in, in order, each file's nodes in its own vector. Empty for other directives.
  std::vector<std::vector<Node>> included;
  [[nodiscard]] std::string_view name() const { return words.front().value; }
};

/// Calls f(node) for each directive of a list in order, comments left out and includes spliced in.
template <class F>
void for_each_directive(const std::vector<Node>& nodes, F&& f) {
  for (const Node& node : nodes) {
    if (node.kind == NodeKind::comment) continue;
    if (!node.included.empty()) {
      for (const auto& file : node.included) for_each_directive(file, f);
    } else {
      f(node);
    }
  }
}

}  // namespace gh::config
