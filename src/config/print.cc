// Diagnostics for people (text, short), for editors and CI (json, github). CHECKER.md 3.1, 3.6.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/codes.h"
#include "config/diagnostic.h"

namespace gh::config {
namespace {

constexpr std::size_t max_excerpt_columns = 140;

std::string_view severity_text(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: return "info";
    case Severity::note: return "note";
  }
  return "error";
}

// --- one line of source as it can be shown
/// Bytes of the UTF-8 character at the start of `text`; 1 with `valid` false for anything that is none.
struct Character { std::size_t bytes = 1; std::uint32_t point = 0; bool valid = true; };

Character character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {1, lead, false};
  std::uint32_t point = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {1, lead, false};
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool valid = !overlong && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  return valid ? Character{size, point, true} : Character{1, lead, false};
}

bool is_wide(std::uint32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF) ||
         (c >= 0x20000 && c <= 0x3FFFD);
}

/// Odd blanks, and marks that turn the direction of writing: a reader must see them.
bool is_invisible(std::uint32_t c) {
  return c == 0xA0 || c == 0xFEFF || c == 0x3000 || (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
         (c >= 0x2060 && c <= 0x206F);
}

struct Cell { std::string text; std::size_t width = 1; };

/// Tabs become four blanks; invisible characters are written <U+00A0>, control bytes and broken UTF-8 are written \xHH
/// so that no terminal obeys them.
Cell cell_at(std::string_view text, std::size_t& bytes) {
  const Character c = character_at(text);
  bytes = c.bytes;
  if (c.point == '\t' && c.valid) return {"    ", 4};
  if (!c.valid || c.point < 0x20 || c.point == 0x7F) return {fmt::format("\\x{:02X}", c.point), 4};
  if (c.point >= 0x80 && c.point < 0xA0) return {fmt::format("\\x{:02X}", c.point), 4};
  if (is_invisible(c.point)) return {fmt::format("<U+{:04X}>", c.point), 8};
  return {std::string(text.substr(0, c.bytes)), is_wide(c.point) ? 2u : 1u};
}

struct Excerpt { std::string line, carets; };

/// The line with carets below bytes [begin, end); a long line is cut around them.
Excerpt excerpt_of(std::string_view line, std::size_t begin, std::size_t end) {
  Excerpt out;
  std::size_t from = 0;
  if (begin > max_excerpt_columns / 2 && line.size() > max_excerpt_columns) {
    from = begin - max_excerpt_columns / 4;
    while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
    out.line = "...";
    out.carets = "   ";
  }
  std::size_t columns = out.line.size();
  std::size_t marked = 0;
  for (std::size_t at = from, bytes = 1; at < line.size() && columns < max_excerpt_columns; at += bytes) {
    const Cell cell = cell_at(line.substr(at), bytes);
    const bool inside = at >= begin && at < end;
    out.line += cell.text;
    if (at < end) out.carets.append(cell.width, inside ? '^' : ' ');
    if (inside) ++marked;
    columns += cell.width;
    if (columns >= max_excerpt_columns && at + bytes < line.size()) out.line += "...";
  }
  if (marked == 0) {  // an empty span, or one at the end of the line
    out.carets.resize(std::min(out.carets.size(), columns), ' ');
    out.carets += '^';
  }
  while (!out.line.empty() && out.line.back() == ' ') out.line.pop_back();
  return out;
}

class Painter {
 public:
  explicit Painter(bool on) : on_(on) {}
  [[nodiscard]] std::string severity(Severity severity, std::string_view text) const {
    return paint(severity == Severity::error ? "1;31" : severity == Severity::warning ? "1;33" : "1;36", text);
  }
  [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }
  [[nodiscard]] std::string frame(std::string_view text) const { return paint("1;34", text); }

 private:
  [[nodiscard]] std::string paint(std::string_view how, std::string_view text) const {
    return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", how, text) : std::string(text);
  }
  bool on_;
};

/// Text of messages: names from the file may hold anything.
std::string clean(std::string_view text) {
  std::string out;
  for (std::size_t at = 0, bytes = 1; at < text.size(); at += bytes) out += cell_at(text.substr(at), bytes).text;
  return out;
}

/// Columns as people count them: characters, a tab is one.
std::size_t display_column(const Sources& sources, const Span& span) {
  const Place place = sources.place(span);
  const std::string_view line = sources.line(span.file, place.line);
  std::size_t column = 1;
  for (std::size_t at = 0, bytes = 1; at + 1 < place.column && at < line.size(); at += bytes, ++column) {
    bytes = character_at(line.substr(at)).bytes;
  }
  return column;
}

std::string place_text(const Sources& sources, const Span& span) {
  return fmt::format("{}:{}:{}", clean(sources.shown_path(span.file)), sources.place(span).line,
                     display_column(sources, span));
}

std::string included_from_text(const Sources& sources, std::uint32_t file) {
  std::string out;
  for (Span at = sources.file(file).included_from; at.is_set(); at = sources.file(at.file).included_from) {
    out += fmt::format("{}{}:{}", out.empty() ? "   (included from " : ", from ", clean(sources.shown_path(at.file)),
                       sources.place(at).line);
  }
  return out.empty() ? out : out + ")";
}

class TextPrinter {
 public:
  TextPrinter(const Sources& sources, const Diagnostics& all, bool color) : sources_(sources), paint_(color) {
    for (const Diagnostic& d : all.all()) {
      if (d.code == "E0340" || d.code == "W314") secrets_.push_back(d.span);
    }
  }

  std::string print(const Diagnostic& d) {
    std::string out = paint_.severity(d.severity, fmt::format("{}[{}]", severity_text(d.severity), d.code)) +
                      paint_.bold(": " + clean(d.message)) + "\n";
    gutter_ = 1;
    for (const Diagnostic::Related& r : d.related) widen(r.span);
    widen(d.span);
    if (d.span.is_set()) {
      out += snippet("-->", d.span, d.label, d.severity, included_from_text(sources_, d.span.file));
      for (const Diagnostic::Related& r : d.related) {
        if (r.span.is_set()) out += snippet(":::", r.span, r.text, Severity::note, "");
      }
    }
    if (!d.help.empty()) out += tail("help: " + clean(d.help));
    return out + tail(fmt::format("docs: gatehouse explain {}", d.code));
  }

 private:
  void widen(const Span& span) {
    if (span.is_set()) gutter_ = std::max(gutter_, fmt::formatted_size("{}", sources_.place(span).line));
  }
  [[nodiscard]] std::string blank() const { return std::string(gutter_ + 1, ' '); }
  [[nodiscard]] std::string tail(const std::string& text) const {
    return blank() + paint_.frame("=") + " " + text + "\n";
  }

  std::string snippet(std::string_view arrow, const Span& span, const std::string& label, Severity severity,
                      const std::string& from) const {
    const Place place = sources_.place(span);
    std::string line(sources_.line(span.file, place.line));
    const std::size_t begin = place.column - 1, size = span.end > span.begin ? span.end - span.begin : 0;
    for (const Span& secret : secrets_) {
      if (secret.file == span.file) hide(line, span.begin - begin, secret);
    }
    const Excerpt excerpt = excerpt_of(line, begin, begin + size);
    std::string out =
        fmt::format("{}{} {}{}\n", std::string(gutter_, ' '), paint_.frame(arrow), place_text(sources_, span), from);
    if (arrow == "-->") out += blank() + paint_.frame("|") + "\n";
    out += paint_.frame(fmt::format("{:>{}} |", place.line, gutter_)) + (excerpt.line.empty() ? "" : " ") +
           excerpt.line + "\n";
    out += blank() + paint_.frame("|") + " " + before_carets(excerpt.carets) +
           paint_.severity(severity, carets(excerpt.carets) + (label.empty() ? "" : " " + clean(label))) + "\n";
    return out;
  }
  /// What stands where only the place of a secret should is printed nowhere. `start` of the line, in bytes of the file.
  static void hide(std::string& line, std::size_t start, const Span& secret) {
    const std::size_t begin = std::max<std::size_t>(secret.begin, start), end = start + line.size();
    for (std::size_t at = begin; at < std::min<std::size_t>(secret.end, end); ++at) line[at - start] = '*';
  }
  static std::string before_carets(const std::string& carets) { return carets.substr(0, carets.find('^')); }
  static std::string carets(const std::string& text) { return text.substr(text.find('^')); }

  const Sources& sources_;
  Painter paint_;
  std::size_t gutter_ = 1;
  std::vector<Span> secrets_;
};

// --- json
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0, bytes = 1; at < text.size(); at += bytes) {
    const Character c = character_at(text.substr(at));
    bytes = c.bytes;
    if (!c.valid) out += "\\ufffd";
    else if (c.point == '"' || c.point == '\\') out += {'\\', static_cast<char>(c.point)};
    else if (c.point < 0x20 || c.point == 0x7F) out += fmt::format("\\u{:04x}", c.point);
    else out += text.substr(at, bytes);
  }
  return out + "\"";
}

