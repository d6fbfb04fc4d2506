// JSON Schema, compiled: draft 7 and 2020-12. A schema is compiled once, at load: unknown keywords, wrong values of
// keywords, patterns and references that lead nowhere are errors then. Nothing is ever fetched: other documents come
// from a function of the caller's. Validation is bounded in steps and depth, whatever schema and instance say.
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace gh::json {

enum class Dialect : std::uint8_t { draft7, draft2020_12 };

struct SchemaOptions {
  Limits limits{.bytes = 4 * 1024 * 1024, .depth = 128, .values = 500'000};  // of each document
  std::size_t most_nodes = 100'000;              // subschemas, all documents together
  Dialect dialect = Dialect::draft2020_12;       // of a schema that has no $schema
  bool ignores_unknown = false;                  // else an unknown keyword is an error
  bool asserts_format = false;                   // else `format` is an annotation
  std::vector<std::string> annotations = {};     // further keywords that may stand there and mean nothing (OpenAPI's)
  std::string base_uri = {};                     // of the text: what relative references are seen from
  /// The text of the document at an absolute URI without fragment; nothing refuses. The meta-schemas of both dialects
  /// are known without it.
  std::function<std::optional<std::string>(std::string_view uri)> load = {};
};

struct SchemaError {
  std::string text;        // for people: lower case, no full stop
  std::string document;    // its URI; empty: the text that was given
  std::size_t offset = 0;  // in its bytes
};

/// One thing that is wrong with an instance.
struct SchemaFailure {
  std::string pointer;       // JSON pointer (RFC 6901) of the value in the instance
  std::string_view keyword;  // of the schema; static
  std::string sentence;      // "must be at least 3": names the schema's values, never the instance's
};

struct SchemaVerdict {
  enum class Outcome : std::uint8_t { valid, invalid, too_complex };  // too complex: the budget ran out; refuse it
  Outcome outcome = Outcome::valid;
  std::vector<SchemaFailure> failures;  // the first ones
  explicit operator bool() const { return outcome == Outcome::valid; }
};

struct Budget {
  std::uint64_t steps = 2'000'000;  // about 100 ms of a core
  std::uint32_t depth = 600;        // subschemas within each other
  std::size_t failures = 8;         // reported; 0: only the verdict counts
};

struct SchemaGraph;  // json/schema_graph.h

class Schema {
 public:
  static Result<Schema, SchemaError> compile(std::string_view text, const SchemaOptions& options = {});
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  [[nodiscard]] SchemaVerdict validate(Value instance, const Budget& budget = {}) const;

 private:
  friend class SchemaGroup;
  Schema(std::shared_ptr<const SchemaGraph> graph, std::uint32_t root);
  std::shared_ptr<const SchemaGraph> graph_;
  std::uint32_t root_;
};

class SchemaCompiler;  // json/schema_compiler.h

/// Schemas of one document that is none itself (OpenAPI): what several of them refer to is compiled once. Build thread.
class SchemaGroup {
 public:
  SchemaGroup(std::shared_ptr<const Document> document, SchemaOptions options);
  ~SchemaGroup();
  SchemaGroup(const SchemaGroup&) = delete;
  SchemaGroup& operator=(const SchemaGroup&) = delete;
  /// The schema at `pointer`; "#/..." is seen from the document's root. It may be used when the last one was added.
  Result<Schema, SchemaError> add(std::string_view pointer);

 private:
  const std::shared_ptr<const Document> document_;
  const SchemaOptions options_;
  std::unique_ptr<SchemaCompiler> compiler_;
};

}  // namespace gh::json
