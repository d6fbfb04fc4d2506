#include "json/schema_validator.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "base/text.h"
#include "json/compare.h"
#include "json/path.h"

namespace gh::json {

namespace {

std::uint8_t type_of(Value value) {
  switch (value.kind()) {
    case Kind::null: return type_bit::null;
    case Kind::boolean: return type_bit::boolean;
    case Kind::integer: return type_bit::integer;
    case Kind::number: return is_whole(value) ? type_bit::integer : type_bit::number;
    case Kind::text: return type_bit::text;
    case Kind::array: return type_bit::array;
    default: return type_bit::object;
  }
}

std::string type_sentence(std::uint8_t types) {
  struct Word { std::uint8_t bits; std::string_view text; };
  constexpr Word words[] = {{type_bit::object, "an object"}, {type_bit::array, "an array"},
                            {type_bit::text, "a string"}, {type_bit::number, "a number"},
                            {type_bit::integer, "an integer"}, {type_bit::boolean, "true or false"},
                            {type_bit::null, "null"}};
  std::string text = "must be ";
  if ((types & type_bit::number) != 0) types = static_cast<std::uint8_t>(types & ~type_bit::integer);
  for (const Word& word : words) {
    if ((types & word.bits) == 0) continue;
    types = static_cast<std::uint8_t>(types & ~word.bits);
    text += word.text;
    if (types != 0) text += (types & (types - 1)) != 0 ? ", " : " or ";
  }
  return text;
}

std::string shortened(std::string_view raw) { return raw.size() <= 80 ? std::string(raw) : "the value in the schema"; }

std::uint64_t monotonic_ns() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

SchemaVerdict SchemaValidator::run(Value instance) {
  steps_ = budget_.steps;
  const At root{instance, nullptr, {}, 0, false};
  const bool is_valid = check(root_, root, nullptr, nullptr, "");
  using enum SchemaVerdict::Outcome;
  if (is_exhausted_) return {too_complex, std::move(failures_)};
  return {is_valid ? valid : invalid, std::move(failures_)};
}

bool SchemaValidator::take(std::uint64_t count) {
  if (is_exhausted_ || steps_ < count) {
    is_exhausted_ = true;
    return false;
  }
  steps_ -= count;
  return true;
}

/// How long a match takes depends on the pattern more than on the text, so it is paid for by the time that it took; no
/// match takes longer than the limit in base/regex lets it, and what is more is the machine's doing.
bool SchemaValidator::matches(const Regex& regex, std::string_view text) {
  constexpr std::uint64_t ns_a_step = 50, most_steps = 200'000;
  if (!take(1 + text.size() / 64)) return false;
  const std::uint64_t begin_ns = monotonic_ns();
  const Regex::Match match = regex.match(text, nullptr);
  if (match == Regex::Match::limit) is_exhausted_ = true;
  take(std::min((monotonic_ns() - begin_ns) / ns_a_step, most_steps));
  return match == Regex::Match::yes && !is_exhausted_;
}

void SchemaValidator::add_seen(const Seen& more, Seen& seen) {
  take(1 + more.size() / 32);
  if (more.size() > seen.size()) seen.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) seen[i] = seen[i] || more[i];
}

void SchemaValidator::report(const At& at, std::string_view keyword, std::string sentence) {
  std::vector<const At*> way;
  for (const At* one = &at; one->outer; one = one->outer) way.push_back(one);
  std::string pointer;
  for (auto one = way.rbegin(); one != way.rend(); ++one) {
    if ((*one)->is_member) {
      append_pointer(pointer, (*one)->name);
    } else {
      append_pointer(pointer, (*one)->index);
    }
  }
  failures_.push_back({std::move(pointer), keyword, std::move(sentence)});
}

bool SchemaValidator::check(NodeId id, const At& at, const Scope* outer, Seen* seen, std::string_view via) {
  const SchemaNode& node = graph_.nodes[id];
  if (!take() || depth_ >= budget_.depth) {
    is_exhausted_ = true;
    return false;
  }
  if (node.is_never) return fails(at, via, [] { return std::string("is not allowed here"); });
  ++depth_;
  const Scope entered{node.resource, outer};
  const Scope& scope = outer && outer->resource == node.resource ? *outer : entered;
  const bool asks = node.unevaluated_items != no_node || node.unevaluated_properties != no_node;
  bool holds = false;
  if (asks && !seen) {
    Seen own;
    holds = check_keywords({node, at, scope, &own});
  } else if (asks) {
    Seen own;  // the outer one's cousins do not count here (2020-12 core, 11)
    holds = check_keywords({node, at, scope, &own});
    add_seen(own, *seen);
  } else {
    holds = check_keywords({node, at, scope, seen});
  }
  --depth_;
  return holds && !is_exhausted_;
}

bool SchemaValidator::check_keywords(const Frame& f) {
  if (f.seen && f.seen->size() < f.at.value.size()) {
    if (!take(f.at.value.size() / 64)) return false;
    f.seen->resize(f.at.value.size());
  }
  bool holds = check_value(f);
  using Part = bool (SchemaValidator::*)(const Frame&);
  Part part = nullptr;
  if (f.at.value.is_number()) part = &SchemaValidator::check_number;
  if (f.at.value.is_text()) part = &SchemaValidator::check_text;
  if (f.at.value.is_array()) part = &SchemaValidator::check_array;
  if (f.at.value.is_object()) part = &SchemaValidator::check_object;
  for (const Part one : {part, &SchemaValidator::check_references, &SchemaValidator::check_applicators}) {
    if (!holds && !goes_on()) return false;
    if (one && !(this->*one)(f)) holds = false;
  }
  // What a schema that failed has not judged says nothing: it would be reported as well.
  return holds && check_unevaluated_items(f) && check_unevaluated_members(f);
}

bool SchemaValidator::check_value(const Frame& f) {
  const SchemaNode& n = f.node;
  if (n.types && (type_of(f.at.value) & *n.types) == 0) {
    return fails(f.at, "type", [&] { return type_sentence(*n.types); });
  }
  if (n.constant && !equal(f.at.value, n.constant, steps_)) {
    if (steps_ == 0) is_exhausted_ = true;
    return fails(f.at, "const", [&] { return "must be " + shortened(n.constant.raw()); });
  }
  if (!n.enumerated) return true;
  for (const Value one : n.enumerated.elements()) {
    if (equal(f.at.value, one, steps_)) return true;
  }
  if (steps_ == 0) is_exhausted_ = true;
  return fails(f.at, "enum", [&] {
    const std::string_view raw = n.enumerated.raw();
    return raw.size() <= 200 ? "must be one of " + std::string(raw) : std::string("must be one of the schema's values");
  });
}

bool SchemaValidator::check_number(const Frame& f) {
  bool holds = true;
  for (const SchemaNode::Bound& bound : f.node.bounds) {
    const std::string_view keyword = bound.keyword;
    const auto fault = [&](std::string_view what) {
      holds = fails(f.at, keyword, [&] { return "must be " + std::string(what) + std::string(bound.limit.raw()); });
    };
    if (keyword == "multipleOf") {
      if (!is_multiple(f.at.value, bound.limit)) fault("a multiple of ");
      continue;
    }
    const auto order = compare_numbers(f.at.value, bound.limit);
    if (keyword == "minimum" && order < 0) fault("at least ");
    if (keyword == "maximum" && order > 0) fault("at most ");
    if (keyword == "exclusiveMinimum" && order <= 0) fault("more than ");
    if (keyword == "exclusiveMaximum" && order >= 0) fault("less than ");
  }
  return holds;
}

bool SchemaValidator::check_counts(const Frame& f, std::string_view least, std::string_view most, std::uint64_t count,
                                   std::string_view unit) {
  bool holds = true;
  for (const SchemaNode::Count& limit : f.node.counts) {
    const bool is_short = limit.keyword == least && count < limit.limit;
    const bool is_long = limit.keyword == most && count > limit.limit;
    if (!is_short && !is_long) continue;
    holds = fails(f.at, limit.keyword, [&] {
      return std::string("must have at ") + (is_short ? "least " : "most ") + std::to_string(limit.limit) + ' ' +
             std::string(unit) + (limit.limit == 1 ? "" : "s");
    });
  }
  return holds;
}

bool SchemaValidator::check_text(const Frame& f) {
  const SchemaNode& n = f.node;
  const std::string_view text = f.at.value.text();
  if (!take(1 + text.size() / 64)) return false;
  bool holds = n.counts.empty() || check_counts(f, "minLength", "maxLength", code_points(text), "character");
  if (n.pattern && !matches(*n.pattern, text)) {
    holds = fails(f.at, "pattern", [&] { return std::string("must match the schema's pattern"); });
  }
  return check_format(f) && holds;
}

bool SchemaValidator::check_format(const Frame& f) {
  if (!f.node.format || !take(1 + f.at.value.text().size() / 16)) return !is_exhausted_;
  const Format format = *f.node.format;
  if (has_format(f.at.value.text(), format)) return true;
  return fails(f.at, "format", [&] { return "must be of the format " + std::string(format_name(format)); });
}

bool SchemaValidator::check_array(const Frame& f) {
  const SchemaNode& n = f.node;
  bool holds = n.counts.empty() || check_counts(f, "minItems", "maxItems", f.at.value.size(), "element");
  if (n.is_unique && !check_unique(f)) holds = false;
  if (n.contains && !check_contains(f)) holds = false;
  if (n.prefix_items.empty() && n.rest_items == no_node) return holds;
  std::size_t index = 0;
  for (const Value element : f.at.value.elements()) {
    if ((!holds && !goes_on()) || !take()) return false;
    const bool is_prefix = index < n.prefix_items.size();
    const NodeId node = is_prefix ? n.prefix_items[index] : n.rest_items;
    if (node == no_node) break;
    const At at{element, &f.at, {}, index, false};
    if (!check(node, at, &f.scope, nullptr, is_prefix ? "items" : n.rest_keyword)) holds = false;
    if (f.seen) (*f.seen)[index] = true;
    ++index;
  }
  return holds;
}

bool SchemaValidator::check_contains(const Frame& f) {
  const ContainsRule& contains = *f.node.contains;
  std::uint64_t count = 0;
  std::size_t index = 0;
  ++quiet_;
  for (const Value element : f.at.value.elements()) {
    const At at{element, &f.at, {}, index, false};
    if (check(contains.node, at, &f.scope, nullptr, "contains")) {
      ++count;
      if (f.seen && f.node.contains_evaluates) (*f.seen)[index] = true;
    }
    ++index;
    if (is_exhausted_) break;
  }
  --quiet_;
  if (count < contains.least) {
    return fails(f.at, contains.least == 1 ? "contains" : "minContains", [&] {
      return "must have at least " + std::to_string(contains.least) + " element(s) that fit `contains`";
    });
  }
  if (!contains.most || count <= *contains.most) return true;
  return fails(f.at, "maxContains", [&] {
    return "must have at most " + std::to_string(*contains.most) + " element(s) that fit `contains`";
  });
}

bool SchemaValidator::check_unique(const Frame& f) {
  std::unordered_multimap<std::uint64_t, Value> known;
  if (!take(f.at.value.size())) return false;
  known.reserve(f.at.value.size());
  for (const Value element : f.at.value.elements()) {
    const std::uint64_t print = fingerprint(element, steps_);
    const auto [begin, end] = known.equal_range(print);
    for (auto same = begin; same != end && steps_ > 0; ++same) {
      if (equal(same->second, element, steps_)) {
        return fails(f.at, "uniqueItems", [] { return std::string("must have no two equal elements"); });
      }
    }
    if (steps_ == 0) {
      is_exhausted_ = true;
      return false;
    }
    known.emplace(print, element);
  }
  return true;
}

bool SchemaValidator::check_references(const Frame& f) {
  if (f.node.ref != no_node && !check(f.node.ref, f.at, &f.scope, f.seen, "$ref")) return false;
  if (!f.node.dynamic_ref) return true;
  NodeId target = f.node.dynamic_ref->node;
  if (!f.node.dynamic_ref->anchor.empty()) {
    for (const Scope* scope = &f.scope; scope; scope = scope->outer) {
      if (!take()) return false;
      const auto& anchors = graph_.resources[scope->resource].dynamic_anchors;
      const auto found = anchors.find(f.node.dynamic_ref->anchor);
      if (found != anchors.end()) target = found->second;  // the outermost stays
    }
  }
  return check(target, f.at, &f.scope, f.seen, "$dynamicRef");
}

}  // namespace gh::json
