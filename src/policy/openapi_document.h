// An OpenAPI document (3.0 or 3.1, YAML or JSON) as what requests and answers are held to: its paths in a tree, its
// parameters and bodies with compiled schemas. Read while the configuration is; faults are told at their line of the
// document.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/directive.h"
#include "json/document.h"
#include "json/schema.h"
#include "policy/body_check.h"
#include "policy/openapi_report.h"
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

/// What is described of one status, of a hundred ("4XX"), or of all (`default`).
struct ApiAnswer {
  unsigned first = 0, last = 999;
  std::vector<ApiMedia> media;  // empty: what comes with it is not looked at
};

struct ApiOperation {
  std::string name;             // "GET /items/{id}"
  std::vector<ApiParameter> parameters;
  std::vector<ApiMedia> media;  // empty: a body is not looked at
  bool needs_body = false;
  std::vector<ApiAnswer> answers;              // the most exact first; empty: not looked at
  std::shared_ptr<ApiAnswerReport> report;     // where they are
};

/// The most exact of those that fit; null: none does.
const ApiMedia* find_media(const std::vector<ApiMedia>& media, std::string_view content_type);

struct ApiDocument {
  table::RouteTree paths;       // route numbers index `operations`
  std::vector<ApiOperation> operations;
};

struct ApiReading {
  const config::Value& file;
  const config::Value* base = nullptr;  // put before the paths; null: that of the first server's URL
  bool with_answers = false;
};
/// Null after diagnostics.
std::unique_ptr<ApiDocument> load_api(table::Scope& scope, const ApiReading& reading);

}  // namespace gh::policy
