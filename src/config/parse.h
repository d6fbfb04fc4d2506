// One file into a tree. Used by load.cc, the fuzzer and fmt. What the parser cannot decide without directive names it
// leaves to repair.h: see Parsed. Linear time for any bytes; at most `max_passes` passes when quotes are broken.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/tree.h"

namespace gh::config {

struct ParseLimits {
  std::size_t max_nesting = 64;
  std::size_t max_directives = 100000;
  std::size_t max_word = 1u << 20;
};

struct Parsed {
  struct Unended { std::uint32_t node_begin = 0, word_end = 0; };  // a simple directive before "}" or the end of file

  std::vector<Node> nodes;
  std::vector<Span> strays;      // "}" with nothing open; E0105 unless a missing "{" explains it
  std::vector<Unended> unended;  // E0101 unless its name says that a "{" is missing
  std::size_t unclosed = 0;      // blocks open at the end of file and not yet explained: they are last in their lists
  std::size_t directives = 0;
  bool truncated = false;        // max_directives reached
};

/// Directives with text of its own grammar: blocks of raw text (besides any name that ends in "_by_lua_block"), and
/// arguments that are expressions.
struct RawNames {
  std::span<const std::string_view> blocks, expressions;
};
/// Without a table of directives: no expressions.
RawNames default_raw_names();

Parsed parse_file(Sources& sources, std::uint32_t file, Diagnostics& diagnostics, const ParseLimits& limits,
                  RawNames raw_names);

/// LANGUAGE.md 1.6: \" \' \\ lose the backslash, \t \r \n become the control byte, the rest stays.
std::string unescape(std::string_view raw);

/// True when the inside of a quoted word looks as if its quote had not been closed on its line and had ended at the
/// opening quote of a later directive: it holds `;` or `{` before a line end, and its last line ends in text and a
/// blank.
bool looks_unclosed(std::string_view text);

// Faults reported later by repair.cc, with the sentences of grammar/messages.hpp.
void report_missing_semicolon(Diagnostics& diagnostics, std::uint32_t file, std::uint32_t at);
void report_missing_close(Diagnostics& diagnostics, const Node& opener, std::uint32_t at);
void report_stray_close(Diagnostics& diagnostics, Span brace);

}  // namespace gh::config
