#include "json/schema_compiler.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "json/compare.h"
#include "json/ecma_regex.h"
#include "json/path.h"
#include "json/schema_words.h"

namespace gh::json {

namespace {

std::string tick(std::string_view word) { return '`' + std::string(word) + '`'; }

struct TypeName { std::string_view name; std::uint8_t bits; };
constexpr std::array<TypeName, 7> type_names = {{
    {"null", type_bit::null}, {"boolean", type_bit::boolean}, {"integer", type_bit::integer},
    {"number", type_bit::number | type_bit::integer}, {"string", type_bit::text}, {"array", type_bit::array},
    {"object", type_bit::object},
}};

/// The schemas that judge the very value that `node` judges.
std::vector<NodeId> same_value_nodes(const SchemaNode& node) {
  std::vector<NodeId> out;
  for (const auto* list : {&node.all_of, &node.any_of, &node.one_of}) out.insert(out.end(), list->begin(), list->end());
  for (const auto& dependency : node.dependencies) out.push_back(dependency.node);
  for (const NodeId one : {node.ref, node.negated, node.condition, node.consequence, node.alternative}) {
    out.push_back(one);
  }
  std::erase(out, no_node);
  return out;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<NodeId, SchemaError> SchemaCompiler::add(const std::shared_ptr<const Document>& document,
                                                std::string_view pointer) {
  const bool is_first = store_.resources().empty();
  auto place = is_first ? store_.add(document, options_.base_uri, pointer) : store_.add_place(pointer);
  if (!place) return Unexpected<SchemaError>(std::move(place.error()));
  const NodeId root = node_of(*place);
  do {
    if (!work_off()) return Unexpected<SchemaError>(std::move(*error_));
  } while (add_dynamic_anchors());
  if (!has_no_loops()) return Unexpected<SchemaError>(std::move(*error_));
  graph_->documents = store_.documents();
  return root;
}

bool SchemaCompiler::work_off() {
  while (!jobs_.empty()) {
    const Job job = jobs_.front();
    jobs_.pop_front();
    if (!read_schema(job)) return false;
  }
  return true;
}

/// $dynamicRef may lead to any of them. True when there is new work.
bool SchemaCompiler::add_dynamic_anchors() {
  graph_->resources.resize(store_.resources().size());
  for (; anchored_ < store_.resources().size(); ++anchored_) {
    for (const auto& [name, value] : store_.resources()[anchored_].dynamic_anchors) {
      const NodeId node = node_of({value, static_cast<ResourceId>(anchored_)});
      graph_->resources[anchored_].dynamic_anchors.emplace(name, node);
    }
  }
  return !jobs_.empty();
}

bool SchemaCompiler::bad(const Context& c, Value value, std::string text) {
  error_ = store_.error_at(c.place.resource, value, std::move(text));
  return false;
}

NodeId SchemaCompiler::node_of(const Place& place) {
  const std::size_t document = store_.resources()[place.resource].document;
  const auto [found, is_new] = known_.try_emplace({document, place.value.index()}, no_node);
  if (is_new) {
    found->second = static_cast<NodeId>(graph_->nodes.size());
    graph_->nodes.emplace_back();
    places_.push_back(place);
    jobs_.push_back({place, found->second});
  }
  return found->second;
}

bool SchemaCompiler::read_schema(const Job& job) {
  Context c{job.place, job.node, store_.resources()[job.place.resource].manner, {}};
  c.node.resource = job.place.resource;
  const Value value = job.place.value;
  if (graph_->nodes.size() > options_.most_nodes) return bad(c, value, "too many subschemas");
  if (value.kind() == Kind::boolean) {
    c.node.is_never = !*value.as_bool();
  } else if (!value.is_object()) {
    return bad(c, value, "a schema is an object, true or false");
  } else if (const Value ref = value.find("$ref"); ref && c.manner.dialect == Dialect::draft7) {
    if (!read_reference(c, "$ref", ref)) return false;  // what stands beside it is not read (draft 7 core, 8.3)
  } else {
    for (const auto member : value.members()) {
      if (!read_word(c, member.name, member.value)) return false;
    }
    finish(c);
  }
  graph_->nodes[job.node] = std::move(c.node);
  return true;
}

bool SchemaCompiler::read_word(Context& c, std::string_view name, Value value) {
  const SchemaWord* word = find_schema_word(name);
  if (!word || !is_word_of(*word, c.manner.dialect)) return read_unknown(c, name, value);
  if (word->is_validation && !c.manner.has_validation) return true;
  name = word->name;  // static from here on
  if (name == "type") return read_type(c, value);
  if (name == "pattern") return read_text_rule(c, name, value);
  if (name == "format") return read_format(c, value);
  if (is_one_of(name, {"enum", "const"})) return read_constant(c, name, value);
  if (is_one_of(name, {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"})) {
    return read_bound(c, name, value);
  }
  if (is_one_of(name, {"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"})) {
    return read_count(c, name, value);
  }
  if (is_one_of(name, {"required", "properties", "patternProperties", "additionalProperties", "propertyNames",
                       "dependencies", "dependentRequired", "dependentSchemas", "unevaluatedProperties"})) {
    return read_object_rule(c, name, value);
  }
  if (is_one_of(name, {"items", "prefixItems", "additionalItems", "contains", "minContains", "maxContains",
                       "uniqueItems", "unevaluatedItems"})) {
    return read_array_rule(c, name, value);
  }
  if (is_one_of(name, {"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})) return read_applicator(c, name, value);
  if (is_one_of(name, {"$ref", "$dynamicRef"})) return read_reference(c, name, value);
  return read_annotation(c, name, value);
}

bool SchemaCompiler::read_unknown(Context& c, std::string_view name, Value value) {
  if (options_.ignores_unknown) return true;
  if (annotations_.contains(name)) return true;
  std::string text = "unknown keyword " + tick(printable(name, 60));
  const std::string_view similar = similar_schema_word(name, c.manner.dialect);
  if (!similar.empty()) {
    text += "; did you mean " + tick(similar) + '?';
  } else if (find_schema_word(name)) {
    text += c.manner.dialect == Dialect::draft7 ? " in draft 7 (2020-12 has it)" : " in 2020-12 (draft 7 has it)";
  }
  return bad(c, value, std::move(text));
}

/// What only describes must be well-formed as well.
bool SchemaCompiler::read_annotation(Context& c, std::string_view name, Value value) {
  if (is_one_of(name, {"definitions", "$defs"})) {
    if (!value.is_object()) return bad(c, value, tick(name) + " is an object of schemas");
    NodeId unused = no_node;
    for (const auto member : value.members()) {
      if (!schema(c, name, member.value, unused)) return false;
    }
    return true;
  }
  if (name == "contentSchema") {
    NodeId unused = no_node;
    return schema(c, name, value, unused);
  }
  if (is_one_of(name, {"title", "description", "$comment", "contentMediaType", "contentEncoding", "$schema"}) &&
      !value.is_text()) {
    return bad(c, value, tick(name) + " is a text");
  }
  if (is_one_of(name, {"readOnly", "writeOnly", "deprecated"}) && !value.as_bool()) {
    return bad(c, value, tick(name) + " is true or false");
  }
  if (name == "examples" && !value.is_array()) return bad(c, value, tick(name) + " is an array");
  return true;
}

bool SchemaCompiler::read_type(Context& c, Value value) {
  std::uint8_t bits = 0;
  const auto add = [&](Value one) {
    for (const TypeName& type : type_names) {
      if (one.is_text() && type.name == one.text()) {
        bits = static_cast<std::uint8_t>(bits | type.bits);
        return true;
      }
    }
    return bad(c, one, "`type` is null, boolean, integer, number, string, array or object, or a list of these");
  };
  if (!value.is_array()) {
    if (!add(value)) return false;
  } else if (value.size() == 0) {
    return bad(c, value, "`type` is an empty list");
  }
  for (const Value one : value.elements()) {
    if (!add(one)) return false;
  }
  c.node.types = bits;
  return true;
}

bool SchemaCompiler::read_bound(Context& c, std::string_view name, Value value) {
  if (!value.is_number()) return bad(c, value, tick(name) + " is a number");
  if (name == "multipleOf" && *value.as_double() <= 0) return bad(c, value, "`multipleOf` is more than 0");
  c.node.bounds.push_back({name, value});
  return true;
}

bool SchemaCompiler::read_count(Context& c, std::string_view name, Value value) {
  std::optional<std::uint64_t> limit = value.as_uint64();
  const auto real = value.as_double();
  if (!limit && real && *real >= 0 && *real < 9e15 && is_whole(value)) limit = static_cast<std::uint64_t>(*real);
  if (!limit) return bad(c, value, tick(name) + " is a whole number, at least 0");
  c.node.counts.push_back({name, *limit});
  return true;
}

bool SchemaCompiler::read_constant(Context& c, std::string_view name, Value value) {
  if (name == "const") {
    c.node.constant = value;
    return true;
  }
  if (!value.is_array()) return bad(c, value, "`enum` is an array");
  c.node.enumerated = value;
  return true;
}

std::shared_ptr<const Regex> SchemaCompiler::regex(Context& c, Value at, std::string_view pattern) {
  if (const auto known = regexes_.find(pattern); known != regexes_.end()) return known->second;
  auto compiled = compile_ecma(pattern);
  if (!compiled) {
    bad(c, at, "the pattern \"" + printable(pattern, 100) + "\" is no regular expression: " + compiled.error().text);
    return nullptr;
  }
  auto shared = std::make_shared<const Regex>(std::move(*compiled));
  regexes_.emplace(pattern, shared);
  return shared;
}

bool SchemaCompiler::read_text_rule(Context& c, std::string_view name, Value value) {
  if (!value.is_text()) return bad(c, value, tick(name) + " is a text");
  c.node.pattern = regex(c, value, value.text());
  return c.node.pattern != nullptr;
}

bool SchemaCompiler::read_format(Context& c, Value value) {
  if (!value.is_text()) return bad(c, value, "`format` is a text");
  if (c.manner.asserts_format) c.node.format = find_format(value.text());
  return true;
}

bool SchemaCompiler::names(Context& c, std::string_view keyword, Value value, std::vector<std::string>& out) {
  if (!value.is_array()) return bad(c, value, tick(keyword) + " is a list of names");
  for (const Value name : value.elements()) {
    if (!name.is_text()) return bad(c, name, tick(keyword) + " is a list of names");
    out.emplace_back(name.text());
  }
  return true;
}

bool SchemaCompiler::schema(Context& c, std::string_view keyword, Value value, NodeId& out) {
  if (!value.is_object() && value.kind() != Kind::boolean) {
    return bad(c, value, "in " + tick(keyword) + " a schema was expected: an object, true or false");
  }
  out = node_of({value, store_.resource_of(value, c.place.resource)});
  return true;
}

bool SchemaCompiler::schemas(Context& c, std::string_view keyword, Value value, std::vector<NodeId>& out) {
  if (!value.is_array() || value.size() == 0) return bad(c, value, tick(keyword) + " is a list of schemas, not empty");
  for (const Value one : value.elements()) {
    if (!schema(c, keyword, one, out.emplace_back(no_node))) return false;
  }
  return true;
}

bool SchemaCompiler::read_object_rule(Context& c, std::string_view name, Value value) {
  SchemaNode& n = c.node;
  if (name == "required") return names(c, name, value, n.required);
  if (name == "additionalProperties") return schema(c, name, value, n.additional_properties);
  if (name == "propertyNames") return schema(c, name, value, n.property_names);
  if (name == "unevaluatedProperties") return schema(c, name, value, n.unevaluated_properties);
  if (!value.is_object()) return bad(c, value, tick(name) + " is an object");
  if (name.starts_with("depend")) return read_dependencies(c, name, value);
  for (const auto member : value.members()) {
    NodeId node = no_node;
    if (!schema(c, name, member.value, node)) return false;
    if (name == "properties") {
      n.properties.push_back({std::string(member.name), node});
      continue;
    }
    auto compiled = regex(c, member.value, member.name);
    if (!compiled) return false;
    n.pattern_properties.push_back({std::move(compiled), node});
  }
  return true;
}

bool SchemaCompiler::read_dependencies(Context& c, std::string_view name, Value value) {
  for (const auto member : value.members()) {
    SchemaNode::Dependency dependency;
    dependency.keyword = name;
    dependency.name = member.name;
    const bool is_list = name == "dependentRequired" || (name == "dependencies" && member.value.is_array());
    if (is_list ? !names(c, name, member.value, dependency.required)
                : !schema(c, name, member.value, dependency.node)) {
      return false;
    }
    c.node.dependencies.push_back(std::move(dependency));
  }
  return true;
}

bool SchemaCompiler::read_array_rule(Context& c, std::string_view name, Value value) {
  SchemaNode& n = c.node;
  if (name == "items" || name == "additionalItems") return read_items(c, name, value);
  if (name == "prefixItems") return schemas(c, name, value, n.prefix_items);
  if (name == "unevaluatedItems") return schema(c, name, value, n.unevaluated_items);
  if (name == "uniqueItems") {
    if (!value.as_bool()) return bad(c, value, "`uniqueItems` is true or false");
    n.is_unique = *value.as_bool();
    return true;
  }
  if (!n.contains) n.contains.emplace();
  if (name == "contains") return schema(c, name, value, n.contains->node);
  if (!read_count(c, name, value)) return false;
  const std::uint64_t limit = n.counts.back().limit;
  n.counts.pop_back();
  if (name == "minContains") {
    n.contains->least = limit;
  } else {
    n.contains->most = limit;
  }
  return true;
}

/// Draft 7: items is a schema for all, or a list, and then additionalItems is for the rest.
bool SchemaCompiler::read_items(Context& c, std::string_view name, Value value) {
  SchemaNode& n = c.node;
  if (name == "items" && value.is_array() && c.manner.dialect == Dialect::draft7) {
    for (const Value one : value.elements()) {
      if (!schema(c, name, one, n.prefix_items.emplace_back(no_node))) return false;
    }
    return true;
  }
  if (name == "items" && value.is_array()) {
    return bad(c, value, "`items` is a schema in 2020-12; a list of them is `prefixItems`");
  }
  NodeId node = no_node;
  if (!schema(c, name, value, node)) return false;
  if (name == "additionalItems" && !c.place.value.find("items").is_array()) return true;  // means nothing then
  n.rest_items = node;
  n.rest_keyword = name;
  return true;
}

bool SchemaCompiler::read_applicator(Context& c, std::string_view name, Value value) {
  SchemaNode& n = c.node;
  if (name == "allOf") return schemas(c, name, value, n.all_of);
  if (name == "anyOf") return schemas(c, name, value, n.any_of);
  if (name == "oneOf") return schemas(c, name, value, n.one_of);
  NodeId& node = name == "not" ? n.negated : name == "if" ? n.condition
                 : name == "then" ? n.consequence : n.alternative;
  return schema(c, name, value, node);
}

bool SchemaCompiler::read_reference(Context& c, std::string_view name, Value value) {
  auto place = store_.resolve(c.place, value);
  if (!place) {
    error_ = std::move(place.error());
    return false;
  }
  const NodeId node = node_of(*place);
  if (name == "$ref") {
    c.node.ref = node;
    return true;
  }
  c.node.dynamic_ref = DynamicRef{node, {}};
  std::string_view fragment = value.text();
  fragment.remove_prefix(std::min(fragment.find('#'), fragment.size()));
  if (!fragment.empty() && store_.is_dynamic(*place, fragment.substr(1))) {
    c.node.dynamic_ref->anchor = fragment.substr(1);
  }
  return true;
}

/// A schema that leads back to itself without going into the value would never end.
bool SchemaCompiler::has_no_loops() {
  enum class State : std::uint8_t { fresh, open, done };
  struct Step { NodeId id; std::vector<NodeId> next; };
  std::vector<State> states(graph_->nodes.size(), State::fresh);
  std::fill_n(states.begin(), checked_, State::done);  // none of them leads to a later one
  for (auto root = static_cast<NodeId>(checked_); root < states.size(); ++root) {
    std::vector<Step> way;
    const auto enter = [&](NodeId id) {
      states[id] = State::open;
      way.push_back({id, same_value_nodes(graph_->nodes[id])});
    };
    if (states[root] == State::fresh) enter(root);
    while (!way.empty()) {
      if (way.back().next.empty()) {
        states[way.back().id] = State::done;
        way.pop_back();
        continue;
      }
      const NodeId next = way.back().next.back();
      way.back().next.pop_back();
      if (states[next] == State::open) {
        error_ = store_.error_at(places_[next].resource, places_[next].value, "this schema leads back to itself");
        return false;
      }
      if (states[next] == State::fresh) enter(next);
    }
  }
  checked_ = states.size();
  return true;
}

void SchemaCompiler::finish(Context& c) {
  SchemaNode& n = c.node;
  std::sort(n.properties.begin(), n.properties.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  n.contains_evaluates = c.manner.dialect == Dialect::draft2020_12;
  if (n.contains && n.contains->node == no_node) n.contains.reset();  // minContains alone means nothing
}

}  // namespace gh::json
