// The evaluation: a stack of values on the machine's stack, one pass over the program.
#include "table/expression.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "table/expression_program.h"

namespace gh::table {
namespace {

using Code = ExprInstruction::Code;
using Kind = ExprValue::Kind;

ExprValue sum_of_integers(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? ExprValue::of(static_cast<double>(a) + static_cast<double>(b))
                                            : ExprValue::of(out);
}

ExprValue difference_of_integers(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_sub_overflow(a, b, &out) ? ExprValue::of(static_cast<double>(a) - static_cast<double>(b))
                                            : ExprValue::of(out);
}

ExprValue product_of_integers(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? ExprValue::of(static_cast<double>(a) * static_cast<double>(b))
                                            : ExprValue::of(out);
}

ExprValue quotient(const ExprValue& a, const ExprValue& b) {
  if (b.as_real() == 0) return {};
  const bool whole = a.kind == Kind::integer && b.kind == Kind::integer && b.integer != -1;
  if (whole && a.integer % b.integer == 0) return ExprValue::of(a.integer / b.integer);
  return ExprValue::of(a.as_real() / b.as_real());
}

ExprValue remainder(const ExprValue& a, const ExprValue& b) {
  if (b.as_real() == 0) return {};
  if (a.kind == Kind::integer && b.kind == Kind::integer) {
    return ExprValue::of(b.integer == -1 ? std::int64_t{0} : a.integer % b.integer);
  }
  return ExprValue::of(std::fmod(a.as_real(), b.as_real()));
}

ExprValue joined(std::string_view a, std::string_view b, Arena& arena) {
  if (a.size() + b.size() > max_made_text) return {};
  if (a.empty()) return ExprValue::of(b);
  if (b.empty()) return ExprValue::of(a);
  char* const to = arena.chars(a.size() + b.size());
  std::memcpy(to, a.data(), a.size());
  std::memcpy(to + a.size(), b.data(), b.size());
  return ExprValue::of(std::string_view(to, a.size() + b.size()));
}

ExprValue calculated(Code code, const ExprValue& a, const ExprValue& b, Arena& arena) {
  if (code == Code::plus && a.is_text() && b.is_text()) return joined(a.text(), b.text(), arena);
  if (!a.is_number() || !b.is_number()) return {};
  const bool whole = a.kind == Kind::integer && b.kind == Kind::integer;
  switch (code) {
    case Code::plus: return whole ? sum_of_integers(a.integer, b.integer) : ExprValue::of(a.as_real() + b.as_real());
    case Code::minus:
      return whole ? difference_of_integers(a.integer, b.integer) : ExprValue::of(a.as_real() - b.as_real());
    case Code::times:
      return whole ? product_of_integers(a.integer, b.integer) : ExprValue::of(a.as_real() * b.as_real());
    case Code::over: return quotient(a, b);
    default: return remainder(a, b);
  }
}

ExprValue negated(const ExprValue& a) {
  return a.kind == Kind::integer ? difference_of_integers(0, a.integer)
                                 : a.kind == Kind::real ? ExprValue::of(-a.real) : ExprValue();
}

ExprValue inverse(const ExprValue& a) { return a.kind == Kind::boolean ? ExprValue::of(!a.yes) : ExprValue(); }

/// `and` and `or` of what was not decided by the left side alone: `decides` is the value that decides.
ExprValue logical(const ExprValue& a, const ExprValue& b, bool decides) {
  if (b.kind == Kind::boolean && b.yes == decides) return b;
  return a.kind == Kind::boolean && b.kind == Kind::boolean ? ExprValue::of(!decides) : ExprValue();
}

/// Null when the two have no order.
ExprValue ordered(Code code, const ExprValue& a, const ExprValue& b) {
  int order = 0;
  if (a.is_number() && b.is_number()) order = compare_numbers(a, b);
  else if (a.is_text() && b.is_text()) order = a.text().compare(b.text());
  else return {};
  switch (code) {
    case Code::below: return ExprValue::of(order < 0);
    case Code::at_most: return ExprValue::of(order <= 0);
    case Code::above: return ExprValue::of(order > 0);
    default: return ExprValue::of(order >= 0);
  }
}

/// What the steps of a path lead to. With `[]`, a list of all; places where there is nothing give no item.
class Walk {
 public:
  Walk(std::span<const config::ExpressionStep> steps, Arena& arena) : steps_(steps), arena_(arena) {}

