#include "json/schema_words.h"

#include <algorithm>
#include <array>
#include <vector>

namespace gh::json {

namespace {

using enum WordShape;

constexpr SchemaWord both(std::string_view name, WordShape shape = plain) { return {name, shape, true, true, false}; }
constexpr SchemaWord old(std::string_view name, WordShape shape = plain) { return {name, shape, true, false, false}; }
constexpr SchemaWord recent(std::string_view name, WordShape shape = plain) {
  return {name, shape, false, true, false};
}
constexpr SchemaWord rule(std::string_view name) { return {name, plain, true, true, true}; }
constexpr SchemaWord recent_rule(std::string_view name) { return {name, plain, false, true, true}; }

constexpr SchemaWord words[] = {
    both("$schema"), both("$id"), both("$ref"), both("$comment"), recent("$anchor"), recent("$dynamicRef"),
    recent("$dynamicAnchor"), recent("$vocabulary"), recent("$defs", schema_map), both("definitions", schema_map),
    both("title"), both("description"), both("default"), both("examples"), both("readOnly"), both("writeOnly"),
    recent("deprecated"), both("format"), both("contentMediaType"), both("contentEncoding"),
    recent("contentSchema", schema),
    rule("type"), rule("enum"), rule("const"), rule("multipleOf"), rule("maximum"), rule("exclusiveMaximum"),
    rule("minimum"), rule("exclusiveMinimum"), rule("maxLength"), rule("minLength"), rule("pattern"), rule("maxItems"),
    rule("minItems"), rule("uniqueItems"), rule("maxProperties"), rule("minProperties"), rule("required"),
    recent_rule("maxContains"), recent_rule("minContains"), recent_rule("dependentRequired"),
    both("contains", schema), both("items", schema_or_list), recent("prefixItems", schema_list),
    old("additionalItems", schema), both("properties", schema_map), both("patternProperties", schema_map),
    both("additionalProperties", schema), both("propertyNames", schema), both("dependencies", dependency_map),
    recent("dependentSchemas", schema_map), both("allOf", schema_list), both("anyOf", schema_list),
    both("oneOf", schema_list), both("not", schema), both("if", schema), both("then", schema), both("else", schema),
    recent("unevaluatedItems", schema), recent("unevaluatedProperties", schema),
};

/// How many letters must be changed, added or left out.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

const SchemaWord* find_schema_word(std::string_view name) {
  const auto* found = std::find_if(std::begin(words), std::end(words), [&](const auto& w) { return w.name == name; });
  return found == std::end(words) ? nullptr : found;
}

std::string_view similar_schema_word(std::string_view name, Dialect dialect) {
  std::string_view best;
  std::size_t least = 3;
  if (name.size() > 40) return best;
  for (const SchemaWord& word : words) {
    const std::size_t d = is_word_of(word, dialect) ? distance(name, word.name) : least;
    if (d < least) {
      least = d;
      best = word.name;
    }
  }
  return best;
}

}  // namespace gh::json
