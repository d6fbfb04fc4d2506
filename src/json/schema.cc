#include "json/schema.h"

#include "json/schema_compiler.h"
#include "json/schema_validator.h"

namespace gh::json {

Result<Schema, SchemaError> Schema::compile(std::string_view text, const SchemaOptions& options) {
  auto document = Document::parse(text, options.limits, Duplicates::refuse);
  if (!document) {
    SchemaError error{"this is no JSON: " + document.error().text, {}, document.error().offset};
    return Unexpected<SchemaError>(std::move(error));
  }
  return compile(std::make_shared<const Document>(std::move(*document)), "", options);
}

Result<Schema, SchemaError> Schema::compile(std::shared_ptr<const Document> document, std::string_view pointer,
                                            const SchemaOptions& options) {
  auto graph = SchemaCompiler(options).compile(std::move(document), pointer);
  if (!graph) return Unexpected<SchemaError>(std::move(graph.error()));
  return Schema(std::move(*graph));
}

Schema::Schema(std::unique_ptr<const SchemaGraph> graph) : graph_(std::move(graph)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

SchemaVerdict Schema::validate(Value instance, const Budget& budget) const {
  return SchemaValidator(*graph_, budget).run(instance);
}

}  // namespace gh::json
