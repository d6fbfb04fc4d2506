// Expressions `( ... )` of DSL rule 4: where one ends, and its syntax tree. No names are looked up here; types and
// names are the business of table/expression.h. Bytes in, values out; any text, linear time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gh::config {

inline constexpr std::size_t max_expression_bytes = 8 * 1024;
inline constexpr std::size_t max_expression_nodes = 1000;
inline constexpr std::size_t max_expression_depth = 32;

/// How many bytes of `text`, which begins with "(", the expression has, up to its balanced ")". Texts in quotes and
/// comments hide brackets. Nothing: it is not closed before a `;`, `{` or `}` outside of texts, or is too long.
std::optional<std::size_t> expression_size(std::string_view text);

enum class ExpressionOp : std::uint8_t {
  null_value, boolean, number, text, variable, path, call, list,
  negative, inverse,  // -a, not a
  times, over, modulo, plus, minus, otherwise,  // otherwise: ??
  equal, not_equal, below, at_most, above, at_least, like, unlike, like_any_case, unlike_any_case, in, not_in,
  both, either, choice,  // and, or, ?:
};

/// `.name`, `["name"]`, `[3]` or `[]`.
struct ExpressionStep {
  enum class Kind : std::uint8_t { member, item, all } kind = Kind::all;
  std::string name;
  std::uint32_t index = 0;
};

/// Places are bytes of the expression's text. `args` are numbers of nodes.
struct ExpressionNode {
  ExpressionOp op = ExpressionOp::null_value;
  std::uint32_t begin = 0, end = 0;
  std::uint32_t op_begin = 0, op_end = 0;  // of an operator or a call's name
  std::string text;                        // of a text without its quotes; the name of a variable, function or root
  bool is_integer = false;                 // of a number
  std::int64_t integer = 0;                // of a number, or 1 for true
  double real = 0;
  std::vector<std::uint32_t> args;
  std::vector<ExpressionStep> steps;       // of a variable or a path
};

struct ExpressionTree {
  std::vector<ExpressionNode> nodes;
  std::uint32_t root = 0;
};

struct ExpressionFault {
  std::uint32_t begin = 0, end = 0;  // bytes of the text; end == begin at its end
  std::string_view code;
  std::string message, label, help;
};

/// The first fault, or nothing: then `out` holds the tree.
std::optional<ExpressionFault> parse_expression(std::string_view text, ExpressionTree& out);

}  // namespace gh::config
