// From the tree of an expression to its program: names looked up, types checked, regular expressions and networks read.
// One walk; what is wrong is noted at the operand itself, and counts as `any` from there on, so that it is said once.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "config/suggest.h"
#include "table/build.h"
#include "table/expression_program.h"
#include "table/expression_words.h"
#include "table/scope.h"
#include "table/variable_table.h"

namespace gh::table {
namespace {

using Code = ExprInstruction::Code;
using Node = config::ExpressionNode;
using Op = config::ExpressionOp;
using Type = ExprType;

bool is_open(Type type) { return type == Type::any || type == Type::null; }
bool fits(Type type, Type wanted) { return type == wanted || is_open(type); }
Type common(Type a, Type b) { return a == Type::null ? b : b == Type::null || a == b ? a : Type::any; }

Code code_of(Op op) {
  switch (op) {
    case Op::times: return Code::times;
    case Op::over: return Code::over;
    case Op::modulo: return Code::modulo;
    case Op::plus: return Code::plus;
    case Op::minus: return Code::minus;
    case Op::equal: return Code::equal;
    case Op::not_equal: return Code::not_equal;
    case Op::below: return Code::below;
    case Op::at_most: return Code::at_most;
    case Op::above: return Code::above;
    case Op::at_least: return Code::at_least;
    case Op::in: return Code::in;
    default: return Code::not_in;
  }
}

class ExprCompiler {
 public:
  ExprCompiler(const config::ExpressionTree& tree, std::string_view text, VariableTable& variables,
               const ExprRules& rules, std::vector<config::ExpressionFault>& faults)
      : tree_(tree), text_(text), variables_(variables), rules_(rules), faults_(faults) {}

  std::shared_ptr<const ExprProgram> run() {
    const std::size_t before = faults_.size();
    program_->source = text_;
    program_->strict = rules_.strict;
    program_->type = emit(tree_.root);
    const Node& root = tree_.nodes[tree_.root];
    if (rules_.condition && !fits(program_->type, Type::boolean)) condition_wanted(root, program_->type, "a condition");
    if (deepest_ > ExprProgram::max_depth) {
      fault(root.begin, root.end, config::code::large_expression, "the expression is too large",
            "more than 64 values at a time", "split it into several, or compare with a `map`");
    }
    return faults_.size() == before ? program_ : nullptr;
  }

 private:
  // --- faults
  Type fault(std::uint32_t begin, std::uint32_t end, std::string_view code, std::string message, std::string label,
             std::string help) {
    faults_.push_back({begin, end, code, std::move(message), std::move(label), std::move(help)});
    return Type::any;
  }
  Type wrong_operand(const Node& at, std::string message, Type type, std::string help) {
    return fault(at.begin, at.end, config::code::wrong_operand, std::move(message), std::string(type_name(type)),
                 std::move(help));
  }
  [[nodiscard]] std::string source_of(const Node& node) const {
    return printable(text_.substr(node.begin, node.end - node.begin), 40);
  }
  Type condition_wanted(const Node& at, Type type, std::string_view who) {
    const std::string name = source_of(at);
    return wrong_operand(at, fmt::format("{} must be true or false", who), type,
                         type == Type::text ? fmt::format("compare it: `{} == \"...\"`, or `{} != null`", name, name)
                                            : fmt::format("compare it: `{} > 0`", name));
  }
  /// How a value of the wrong type becomes one of the right type.
  std::string conversion(const Node& node, Type type, Type wanted) const {
    if (wanted == Type::number && type == Type::text) return fmt::format("write `number({})`", source_of(node));
    if (wanted == Type::text && type == Type::number) return fmt::format("write `text({})`", source_of(node));
    if (wanted == Type::list && type == Type::text) return fmt::format("write `split({}, \",\")`", source_of(node));
    return fmt::format("{} is wanted here", type_name(wanted));
  }

