// Template: text with variables, compiled. Rendering touches no names, only getters. Immutable, owned by the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "table/variable.h"

namespace gh::table {

class VariableTable;

/// One problem found while compiling a template: where (bytes of the text) and what.
struct TemplateFault {
  std::size_t begin = 0, end = 0;
  std::string message, help;
  bool unknown_variable = false;
};

class Template {
 public:
  struct Piece {
    std::string literal;      // when get is null
    Getter get = nullptr;
    VariableParam param;
  };

  Template() = default;
  static Template constant(std::string text);
  /// `$name`, `${name}`, `$1`, `$$`. False: `fault` says why.
  static bool compile(std::string_view text, VariableTable& variables, Template& out, TemplateFault& fault);

  [[nodiscard]] bool is_constant() const { return pieces_.empty() || (pieces_.size() == 1 && !pieces_[0].get); }
  [[nodiscard]] bool is_empty() const { return pieces_.empty() && source_.empty(); }
  [[nodiscard]] std::string_view constant_text() const { return pieces_.empty() ? source_ : pieces_[0].literal; }
  /// Empty when the source has no `$`: it is the constant text then.
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] config::Phase known_from() const { return known_from_; }
  [[nodiscard]] bool uses_captures() const { return uses_captures_; }

  /// The text, valid as long as the exchange (or the table, for constants). Not-found variables are empty.
  std::string_view render(proxy::Exchange& exchange, Arena& arena) const;
  /// As render, but data() == nullptr when the template is one variable that is not there.
  std::string_view render_or_missing(proxy::Exchange& exchange, Arena& arena) const;

 private:
  std::string source_;
  std::vector<Piece> pieces_;
  config::Phase known_from_ = config::Phase::none;
  bool uses_captures_ = false;
};

}  // namespace gh::table
