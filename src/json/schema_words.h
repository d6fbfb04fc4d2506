// The keywords of JSON Schema: which dialect has them and where schemas stand within their values. Private to
// json/schema*.
#pragma once

#include <cstdint>
#include <string_view>

#include "json/schema.h"

namespace gh::json {

/// What the value of a keyword is, as far as schemas stand within it.
enum class WordShape : std::uint8_t {
  plain,           // no schema
  schema,
  schema_list,
  schema_map,      // by name
  schema_or_list,  // draft 7's items
  dependency_map,  // names to schemas or to lists of names
};

struct SchemaWord {
  std::string_view name;
  WordShape shape = WordShape::plain;
  bool in_draft7 = true, in_2020_12 = true;
  bool is_validation = false;  // of the vocabulary "validation", which a meta-schema may leave out
};

/// Null: neither dialect has it.
const SchemaWord* find_schema_word(std::string_view name);
inline bool is_word_of(const SchemaWord& word, Dialect dialect) {
  return dialect == Dialect::draft7 ? word.in_draft7 : word.in_2020_12;
}
/// The known keyword that is most like `name`, for "did you mean"; empty when none is.
std::string_view similar_schema_word(std::string_view name, Dialect dialect);

}  // namespace gh::json
