#include "tools/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tools/facts.h"
#include "tools/prose.h"

namespace gh::tools {
namespace {

using config::Known;
using config::Phase;
using config::Row;

// ---- roff ----------------------------------------------------------------------------------------------------------

void add_byte(std::string& out, char c, bool is_code) {
  switch (c) {
    case '\\':
      out += "\\e";
      break;
    case '^':
      out += "\\(ha";
      break;
    case '~':
      out += "\\(ti";
      break;
    case '-':
      out += is_code ? "\\-" : "-";
      break;
    case '\'':
      out += is_code ? "\\(aq" : "'";
      break;
    case '"':
      out += "\\(dq";
      break;
    default:
      out += c;
  }
}

/// A line that begins with "." or "'" would be a macro.
void guard_line(std::string& out, char next) {
  const bool at_start = out.empty() || out.back() == '\n';
  if (at_start && (next == '.' || next == '\'')) out += "\\&";
}

std::string code(std::string_view text) {
  std::string out = "\\fB";
  for (char c : text) add_byte(out, c, true);
  return out + "\\fR";
}

/// Prose: `code` becomes bold, a hyphen between blanks a dash (NAME is read by other programs, which want it so).
std::string roff(std::string_view text) {
  std::string out;
  bool in_code = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') {
      out += in_code ? "\\fR" : "\\fB";
      in_code = !in_code;
      continue;
    }
    guard_line(out, text[i]);
    add_byte(out, text[i], in_code || text.substr(i - (i > 0 ? 1 : 0), 3) == " - ");
  }
  return out;
}

std::string example(std::string_view text) {
  std::string out;
  for (char c : text) {
    guard_line(out, c);
    add_byte(out, c, true);
  }
  return out;
}

// ---- the page ------------------------------------------------------------------------------------------------------

class Page {
 public:
  Page(const Prose& prose, const config::Language& language, std::span<const table::VariableRow> variables)
      : prose_(prose), language_(language), sections_(sections(language)), variables_(variables) {}

  Result<std::string> make() {
    find_missing();
    out_ = fmt::format(
        ".\\\" Made by gatehouse_manual from the directive table and man/prose.txt: do not edit.\n"
        ".TH GATEWAY.CONF 5 {} \"Gatehouse {}\" \"File Formats\"\n.nh\n.ad l\n",
        prose_.date, GATEHOUSE_VERSION);
    for (const ProseBlock& block : prose_.blocks) add_block(block);
    if (!faults_.empty()) return fail(faults_);
    return std::move(out_);
  }

 private:
  void fault(std::string_view text) {
    if (!faults_.empty()) faults_ += '\n';
    faults_ += text;
  }

  void find_missing() {
    if (prose_.date.empty()) fault("man/prose.txt has no %date");
    for (const Section& section : sections_) {
      if (!prose_.find(ProseBlock::Kind::directive, section.title))
        fault(fmt::format("directive `{}` has no block `@ {}` in man/prose.txt", section.row.name, section.title));
      if (section.row.doc.empty()) fault(fmt::format("directive `{}` has no doc line", section.title));
    }
  }

  const Row* row_of(std::string_view title) const {
    const auto found =
        std::find_if(sections_.begin(), sections_.end(), [&](const Section& s) { return s.title == title; });
    return found == sections_.end() ? nullptr : &found->row;
  }

  void add_block(const ProseBlock& block) {
    after_heading_ = true;
    switch (block.kind) {
      case ProseBlock::Kind::section:
        out_ += fmt::format(".SH {}\n", roff(block.title));
        break;
      case ProseBlock::Kind::part:
        out_ += fmt::format(".SS {}\n", roff(block.title));
        break;
      case ProseBlock::Kind::directive:
        add_directive(block);
        break;
    }
    if (block.kind == ProseBlock::Kind::directive && block.paragraphs.empty())
      fault(fmt::format("man/prose.txt:{}: `@ {}` has no text", block.line, block.title));
    for (const Paragraph& paragraph : block.paragraphs) add_paragraph(paragraph);
  }

