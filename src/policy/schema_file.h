// A JSON Schema that a directive names: read and compiled while the configuration is, its faults told at their very
// bytes. Build thread.
#pragma once

#include <memory>

#include "config/directive.h"
#include "json/document.h"
#include "json/schema.h"
#include "table/scope.h"

namespace gh::policy {

/// Immutable; any thread.
struct SchemaFile {
  json::Schema schema;
  json::Document document;   // the text, for what validation alone does not say: the types of named values
};

/// `value` is the path of a file. References are looked up in the file and in those beside it ("item.json#/$defs/id").
/// A file that several directives name is read once. Null after diagnostics.
std::shared_ptr<const SchemaFile> load_schema(table::Scope& scope, const config::Value& value);

}  // namespace gh::policy
