// Diagnostics as values: collected all, sorted by place, printed in one of several forms (CHECKER.md 3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace gh::config {

enum class Severity : std::uint8_t { error, warning, info, note };

struct Fix { Span span; std::string replacement; };

struct Diagnostic {
  struct Related { Span span; std::string text; };
  Severity severity = Severity::error;
  std::string_view code;       // "E0104", one of codes.h; static storage
  Span span;
  std::string message;         // lower case, names in backquotes, no full stop
  std::string label;           // beside the carets; may be empty
  std::string help;            // what to do; may be empty
  std::vector<Related> related;
  std::vector<Fix> fixes;

  Diagnostic& with_label(std::string text) { label = std::move(text); return *this; }
  Diagnostic& with_help(std::string text) { help = std::move(text); return *this; }
  Diagnostic& with_related(Span at, std::string text) { related.push_back({at, std::move(text)}); return *this; }
  Diagnostic& with_fix(Span at, std::string text) { fixes.push_back({at, std::move(text)}); return *this; }
};

class Diagnostics {
 public:
  static constexpr std::size_t default_cap = 50;  // --max-errors

  Diagnostic& error(std::string_view code, Span span, std::string message);
  Diagnostic& warning(std::string_view code, Span span, std::string message);
  Diagnostic& note(std::string_view code, Span span, std::string message);
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] std::size_t warnings() const { return warnings_; }
  [[nodiscard]] std::size_t notes() const { return notes_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  void drop(std::string_view code);  // all with this code
  void sort_and_deduplicate(const Sources& sources);  // by include order and place; same code and span once

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0, warnings_ = 0, notes_ = 0;
};

enum class Format : std::uint8_t { text, brief, json, github };  // `brief` is "short" on the command line
struct PrintOptions {
  Format format = Format::text;
  bool color = false;
  std::size_t max_errors = Diagnostics::default_cap;
};
/// One of them as Format::brief has it.
std::string brief_line(const Diagnostic& diagnostic, const Sources& sources);
/// The diagnostics, without the summary line. Sorted already.
std::string print(const Diagnostics& diagnostics, const Sources& sources, const PrintOptions& options);

}  // namespace gh::config
