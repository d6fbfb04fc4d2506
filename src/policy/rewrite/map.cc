// map (LANGUAGE.md 11.1): a variable whose value is selected by a text. Keys are found by table/value_map.
#include "config/typing.h"
#include "policy/computed.h"
#include "policy/policy.h"
#include "proxy/exchange.h"
#include "table/server_block.h"
#include "table/value_map.h"

namespace gh::policy {

using proxy::Exchange;
using table::Template;
using table::ValueMap;

namespace {

constexpr std::uint32_t npos = ValueMap::npos;

struct Map {
  Template source;
  ValueMap keys;
  std::vector<std::uint32_t> entries;  // of each key: index of its value
  std::vector<Template> values;
  std::uint32_t fallback = npos;       // value of `default`
  table::RegexSlots slots;             // of regexes with named groups

  static std::string_view compute(Exchange& x, const table::VariableParam& param);
};

void set_named_groups(Exchange& x, const Map& map, const Regex& regex, const Captures& captures,
                      std::string_view subject) {
  const auto slots = map.slots.find(&regex);
  if (slots == map.slots.end()) return;
  for (std::size_t i = 0; i < slots->second.size(); ++i) {
    x.set_slot(slots->second[i], captures.group(subject, regex.names()[i].group));
  }
}

/// $1 in the value means this key's group; whoever asked for the variable keeps its own.
std::string_view render(Exchange& x, const Template& value, const Captures& captures, std::string_view subject) {
  if (captures.count == 0 || !value.uses_captures()) return value.render(x, x.arena);
  const Captures outer = x.captures;
  const std::string_view outer_subject = x.captures_subject;
  x.captures = captures;
  x.captures_subject = subject;
  const std::string_view text = value.render(x, x.arena);
  x.captures = outer;
  x.captures_subject = outer_subject;
  return text;
}

std::string_view Map::compute(Exchange& x, const table::VariableParam& param) {
  const Map& map = *static_cast<const Map*>(param.object);
  const std::string_view subject = map.source.render(x, x.arena);
  Captures captures;
  const ValueMap::Hit hit = map.keys.find(subject, captures);
  if (hit.limit_hit) {
    x.log(LogLevel::error, "regular expression \"" + hit.regex->pattern() + "\" of a map gave up, default is used");
  }
  const std::uint32_t value = hit.entry == npos ? map.fallback : map.entries[hit.entry];
  if (hit.entry == npos || !hit.regex) captures.count = 0;
  else set_named_groups(x, map, *hit.regex, captures, subject);
  return value == npos ? std::string_view("") : render(x, map.values[value], captures, subject);
}

// --- the block ---

/// The items of one block, in order.
class Reader {
 public:
  Reader(table::Scope& scope, const config::Bound& directive, Map& map)
      : scope_(scope), directive_(directive), map_(map) {}

  void run() {
    map_.source = scope_.compile(directive_.at(0));
    note_part(scope_, directive_, map_.source);
    config::for_each_directive(directive_.node->children, [this](const config::Node& item) { read(item); });
    map_.keys = keys_.build();
  }

 private:
  void read(const config::Node& item) {
    if (is_empty_include(item)) return;
    const config::Word& key = item.words[0];
    if (item.words.size() == 1 && key.value == "hostnames") return keys_.use_hostnames();
    if (item.words.size() == 1 && key.value == "volatile") return make_volatile<Map>(scope_, directive_);
    if (item.words.size() != 2) {
      scope_.error(table::code::argument_count, item.span, "a line of `map` is a key and its value")
          .with_help("for example: /old /new; a key or value with blanks is quoted");
      return;
    }
    const std::uint32_t value = value_of(item.words[1]);
    if (key.value == "default") return add_default(key, value);
    if (key.value.starts_with('~')) return add_regex(key, value);
    add(key, value);
  }

  std::uint32_t value_of(const config::Word& word) {
    const auto [known, is_new] = values_.try_emplace(word.value, static_cast<std::uint32_t>(map_.values.size()));
    if (is_new) {
      map_.values.push_back(scope_.compile(word.value, word.span));
      note_part(scope_, directive_, map_.values.back());
    }
    return known->second;
  }

  std::uint32_t next_entry(std::uint32_t value, config::Span where) {
    map_.entries.push_back(value);
    places_.push_back(where);
    return static_cast<std::uint32_t>(map_.entries.size() - 1);
  }

  void say_twice(const config::Word& key, config::Span first) {
    scope_.error(table::code::key_twice, key.span, "`" + std::string(key.value) + "` is given twice in this `map`")
        .with_related(first, "first given here")
        .with_help("keep one of them; keys are compared without case");
  }

  void add_default(const config::Word& key, std::uint32_t value) {
    if (map_.fallback != npos) return say_twice(key, default_at_);
    map_.fallback = value;
    default_at_ = key.span;
  }

  void add_regex(const config::Word& key, std::uint32_t value) {
    std::string_view pattern = key.value.substr(1);
    const bool ignore_case = pattern.starts_with('*');
    if (ignore_case) pattern.remove_prefix(1);
    auto compiled = Regex::compile(pattern, ignore_case);
    if (!compiled) {
      scope_.error(table::code::bad_regex, key.span, "invalid regular expression")
          .with_label(compiled.error().text)
          .with_help("byte " + std::to_string(compiled.error().code + 1) + " of the expression is not understood");
      return;
    }
    config::warn_of_escapes(key.span, scope_.builder.loaded.sources, scope_.builder.diagnostics);
    auto regex = std::make_shared<const Regex>(std::move(*compiled));
    auto slots = table::define_names(scope_, *regex, key.span);
    if (!slots.empty()) map_.slots.emplace(regex.get(), std::move(slots));
    keys_.add_regex(std::move(regex), next_entry(value, key.span));
  }

  /// A backslash in front takes the meaning off a key: `\default`, `\~text`.
  void add(const config::Word& key, std::uint32_t value) {
    using Verdict = ValueMap::Builder::Verdict;
    const std::string_view text = key.value.substr(key.value.starts_with('\\') ? 1 : 0);
    const auto added = keys_.add(text, next_entry(value, key.span));
    if (added.verdict == Verdict::twice) say_twice(key, places_[added.first]);
    if (added.verdict != Verdict::bad_wildcard) return;
    scope_.error(table::code::bad_key, key.span, "`" + std::string(key.value) + "` is no host name with a wildcard")
        .with_help("forms: www.example.com, *.example.com, .example.com, www.example.*");
  }

  table::Scope& scope_;
  const config::Bound& directive_;
  Map& map_;
  ValueMap::Builder keys_;
  std::unordered_map<std::string_view, std::uint32_t> values_;
  std::vector<config::Span> places_;  // of each entry's key
  config::Span default_at_;
};

}  // namespace

void declare_map(table::Scope& main, const config::Bound& directive) {
  declare_computed<Map>(main, directive);
  config::for_each_directive(directive.node->children, [&](const config::Node& item) {
    if (item.name().starts_with('~')) table::declare_group_names(main.builder.variables, item.name());
  });
}

void apply_map(table::Scope& scope, const config::Bound& directive) {
  Reader(scope, directive, computed_object<Map>(scope, directive)).run();
}

}  // namespace gh::policy