  // --- instructions
  std::uint32_t add(Code code, int growth, std::size_t index = 0, std::size_t count = 0) {
    program_->code.push_back({code, static_cast<std::uint16_t>(count), static_cast<std::uint32_t>(index)});
    depth_ += growth;
    deepest_ = std::max(deepest_, static_cast<std::size_t>(depth_));
    return static_cast<std::uint32_t>(program_->code.size() - 1);
  }
  void land(std::uint32_t jump) { program_->code[jump].index = static_cast<std::uint32_t>(program_->code.size()); }
  Type constant(ExprValue value, Type type) {
    add(Code::constant, 1, program_->constants.size());
    program_->constants.push_back(value);
    return type;
  }
  ExprValue literal(const Node& node) {
    switch (node.op) {
      case Op::boolean: return ExprValue::of(node.integer != 0);
      case Op::number: return node.is_integer ? ExprValue::of(node.integer) : ExprValue::of(node.real);
      case Op::text: return ExprValue::of(std::string_view(program_->texts.emplace_back(node.text)));
      default: return {};
    }
  }
  static bool is_literal(const Node& node) { return node.op <= Op::text; }

  // --- nodes
  Type emit(std::uint32_t number) {
    const Node& node = tree_.nodes[number];
    switch (node.op) {
      case Op::null_value: return constant({}, Type::null);
      case Op::boolean: return constant(literal(node), Type::boolean);
      case Op::number: return constant(literal(node), Type::number);
      case Op::text: return constant(literal(node), Type::text);
      case Op::variable: return variable(node);
      case Op::path: return path(node);
      case Op::call: return call(node);
      case Op::list: return list(node);
      case Op::negative: return negative(node);
      case Op::inverse: return inverse(node);
      case Op::plus:
      case Op::minus:
      case Op::times:
      case Op::over:
      case Op::modulo: return arithmetic(node);
      case Op::otherwise: return otherwise(node);
      case Op::equal:
      case Op::not_equal: return equality(node);
      case Op::below:
      case Op::at_most:
      case Op::above:
      case Op::at_least: return order(node);
      case Op::like:
      case Op::unlike:
      case Op::like_any_case:
      case Op::unlike_any_case: return match(node);
      case Op::in:
      case Op::not_in: return membership(node);
      case Op::both:
      case Op::either: return logical(node);
      case Op::choice: return choice(node);
    }
    return Type::any;
  }
  const Node& arg(const Node& node, std::size_t i) const { return tree_.nodes[node.args[i]]; }

  Type variable(const Node& node) {
    const auto found = variables_.find(node.text);
    if (!found) {
      const std::string near = variables_.nearest(node.text);
      add(Code::constant, 1);
      return fault(node.begin, node.end, config::code::unknown_variable,
                   fmt::format("unknown variable `${}`", printable(node.text, 60)), "not defined",
                   near.empty() ? "gateway.conf(5) lists all variables" : fmt::format("did you mean `${}`?", near));
    }
    add(Code::variable, 1, program_->variables.size());
    program_->variables.push_back({found->get, found->get_value, found->param});
    program_->known_from = std::max(program_->known_from, found->known_from);
    fmt::format_to(std::back_inserter(program_->variables_text), "${{{}}}", node.text);
    if (!found->of_token) {
      program_->known_behind_token = std::max(program_->known_behind_token, found->known_from);
    }
    if (node.steps.empty()) return found->get_value ? Type::any : Type::text;
    if (!found->get_value) {
      return wrong_operand(node, fmt::format("`${}` has no members", node.text), Type::text,
                           "only variables of claims and JSON values have them");
    }
    return steps(node);
  }

  Type path(const Node& node) {
    const auto found = std::find(rules_.roots.begin(), rules_.roots.end(), node.text);
    if (found == rules_.roots.end()) return unknown_root(node);
    add(Code::root, 1, static_cast<std::size_t>(found - rules_.roots.begin()));
    return steps(node);
  }

  Type steps(const Node& node) {
    if (node.steps.empty()) return Type::any;
    add(Code::path, 0, program_->paths.size());
    program_->paths.push_back(node.steps);
    const bool many = std::any_of(node.steps.begin(), node.steps.end(), [](const config::ExpressionStep& step) {
      return step.kind == config::ExpressionStep::Kind::all;
    });
    return many ? Type::list : Type::any;
  }

