#include "config/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace gh::config {
namespace {

Diagnostic& add(std::vector<Diagnostic>& all, Severity severity, std::string_view code, Span span,
                std::string message) {
  Diagnostic& d = all.emplace_back();
  d.severity = severity;
  d.code = code;
  d.span = span;
  d.message = std::move(message);
  return d;
}

/// Files in the order in which people meet them: the includes of a file behind the place that includes them. The chain
/// of include places from the main file down, then the place itself.
std::vector<std::pair<std::uint32_t, std::uint32_t>> reading_order(const Sources& sources, const Span& span) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> chain;
  Span at = span;
  while (at.is_set() && at.file < sources.count()) {
    chain.emplace_back(at.file, at.begin);
    at = sources.file(at.file).included_from;
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

bool before(const Sources& sources, const Diagnostic& a, const Diagnostic& b) {
  if (a.span.file == b.span.file) {
    return std::tie(a.span.begin, a.severity, a.code) < std::tie(b.span.begin, b.severity, b.code);
  }
  return reading_order(sources, a.span) < reading_order(sources, b.span);
}

}  // namespace

Diagnostic& Diagnostics::error(std::string_view code, Span span, std::string message) {
  ++errors_;
  return add(all_, Severity::error, code, span, std::move(message));
}

Diagnostic& Diagnostics::warning(std::string_view code, Span span, std::string message) {
  ++warnings_;
  return add(all_, Severity::warning, code, span, std::move(message));
}

Diagnostic& Diagnostics::note(std::string_view code, Span span, std::string message) {
  ++notes_;
  return add(all_, Severity::note, code, span, std::move(message));
}

void Diagnostics::drop(std::string_view code) {
  const auto has_code = [code](const Diagnostic& d) { return d.code == code; };
  for (const Diagnostic& d : all_) {
    if (has_code(d)) --(d.severity == Severity::error ? errors_ : d.severity == Severity::warning ? warnings_ : notes_);
  }
  std::erase_if(all_, has_code);
}

void Diagnostics::sort_and_deduplicate(const Sources& sources) {
  std::stable_sort(all_.begin(), all_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return before(sources, a, b); });
  const auto same = [](const Diagnostic& a, const Diagnostic& b) {
    const bool placed = a.span.is_set() || a.message == b.message;
    return placed && a.code == b.code && a.span.file == b.span.file && a.span.begin == b.span.begin &&
           a.span.end == b.span.end;
  };
  all_.erase(std::unique(all_.begin(), all_.end(), same), all_.end());
  errors_ = warnings_ = notes_ = 0;
  for (const Diagnostic& d : all_) {
    if (d.severity == Severity::error) ++errors_;
    if (d.severity == Severity::warning) ++warnings_;
    if (d.severity == Severity::note) ++notes_;
  }
}

}  // namespace gh::config
