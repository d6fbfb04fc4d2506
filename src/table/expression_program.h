// What an Expression is made of. Written by expression_compile.cc, run by expression.cc.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/regex.h"
#include "table/expression.h"

namespace gh::table {

/// A function's call: what it may use beside its arguments.
struct ExprFrame {
  Arena& arena;
  std::int64_t unix_ms = 0;
  std::uint64_t steps = 100'000;  // that comparisons of lists and JSON may still take
};

struct ExprFunction {
  using Run = ExprValue (*)(ExprFrame&, const ExprValue* args, std::size_t count);
  /// Bits of types that an argument may have.
  enum Accepts : std::uint8_t { texts = 1, numbers = 2, booleans = 4, lists = 8, anything = 15 };
  std::string_view name;
  std::size_t least = 1, most = 1;
  std::array<std::uint8_t, 3> accepts = {anything, anything, anything};  // the last one holds for all behind it
  ExprType gives = ExprType::any;
  Run run = nullptr;          // null: ip_in, whose networks are read by the compiler
  std::string_view form;      // "lower(text)", for messages
};
std::span<const ExprFunction> expression_functions();

struct ExprInstruction {
  enum class Code : std::uint8_t {
    constant, variable, root, path,         // push; path: replaces the top
    plus, minus, times, over, modulo, negative,
    equal, not_equal, below, at_most, above, at_least,
    is_null, is_set,                        // == null, != null
    like, unlike, in, not_in,
    inverse, both, either,                  // with three values
    list, call, ip_in,
    unless_true, jump, if_false, if_true, if_set,  // to `index`; the first takes the top, the last three leave it
    drop,
  };
  Code code = Code::drop;
  std::uint16_t count = 0;    // values that a list or call takes
  std::uint32_t index = 0;    // of a constant, variable, root, path, regex, function; where a jump goes
};

struct ExprProgram {
  static constexpr std::size_t max_depth = 64;
  struct Variable {
    Getter get = nullptr;
    ValueGetter get_value = nullptr;
    VariableParam param;
  };
  std::string source;
  std::string variables_text;
  std::vector<ExprInstruction> code;
  std::vector<ExprValue> constants;
  std::deque<std::string> texts;               // of constants
  std::deque<std::vector<ExprValue>> lists;    // of constants
  std::vector<Variable> variables;
  std::vector<std::vector<config::ExpressionStep>> paths;
  std::deque<Regex> regexes;
  std::vector<std::vector<Cidr>> networks;
  bool strict = false;
  ExprType type = ExprType::any;
  config::Phase known_from = config::Phase::none;
  config::Phase known_behind_token = config::Phase::none;
};

}  // namespace gh::table
