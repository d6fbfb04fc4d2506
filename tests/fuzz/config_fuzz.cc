// Any bytes as a configuration file: no crash, no hang, every place lies within the file, every diagnostic can be
// printed, and a file without errors that is cut inside one of its directives has one.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/bind.h"
#include "config/load.h"
#include "config/repair.h"
#include "unit/config/rows.h"

using namespace gh::config;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_span(const Span& span, std::size_t size) { check(span.begin <= span.end && span.end <= size); }

void check_nodes(const std::vector<Node>& nodes, std::size_t size) {
  for (const Node& node : nodes) {
    check_span(node.span, size);
    check_span(node.body, size);
    check(node.kind == NodeKind::comment || !node.words.empty());
    for (const Word& word : node.words) check_span(word.span, size);
    check_nodes(node.children, size);
  }
}

void check_diagnostics(Diagnostics& diagnostics, const Sources& sources, std::size_t size) {
  diagnostics.sort_and_deduplicate(sources);
  for (const Diagnostic& d : diagnostics.all()) {
    check_span(d.span, size);
    for (const auto& related : d.related) check_span(related.span, size);
    for (const Fix& fix : d.fixes) check_span(fix.span, size);
  }
  for (const Format format : {Format::text, Format::json, Format::github}) {
    check(diagnostics.all().empty() || !print(diagnostics, sources, {format, false, 50}).empty());
  }
}

void parse_names_and_bind(const std::string& text) {
  static const Language language = test_rows::language();
  static const Vocabulary vocabulary(language);
  Sources sources;
  Diagnostics diagnostics;
  const std::uint32_t file = sources.add("fuzz.conf", text);
  Parsed parsed = parse_file(sources, file, diagnostics, {}, vocabulary.raw_names());
  repair_by_indentation(sources, file, parsed, diagnostics);
  repair_by_names(sources, file, parsed, vocabulary, in_main | in_http, diagnostics);
  check_nodes(parsed.nodes, text.size());
  (void)bind(parsed.nodes, in_main | in_http, vocabulary, sources, {"/conf/", "/prefix/"}, diagnostics);
  check_diagnostics(diagnostics, sources, text.size());
}

bool has_errors(std::string_view text) {
  Sources sources;
  Diagnostics diagnostics;
  (void)parse(sources, sources.add("cut.conf", std::string(text)), diagnostics, 64, 1000);
  return diagnostics.has_errors();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Sources sources;
  Diagnostics diagnostics;
  const std::uint32_t file = sources.add("fuzz.conf", text);
  const std::vector<Node> nodes = parse(sources, file, diagnostics, 64, 1000);
  check_nodes(nodes, size);
  check_diagnostics(diagnostics, sources, size);
  if (!diagnostics.has_errors() && size > 0) {
    const std::size_t cut = (data[0] * 31u + data[size - 1] * 7u + size) % size;
    for (const Node& node : nodes) {
      const bool inside = node.kind != NodeKind::comment && cut > node.span.begin && cut < node.span.end;
      check(!inside || has_errors(std::string_view(text).substr(0, cut)));
    }
  }
  parse_names_and_bind(text);
  return 0;
}