  void add_directive(const ProseBlock& block) {
    const Row* row = row_of(block.title);
    if (!row) return fault(fmt::format("man/prose.txt:{}: no directive is called `{}`", block.line, block.title));
    out_ += fmt::format(".SS {}\n{}\n.PP\n.PD 0\n", roff(block.title), roff(row->doc));
    for (const Fact& fact : facts(*row)) {
      out_ += fmt::format(".IP {} 11\n{}\n", fact.label, fact.is_code ? code(fact.text) : roff(fact.text));
    }
    out_ += ".PD\n";
    after_heading_ = false;
  }

  void add_paragraph(const Paragraph& paragraph) {
    switch (paragraph.kind) {
      case Paragraph::Kind::text:
        if (!after_heading_) out_ += ".PP\n";
        out_ += roff(paragraph.text) + "\n";
        break;
      case Paragraph::Kind::example:
        out_ += fmt::format(".PP\n.RS 4\n.EX\n{}\n.EE\n.RE\n", example(paragraph.text));
        break;
      case Paragraph::Kind::item:
        out_ += fmt::format(".IP \\(bu 3\n{}\n", roff(paragraph.text));
        break;
      case Paragraph::Kind::term:
        out_ += fmt::format(".TP\n{}\n{}\n", code(paragraph.term), roff(paragraph.text));
        break;
      case Paragraph::Kind::insert:
        add_list(paragraph.term);
        break;
    }
    after_heading_ = false;
  }

  void add_list(std::string_view name) {
    if (name == "variables")
      add_variables();
    else if (name == "phases")
      add_phases();
    else if (name == "known")
      add_known();
    else
      fault(fmt::format("man/prose.txt: no list is called `{}`", name));
  }

  void add_variables() {
    std::vector<const table::VariableRow*> rows;
    for (const table::VariableRow& row : variables_) rows.push_back(&row);
    std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const table::VariableRow* row : rows) {
      out_ += fmt::format(".TP\n{}\n{}.\n", code(variable_text(*row)), roff(row->doc));
      if (row->known_from > Phase::route) out_ += fmt::format("Known from phase {} on.\n", phase_name(row->known_from));
    }
  }

  void add_phases() {
    for (auto phase = static_cast<int>(Phase::address); phase <= static_cast<int>(Phase::log); ++phase) {
      const auto which = static_cast<Phase>(phase);
      out_ += fmt::format(".TP\n\\fB{} {}\\fR\n{}\n", phase, phase_name(which), roff(phase_text(which)));
    }
  }

  /// Names with one reason stand beside each other in the list.
  void add_known() {
    const Known* before = nullptr;
    for (const Known& known : language_.known) {
      const bool same = before && before->fate == known.fate && before->reason == known.reason;
      if (!same) {
        if (before) out_ += ".\n";
        out_ += fmt::format(".PP\n{}: {}.\n", fate_text(known.fate), roff(known.reason));
      }
      out_ += fmt::format("{}{}", same ? ",\n" : "", roff(known.name));
      before = &known;
    }
    if (before) out_ += ".\n";
  }

  static std::string_view fate_text(Known::Fate fate) {
    switch (fate) {
      case Known::Fate::note:
        return "Accepted, without effect";
      case Known::Fate::later:
        return "Passed over with a warning";
      case Known::Fate::missing:
        return "Refused until it is served";
      case Known::Fate::refused:
        return "Refused";
    }
    return {};
  }

  const Prose& prose_;
  const config::Language& language_;
  const std::vector<Section> sections_;
  std::span<const table::VariableRow> variables_;
  std::string out_, faults_;
  bool after_heading_ = false;  // .PP must not stand there
};

}  // namespace

std::string variable_text(const table::VariableRow& row) {
  return fmt::format("${}{}", row.name, row.family ? "NAME" : "");
}

Result<std::string> make_manual(std::string_view prose, const config::Language& language,
                                std::span<const table::VariableRow> variables) {
  auto parsed = parse_prose(prose);
  if (!parsed) return fail("man/prose.txt: " + parsed.error().text);
  return Page(*parsed, language, variables).make();
}

}  // namespace gh::tools
