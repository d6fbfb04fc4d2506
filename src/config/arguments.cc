#include "config/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/codes.h"
#include "config/parse.h"
#include "config/suggest.h"
#include "config/typing.h"

namespace gh::config {
namespace {

/// One word, or the words of one expression, taken as one argument.
struct Taken {
  const ArgSpec* spec = nullptr;
  std::string text;
  Span span;
  bool quoted = false;
};

bool is_keyed(const ArgSpec& spec) { return !spec.name.empty() && spec.name.back() == '='; }
bool is_positional(const ArgSpec& spec) { return spec.type != ArgType::flag && !is_keyed(spec); }
bool is_required(const ArgSpec& spec) {
  return spec.presence == Presence::required || spec.presence == Presence::repeat_one;
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

/// Words to arguments. One pass, then the positional ones are dealt out: required ones get theirs first.
class Matcher {
 public:
  Matcher(const Sources& sources, const Row& row, std::span<const Word> args)
      : sources_(sources), specs_(specs_of(row)), args_(args) {
    for (const ArgSpec& spec : specs_) {
      if (!is_positional(spec)) { has_named_ = true; continue; }
      if (is_required(spec)) ++required_;
      const bool many = spec.presence == Presence::repeat || spec.presence == Presence::repeat_one;
      capacity_ = many || capacity_ == SIZE_MAX ? SIZE_MAX : capacity_ + 1;
    }
  }

  void run() {
    for (std::size_t i = 0; i < args_.size() && problem == Problem::none;) i = take(i);
    if (problem == Problem::none) deal();
    if (problem == Problem::none) check_required();
  }

  std::vector<Taken> taken;  // named ones in file order, positional ones behind them
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
    if (positional_.size() >= required_) {
      if (const ArgSpec* spec = flag(word.value)) {
        add(*spec, {spec, word.value, word.span, word.quoted});
        return i + 1;
      }
    }
    const ArgSpec* expression = word.quoted || word.value.front() != '(' ? nullptr : expression_spec();
    if (expression != nullptr) return take_expression(i, word.span.begin, expression);
    positional_.push_back({nullptr, word.value, word.span, word.quoted});
    return i + 1;
  }

  [[nodiscard]] const ArgSpec* keyed(std::string_view word) const {
    if (word.find('=') == std::string_view::npos) return nullptr;
    const auto found = std::find_if(specs_.begin(), specs_.end(), [&](const ArgSpec& s) {
      return is_keyed(s) && word.substr(0, s.name.size()) == s.name;
    });
    return found == specs_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const ArgSpec* flag(std::string_view word) const {
    const auto found = std::find_if(specs_.begin(), specs_.end(),
                                    [&](const ArgSpec& s) { return s.type == ArgType::flag && s.name == word; });
    return found == specs_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const ArgSpec* expression_spec() const {
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
    add(spec, {&spec, word.value.substr(key), value, word.quoted});
    return i + 1;
  }

  void add(const ArgSpec& spec, Taken argument) {
    const bool again = std::any_of(taken.begin(), taken.end(), [&](const Taken& t) { return t.spec == &spec; });
    if (again && spec.presence != Presence::repeat && spec.presence != Presence::repeat_one) {
      stop(Problem::twice, argument.span, spec.name);
      return;
    }
    taken.push_back(std::move(argument));
  }

  /// From "(" to its ")", read again from the source: quotes, blanks and all (DSL rule 3).
  std::size_t take_expression(std::size_t i, std::uint32_t begin, const ArgSpec* spec) {
    const Span last = args_.back().span;
    const std::string_view rest = sources_.text({last.file, begin, last.end});
    std::optional<std::size_t> size = closing_parenthesis(rest);
    if (!size && !rest.empty() && rest.back() == ')')
      size = rest.size();  // a lone "(" or quote in a regular expression
    if (!size) {
      stop(Problem::expression, {last.file, begin, last.end}, "its `(` is never closed");
      return args_.size();
    }
    const std::uint32_t end = begin + static_cast<std::uint32_t>(*size);
    while (i < args_.size() && args_[i].span.end <= end) ++i;
    if (i < args_.size() && args_[i].span.begin < end) {
      stop(Problem::expression, {last.file, end, args_[i].span.end}, "a blank must follow its `)`");
      return args_.size();
    }
    Taken argument = {spec, std::string(rest.substr(0, *size)), {last.file, begin, end}, false};
    if (is_keyed(*spec)) add(*spec, std::move(argument));
    else positional_.push_back(std::move(argument));
    return i;
  }

  void deal() {
    given = positional_.size();
    if (given < required_) return stop(Problem::too_few, {});
    if (given > capacity_) {
      const Taken& surplus = positional_[capacity_];
      const bool parameter = has_named_ && !surplus.quoted;
      return stop(parameter ? Problem::unknown_parameter : Problem::too_many, surplus.span);
    }
    std::size_t extra = given - required_, next = 0;
    for (const ArgSpec& spec : specs_) {
      if (!is_positional(spec)) continue;
      std::size_t share = is_required(spec) ? 1 : 0;
      if (spec.presence == Presence::repeat || spec.presence == Presence::repeat_one) share += std::exchange(extra, 0);
      if (spec.presence == Presence::optional && extra > 0 && wanted(spec, positional_[next])) { ++share; --extra; }
      for (; share > 0; --share) {
        positional_[next].spec = &spec;
        taken.push_back(std::move(positional_[next++]));
      }
    }
    if (next < positional_.size()) stop(Problem::too_many, positional_[next].span);
  }

  /// An expression goes to the `expr` argument only, and nothing else does.
  static bool wanted(const ArgSpec& spec, const Taken& argument) {
    return argument.spec == nullptr ? spec.type != ArgType::expr : argument.spec == &spec;
  }

  void check_required() {
    for (const ArgSpec& spec : specs_) {
      if (is_positional(spec) || spec.type == ArgType::flag || !is_required(spec)) continue;
      const bool there = std::any_of(taken.begin(), taken.end(), [&](const Taken& t) { return t.spec == &spec; });
      if (!there) return stop(Problem::missing_parameter, {}, spec.name);
    }
  }

  const Sources& sources_;
  std::span<const ArgSpec> specs_;
  std::span<const Word> args_;
  std::vector<Taken> positional_;
  std::size_t required_ = 0, capacity_ = 0;
  bool has_named_ = false;
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
      diagnostics.error(code::bad_expression, m.at, fmt::format("invalid expression: {}", m.name)).with_label("here");
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
    const bool many = spec.presence == Presence::repeat || spec.presence == Presence::repeat_one;
    most = many || most == SIZE_MAX ? SIZE_MAX : most + 1;
  }
  if (most == 0) return "takes no argument";
  if (most == SIZE_MAX) return fmt::format("takes {} or more arguments", least);
  if (least == most) return fmt::format("takes {} argument{}", least, least == 1 ? "" : "s");
  return fmt::format("takes {} to {} arguments", least, most);
}

bool arguments_fit(const Sources& sources, const Row& row, std::span<const Word> args) {
  Matcher matcher(sources, row, args);
  matcher.run();
  return matcher.problem == Problem::none;
}

bool read_arguments(const Sources& sources, const Row& row, const Node& node, const ArgumentPlace& place,
                    Diagnostics& diagnostics, std::vector<Value>& values) {
  Matcher matcher(sources, row, std::span(node.words).subspan(1));
  matcher.run();
  if (matcher.problem != Problem::none) {
    if (!report_swallowing_quote(node, diagnostics)) report(matcher, sources, row, node, diagnostics);
    return false;
  }
  std::stable_sort(matcher.taken.begin(), matcher.taken.end(),
                   [](const Taken& a, const Taken& b) { return a.span.begin < b.span.begin; });
  bool good = true;
  values.reserve(matcher.taken.size());
  for (Taken& taken : matcher.taken) {
    Value& value = values.emplace_back(Value{taken.spec, std::move(taken.text), 0, taken.span, taken.quoted});
    good = type_value(value, place, sources, diagnostics) && good;
  }
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
  return value == nullptr ? otherwise : std::string_view(value->text);
}

}  // namespace gh::config