  Type unknown_root(const Node& node) {
    add(Code::constant, 1);
    std::string help = fmt::format("a text stands in quotes: `\"{}\"`; a variable begins with `$`", node.text);
    if (variables_.find(node.text)) {
      help = fmt::format("did you mean the variable `${}`?", node.text);
    } else if (const std::string_view near = config::nearest(node.text, rules_.roots); !near.empty()) {
      help = fmt::format("did you mean `{}`?", near);
    }
    return fault(node.begin, node.end, config::code::unknown_name,
                 fmt::format("nothing here is called `{}`", printable(node.text, 60)), "not known", std::move(help));
  }

  Type list(const Node& node) {
    const bool all_literal = std::all_of(node.args.begin(), node.args.end(),
                                         [this](std::uint32_t item) { return is_literal(tree_.nodes[item]); });
    if (!all_literal) {
      for (const std::uint32_t item : node.args) emit(item);
      add(Code::list, 1 - static_cast<int>(node.args.size()), 0, node.args.size());
      return Type::list;
    }
    std::vector<ExprValue>& items = program_->lists.emplace_back();
    for (const std::uint32_t item : node.args) items.push_back(literal(tree_.nodes[item]));
    return constant(ExprValue::list(items.data(), items.size()), Type::list);
  }

  Type negative(const Node& node) {
    number_wanted(node, arg(node, 0), emit(node.args[0]));
    add(Code::negative, 0);
    return Type::number;
  }

  void number_wanted(const Node& node, const Node& operand, Type type) {
    if (fits(type, Type::number)) return;
    wrong_operand(operand, fmt::format("`{}` works with numbers", symbol(node.op)), type,
                  conversion(operand, type, Type::number));
  }

  Type arithmetic(const Node& node) {
    const Type left = emit(node.args[0]), right = emit(node.args[1]);
    add(code_of(node.op), -1);
    const bool texts = node.op == Op::plus && fits(left, Type::text) && fits(right, Type::text);
    if (texts) return left == Type::text || right == Type::text ? Type::text : Type::any;
    if (node.op == Op::plus && fits(left, Type::text) && fits(right, Type::number)) {
      number_wanted(node, arg(node, 0), left);
      return Type::number;
    }
    number_wanted(node, arg(node, 0), left);
    number_wanted(node, arg(node, 1), right);
    return Type::number;
  }

  Type otherwise(const Node& node) {
    const Type left = emit(node.args[0]);
    const std::uint32_t jump = add(Code::if_set, 0);
    add(Code::drop, -1);
    const Type right = emit(node.args[1]);
    land(jump);
    return common(left, right);
  }

  static bool may_be_equal(Type a, Type b) {
    const auto scalar = [](Type type) { return type == Type::text || type == Type::number; };
    return is_open(a) || is_open(b) || a == b || (scalar(a) && scalar(b));
  }

  Type equality(const Node& node) {
    for (const std::size_t i : {0u, 1u}) {
      if (arg(node, i).op != Op::null_value) continue;
      emit(node.args[1 - i]);
      add(node.op == Op::equal ? Code::is_null : Code::is_set, 0);
      return Type::boolean;
    }
    const Type left = emit(node.args[0]), right = emit(node.args[1]);
    add(code_of(node.op), -1);
    if (!may_be_equal(left, right)) never_equal(left, arg(node, 1), right);
    return Type::boolean;
  }

  void never_equal(Type left, const Node& right, Type type) {
    const bool quote = left == Type::text && type == Type::boolean;
    wrong_operand(right, fmt::format("{} never equals {}", type_name(left), type_name(type)), type,
                  quote ? fmt::format("write it as a text: `\"{}\"`", source_of(right))
                        : "compare values of one type; `gatehouse explain E0320` says more");
  }

  Type order(const Node& node) {
    const Type left = emit(node.args[0]), right = emit(node.args[1]);
    add(code_of(node.op), -1);
    const Node& a = arg(node, 0);
    const Node& b = arg(node, 1);
    const auto unordered = [](Type type) { return type == Type::boolean || type == Type::list; };
    if (unordered(left) || unordered(right)) {
      const bool first = unordered(left);
      wrong_operand(first ? a : b, fmt::format("`{}` works with two numbers or two texts", symbol(node.op)),
                    first ? left : right, "booleans and lists have no order");
    } else if (left == Type::text && right == Type::number) {
      number_wanted(node, a, left);
    } else if (left == Type::number && right == Type::text) {
      number_wanted(node, b, right);
    }
    return Type::boolean;
  }

