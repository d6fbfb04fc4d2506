// Values of a query or of header fields as one JSON object. They are texts; what a schema says of a name decides what
// it becomes: `{"type": "integer"}` makes 7 of "7", and a text that is no integer stays one, for the schema to refuse.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "json/document.h"

namespace gh::policy {

/// What the text of a value may stand for.
struct ValueTypes {
  bool number = false, boolean = false, null = false, text = false, array = false, object = false;
  bool item_number = false, item_boolean = false;
};
/// Of a subschema in the document `root`.
ValueTypes value_types(json::Value root, json::Value schema);
/// Appends the JSON of one name's values, in their order: an array where the schema wants one, or several came.
void append_typed(std::string& out, std::span<const std::string> values, const ValueTypes& types);

/// One name of a query, decoded, with its values.
struct QueryValues {
  std::string name;
  std::vector<std::string> values;
};
inline constexpr std::size_t most_query_values = 256;
/// By name, in the order of their first. False: there are more than most_query_values.
bool split_query(std::string_view args, std::vector<QueryValues>& out);

class TypedValues {
 public:
  TypedValues() = default;
  /// Of a schema for objects: looks at `properties` and `required`, also behind "$ref": "#/..." and in `allOf`.
  explicit TypedValues(json::Value schema);

  /// All of a query's names; one that repeats becomes an array, as does one whose schema wants an array. False: there
  /// are more than most_query_values.
  bool query(std::string_view args, std::string& out) const;
  /// The fields that the schema names, in its spelling; lists are split at commas where it wants an array.
  void fields(std::span<const http::Field> fields, std::string& out) const;

 private:
  struct Property {
    std::string name;
    ValueTypes types;
  };
  void read(json::Value root, json::Value schema, unsigned& left);
  void add(std::string_view name, const ValueTypes& types);
  [[nodiscard]] const Property* find(std::string_view name) const;
  std::vector<Property> properties_;
};

}  // namespace gh::policy
