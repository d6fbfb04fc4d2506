// An OpenAPI document (3.0 or 3.1, YAML or JSON) as what requests are held to: its paths in a tree, its parameters and
// bodies with compiled schemas. Read while the configuration is; faults are told at their line of the document.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/directive.h"
#include "json/document.h"
#include "json/schema.h"
#include "policy/body_check.h"
#include "policy/typed_values.h"
#include "table/route_tree.h"
#include "table/scope.h"

namespace gh::policy {

struct ApiParameter {
  enum class In : std::uint8_t { path, query, header, cookie };
  In in = In::query;
  std::string name;
  bool is_required = false;
  bool splits = false;          // an array is one text with commas
  std::uint32_t position = 0;   // of a parameter in the path
  ValueTypes types;
  std::shared_ptr<const json::Schema> schema;   // null: any value
};

struct ApiMedia {
  std::string type;             // "application/json", "text/*", "*/*": lower case
  BodyRule rule;                // without a schema: it is not looked at
};

struct ApiOperation {
  std::vector<ApiParameter> parameters;
  std::vector<ApiMedia> media;  // empty: a body is not looked at
  bool needs_body = false;
};

struct ApiDocument {
  table::RouteTree paths;       // route numbers index `operations`
  std::vector<ApiOperation> operations;
};

/// `base` is put before the paths; null: that of the first server's URL. Null after diagnostics.
std::unique_ptr<ApiDocument> load_api(table::Scope& scope, const config::Value& file, const config::Value* base);

}  // namespace gh::policy