/// Byte offsets from 0 with the end left out; lines and columns from 1, columns in bytes (LANGUAGE.md 13.4).
std::string json_span(const Sources& sources, const Span& span) {
  if (!span.is_set()) return "null";
  const Place begin = sources.place(span), end = sources.place({span.file, span.end, span.end});
  return fmt::format(R"({{"file":{},"begin":{},"end":{},"line":{},"column":{},"end_line":{},"end_column":{}}})",
                     json_text(sources.file(span.file).path), span.begin, span.end, begin.line, begin.column, end.line,
                     end.column);
}

std::string json_diagnostic(const Diagnostic& d, const Sources& sources) {
  std::string related, fixes;
  for (const auto& r : d.related) {
    related += fmt::format(R"({}{{"span":{},"text":{}}})", related.empty() ? "" : ",", json_span(sources, r.span),
                           json_text(r.text));
  }
  for (const Fix& f : d.fixes) {
    fixes += fmt::format(R"({}{{"span":{},"replacement":{}}})", fixes.empty() ? "" : ",", json_span(sources, f.span),
                         json_text(f.replacement));
  }
  std::string chain;
  for (Span at = d.span.is_set() ? sources.file(d.span.file).included_from : Span{}; at.is_set();
       at = sources.file(at.file).included_from) {
    chain += (chain.empty() ? "" : ",") + json_span(sources, at);
  }
  return fmt::format(
      R"({{"severity":"{}","code":"{}","message":{},"label":{},"help":{},"span":{},"included_from":[{}],)"
      R"("related":[{}],"fixes":[{}]}})",
      severity_text(d.severity), d.code, json_text(d.message), json_text(d.label), json_text(d.help),
      json_span(sources, d.span), chain, related, fixes);
}

