// The only user of the PEGTL rules of expressions: actions build the tree from the leaves up, on a stack of its nodes.
#include "config/expression.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/codes.h"
#include "config/parse.h"
#include "grammar/expression_messages.hpp"

namespace gh::config {
namespace {

namespace g = gh::grammar::expression;
namespace p = tao::pegtl;

using Op = ExpressionOp;

class State {
 public:
  State(std::string_view text, ExpressionTree& tree) : text_(text), tree_(tree) {}

  // --- questions of the grammar
  [[nodiscard]] bool may_nest() const { return depth_ < max_expression_depth; }
  void enter() { ++depth_; }
  void leave() { --depth_; }
  template <class Rule>
  void fault(const char* at) {
    constexpr gh::grammar::Sentence sentence = g::sentence<Rule>;
    static_assert(!sentence.code.empty());
    const auto begin = static_cast<std::uint32_t>(at - text_.data());
    stop(begin, word_end(begin), sentence.code, sentence.text, sentence.label, sentence.help);
  }

  // --- actions; none does anything behind a fault
  void push(Op op, std::size_t begin, std::size_t end, std::string_view text = {}) {
    if (failed()) return;
    if (tree_.nodes.size() >= max_expression_nodes) return too_large();
    stack_.push_back(static_cast<std::uint32_t>(tree_.nodes.size()));
    ExpressionNode& node = tree_.nodes.emplace_back();
    node.op = op;
    node.begin = static_cast<std::uint32_t>(begin);
    node.end = static_cast<std::uint32_t>(end);
    node.text = text;
  }
  void number(std::size_t begin, std::size_t end) {
    push(Op::number, begin, end);
    if (failed()) return;
    ExpressionNode& node = top();
    const char* const first = text_.data() + begin;
    const char* const last = text_.data() + end;
    const auto whole = std::from_chars(first, last, node.integer);
    node.is_integer = whole.ec == std::errc() && whole.ptr == last;
    const auto real = std::from_chars(first, last, node.real);
    if (real.ec == std::errc()) return;
    stop(node.begin, node.end, code::bad_expression, "a number is out of range", "too large or too small",
         "numbers go up to 1.7e308");
  }
  void boolean(bool yes, std::size_t begin, std::size_t end) {
    push(Op::boolean, begin, end);
    if (!failed()) top().integer = yes ? 1 : 0;
  }
  /// The value on top begins and ends where its whole rule does.
  void cover(std::size_t begin, std::size_t end) {
    if (failed()) return;
    top().begin = static_cast<std::uint32_t>(begin);
    top().end = static_cast<std::uint32_t>(end);
  }
  void step(ExpressionStep step) {
    if (failed()) return;
    if (++steps_ > max_expression_nodes) return too_large();
    top().steps.push_back(std::move(step));
  }
  void step_index(std::size_t begin, std::size_t end) {
    ExpressionStep item{ExpressionStep::Kind::item, {}, 0};
    const auto read = std::from_chars(text_.data() + begin, text_.data() + end, item.index);
    if (read.ec != std::errc()) item.index = UINT32_MAX;  // no list is that long
    step(std::move(item));
  }

  /// Values from here on are the items of a list or the arguments of a call.
  void open(Op op, std::size_t begin, std::size_t end, std::string_view name = {}) {
    if (!failed()) open_.push_back({op, stack_.size(), begin, end, name});
  }
  void close(std::size_t begin, std::size_t end) {
    if (failed()) return;
    const Open open = open_.back();
    open_.pop_back();
    std::vector<std::uint32_t> args(stack_.begin() + static_cast<std::ptrdiff_t>(open.first), stack_.end());
    stack_.resize(open.first);
    push(open.op, begin, end, open.name);
    if (failed()) return;
    top().args = std::move(args);
    at_operator(open.begin, open.end);
  }

