#include "config/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/codes.h"
#include "config/expression.h"
#include "config/parse.h"
#include "config/suggest.h"
#include "config/typing.h"

namespace gh::config {
namespace {

bool is_keyed(const ArgSpec& spec) { return !spec.name.empty() && spec.name.back() == '='; }
bool is_positional(const ArgSpec& spec) { return spec.type != ArgType::flag && !is_keyed(spec); }
bool is_required(const ArgSpec& spec) {
  return spec.presence == Presence::required || spec.presence == Presence::repeat_one;
}

bool takes_many(const ArgSpec& spec) {
  return spec.presence == Presence::repeat || spec.presence == Presence::repeat_one;
}

std::span<const ArgSpec> specs_of(const Row& row) {
  std::size_t n = 0;
  while (n < row.args.size() && !row.args[n].name.empty()) ++n;
  return std::span(row.args).first(n);
}

/// The byte behind the ")" that closes text[0] == "(". Strings begin where no name ends (so "it's" holds none), a
/// backslash hides the next byte. Nothing when it is not closed.
std::optional<std::size_t> closing_parenthesis(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') { ++i; continue; }
    const bool in_name = i > 0 && (is_alpha(text[i - 1]) || is_digit(text[i - 1]) || text[i - 1] == '_');
    if ((c == '"' || c == '\'') && !in_name) {
      std::size_t close = i + 1;
      while (close < text.size() && text[close] != c) close += text[close] == '\\' ? 2 : 1;
      if (close < text.size()) i = close;
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return i + 1;
  }
  return std::nullopt;
}

enum class Problem : std::uint8_t { none, too_many, too_few, unknown_parameter, twice, missing_parameter, expression };

/// Words to arguments, in file order. One pass, then the positional ones are dealt out: required ones get theirs first.
class Matcher {
 public:
  Matcher(const Sources& sources, const Row& row, std::span<const Word> args, std::vector<Value>& values)
      : sources_(sources), specs_(specs_of(row)), args_(args), values_(values) {
    for (const ArgSpec& spec : specs_) {
      if (!is_positional(spec)) {
        has_named_ = true;
        needs_named_ = needs_named_ || is_required(spec);
        continue;
      }
      has_expression_ = has_expression_ || spec.type == ArgType::expr;
      if (is_required(spec)) ++required_;
      capacity_ = takes_many(spec) || capacity_ == SIZE_MAX ? SIZE_MAX : capacity_ + 1;
    }
  }

  /// True when all words are positional and their number says that they fit.
  [[nodiscard]] bool count_fits() const {
    if (has_expression_ || needs_named_ || args_.size() < required_ || args_.size() > capacity_) return false;
    return !has_named_ ||
           std::none_of(args_.begin(), args_.end(), [&](const Word& w) { return keyed(w.value) || flag(w.value); });
  }

  void run() {
    values_.reserve(args_.size());
    for (std::size_t i = 0; i < args_.size() && problem == Problem::none;) i = take(i);
    if (problem == Problem::none) deal();
    if (problem == Problem::none && has_named_) check_required();
  }

  Problem problem = Problem::none;
  Span at;                        // of the problem
  std::string_view name;          // parameter
  std::size_t given = 0;          // positional words

 private:
  void stop(Problem what, Span where, std::string_view parameter = {}) {
    problem = what;
    at = where;
    name = parameter;
  }

  std::size_t take(std::size_t i) {
    const Word& word = args_[i];
    if (const ArgSpec* spec = keyed(word.value)) return take_keyed(i, *spec);
    if (given >= required_) {
      if (const ArgSpec* spec = flag(word.value)) {
        add(*spec, word.value, word.span, word.quoted);
        return i + 1;
      }
    }
    const ArgSpec* expression = word.quoted || word.value.front() != '(' ? nullptr : expression_spec();
    if (expression != nullptr) return take_expression(i, word.span.begin, expression);
    add_positional(nullptr, word.value, word.span, word.quoted);
    return i + 1;
  }