  Type match(const Node& node) {
    const Type subject = emit(node.args[0]);
    const Node& pattern = arg(node, 1);
    const bool any_case = node.op == Op::like_any_case || node.op == Op::unlike_any_case;
    const bool negated = node.op == Op::unlike || node.op == Op::unlike_any_case;
    if (!fits(subject, Type::text)) {
      wrong_operand(arg(node, 0), fmt::format("`{}` works with a text", symbol(node.op)), subject,
                    conversion(arg(node, 0), subject, Type::text));
    }
    if (pattern.op != Op::text) {
      fault(pattern.begin, pattern.end, config::code::wrong_operand,
            fmt::format("`{}` needs a regular expression", symbol(node.op)), "not a text in quotes",
            "write it in quotes: it is compiled when the file is read");
      return Type::boolean;
    }
    auto regex = Regex::compile(pattern.text, any_case);
    if (!regex) {
      fault(pattern.begin, pattern.end, config::code::bad_regex, "invalid regular expression", regex.error().text,
            fmt::format("byte {} of the expression is not understood", regex.error().code + 1));
      return Type::boolean;
    }
    add(negated ? Code::unlike : Code::like, 0, program_->regexes.size());
    program_->regexes.push_back(std::move(*regex));
    return Type::boolean;
  }

  Type membership(const Node& node) {
    const Type left = emit(node.args[0]);
    const Node& right = arg(node, 1);
    // `x in (order.roles)`: the parentheses may be meant to group
    const bool single = right.op == Op::list && right.args.size() == 1 && text_[right.begin] == '(';
    const Type type = emit(single && !is_literal(arg(right, 0)) ? right.args[0] : node.args[1]);
    add(code_of(node.op), -1);
    if (right.op == Op::list && !is_open(left)) {
      for (const std::uint32_t item : right.args) {
        const Node& literal_item = tree_.nodes[item];
        const Type item_type = literal_type(literal_item);
        if (!may_be_equal(left, item_type)) never_equal(left, literal_item, item_type);
      }
    }
    if (right.op != Op::list && !fits(type, Type::list)) {
      wrong_operand(right, fmt::format("`{}` looks into a list", symbol(node.op)), type,
                    type == Type::text ? fmt::format("write `contains({}, ...)` to look into a text", source_of(right))
                                       : "write the values in parentheses: `(\"a\", \"b\")`");
    }
    return Type::boolean;
  }
  static Type literal_type(const Node& node) {
    switch (node.op) {
      case Op::boolean: return Type::boolean;
      case Op::number: return Type::number;
      case Op::text: return Type::text;
      default: return Type::any;
    }
  }

  void must_be_condition(const Node& operand, Type type, Op op) {
    if (!fits(type, Type::boolean)) condition_wanted(operand, type, fmt::format("an operand of `{}`", symbol(op)));
  }

  Type inverse(const Node& node) {
    must_be_condition(arg(node, 0), emit(node.args[0]), node.op);
    add(Code::inverse, 0);
    return Type::boolean;
  }

  Type logical(const Node& node) {
    must_be_condition(arg(node, 0), emit(node.args[0]), node.op);
    const std::uint32_t jump = add(node.op == Op::both ? Code::if_false : Code::if_true, 0);
    must_be_condition(arg(node, 1), emit(node.args[1]), node.op);
    add(node.op == Op::both ? Code::both : Code::either, -1);
    land(jump);
    return Type::boolean;
  }

  Type choice(const Node& node) {
    const Type condition = emit(node.args[0]);
    if (!fits(condition, Type::boolean)) condition_wanted(arg(node, 0), condition, "the condition of `?:`");
    const std::uint32_t to_else = add(Code::unless_true, -1);
    const Type left = emit(node.args[1]);
    const std::uint32_t to_end = add(Code::jump, -1);
    land(to_else);
    const Type right = emit(node.args[2]);
    land(to_end);
    return common(left, right);
  }