// --- github workflow commands
std::string github_escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool escape = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (escape) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else out += c;
  }
  return out;
}

std::string github_line(const Diagnostic& d, const Sources& sources) {
  const std::string_view command = d.severity == Severity::error     ? "error"
                                   : d.severity == Severity::warning ? "warning"
                                                                     : "notice";
  std::string where;
  if (d.span.is_set()) {
    const Place begin = sources.place(d.span), end = sources.place({d.span.file, d.span.end, d.span.end});
    where = fmt::format("file={},line={},col={},endLine={},endColumn={},",
                        github_escape(sources.shown_path(d.span.file), true), begin.line, begin.column, end.line,
                        end.column);
  }
  const std::string text = d.help.empty() ? d.message : d.message + ": " + d.help;
  return fmt::format("::{} {}title={}::{}\n", command, where, d.code, github_escape(clean(text), false));
}

}  // namespace

std::string brief_line(const Diagnostic& d, const Sources& sources) {
  const std::string where = d.span.is_set() ? place_text(sources, d.span) : std::string("gatehouse");
  return fmt::format("{}: {}[{}]: {}\n", where, severity_text(d.severity), d.code, clean(d.message));
}

std::string print(const Diagnostics& diagnostics, const Sources& sources, const PrintOptions& options) {
  std::string out;
  TextPrinter text(sources, diagnostics, options.color);
  std::size_t errors = 0;
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.severity == Severity::error && ++errors > options.max_errors) continue;
    switch (options.format) {
      case Format::text: out += text.print(d) + "\n"; break;
      case Format::brief: out += brief_line(d, sources); break;
      case Format::json: out += (out.empty() ? "" : ",") + json_diagnostic(d, sources); break;
      case Format::github: out += github_line(d, sources); break;
    }
  }
  if (options.format == Format::json) {
    return fmt::format(R"({{"schema":1,"errors":{},"warnings":{},"notes":{},"diagnostics":[{}]}})"
                       "\n",
                       diagnostics.errors(), diagnostics.warnings(), diagnostics.notes(), out);
  }
  const bool people = options.format == Format::text || options.format == Format::brief;
  if (people && errors > options.max_errors)
    out += fmt::format("{} more errors (--max-errors)\n", errors - options.max_errors);
  return out;
}

}  // namespace gh::config