  ExprValue from(const ExprValue& root) {
    const json::Value single = follow(root.kind == Kind::json ? root.node : json::Value(), 0);
    return list_ ? ExprValue::list(items_, count_) : single ? ExprValue::of(single) : ExprValue();
  }

 private:
  json::Value follow(json::Value at, std::size_t step) {
    for (; step < steps_.size() && at; ++step) {
      const config::ExpressionStep& s = steps_[step];
      if (s.kind == config::ExpressionStep::Kind::all) {
        list_ = list_ || at.is_array();
        for (const json::Value item : at.elements()) {
          if (looked_at_++ == max_list_items) break;
          if (const json::Value found = follow(item, step + 1)) add(found);
        }
        return {};
      }
      at = s.kind == config::ExpressionStep::Kind::member ? at.find(s.name) : at.at(s.index);
    }
    return at;
  }
  void add(json::Value value) {
    if (count_ == room_) {
      room_ = room_ == 0 ? 16 : room_ * 2;
      ExprValue* const larger = arena_.array<ExprValue>(room_);
      std::copy(items_, items_ + count_, larger);
      items_ = larger;
    }
    items_[count_++] = ExprValue::of(value);
  }

  std::span<const config::ExpressionStep> steps_;
  Arena& arena_;
  ExprValue* items_ = nullptr;
  std::size_t count_ = 0, room_ = 0, looked_at_ = 0;
  bool list_ = false;
};

class Evaluation {
 public:
  Evaluation(const ExprProgram& program, const ExprInput& input)
      : program_(program), input_(input), frame_{input.arena, input.unix_ms} {}

  ExprValue run() {
    for (std::size_t at = 0; at < program_.code.size();) at = step(program_.code[at], at + 1);
    return stack_[0];
  }

 private:
  /// Answers which instruction is next.
  std::size_t step(const ExprInstruction& in, std::size_t next) {
    switch (in.code) {
      case Code::constant: push(program_.constants[in.index]); break;
      case Code::variable: push(value_of(program_.variables[in.index])); break;
      case Code::root: push(in.index < input_.roots.size() ? input_.roots[in.index] : ExprValue()); break;
      case Code::path: top() = Walk(program_.paths[in.index], input_.arena).from(top()); break;
      case Code::negative: top() = negated(top()); break;
      case Code::inverse: top() = inverse(top()); break;
      case Code::is_null: top() = ExprValue::of(top().is_null()); break;
      case Code::is_set: top() = ExprValue::of(!top().is_null()); break;
      case Code::like:
      case Code::unlike: top() = matched(in, top()); break;
      case Code::ip_in: top() = in_networks(in, top()); break;
      case Code::list: make_list(in.count); break;
      case Code::call: call(in); break;
      case Code::drop: --size_; break;
      case Code::jump: return in.index;
      case Code::unless_true: return stack_[--size_].is_true() ? next : in.index;
      case Code::if_false: return top().kind == Kind::boolean && !top().yes ? in.index : next;
      case Code::if_true: return top().is_true() ? in.index : next;
      case Code::if_set: return top().is_null() ? next : in.index;
      default: join(in); break;
    }
    return next;
  }

  /// Operators of two values.
  void join(const ExprInstruction& in) {
    const ExprValue right = stack_[--size_];
    ExprValue& left = top();
    switch (in.code) {
      case Code::plus:
      case Code::minus:
      case Code::times:
      case Code::over:
      case Code::modulo: left = calculated(in.code, left, right, input_.arena); return;
      case Code::both: left = logical(left, right, false); return;
      case Code::either: left = logical(left, right, true); return;
      default: break;
    }
    if (program_.strict && (left.is_null() || right.is_null())) left = ExprValue::of(false);
    else left = compared(in.code, left, right);
  }