  // --- calls
  Type call(const Node& node) {
    const auto functions = expression_functions();
    const auto found = std::find_if(functions.begin(), functions.end(),
                                    [&](const ExprFunction& f) { return f.name == node.text; });
    if (found == functions.end()) return unknown_function(node);
    if (node.args.size() < found->least || node.args.size() > found->most) {
      for (const std::uint32_t value : node.args) emit(value);
      return fault(node.op_begin, node.end, config::code::wrong_arguments,
                   fmt::format("`{}` does not take {} value{}", found->name, node.args.size(),
                               node.args.size() == 1 ? "" : "s"),
                   "wrong number of values", fmt::format("write `{}`", found->form));
    }
    if (!found->run) return ip_in(node, *found);
    for (std::size_t i = 0; i < node.args.size(); ++i) argument(node, *found, i);
    add(Code::call, 1 - static_cast<int>(node.args.size()), static_cast<std::size_t>(found - functions.begin()),
        node.args.size());
    return found->gives;
  }

  void argument(const Node& node, const ExprFunction& function, std::size_t i) {
    const Type type = emit(node.args[i]);
    const std::uint8_t set = function.accepts[std::min<std::size_t>(i, function.accepts.size() - 1)];
    if (accepts(set, type)) return;
    const Type wanted = accepts(set, Type::number) ? Type::number : accepts(set, Type::text) ? Type::text : Type::list;
    wrong_operand(arg(node, i), fmt::format("`{}` takes {} here", function.name, accepted(set)), type,
                  conversion(arg(node, i), type, wanted));
  }

  Type unknown_function(const Node& node) {
    for (const std::uint32_t value : node.args) emit(value);
    std::vector<std::string_view> names;
    for (const ExprFunction& function : expression_functions()) names.push_back(function.name);
    const std::string_view near = config::nearest(node.text, names);
    return fault(node.op_begin, node.op_end, config::code::unknown_function,
                 fmt::format("unknown function `{}`", printable(node.text, 60)), "not a function",
                 near.empty() ? "gateway.conf(5), EXPRESSIONS, lists all functions"
                              : fmt::format("did you mean `{}`?", near));
  }

  Type ip_in(const Node& node, const ExprFunction& function) {
    argument(node, function, 0);
    std::vector<Cidr> networks;
    for (std::size_t i = 1; i < node.args.size(); ++i) {
      const Node& network = arg(node, i);
      const auto parsed = Cidr::parse(network.op == Op::text ? std::string_view(network.text) : std::string_view());
      if (parsed) networks.push_back(*parsed);
      else
        fault(network.begin, network.end, config::code::bad_address, "`ip_in` needs an address or a network",
              network.op == Op::text ? parsed_error(network.text) : std::string("not a text in quotes"),
              "write it like `\"10.0.0.0/8\"` or `\"2001:db8::1\"`");
    }
    add(Code::ip_in, 0, program_->networks.size());
    program_->networks.push_back(std::move(networks));
    return Type::boolean;
  }
  static std::string parsed_error(std::string_view text) {
    auto parsed = Cidr::parse(text);
    return parsed ? std::string() : parsed.error().text;
  }

  const config::ExpressionTree& tree_;
  std::string_view text_;
  VariableTable& variables_;
  const ExprRules& rules_;
  std::vector<config::ExpressionFault>& faults_;
  std::shared_ptr<ExprProgram> program_ = std::make_shared<ExprProgram>();
  int depth_ = 0;
  std::size_t deepest_ = 0;
};

}  // namespace

Expression Expression::compile(std::string_view text, VariableTable& variables, const ExprRules& rules,
                               std::vector<config::ExpressionFault>& faults) {
  config::ExpressionTree tree;
  Expression out;
  if (auto fault = config::parse_expression(text, tree)) faults.push_back(std::move(*fault));
  else out.program_ = ExprCompiler(tree, text, variables, rules, faults).run();
  return out;
}

Expression compile_expression(Scope& scope, const config::Value& value, const ExprRules& rules) {
  std::vector<config::ExpressionFault> faults;
  Expression out = Expression::compile(value.text, scope.builder.variables, rules, faults);
  for (config::ExpressionFault& fault : faults) {
    const config::Span at = {value.span.file, value.span.begin + fault.begin, value.span.begin + fault.end};
    scope.error(fault.code, at, std::move(fault.message))
        .with_label(std::move(fault.label))
        .with_help(std::move(fault.help));
  }
  return out;
}

}  // namespace gh::table
