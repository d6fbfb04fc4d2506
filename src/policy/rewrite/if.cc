// `if (CONDITION) { }` (LANGUAGE.md 8.3, 8.4): when it holds, the request goes on with the block's settings, a route of
// its own laid over that of the block around it, and the block's operations run in place.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/typing.h"
#include "policy/policy.h"
#include "policy/rewrite_ops.h"
#include "proxy/exchange.h"
#include "table/build.h"
#include "table/server_block.h"

namespace gh::policy {

using proxy::Exchange;

namespace {

enum class Test : std::uint8_t { truth, equal, regex, file, folder, exists, executable };

struct If {
  Test test = Test::truth;
  bool negated = false;
  table::Template left, right;
  std::shared_ptr<const Regex> regex;
  std::vector<std::uint32_t> slots;
  const table::Route* overlay = nullptr;
  RewriteOps ops;
  table::Origin origin;
};

// ---- a request -----------------------------------------------------------------------------------------------------

bool test_file(Exchange& x, const If& what) {
  std::string path(what.left.render(x, x.arena));
  if (path.empty() || path.find('\0') != std::string::npos) return false;
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return false;
  switch (what.test) {
    case Test::file: return S_ISREG(info.st_mode);
    case Test::folder: return S_ISDIR(info.st_mode);
    case Test::executable: return (info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
    default: return true;
  }
}

/// Nothing when the regex ran into its limit.
std::optional<bool> test_regex(Exchange& x, const If& what) {
  const std::string_view subject = what.left.render(x, x.arena);
  Captures found;
  switch (what.regex->match(subject, &found)) {
    case Regex::Match::no: return false;
    case Regex::Match::limit: return std::nullopt;
    case Regex::Match::yes: break;
  }
  x.keep_captures(*what.regex, found, subject, what.slots);
  return true;
}

std::optional<bool> holds(Exchange& x, const If& what) {
  switch (what.test) {
    case Test::truth: {
      const std::string_view value = what.left.render(x, x.arena);
      return !value.empty() && value != "0";
    }
    case Test::equal: return what.left.render(x, x.arena) == what.right.render(x, x.arena);
    case Test::regex: return test_regex(x, what);
    default: return test_file(x, what);
  }
}

Flow run(Exchange& x, const void* params) {
  const auto& what = *static_cast<const If*>(params);
  const std::optional<bool> result = holds(x, what);
  if (!result) {
    x.log(LogLevel::error, "the regex of an `if` ran into its match limit");
    x.error(500, what.origin, "the regular expression ran into its match limit");
    return Flow::answered;
  }
  if (*result == what.negated) return Flow::next;
  x.route = what.overlay;
  return run_ops(x, what.ops);
}

// ---- the configuration ---------------------------------------------------------------------------------------------

struct Word {
  std::string_view text;
  config::Span span;
};

/// The words between the parentheses, which may be glued to them. Nothing: the parentheses are missing.
std::optional<std::vector<Word>> words_inside(const config::Bound& directive) {
  std::vector<Word> words;
  for (const config::Value& value : directive.values) words.push_back({value.text, value.span});
  if (words.empty() || !words.front().text.starts_with('(') || !words.back().text.ends_with(')')) return std::nullopt;
  words.front().text.remove_prefix(1);
  if (words.back().text.empty()) return std::nullopt;  // `if ()`: the one word was "()"
  words.back().text.remove_suffix(1);
  if (words.back().text.empty()) words.pop_back();
  if (!words.empty() && words.front().text.empty()) words.erase(words.begin());
  return words;
}

void invalid(table::Scope& scope, config::Span span, const std::string& cause, std::string_view help) {
  constexpr std::string_view forms =
      "forms: ($v), ($v = text), ($v != text), ($v ~ regex), ($v ~* regex), (-f path), (-d path), (-e path), "
      "(-x path); `!` negates: !~, !-f";
  scope.error(table::code::bad_choice, span, cause).with_help(std::string(help.empty() ? forms : help));
}

struct FileTest {
  std::string_view word;
  Test test;
};
constexpr FileTest file_tests[] = {
    {"-f", Test::file}, {"-d", Test::folder}, {"-e", Test::exists}, {"-x", Test::executable}};

bool read_file_test(table::Scope& scope, const std::vector<Word>& words, If& out) {
  std::string_view word = words[0].text;
  if (word.starts_with('!')) word.remove_prefix(1);
  for (const FileTest& candidate : file_tests) {
    if (word != candidate.word) continue;
    out.test = candidate.test;
    out.negated = words[0].text.starts_with('!');
    out.left = scope.compile(words[1].text, words[1].span);
    return true;
  }
  return false;
}

bool is_variable(std::string_view text) {
  if (!text.starts_with('$') || text.size() < 2) return false;
  std::string_view name = text.substr(1);
  if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
  for (char c : name) {
    if (!is_alpha(c) && !is_digit(c) && c != '_') return false;
  }
  return !name.empty();
}

bool read_regex(table::Scope& scope, const Word& word, bool ignore_case, If& out) {
  auto regex = Regex::compile(word.text, ignore_case);
  if (!regex) {
    scope.error(table::code::bad_regex, word.span, "invalid regular expression")
        .with_label(regex.error().text)
        .with_help("byte " + std::to_string(regex.error().code + 1) + " of the expression is not understood");
    return false;
  }
  config::warn_of_escapes(word.span, scope.builder.loaded.sources, scope.builder.diagnostics);
  out.regex = std::make_shared<const Regex>(std::move(*regex));
  out.slots = table::define_names(scope, *out.regex, word.span);
  return true;
}

bool read_comparison(table::Scope& scope, const std::vector<Word>& words, If& out) {
  std::string_view op = words[1].text;
  out.negated = op.size() > 1 && op.starts_with('!');
  if (out.negated) op.remove_prefix(1);
  out.left = scope.compile(words[0].text, words[0].span);
  if (op == "=") {
    out.test = Test::equal;
    out.right = scope.compile(words[2].text, words[2].span);
    return true;
  }
  if (op == "~" || op == "~*") {
    out.test = Test::regex;
    return read_regex(scope, words[2], op == "~*", out);
  }
  const bool is_double = words[1].text == "==" || words[1].text == "===";
  invalid(scope, words[1].span, "`" + printable(words[1].text) + "` is no comparison of `if`",
          is_double ? "write one `=`" : "one of = != ~ ~* !~ !~*");
  return false;
}

bool joins_conditions(std::string_view word) {
  return word == "&&" || word == "||" || word == "and" || word == "or";
}

/// For mistakes that are often made; empty: the forms are listed.
std::string_view help_for(const std::vector<Word>& words) {
  const std::size_t count = words.size();
  if (count == 1 && words[0].text.starts_with("!$")) return "there is no `!$v`: write ($v = \"\") or ($v != value)";
  if (count < 2 || !is_variable(words[0].text) || words[1].text.find_first_of("=~") > 1) return {};
  return count == 2 ? "nothing stands behind the comparison: an empty text is written \"\""
                    : "a text or regular expression with blanks must be quoted";
}

bool read_condition(table::Scope& scope, const config::Bound& directive, If& out) {
  const auto words = words_inside(directive);
  const config::Span first = directive.values.front().span;
  if (!words) {
    invalid(scope, first, "the condition of `if` stands in parentheses", "write `if (CONDITION) { ... }`");
    return false;
  }
  for (const Word& word : *words) {
    if (!joins_conditions(word.text)) continue;
    invalid(scope, word.span, "`" + std::string(word.text) + "`: an `if` has one condition",
            "join them with a `map`, or with `set` in two `if` blocks");
    return false;
  }
  if (words->size() == 2 && read_file_test(scope, *words, out)) return true;
  if (!words->empty() && is_variable(words->front().text)) {
    if (words->size() == 3) return read_comparison(scope, *words, out);
    if (words->size() == 1) {
      out.left = scope.compile(words->front().text, words->front().span);
      return true;
    }
  }
  invalid(scope, words->empty() ? first : words->front().span, "invalid condition", help_for(*words));
  return false;
}

/// `if ($http_authorization = "") { return 401; }`
bool asks_for_presence(const config::Bound& directive, const If& what) {
  const bool is_empty = what.test == Test::equal && !what.negated && what.right.is_constant() &&
                        what.right.constant_text().empty();
  if (!is_empty || directive.children.size() != 1 || directive.children.front().row->name != "return") return false;
  const std::string_view status = directive.children.front().at(0).text, name = what.left.source();
  return (status == "401" || status == "403") &&
         (name == "$http_authorization" || name == "$http_x_api_key" || name == "$http_apikey");
}

bool has_check(const std::vector<config::Bound>& directives) {
  return std::any_of(directives.begin(), directives.end(), [](const config::Bound& d) {
    return d.row->name.starts_with("auth_") || has_check(d.children);
  });
}

/// Trap T03: any value passes. Silent where something else looks at it.
void warn_of_presence(table::Scope& scope, const config::Bound& directive, const If& what) {
  if (!asks_for_presence(directive, what)) return;
  table::Scope& main = table::outermost(scope);
  const table::Route* const route = table::route_of(scope);
  main.builder.at_end([&main, route, span = directive.span(), name = what.left.source()] {
    const auto is_check = [](const table::Step& step) { return step.phase == config::Phase::access; };
    const bool is_checked = route ? std::any_of(route->program.steps.begin(), route->program.steps.end(), is_check)
                                  : has_check(main.builder.loaded.bound);
    if (is_checked) return;
    main.warning(table::code::only_presence, span, "this asks only whether `" + name + "` is there: any value passes")
        .with_help("have it verified: auth_jwt, auth_key, auth_basic or auth_request");
  });
}

}  // namespace

void apply_if(table::Scope& scope, const config::Bound& directive) {
  auto what = std::make_shared<If>();
  what->origin = {directive.row->name, directive.span()};
  read_condition(scope, directive, *what);
  what->overlay = &table::build_overlay(scope, directive, [&](table::Scope& inner) { what->ops = take_ops(inner); });
  warn_of_presence(scope, directive, *what);
  add_op(scope, "if", run, std::move(what));
}

}  // namespace gh::policy
