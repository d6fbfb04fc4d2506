// Walks a schema's graph over an instance, within a budget. One object a validation. Private to json/schema*.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/schema.h"
#include "json/schema_graph.h"

namespace gh::json {

class SchemaValidator {
 public:
  SchemaValidator(const SchemaGraph& graph, NodeId root, const Budget& budget)
      : graph_(graph), root_(root), budget_(budget), quiet_(budget.failures == 0 ? 1 : 0) {}
  SchemaVerdict run(Value instance);

 private:
  /// A value of the instance and how it was come to; on the stack of the walk.
  struct At {
    Value value;
    const At* outer = nullptr;
    std::string_view name;  // of the member; else `index`
    std::size_t index = 0;
    bool is_member = false;
  };
  /// The resources that were entered, innermost first: $dynamicRef looks at the outermost.
  struct Scope { ResourceId resource; const Scope* outer; };
  /// Members or elements, by number, that a keyword has judged: what is left is for unevaluated*.
  using Seen = std::vector<bool>;
  /// What stays the same for all keywords of one schema at one value.
  struct Frame {
    const SchemaNode& node;
    const At& at;
    const Scope& scope;
    Seen* seen;  // null: nobody asks
  };

  bool check(NodeId id, const At& at, const Scope* outer, Seen* seen, std::string_view via);
  bool check_keywords(const Frame& f);
  bool check_value(const Frame& f);
  bool check_number(const Frame& f);
  bool check_text(const Frame& f);
  bool check_format(const Frame& f);
  bool check_array(const Frame& f);
  bool check_counts(const Frame& f, std::string_view least, std::string_view most, std::uint64_t count,
                    std::string_view unit);
  bool check_contains(const Frame& f);
  bool check_unique(const Frame& f);
  bool check_object(const Frame& f);
  bool check_member(const Frame& f, const Value::Member& member, std::size_t number);
  bool check_required(const Frame& f);
  bool check_dependency(const Frame& f, const SchemaNode::Dependency& dependency);
  bool check_references(const Frame& f);
  bool check_applicators(const Frame& f);
  bool check_any(const Frame& f);
  bool check_one(const Frame& f);
  bool check_condition(const Frame& f);
  bool check_unevaluated_items(const Frame& f);
  bool check_unevaluated_members(const Frame& f);

  /// A subschema whose failure is no failure of the whole: nothing is reported, and what it has seen counts only when
  /// it holds.
  bool try_check(NodeId id, const Frame& f, Seen* seen);
  void add_seen(const Seen& more, Seen& seen);
  bool matches(const Regex& regex, std::string_view text);
  bool take(std::uint64_t count = 1);
  /// Goes on after a failure, to report more?
  [[nodiscard]] bool goes_on() const { return quiet_ == 0 && !is_exhausted_ && failures_.size() < budget_.failures; }
  template <class Sentence>
  bool fails(const At& at, std::string_view keyword, Sentence&& sentence) {
    if (goes_on()) report(at, keyword, sentence());
    return false;
  }
  void report(const At& at, std::string_view keyword, std::string sentence);

  const SchemaGraph& graph_;
  const NodeId root_;
  const Budget budget_;
  std::uint64_t steps_ = 0;
  std::uint32_t depth_ = 0;
  std::uint32_t quiet_;
  bool is_exhausted_ = false;
  std::vector<SchemaFailure> failures_;
};

}  // namespace gh::json