  ExprValue compared(Code code, const ExprValue& left, const ExprValue& right) {
    switch (code) {
      case Code::equal: return ExprValue::of(equal(left, right));
      case Code::not_equal: return ExprValue::of(!equal(left, right));
      case Code::in: return member(left, right);
      case Code::not_in: return inverse(member(left, right));
      default: break;
    }
    const ExprValue order = ordered(code, left, right);
    return order.is_null() && program_.strict ? ExprValue::of(false) : order;
  }

  bool equal(const ExprValue& a, const ExprValue& b) { return equal_values(a, b, input_.arena, frame_.steps); }

  ExprValue member(const ExprValue& item, const ExprValue& list) {
    if (list.is_null()) return {};
    if (!list.is_list()) return ExprValue::of(equal(item, list));
    bool found = false;
    each_item(list, max_list_items, [&](const ExprValue& other) { return !(found = equal(item, other)); });
    return ExprValue::of(found);
  }

  ExprValue matched(const ExprInstruction& in, const ExprValue& subject) {
    if (!subject.is_text()) return program_.strict ? ExprValue::of(false) : ExprValue();
    switch (program_.regexes[in.index].match(subject.text(), nullptr)) {
      case Regex::Match::yes: return ExprValue::of(in.code == Code::like);
      case Regex::Match::no: return ExprValue::of(in.code == Code::unlike);
      case Regex::Match::limit: break;
    }
    if (input_.gave_up) *input_.gave_up = true;
    return {};
  }

  ExprValue in_networks(const ExprInstruction& in, const ExprValue& text) {
    if (!text.is_text()) return program_.strict ? ExprValue::of(false) : ExprValue();
    const auto address = Address::parse_ip(text.text(), 0);
    bool found = false;
    for (const Cidr& network : program_.networks[in.index]) found = found || (address && network.contains(*address));
    return ExprValue::of(found);
  }

  ExprValue value_of(const ExprProgram::Variable& variable) {
    if (variable.get_value) return variable.get_value(input_.exchange, variable.param);
    return ExprValue::of(variable.get(input_.exchange, variable.param));
  }

  void make_list(std::size_t count) {
    ExprValue* const items = input_.arena.array<ExprValue>(count);
    size_ -= count;
    std::copy_n(stack_ + size_, count, items);
    push(ExprValue::list(items, count));
  }

  void call(const ExprInstruction& in) {
    size_ -= in.count;
    push(expression_functions()[in.index].run(frame_, stack_ + size_, in.count));
  }

  ExprValue& top() { return stack_[size_ - 1]; }
  void push(ExprValue value) { stack_[size_++] = value; }

  const ExprProgram& program_;
  const ExprInput& input_;
  ExprFrame frame_;
  std::size_t size_ = 0;
  // Not initialised: most expressions use a few of these.
  alignas(ExprValue) std::byte memory_[ExprProgram::max_depth * sizeof(ExprValue)];
  ExprValue* const stack_ = reinterpret_cast<ExprValue*>(memory_);
};

}  // namespace

ExprValue Expression::evaluate(const ExprInput& input) const {
  return program_ ? Evaluation(*program_, input).run() : ExprValue();
}

std::string_view Expression::source() const { return program_ ? std::string_view(program_->source) : ""; }
ExprType Expression::type() const { return program_ ? program_->type : ExprType::null; }
config::Phase Expression::known_from() const { return program_ ? program_->known_from : config::Phase::none; }
std::string_view Expression::variables_text() const {
  return program_ ? std::string_view(program_->variables_text) : "";
}
config::Phase Expression::known_behind_token() const {
  return program_ ? program_->known_behind_token : config::Phase::none;
}

}  // namespace gh::table
