// Helpers of the config tests: one text through all steps, diagnostics as short lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/bind.h"
#include "config/load.h"
#include "config/repair.h"
#include "rows.h"

namespace test_steps {

using namespace gh::config;

struct Checked {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<Node> nodes;
  std::vector<Bound> bound;

  /// "E0101@2 W705@1": code and line of each, in order.
  [[nodiscard]] std::string codes() const {
    std::string out;
    for (const Diagnostic& d : diagnostics.all()) {
      out += (out.empty() ? "" : " ") + std::string(d.code) + "@" + std::to_string(sources.place(d.span).line);
    }
    return out;
  }
  [[nodiscard]] const Diagnostic& first() const { return diagnostics.all().front(); }
};

inline std::unique_ptr<Checked> check(std::string text, Contexts contexts = in_main | in_http) {
  static const Language language = test_rows::language();
  static const Vocabulary vocabulary(language);
  auto out = std::make_unique<Checked>();
  const std::uint32_t file = out->sources.add("t.conf", std::move(text));
  Parsed parsed = parse_file(out->sources, file, out->diagnostics, {}, vocabulary.raw_names());
  repair_by_indentation(out->sources, file, parsed, out->diagnostics);
  repair_by_names(out->sources, file, parsed, vocabulary, contexts, out->diagnostics);
  out->nodes = std::move(parsed.nodes);
  out->bound = bind(out->nodes, contexts, vocabulary, out->sources, {"/conf/", "/prefix/"}, out->diagnostics);
  out->diagnostics.sort_and_deduplicate(out->sources);
  return out;
}

}  // namespace test_steps
