#include "tools/prose.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace gh::tools {
namespace {

using Kind = Paragraph::Kind;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<Prose> read() {
    while (!rest_.empty() && fault_.empty()) {
      const std::size_t end = rest_.find('\n');
      read_line(rest_.substr(0, end));
      rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    }
    if (fault_.empty()) return std::move(prose_);
    return fail(fmt::format("line {}: {}", line_, fault_));
  }

 private:
  void read_line(std::string_view line) {
    ++line_;
    if (std::any_of(line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }))
      fault_ = "not printable ASCII";
    else if (line.empty())
      end_paragraph();
    else if (line.starts_with("%date "))
      prose_.date = line.substr(6);
    else if (line.starts_with("= "))
      add_block(ProseBlock::Kind::section, line.substr(2));
    else if (line.starts_with("== "))
      add_block(ProseBlock::Kind::part, line.substr(3));
    else if (line.starts_with("@ "))
      add_block(ProseBlock::Kind::directive, line.substr(2));
    else if (prose_.blocks.empty())
      fault_ = "text before the first `= SECTION`";
    else
      read_text(line);
  }

  void read_text(std::string_view line) {
    if (line.starts_with("@@ ")) return start(Kind::insert, line.substr(3), {});
    if (line.starts_with("+ ")) return start(Kind::term, line.substr(2), {});
    if (line.starts_with("- ")) return start(Kind::item, {}, line.substr(2));
    if (line.starts_with("    ")) return add_example(line.substr(4));
    if (!open_) return start(Kind::text, {}, line);
    Paragraph& last = paragraphs().back();
    if (last.kind == Kind::example) return start(Kind::text, {}, line);
    if (last.kind == Kind::insert) fault_ = "an empty line must stand behind a list";
    if (!last.text.empty()) last.text += '\n';
    last.text += trim(line);
  }

  /// An empty line between two lines of an example belongs to it.
  void add_example(std::string_view line) {
    const bool goes_on = !paragraphs().empty() && paragraphs().back().kind == Kind::example;
    if (!goes_on) return start(Kind::example, {}, line);
    paragraphs().back().text += open_ ? "\n" : "\n\n";
    paragraphs().back().text += line;
    open_ = true;
  }

  void add_block(ProseBlock::Kind kind, std::string_view title) {
    if (prose_.find(kind, title)) fault_ = fmt::format("`{}` stands twice", title);
    prose_.blocks.push_back({kind, title, line_, {}});
    open_ = false;
  }

  void start(Kind kind, std::string_view term, std::string_view text) {
    paragraphs().push_back({kind, term, std::string(text)});
    open_ = true;
  }
  void end_paragraph() { open_ = false; }
  std::vector<Paragraph>& paragraphs() { return prose_.blocks.back().paragraphs; }

  std::string_view rest_;
  std::size_t line_ = 0;
  bool open_ = false;  // the last paragraph takes further lines
  Prose prose_;
  std::string fault_;
};

}  // namespace

const ProseBlock* Prose::find(ProseBlock::Kind kind, std::string_view title) const {
  const auto found = std::find_if(blocks.begin(), blocks.end(),
                                  [&](const ProseBlock& b) { return b.kind == kind && iequals(b.title, title); });
  return found == blocks.end() ? nullptr : &*found;
}

Result<Prose> parse_prose(std::string_view text) { return Reader(text).read(); }

}  // namespace gh::tools
