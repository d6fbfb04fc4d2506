// man/prose.txt, taken apart. The hand-written half of gateway.conf(5): sections in the order of the page, and one
// block for each directive, whose facts come from the directive table. The text is compiled in (CMakeLists.txt makes
// the .cc file). Called by manual.cc and explain.cc. Any thread; views point into the text.
//
//   %date 2026-11-21     date of the page
//   = SECTION            a section; "== Title" a part of it
//   @ proxy_pass         a directive; "@ server in upstream" for a second row of one name (see facts.h)
//   @@ variables         a list made from the tables: variables, phases, known
//   - item, + term       a list; the lines below belong to it up to an empty one
//       four blanks      an example, line for line
//   `code`               in any text
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gh::tools {

struct Paragraph {
  enum class Kind : unsigned char { text, example, item, term, insert };
  Kind kind = Kind::text;
  std::string_view term;  // of a term; the list's name for an insert
  std::string text;       // lines joined by line ends, without indentation
};

struct ProseBlock {
  enum class Kind : unsigned char { section, part, directive };
  Kind kind = Kind::section;
  std::string_view title;
  std::size_t line = 0;  // in the text, from 1
  std::vector<Paragraph> paragraphs;
};

struct Prose {
  std::string_view date;
  std::vector<ProseBlock> blocks;

  [[nodiscard]] const ProseBlock* find(ProseBlock::Kind kind, std::string_view title) const;  // null: none
};

/// The error names the line.
Result<Prose> parse_prose(std::string_view text);

/// man/prose.txt as it was when the program was built.
extern const std::string_view prose_text;

}  // namespace gh::tools
