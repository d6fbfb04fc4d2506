// The other half of the walk: objects, and schemas that are joined by logic.
#include <algorithm>

#include "base/text.h"
#include "json/schema_validator.h"

namespace gh::json {

namespace {

std::string with_name(std::string_view before, std::string_view name) {
  return std::string(before) + '"' + printable(name, 100) + '"';
}

}  // namespace

bool SchemaValidator::check_object(const Frame& f) {
  const SchemaNode& n = f.node;
  bool holds = n.counts.empty() || check_counts(f, "minProperties", "maxProperties", f.at.value.size(), "member");
  if (!n.required.empty() && !check_required(f)) holds = false;
  for (const SchemaNode::Dependency& dependency : n.dependencies) {
    if (!holds && !goes_on()) return false;
    if (!check_dependency(f, dependency)) holds = false;
  }
  if (n.properties.empty() && n.pattern_properties.empty() && n.additional_properties == no_node &&
      n.property_names == no_node) {
    return holds;
  }
  std::size_t number = 0;
  for (const Value::Member member : f.at.value.members()) {
    if ((!holds && !goes_on()) || !take()) return false;
    if (!check_member(f, member, number++)) holds = false;
  }
  return holds;
}

bool SchemaValidator::check_member(const Frame& f, const Value::Member& member, std::size_t number) {
  const SchemaNode& n = f.node;
  const At at{member.value, &f.at, member.name, 0, true};
  bool holds = true, is_judged = false;
  const auto judge = [&](NodeId node, std::string_view keyword) {
    is_judged = true;
    if (f.seen) (*f.seen)[number] = true;
    if ((holds || goes_on()) && !check(node, at, &f.scope, nullptr, keyword)) holds = false;
  };
  const auto known = std::lower_bound(n.properties.begin(), n.properties.end(), member.name,
                                      [](const auto& property, std::string_view name) { return property.name < name; });
  if (known != n.properties.end() && known->name == member.name) judge(known->node, "properties");
  for (const SchemaNode::PatternProperty& pattern : n.pattern_properties) {
    if (matches(*pattern.regex, member.name)) judge(pattern.node, "patternProperties");
  }
  if (!is_judged && n.additional_properties != no_node) judge(n.additional_properties, "additionalProperties");
  if (n.property_names != no_node) {
    const At name{member.key(), &f.at, member.name, 0, true};
    if ((holds || goes_on()) && !check(n.property_names, name, &f.scope, nullptr, "propertyNames")) holds = false;
  }
  return holds;
}

bool SchemaValidator::check_required(const Frame& f) {
  bool holds = true;
  for (const std::string& name : f.node.required) {
    if (!take(1 + f.at.value.size() / 8)) return false;
    if (f.at.value.find(name)) continue;
    holds = fails(f.at, "required", [&] { return with_name("must have the member ", name); });
    if (!goes_on()) return false;
  }
  return holds;
}

bool SchemaValidator::check_dependency(const Frame& f, const SchemaNode::Dependency& dependency) {
  if (!take(1 + f.at.value.size() / 8)) return false;
  if (!f.at.value.find(dependency.name)) return true;
  if (dependency.node != no_node) return check(dependency.node, f.at, &f.scope, f.seen, dependency.keyword);
  bool holds = true;
  for (const std::string& name : dependency.required) {
    if (!take(1 + f.at.value.size() / 8)) return false;
    if (f.at.value.find(name)) continue;
    holds = fails(f.at, dependency.keyword, [&] {
      return with_name("must have the member ", name) + with_name(", as it has ", dependency.name);
    });
  }
  return holds;
}

bool SchemaValidator::try_check(NodeId id, const Frame& f, Seen* seen) {
  ++quiet_;
  bool holds = false;
  if (seen) {
    Seen own;
    holds = check(id, f.at, &f.scope, &own, "");
    if (holds) add_seen(own, *seen);
  } else {
    holds = check(id, f.at, &f.scope, nullptr, "");
  }
  --quiet_;
  return holds;
}

bool SchemaValidator::check_applicators(const Frame& f) {
  const SchemaNode& n = f.node;
  bool holds = true;
  for (const NodeId id : n.all_of) {
    if (!holds && !goes_on()) return false;
    if (!check(id, f.at, &f.scope, f.seen, "allOf")) holds = false;
  }
  using Part = bool (SchemaValidator::*)(const Frame&);
  for (const Part one : {&SchemaValidator::check_any, &SchemaValidator::check_one, &SchemaValidator::check_condition}) {
    if (!holds && !goes_on()) return false;
    if (!(this->*one)(f)) holds = false;
  }
  if (n.negated != no_node && (holds || goes_on()) && try_check(n.negated, f, nullptr)) {
    holds = fails(f.at, "not", [] { return std::string("must not fit the schema of `not`"); });
  }
  return holds && !is_exhausted_;
}

bool SchemaValidator::check_any(const Frame& f) {
  if (f.node.any_of.empty()) return true;
  bool holds = false;
  for (const NodeId id : f.node.any_of) {
    if (try_check(id, f, f.seen)) holds = true;
    if (holds && !f.seen) return true;  // the others could only add to what was seen
  }
  return holds || fails(f.at, "anyOf", [] { return std::string("must fit one of the schemas of `anyOf`"); });
}

bool SchemaValidator::check_one(const Frame& f) {
  if (f.node.one_of.empty()) return true;
  int count = 0;
  for (const NodeId id : f.node.one_of) {
    if (try_check(id, f, f.seen) && ++count > 1) break;
  }
  return count == 1 || fails(f.at, "oneOf", [&] {
           return std::string(count == 0 ? "must fit one of the schemas of `oneOf`"
                                         : "must fit only one of the schemas of `oneOf`");
         });
}

bool SchemaValidator::check_condition(const Frame& f) {
  const SchemaNode& n = f.node;
  if (n.condition == no_node) return true;
  const bool is_met = try_check(n.condition, f, f.seen);
  if (is_exhausted_) return false;
  const NodeId next = is_met ? n.consequence : n.alternative;
  return next == no_node || check(next, f.at, &f.scope, f.seen, is_met ? "then" : "else");
}

bool SchemaValidator::check_unevaluated_items(const Frame& f) {
  if (f.node.unevaluated_items == no_node || !f.at.value.is_array()) return true;
  bool holds = true;
  std::size_t index = 0;
  for (const Value element : f.at.value.elements()) {
    if ((!holds && !goes_on()) || !take()) return false;
    const At at{element, &f.at, {}, index, false};
    const bool is_judged = (*f.seen)[index];
    if (!is_judged && !check(f.node.unevaluated_items, at, &f.scope, nullptr, "unevaluatedItems")) holds = false;
    (*f.seen)[index++] = true;
  }
  return holds;
}

bool SchemaValidator::check_unevaluated_members(const Frame& f) {
  if (f.node.unevaluated_properties == no_node || !f.at.value.is_object()) return true;
  bool holds = true;
  std::size_t number = 0;
  for (const Value::Member member : f.at.value.members()) {
    if ((!holds && !goes_on()) || !take()) return false;
    const At at{member.value, &f.at, member.name, 0, true};
    const bool is_judged = (*f.seen)[number];
    if (!is_judged && !check(f.node.unevaluated_properties, at, &f.scope, nullptr, "unevaluatedProperties")) {
      holds = false;
    }
    (*f.seen)[number++] = true;
  }
  return holds;
}

}  // namespace gh::json
