// Values of a query and of fields: whatever a client sends, what is made of it is one JSON object with each name once.
// The bytes are a query; the fields are made of its pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "policy/typed_values.h"

using namespace gh;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const json::Document& schema() {
  static const json::Document document = std::move(*json::Document::parse(
      R"({"required": ["id"], "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": "boolean"},
          "c": {"type": "array", "items": {"type": "number"}}, "d": {"anyOf": [{"type": "number"}, {"const": true}]}}})"));
  return document;
}

void check(const std::string& made) {
  const auto document = json::Document::parse(made, {}, json::Duplicates::allow);
  require(document && document->root().is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view args(reinterpret_cast<const char*>(data), size);
  static const policy::TypedValues values(schema().root());
  std::string made;
  if (values.query(args, made)) check(made);
  std::vector<policy::QueryValues> split_names;
  if (policy::split_query(args, split_names)) {
    for (std::size_t i = 0; i < split_names.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) require(split_names[i].name != split_names[k].name);
      require(!split_names[i].values.empty());
    }
  }
  std::vector<http::Field> fields;
  for (const std::string_view pair : split(args, '&')) {
    const std::size_t equals = pair.find('=');
    fields.push_back({pair.substr(0, equals), equals == std::string_view::npos ? pair : pair.substr(equals + 1)});
  }
  made.clear();
  values.fields(fields, made);
  check(made);
  return 0;
}