  [[nodiscard]] const ArgSpec* keyed(std::string_view word) const {
    if (!has_named_ || word.find('=') == std::string_view::npos) return nullptr;
    const auto found = std::find_if(specs_.begin(), specs_.end(), [&](const ArgSpec& s) {
      return is_keyed(s) && word.substr(0, s.name.size()) == s.name;
    });
    return found == specs_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const ArgSpec* flag(std::string_view word) const {
    if (!has_named_) return nullptr;
    const auto found = std::find_if(specs_.begin(), specs_.end(),
                                    [&](const ArgSpec& s) { return s.type == ArgType::flag && s.name == word; });
    return found == specs_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const ArgSpec* expression_spec() const {
    if (!has_expression_) return nullptr;
    const auto found = std::find_if(specs_.begin(), specs_.end(),
                                    [](const ArgSpec& s) { return is_positional(s) && s.type == ArgType::expr; });
    return found == specs_.end() ? nullptr : &*found;
  }

  std::size_t take_keyed(std::size_t i, const ArgSpec& spec) {
    const Word& word = args_[i];
    const std::size_t key = spec.name.size();
    if (spec.type == ArgType::expr && !word.quoted && word.value.size() > key && word.value[key] == '(') {
      return take_expression(i, word.span.begin + static_cast<std::uint32_t>(key), &spec);
    }
    Span value = word.span;
    const std::uint32_t quotes = word.quoted ? 2 : 0;
    if (value.end - value.begin == word.value.size() + quotes) {  // nothing was escaped: the value can be pointed at
      value.begin += static_cast<std::uint32_t>(key) + quotes / 2;
      value.end -= quotes / 2;
    }
    add(spec, word.value.substr(key), value, word.quoted);
    return i + 1;
  }

  /// A named argument.
  void add(const ArgSpec& spec, std::string_view text, Span span, bool quoted) {
    if (!takes_many(spec) && is_given(spec)) return stop(Problem::twice, span, spec.name);
    values_.push_back({&spec, text, 0, span, quoted});
  }
  /// A positional one: which, is said by deal(), unless it is an expression.
  void add_positional(const ArgSpec* spec, std::string_view text, Span span, bool quoted) {
    values_.push_back({spec, text, 0, span, quoted});
    ++given;
  }
  [[nodiscard]] bool is_given(const ArgSpec& spec) const {
    return std::any_of(values_.begin(), values_.end(), [&](const Value& v) { return v.spec == &spec; });
  }

  /// From "(" to its ")", read again from the source: quotes, blanks and all (DSL rule 3).
  std::size_t take_expression(std::size_t i, std::uint32_t begin, const ArgSpec* spec) {
    const Span last = args_.back().span;
    const std::string_view rest = sources_.text({last.file, begin, last.end});
    std::optional<std::size_t> size = expression_size(rest);
    if (!size) size = closing_parenthesis(rest);
    if (!size && !rest.empty() && rest.back() == ')')
      size = rest.size();  // a lone "(" or quote in a regular expression
    if (!size) {
      stop(Problem::expression, {last.file, begin, begin + 1}, "its `(` is never closed");
      return args_.size();
    }
    const std::uint32_t end = begin + static_cast<std::uint32_t>(*size);
    while (i < args_.size() && args_[i].span.end <= end) ++i;
    if (i < args_.size() && args_[i].span.begin < end) {
      stop(Problem::expression, {last.file, end, args_[i].span.end}, "a blank must follow its `)`");
      return args_.size();
    }
    const Span span = {last.file, begin, end};
    if (is_keyed(*spec)) add(*spec, rest.substr(0, *size), span, false);
    else add_positional(spec, rest.substr(0, *size), span, false);
    return i;
  }

  /// The next positional value from index `i` on.
  [[nodiscard]] std::size_t positional(std::size_t i) const {
    while (i < values_.size() && values_[i].spec != nullptr && !is_positional(*values_[i].spec)) ++i;
    return i;
  }

  void deal() {
    if (given < required_) return stop(Problem::too_few, {});
    if (given > capacity_) {
      std::size_t surplus = positional(0);
      for (std::size_t n = 0; n < capacity_; ++n) surplus = positional(surplus + 1);
      const bool parameter = has_named_ && !values_[surplus].quoted;
      return stop(parameter ? Problem::unknown_parameter : Problem::too_many, values_[surplus].span);
    }
    std::size_t extra = given - required_, next = positional(0);
    for (const ArgSpec& spec : specs_) {
      if (!is_positional(spec)) continue;
      std::size_t share = is_required(spec) ? 1 : 0;
      if (takes_many(spec)) share += std::exchange(extra, 0);
      if (spec.presence == Presence::optional && extra > 0 && wanted(spec, values_[next])) { ++share; --extra; }
      for (; share > 0; --share) {
        values_[next].spec = &spec;
        next = positional(next + 1);
      }
    }
    if (next < values_.size()) stop(Problem::too_many, values_[next].span);
  }

  /// An expression goes to the `expr` argument only, and nothing else does.
  static bool wanted(const ArgSpec& spec, const Value& argument) {
    return argument.spec == nullptr ? spec.type != ArgType::expr : argument.spec == &spec;
  }

  void check_required() {
    for (const ArgSpec& spec : specs_) {
      if (is_positional(spec) || spec.type == ArgType::flag || !is_required(spec)) continue;
      if (!is_given(spec)) return stop(Problem::missing_parameter, {}, spec.name);
    }
  }

  const Sources& sources_;
  std::span<const ArgSpec> specs_;
  std::span<const Word> args_;
  std::vector<Value>& values_;  // the spec of a positional one is null until it is dealt
  std::size_t required_ = 0, capacity_ = 0;
  bool has_named_ = false, needs_named_ = false, has_expression_ = false;
};

std::string given_text(std::size_t n) {
  return n == 0 ? std::string("none is given") : n == 1 ? std::string("1 is given") : fmt::format("{} are given", n);
}

/// What the word that fits no argument was meant to be.
std::string parameter_help(const Row& row, std::string_view word) {
  std::vector<std::string_view> names;
  for (const ArgSpec& spec : specs_of(row)) {
    if (!is_positional(spec)) names.push_back(spec.name);
  }
  const std::string_view key =
      word.substr(0, word.find('=') == std::string_view::npos ? word.size() : word.find('=') + 1);
  const std::string_view near = nearest(key, names);
  if (!near.empty()) return fmt::format("did you mean `{}`?", near);
  std::string list;
  for (std::string_view name : names) list += (list.empty() ? "`" : ", `") + std::string(name) + "`";
  return fmt::format("it knows {}", list);
}

void report(const Matcher& m, const Sources& sources, const Row& row, const Node& node, Diagnostics& diagnostics) {
  const Span name = node.words.front().span;
  const std::string takes = takes_text(row);
  switch (m.problem) {
    case Problem::too_few:
      diagnostics.error(code::argument_count, name, fmt::format("`{}` {}, {}", row.name, takes, given_text(m.given)))
          .with_label("arguments are missing").with_help(fmt::format("gatehouse explain {}", row.name));
      return;
    case Problem::too_many:
      diagnostics.error(code::argument_count, m.at, fmt::format("`{}` {}, {}", row.name, takes, given_text(m.given)))
          .with_label(m.given == 0 ? "not expected" : "one too many")
          .with_help("is a `;` missing before it, or a quote around the whole?");
      return;
    case Problem::unknown_parameter: {
      const std::string word(sources.text(m.at));
      diagnostics.error(code::unknown_parameter, m.at,
                        fmt::format("`{}` has no parameter `{}`", row.name, printable(word, 60)))
          .with_label("not a parameter").with_help(parameter_help(row, word));
      return;
    }
    case Problem::twice:
      diagnostics.error(code::parameter_twice, m.at, fmt::format("parameter `{}` is given twice", m.name))
          .with_label("the second one").with_help("keep one of them");
      return;
    case Problem::missing_parameter:
      diagnostics.error(code::missing_parameter, name, fmt::format("`{}` needs the parameter `{}`", row.name, m.name))
          .with_label("incomplete").with_help(fmt::format("add `{}...`", m.name));
      return;
    case Problem::expression:
      diagnostics.error(code::bad_expression, m.at, fmt::format("invalid expression: {}", m.name))
          .with_label("here").with_help("brackets and quotes are closed inside the expression, and a blank follows");
      return;
    case Problem::none: return;
  }
}

/// Too many words because a quote was closed lines later: the quote is to blame (LANGUAGE.md 13.3 c).
bool report_swallowing_quote(const Node& node, Diagnostics& diagnostics) {
  for (const Word& word : node.words) {
    if (!word.quoted || !looks_unclosed(word.value)) continue;
    diagnostics.error(code::unclosed_quote, {word.span.file, word.span.begin, word.span.begin + 1},
                      "a quote is never closed")
        .with_label("opened here").with_help("close it before the end of the line");
    return true;
  }
  return false;
}

}  // namespace

std::string takes_text(const Row& row) {
  std::size_t least = 0, most = 0;
  for (const ArgSpec& spec : specs_of(row)) {
    if (!is_positional(spec)) continue;
    least += is_required(spec) ? 1 : 0;
    most = takes_many(spec) || most == SIZE_MAX ? SIZE_MAX : most + 1;
  }
  if (most == 0) return "takes no argument";
  if (most == SIZE_MAX) return fmt::format("takes {} or more arguments", least);
  if (least == most) return fmt::format("takes {} argument{}", least, least == 1 ? "" : "s");
  return fmt::format("takes {} to {} arguments", least, most);
}

bool arguments_fit(const Sources& sources, const Row& row, std::span<const Word> args) {
  std::vector<Value> values;
  Matcher matcher(sources, row, args, values);
  if (matcher.count_fits()) return true;
  matcher.run();
  return matcher.problem == Problem::none;
}

bool read_arguments(Sources& sources, const Row& row, const Node& node, const ArgumentPlace& place,
                    Diagnostics& diagnostics, std::vector<Value>& values) {
  Matcher matcher(sources, row, node.words.subspan(1), values);
  matcher.run();
  if (matcher.problem != Problem::none) {
    values.clear();
    if (!report_swallowing_quote(node, diagnostics)) report(matcher, sources, row, node, diagnostics);
    return false;
  }
  bool good = true;
  for (Value& value : values) good = type_value(value, place, sources, diagnostics) && good;
  return good;
}

const Value* Bound::find(std::string_view spec_name) const {
  for (const Value& value : values) {
    if (value.spec != nullptr && value.spec->name == spec_name) return &value;
  }
  return nullptr;
}

std::int64_t Bound::number(std::string_view spec_name, std::int64_t otherwise) const {
  const Value* value = find(spec_name);
  return value == nullptr ? otherwise : value->number;
}

std::string_view Bound::text(std::string_view spec_name, std::string_view otherwise) const {
  const Value* value = find(spec_name);
  return value == nullptr ? otherwise : value->text;
}

}  // namespace gh::config
