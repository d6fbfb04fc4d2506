#include "policy/schema_file.h"

#include <map>
#include <string>

#include "policy/codes.h"
#include "table/build.h"
#include "table/codes.h"

namespace gh::policy {

namespace {

constexpr std::string_view file_scheme = "file://";

/// Local to the outermost scope.
struct SchemaFiles { std::map<std::string, std::shared_ptr<const SchemaFile>, std::less<>> by_path; };

/// The texts of one schema: its own file, and those that it refers to.
class Reader {
 public:
  Reader(table::Scope& scope, const config::Value& value) : scope_(scope), value_(value) {}

  std::shared_ptr<const SchemaFile> read() {
    const std::string path(value_.text);
    const auto main = open(path);
    if (!main) return nullptr;
    auto document = json::Document::parse(*main, options_.limits);
    if (!document) {
      report(std::string(file_scheme) + path, document.error().offset, "no JSON: " + document.error().text);
      return nullptr;
    }
    options_.base_uri = std::string(file_scheme) + path;
    options_.asserts_format = true;
    options_.load = [this](std::string_view uri) { return referred(uri); };
    auto schema = json::Schema::compile(*main, options_);
    if (!schema) {
      const json::SchemaError& wrong = schema.error();
      report(wrong.document.empty() ? options_.base_uri : wrong.document, wrong.offset, wrong.text);
      return nullptr;
    }
    return std::make_shared<const SchemaFile>(SchemaFile{std::move(*schema), std::move(*document)});
  }

 private:
  /// Null after a diagnostic.
  const std::string* open(const std::string& path) {
    const auto file = scope_.builder.loaded.sources.read(path, value_.span);
    if (!file) {
      scope_.error(code::bad_schema, value_.span, "the schema cannot be read: " + file.error().text)
          .with_help("relative paths start at the folder of the main configuration file");
      return nullptr;
    }
    files_.emplace(std::string(file_scheme) + path, *file);
    return &scope_.builder.loaded.sources.file(*file).text;
  }

  /// Nothing but files, and nothing is fetched.
  std::optional<std::string> referred(std::string_view uri) {
    if (!uri.starts_with(file_scheme)) return std::nullopt;
    const auto file = scope_.builder.loaded.sources.read(std::string(uri.substr(file_scheme.size())), value_.span);
    if (!file) return std::nullopt;
    files_.emplace(uri, *file);
    return scope_.builder.loaded.sources.file(*file).text;
  }

  void report(const std::string& document, std::size_t offset, const std::string& text) {
    const auto file = files_.find(document);
    config::Span at = value_.span;
    if (file != files_.end()) {
      const std::size_t size = scope_.builder.loaded.sources.file(file->second).text.size();
      const auto begin = static_cast<std::uint32_t>(std::min(offset, size));
      at = {file->second, begin, static_cast<std::uint32_t>(std::min<std::size_t>(begin + 1, size))};
    }
    scope_.error(code::bad_schema, at, "not a schema: " + text)
        .with_related(value_.span, "named here")
        .with_help("JSON Schema of draft 7 or 2020-12; what is written and would mean nothing is an error, too");
  }

  table::Scope& scope_;
  const config::Value& value_;
  json::SchemaOptions options_;
  std::map<std::string, std::uint32_t, std::less<>> files_;  // by URI: number among the sources
};

}  // namespace

std::shared_ptr<const SchemaFile> load_schema(table::Scope& scope, const config::Value& value) {
  auto& known = table::outermost(scope).local<SchemaFiles>().by_path;
  const auto found = known.find(value.text);
  if (found != known.end()) return found->second;
  auto file = Reader(scope, value).read();
  known.emplace(std::string(value.text), file);
  return file;
}

}  // namespace gh::policy
