#include "json/schema.h"

#include "json/path.h"
#include "json/schema_compiler.h"
#include "json/schema_validator.h"

namespace gh::json {

Result<Schema, SchemaError> Schema::compile(std::string_view text, const SchemaOptions& options) {
  auto document = Document::parse(text, options.limits, Duplicates::refuse);
  if (!document) {
    SchemaError error{"this is no JSON: " + document.error().text, {}, document.error().offset};
    return Unexpected<SchemaError>(std::move(error));
  }
  return SchemaGroup(std::make_shared<const Document>(std::move(*document)), options).add("");
}

Schema::Schema(std::shared_ptr<const SchemaGraph> graph, std::uint32_t root) : graph_(std::move(graph)), root_(root) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

SchemaVerdict Schema::validate(Value instance, const Budget& budget) const {
  return SchemaValidator(*graph_, root_, budget).run(instance);
}

SchemaGroup::SchemaGroup(std::shared_ptr<const Document> document, SchemaOptions options)
    : document_(std::move(document)), options_(std::move(options)) {}
SchemaGroup::~SchemaGroup() = default;

Result<Schema, SchemaError> SchemaGroup::add(std::string_view pointer) {
  const auto add_to = [&](SchemaCompiler& compiler) -> Result<Schema, SchemaError> {
    const auto root = compiler.add(document_, pointer);
    if (!root) return Unexpected<SchemaError>(root.error());
    return Schema(compiler.graph(), *root);
  };
  // $schema says how a whole document is read: one that has it is read by itself.
  if (find_pointer(document_->root(), pointer).find("$schema")) {
    SchemaCompiler alone(options_);
    return add_to(alone);
  }
  if (!compiler_) compiler_ = std::make_unique<SchemaCompiler>(options_);
  return add_to(*compiler_);
}

}  // namespace gh::json
