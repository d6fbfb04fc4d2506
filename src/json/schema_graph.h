// What a schema is compiled into: nodes that refer to each other by number, cycles allowed. Made by schema_compiler,
// walked by schema_validator; private to json/schema*.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/regex.h"
#include "json/document.h"
#include "json/schema_format.h"

namespace gh::json {

using NodeId = std::uint32_t;
using ResourceId = std::uint32_t;
inline constexpr NodeId no_node = ~NodeId{0};

/// Bits of `type`. A number without fraction is an integer as well, however it is written.
namespace type_bit {
inline constexpr std::uint8_t null = 1, boolean = 2, integer = 4, number = 8, text = 16, array = 32, object = 64;
}

struct ContainsRule {
  NodeId node = no_node;
  std::uint64_t least = 1;
  std::optional<std::uint64_t> most;
};

struct DynamicRef {
  NodeId node = no_node;
  std::string anchor;  // empty: as $ref
};

struct SchemaNode {
  struct Bound { std::string_view keyword; Value limit; };           // numbers
  struct Count { std::string_view keyword; std::uint64_t limit; };   // lengths and sizes
  struct Property { std::string name; NodeId node; };
  struct PatternProperty { std::shared_ptr<const Regex> regex; NodeId node; };
  struct Dependency {
    std::string_view keyword;
    std::string name;
    std::vector<std::string> required;
    NodeId node = no_node;
  };

  ResourceId resource = 0;
  bool is_never = false;  // the schema `false`
  bool is_unique = false;
  std::optional<std::uint8_t> types;
  std::vector<Bound> bounds;
  std::vector<Count> counts;
  std::shared_ptr<const Regex> pattern;
  Value constant;   // absent when there is none
  Value enumerated;
  std::optional<Format> format;
  std::vector<std::string> required;

  std::vector<Property> properties;  // by name
  std::vector<PatternProperty> pattern_properties;
  NodeId additional_properties = no_node;
  NodeId property_names = no_node;
  std::vector<Dependency> dependencies;

  std::vector<NodeId> prefix_items;
  NodeId rest_items = no_node;
  std::string_view rest_keyword = "items";
  std::optional<ContainsRule> contains;
  bool contains_evaluates = false;  // 2020-12: what `contains` matched is seen by unevaluatedItems

  NodeId ref = no_node;
  std::optional<DynamicRef> dynamic_ref;
  std::vector<NodeId> all_of, any_of, one_of;
  NodeId negated = no_node, condition = no_node, consequence = no_node, alternative = no_node;
  NodeId unevaluated_items = no_node, unevaluated_properties = no_node;
};

/// What has a URI of its own: a document, or a subschema with $id.
struct SchemaResource {
  std::map<std::string, NodeId, std::less<>> dynamic_anchors;
};

struct SchemaGraph {
  std::vector<SchemaNode> nodes;
  std::vector<SchemaResource> resources;
  std::vector<std::shared_ptr<const Document>> documents;  // values of `const` and kin point into them
};

}  // namespace gh::json
