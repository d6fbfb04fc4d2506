// Expression: `( ... )` of the configuration, compiled (DSL rule 4, gateway.conf(5), EXPRESSIONS). A flat program over
// small values: each instruction runs at most once, jumps go forward only, and what a function looks at is bounded, so
// the cost is bounded by the text. Immutable; a copy shares the program. Compiled by the build thread, evaluated by
// any.
//
// Null is a value that is not there. Arithmetic with null is null; `and`, `or` and `not` know three values. Where
// `strict` is asked for (auth_require, require), a comparison with null is false; `== null` always asks just that.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "config/expression.h"
#include "table/expression_value.h"
#include "table/variable.h"

namespace gh::table {

class VariableTable;
class Scope;

enum class ExprType : std::uint8_t { any, null, boolean, number, text, list };  // any: known when it is evaluated

struct ExprRules {
  std::span<const std::string_view> roots = {};  // names of JSON values; paths begin with them
  bool strict = false;
  bool condition = false;                        // must be a boolean
};

/// What an evaluation reads beside the program. Texts that are made lie in `arena`, others where their variable has
/// them.
struct ExprInput {
  proxy::Exchange& exchange;
  Arena& arena;
  std::int64_t unix_ms = 0;                      // for now()
  std::span<const ExprValue> roots = {};         // in the order of ExprRules::roots
  bool* gave_up = nullptr;                       // set when a regular expression ran into its match limit
};

struct ExprProgram;

class Expression {
 public:
  /// Appends what is wrong to `faults`: places are bytes of `text`. The answer is empty then.
  static Expression compile(std::string_view text, VariableTable& variables, const ExprRules& rules,
                            std::vector<config::ExpressionFault>& faults);

  explicit operator bool() const { return program_ != nullptr; }
  [[nodiscard]] ExprValue evaluate(const ExprInput& input) const;
  /// Is it true? Null and other values are not.
  [[nodiscard]] bool holds(const ExprInput& input) const { return evaluate(input).is_true(); }
  [[nodiscard]] std::string_view source() const;
  [[nodiscard]] ExprType type() const;
  /// Can be used from this phase on: the latest one of its variables.
  [[nodiscard]] config::Phase known_from() const;
  /// All variables, as a template names them: VariableTable::known_from() looks through what computes them.
  [[nodiscard]] std::string_view variables_text() const;
  /// The same when the token has been verified before (VariableRow::of_token).
  [[nodiscard]] config::Phase known_behind_token() const;

 private:
  std::shared_ptr<const ExprProgram> program_;
};

/// An argument of type `expr`: what is wrong becomes diagnostics at its very bytes.
Expression compile_expression(Scope& scope, const config::Value& value, const ExprRules& rules);

}  // namespace gh::table
