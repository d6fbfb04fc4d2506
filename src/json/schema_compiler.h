// Turns schemas into the graph that schema_validator walks. Private to json/schema*.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json/schema.h"
#include "json/schema_graph.h"
#include "json/schema_store.h"

namespace gh::json {

class SchemaCompiler {
 public:
  explicit SchemaCompiler(const SchemaOptions& options)
      : options_(options), annotations_(options.annotations.begin(), options.annotations.end()), store_(options) {}
  /// The schema at `pointer`. More may be added, all of one document; behind an error there is no use in the graph.
  Result<NodeId, SchemaError> add(const std::shared_ptr<const Document>& document, std::string_view pointer);
  [[nodiscard]] std::shared_ptr<const SchemaGraph> graph() const { return graph_; }

 private:
  using Place = SchemaStore::Place;
  struct Job { Place place; NodeId node = no_node; };
  /// What is known of the schema whose keywords are read.
  struct Context {
    Place place;
    NodeId id = no_node;
    SchemaManner manner;
    SchemaNode node;  // put into the graph when it is complete
  };

  bool work_off();
  bool add_dynamic_anchors();
  bool read_schema(const Job& job);
  bool read_word(Context& c, std::string_view name, Value value);
  bool read_type(Context& c, Value value);
  bool read_bound(Context& c, std::string_view name, Value value);
  bool read_count(Context& c, std::string_view name, Value value);
  bool read_constant(Context& c, std::string_view name, Value value);
  bool read_text_rule(Context& c, std::string_view name, Value value);
  bool read_format(Context& c, Value value);
  bool read_object_rule(Context& c, std::string_view name, Value value);
  bool read_array_rule(Context& c, std::string_view name, Value value);
  bool read_applicator(Context& c, std::string_view name, Value value);
  bool read_reference(Context& c, std::string_view name, Value value);
  bool read_annotation(Context& c, std::string_view name, Value value);
  bool read_dependencies(Context& c, std::string_view name, Value value);
  bool read_items(Context& c, std::string_view name, Value value);
  bool read_unknown(Context& c, std::string_view name, Value value);
  void finish(Context& c);
  bool has_no_loops();

  bool names(Context& c, std::string_view keyword, Value value, std::vector<std::string>& out);
  bool schema(Context& c, std::string_view keyword, Value value, NodeId& out);
  bool schemas(Context& c, std::string_view keyword, Value value, std::vector<NodeId>& out);
  std::shared_ptr<const Regex> regex(Context& c, Value at, std::string_view pattern);
  NodeId node_of(const Place& place);
  bool bad(const Context& c, Value value, std::string text);

  const SchemaOptions& options_;
  const std::set<std::string_view> annotations_;
  SchemaStore store_;
  std::shared_ptr<SchemaGraph> graph_ = std::make_shared<SchemaGraph>();
  std::size_t checked_ = 0;  // nodes that are known to be without loops
  std::deque<Job> jobs_;
  std::vector<Place> places_;  // by node
  std::map<std::pair<std::size_t, std::uint32_t>, NodeId> known_;  // by document and place in it
  std::map<std::string, std::shared_ptr<const Regex>, std::less<>> regexes_;
  std::size_t anchored_ = 0;  // resources whose dynamic anchors have nodes
  std::optional<SchemaError> error_;
};

}  // namespace gh::json
