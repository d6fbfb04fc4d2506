// The documents a schema consists of: which subschema has which URI, and where a reference leads. Private to
// json/schema*.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json/document.h"
#include "json/schema.h"
#include "json/schema_graph.h"

namespace gh::json {

/// How a resource's keywords are read.
struct SchemaManner {
  Dialect dialect = Dialect::draft2020_12;
  bool has_validation = true;    // false: its meta-schema leaves that vocabulary out
  bool asserts_format = false;
};

class SchemaStore {
 public:
  /// A subschema and the resource it belongs to.
  struct Place { Value value; ResourceId resource = 0; };
  struct Resource {
    std::string uri;  // without fragment
    Value root;
    std::size_t document = 0;
    SchemaManner manner;
    std::map<std::string, Value, std::less<>> anchors;
    std::map<std::string, Value, std::less<>> dynamic_anchors;
  };

  explicit SchemaStore(const SchemaOptions& options) : options_(options) {}

  /// Adds a document whose schema stands at `pointer`; the place of that schema.
  Result<Place, SchemaError> add(std::shared_ptr<const Document> document, const std::string& uri,
                                 std::string_view pointer);
  /// Another schema of the first document.
  Result<Place, SchemaError> add_place(std::string_view pointer);
  /// What `reference`, which stands in `from`, refers to. Loads documents.
  Result<Place, SchemaError> resolve(const Place& from, Value reference);
  /// The resource of a subschema at or below one that was scanned.
  [[nodiscard]] ResourceId resource_of(Value value, ResourceId parent) const;
  [[nodiscard]] const std::vector<Resource>& resources() const { return resources_; }
  [[nodiscard]] std::vector<std::shared_ptr<const Document>>& documents() { return documents_; }
  /// An error at a value of a document of this store.
  [[nodiscard]] SchemaError error_at(ResourceId resource, Value value, std::string text) const;
  /// Is `name` of `place` a dynamic anchor, so that $dynamicRef looks further?
  [[nodiscard]] bool is_dynamic(const Place& place, std::string_view anchor) const;

 private:
  using Fault = std::optional<SchemaError>;
  struct Key {
    std::size_t document;
    std::uint32_t index;
    auto operator<=>(const Key&) const = default;
  };

  Result<Place, SchemaError> place_at(ResourceId id, std::string_view pointer, bool is_root);
  Fault scan(Value schema, ResourceId resource, bool is_root);
  Fault scan_word(std::string_view name, Value value, ResourceId resource);
  Fault take_id(Value schema, ResourceId& resource, bool is_root);
  Fault take_anchors(Value schema, ResourceId resource);
  Fault read_manner(Value schema, ResourceId at, SchemaManner& manner);
  Fault read_vocabulary(Value meta_schema, ResourceId at, Value said, SchemaManner& manner);
  Result<ResourceId, SchemaError> find_or_load(const std::string& uri, ResourceId from, Value said);
  Result<Place, SchemaError> walk(Place from, std::string_view pointer, ResourceId said_in, Value said);
  ResourceId add_resource(Resource resource);

  const SchemaOptions& options_;
  std::vector<std::shared_ptr<const Document>> documents_;
  std::vector<std::string> document_uris_;
  std::vector<Resource> resources_;
  std::map<std::string, ResourceId, std::less<>> by_uri_;
  std::map<Key, ResourceId> scanned_;
};

/// The meta-schemas' own texts; empty for other URIs.
std::string_view find_meta_schema(std::string_view uri);

}  // namespace gh::json
