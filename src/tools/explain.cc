#include "tools/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "config/codes.h"
#include "config/suggest.h"
#include "config/vocabulary.h"
#include "tools/facts.h"
#include "tools/manual.h"
#include "tools/prose.h"

namespace gh::tools {
namespace {

using config::Known;
using config::Row;
using table::VariableRow;

constexpr std::size_t columns = 78;

// ---- text for a terminal -------------------------------------------------------------------------------------------

/// Words of `text` behind `first`, further lines behind as many blanks.
void add_wrapped(std::string& out, std::string_view first, std::string_view text) {
  std::string line(first);
  const std::string blanks(first.size(), ' ');
  bool empty = true;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \n");
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (word.empty()) continue;
    if (!empty && line.size() + 1 + word.size() > columns) {
      out += line + "\n";
      line = blanks;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out += line + "\n";
}

void add_example(std::string& out, std::string_view text) {
  for (std::string_view line : split(text, '\n')) out += line.empty() ? "\n" : fmt::format("    {}\n", line);
}

void add_paragraph(std::string& out, const Paragraph& paragraph) {
  switch (paragraph.kind) {
    case Paragraph::Kind::text:
      out += "\n";
      return add_wrapped(out, "", paragraph.text);
    case Paragraph::Kind::item:
      return add_wrapped(out, "- ", paragraph.text);
    case Paragraph::Kind::term:
      out += fmt::format("  {}\n", paragraph.term);
      return add_wrapped(out, "      ", paragraph.text);
    case Paragraph::Kind::example:
      out += "\n";
      return add_example(out, paragraph.text);
    case Paragraph::Kind::insert:
      return;
  }
}

// ---- what can be explained -----------------------------------------------------------------------------------------

const Prose& prose() {
  static const Prose parsed = [] {
    auto read = parse_prose(prose_text);
    return read ? std::move(*read) : Prose{};  // cannot happen: the tests read the same text
  }();
  return parsed;
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

const VariableRow* find_variable(std::string_view name, std::span<const VariableRow> variables) {
  const VariableRow* family = nullptr;
  for (const VariableRow& row : variables) {
    if (!row.family && row.name == name) return &row;
    if (row.family && name.size() >= row.name.size() && name.starts_with(row.name)) family = &row;
  }
  return family;
}

bool names_rows(std::string_view what, const config::Language& language) {
  return std::any_of(language.rows.begin(), language.rows.end(), [&](const Row* row) { return row->name == what; });
}

/// Parts of the manual that are about a word of the language and no directive: `include`, `Units` ...
const ProseBlock* find_part(std::string_view what) {
  const ProseBlock* part = prose().find(ProseBlock::Kind::part, what);
  return part && !part->paragraphs.empty() ? part : nullptr;
}

// ---- the texts -----------------------------------------------------------------------------------------------------

void add_directive(std::string& out, const std::string& title, const Row& row) {
  if (!out.empty()) out += "\n";
  out += title + "\n";
  add_wrapped(out, "  ", row.doc);
  out += "\n";
  for (const Fact& fact : facts(row))
    add_wrapped(out, fmt::format("  {:<11}", fmt::format("{}:", fact.label)), fact.text);
  const ProseBlock* block = prose().find(ProseBlock::Kind::directive, title);
  if (!block) return;
  for (const Paragraph& paragraph : block->paragraphs) add_paragraph(out, paragraph);
}

std::string explain_directive(std::string_view name, const config::Language& language) {
  std::string out;
  for (const Section& section : sections(language)) {
    if (section.row.name == name) add_directive(out, section.title, section.row);
  }
  return out;
}

std::string explain_variable(const VariableRow& row) {
  std::string out = fmt::format("{}: {}\n", variable_text(row), row.doc);
  if (row.known_from > config::Phase::route)
    out += fmt::format("Known from phase {} on.\n", phase_name(row.known_from));
  return out;
}

std::string explain_known(std::string_view name, const Known& known) {
  std::string out;
  switch (known.fate) {
    case Known::Fate::note:
      out = fmt::format("{}: known, accepted, without effect here\n", name);
      break;
    case Known::Fate::later:
      out = fmt::format("{}: known, not served yet: passed over with a warning\n", name);
      break;
    case Known::Fate::missing:
      out = fmt::format("{}: known, not served yet: refused, as it cannot be passed over\n", name);
      break;
    case Known::Fate::refused:
      out = fmt::format("{}: known and refused\n", name);
      break;
  }
  add_wrapped(out, "  ", known.reason);
  return out;
}

std::string explain_part(const ProseBlock& block) {
  std::string out = std::string(block.title) + "\n";
  for (const Paragraph& paragraph : block.paragraphs) add_paragraph(out, paragraph);
  return out;
}

/// The nearest of each kind.
std::string explain_nothing(std::string_view what, const config::Language& language,
                            std::span<const VariableRow> variables) {
  const std::string shown = printable(what, 60);
  std::string out = fmt::format("`{}` is no code, directive or variable\n", shown);
  if (what.size() > 64) return out;
  const bool is_variable = what.starts_with('$');
  const std::string_view name = is_variable ? what.substr(1) : what;
  std::vector<std::string_view> directives, names, ids;
  for (const Row* row : language.rows) directives.push_back(row->name);
  for (const Known& known : language.known) directives.push_back(known.name);
  for (const VariableRow& row : variables) names.push_back(row.name);
  for (const config::Code& code : config::codes()) ids.push_back(code.id);
  std::vector<std::string> near;
  const std::string id = upper_case(what);
  if (const auto found = config::nearest(id, ids); !found.empty() && std::any_of(id.begin(), id.end(), is_digit))
    near.emplace_back(found);
  if (const auto found = config::nearest(name, directives); !found.empty() && !is_variable) near.emplace_back(found);
  if (const auto found = config::nearest(name, names); !found.empty()) near.push_back(fmt::format("${}", found));
  if (!near.empty()) out += fmt::format("did you mean {}?\n", fmt::join(near, " or "));
  return out;
}

/// Empty: nothing is called so.
std::string find_text(std::string_view what, const config::Language& language, std::span<const VariableRow> variables) {
  if (what.starts_with('$')) {
    const VariableRow* row = find_variable(what.substr(1), variables);
    return row ? explain_variable(*row) : std::string();
  }
  if (const config::Code* code = config::find_code(upper_case(what))) {
    std::string text = config::explain(*code);
    if (!text.ends_with('\n')) text += '\n';
    return text;
  }
  if (names_rows(what, language)) return explain_directive(what, language);
  if (const ProseBlock* part = find_part(what)) return explain_part(*part);
  if (const Known* known = config::Vocabulary(language).known(what)) return explain_known(what, *known);
  const VariableRow* row = find_variable(what, variables);
  return row && !(row->family && what.size() == row->name.size()) ? explain_variable(*row) : std::string();
}

}  // namespace

bool can_explain(std::string_view what, const config::Language& language, std::span<const VariableRow> variables) {
  return !find_text(what, language, variables).empty();
}

std::string explain(std::string_view what, const config::Language& language, std::span<const VariableRow> variables) {
  std::string text = find_text(what, language, variables);
  return text.empty() ? explain_nothing(what, language, variables) : text;
}

}  // namespace gh::tools
