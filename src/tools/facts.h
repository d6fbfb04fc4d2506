// What the directive table says about a directive, as short lines for people. Read by the manual and by explain, so
// that both say the same. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/directive.h"

namespace gh::tools {

struct Fact {
  std::string_view label;  // "Syntax", "Default", "Context" ...
  std::string text;
  bool is_code = false;  // the text is as a user would write it
};

/// "limit_req zone=ZONE [burst=NUMBER] [nodelay];": what users fill in is in capitals.
std::string syntax_line(const config::Row& row);
std::vector<Fact> facts(const config::Row& row);

std::string_view phase_name(config::Phase phase);
/// What acts in the phase: one line.
std::string_view phase_text(config::Phase phase);

/// A directive as its section shows it. Rows of one name and one doc line differ only in what their blocks may hold
/// (`if` in servers and in locations): they are one section, with the contexts of all.
struct Section {
  std::string title;  // the name; of a second directive of one name "NAME in CONTEXTS"
  config::Row row;
};
std::vector<Section> sections(const config::Language& language);

}  // namespace gh::tools