  void relation(Op op, std::size_t begin, std::size_t end) {
    if (!failed()) relations_.push_back({op, 0, begin, end, {}});
  }
  void compared() {
    if (failed()) return;
    const Open relation = relations_.back();
    relations_.pop_back();
    join(relation.op, 2, relation.begin, relation.end);
  }
  /// The `count` values on top become one, of an operator that stands at `begin`.
  void join(Op op, std::size_t count, std::size_t begin, std::size_t end) {
    if (failed()) return;
    std::vector<std::uint32_t> args(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    const std::uint32_t first = count == 1 ? static_cast<std::uint32_t>(begin) : tree_.nodes[args.front()].begin;
    push(op, first, tree_.nodes[args.back()].end);
    if (failed()) return;
    top().args = std::move(args);
    at_operator(begin, end);
  }

  [[nodiscard]] bool failed() const { return found.has_value(); }
  void finish() {
    if (!failed()) tree_.root = stack_.back();
  }
  std::optional<ExpressionFault> found;

 private:
  struct Open {
    Op op;
    std::size_t first, begin, end;  // first: in stack_
    std::string_view name;
  };

  ExpressionNode& top() { return tree_.nodes[stack_.back()]; }
  void at_operator(std::size_t begin, std::size_t end) {
    top().op_begin = static_cast<std::uint32_t>(begin);
    top().op_end = static_cast<std::uint32_t>(end);
  }
  void stop(std::uint32_t begin, std::uint32_t end, std::string_view code, std::string_view message,
            std::string_view label, std::string_view help) {
    if (found) return;
    found = ExpressionFault{begin, end, code, std::string(message), std::string(label), std::string(help)};
  }
  void too_large() {
    stop(0, 1, code::large_expression, "the expression is too large", "begins here",
         "compute a part of it with `map` or `set`");
  }
  /// What is underlined: a word, or one byte.
  [[nodiscard]] std::uint32_t word_end(std::uint32_t begin) const {
    static constexpr std::string_view ends = " \t\r\n()[],;";
    if (begin >= text_.size()) return begin;
    const std::size_t end = std::min(text_.find_first_of(ends, begin), text_.size());
    return std::max(static_cast<std::uint32_t>(end), begin + 1);
  }

  std::string_view text_;
  ExpressionTree& tree_;
  std::vector<std::uint32_t> stack_;
  std::vector<Open> open_, relations_;
  std::size_t depth_ = 0, steps_ = 0;
};

template <class Rule>
struct action : p::nothing<Rule> {};

template <class In>
std::size_t begin_of(const In& in) { return static_cast<std::size_t>(in.begin() - in.input().begin()); }
template <class In>
std::size_t end_of(const In& in) { return begin_of(in) + in.size(); }
template <class In>
std::string unquoted(const In& in) {
  const std::string_view raw = in.string_view();
  return unescape(raw.substr(1, raw.size() - 2));
}

template <>
struct action<g::number_text> {
  template <class In>
  static void apply(const In& in, State& s) { s.number(begin_of(in), end_of(in)); }
};
template <>
struct action<g::text> {
  template <class In>
  static void apply(const In& in, State& s) { s.push(Op::text, begin_of(in), end_of(in), unquoted(in)); }
};
template <>
struct action<g::literal_true> {
  template <class In>
  static void apply(const In& in, State& s) { s.boolean(true, begin_of(in), end_of(in)); }
};
template <>
struct action<g::literal_false> {
  template <class In>
  static void apply(const In& in, State& s) { s.boolean(false, begin_of(in), end_of(in)); }
};
template <>
struct action<g::literal_null> {
  template <class In>
  static void apply(const In& in, State& s) { s.push(Op::null_value, begin_of(in), end_of(in)); }
};
template <>
struct action<g::variable_name> {
  template <class In>
  static void apply(const In& in, State& s) { s.push(Op::variable, begin_of(in), end_of(in), in.string_view()); }
};
template <>
struct action<g::root> {
  template <class In>
  static void apply(const In& in, State& s) { s.push(Op::path, begin_of(in), end_of(in), in.string_view()); }
};
struct cover {
  template <class In>
  static void apply(const In& in, State& s) { s.cover(begin_of(in), end_of(in)); }
};
template <>
struct action<g::variable> : cover {};
template <>
struct action<g::path> : cover {};
template <>
struct action<g::step_name> {
  template <class In>
  static void apply(const In& in, State& s) { s.step({ExpressionStep::Kind::member, in.string(), 0}); }
};
template <>
struct action<g::step_text> {
  template <class In>
  static void apply(const In& in, State& s) { s.step({ExpressionStep::Kind::member, unquoted(in), 0}); }
};
template <>
struct action<g::step_index> {
  template <class In>
  static void apply(const In& in, State& s) { s.step_index(begin_of(in), end_of(in)); }
};
template <>
struct action<g::step_all> {
  static void apply0(State& s) { s.step({ExpressionStep::Kind::all, {}, 0}); }
};

template <>
struct action<g::function> {
  template <class In>
  static void apply(const In& in, State& s) { s.open(Op::call, begin_of(in), end_of(in), in.string_view()); }
};
struct open_list {
  template <class In>
  static void apply(const In& in, State& s) { s.open(Op::list, begin_of(in), end_of(in)); }
};
template <>
struct action<g::list_open> : open_list {};
template <>
struct action<g::set_open> : open_list {};
struct close {
  template <class In>
  static void apply(const In& in, State& s) { s.close(begin_of(in), end_of(in)); }
};
template <>
struct action<g::call> : close {};
template <>
struct action<g::list> : close {};
template <>
struct action<g::set> : close {};

template <Op What, std::size_t Count, std::size_t Bytes>
struct join {
  template <class In>
  static void apply(const In& in, State& s) { s.join(What, Count, begin_of(in), begin_of(in) + Bytes); }
};
template <>
struct action<g::negative> : join<Op::negative, 1, 1> {};
template <>
struct action<g::inverse> : join<Op::inverse, 1, 3> {};
template <>
struct action<g::times> : join<Op::times, 2, 1> {};
template <>
struct action<g::over> : join<Op::over, 2, 1> {};
template <>
struct action<g::modulo> : join<Op::modulo, 2, 1> {};
template <>
struct action<g::plus> : join<Op::plus, 2, 1> {};
template <>
struct action<g::less> : join<Op::minus, 2, 1> {};
template <>
struct action<g::otherwise> : join<Op::otherwise, 2, 2> {};
template <>
struct action<g::both> : join<Op::both, 2, 3> {};
template <>
struct action<g::either> : join<Op::either, 2, 2> {};
template <>
struct action<g::choice> : join<Op::choice, 3, 1> {};

template <Op What>
struct relation {
  template <class In>
  static void apply(const In& in, State& s) { s.relation(What, begin_of(in), end_of(in)); }
};
template <>
struct action<g::equal> : relation<Op::equal> {};
template <>
struct action<g::not_equal> : relation<Op::not_equal> {};
template <>
struct action<g::at_most> : relation<Op::at_most> {};
template <>
struct action<g::at_least> : relation<Op::at_least> {};
template <>
struct action<g::below> : relation<Op::below> {};
template <>
struct action<g::above> : relation<Op::above> {};
template <>
struct action<g::like> : relation<Op::like> {};
template <>
struct action<g::unlike> : relation<Op::unlike> {};
template <>
struct action<g::like_any_case> : relation<Op::like_any_case> {};
template <>
struct action<g::unlike_any_case> : relation<Op::unlike_any_case> {};
template <>
struct action<g::is_in> : relation<Op::in> {};
template <>
struct action<g::not_in> : relation<Op::not_in> {};
template <>
struct action<g::compared> {
  static void apply0(State& s) { s.compared(); }
};

}  // namespace

std::optional<std::size_t> expression_size(std::string_view text) {
  static constexpr std::string_view name_bytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  text = text.substr(0, max_expression_bytes);
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{' && i > 0 && text[i - 1] == '$') {  // ${name}
      i = std::min(text.find_first_not_of(name_bytes, i + 1), text.size());
      if (i == text.size() || text[i] != '}') return std::nullopt;
      continue;
    }
    if (c == ';' || c == '{' || c == '}') return std::nullopt;
    if (c == '"' || c == '\'') {
      for (++i; i < text.size() && text[i] != c; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

std::optional<ExpressionFault> parse_expression(std::string_view text, ExpressionTree& out) {
  out = {};
  if (text.size() > max_expression_bytes) {
    return ExpressionFault{0, 1, code::large_expression, "the expression is too long", "begins here",
                           "an expression has at most 8 KiB: compare with a `map` for long lists"};
  }
  State state(text, out);
  p::memory_input<p::tracking_mode::lazy, p::eol::lf> in(text.data(), text.size(), "");
  if (!p::parse<g::whole, action>(in, state)) state.fault<g::missing_value>(text.data());  // the grammar is total
  state.finish();
  return std::move(state.found);
}

}  // namespace gh::config
