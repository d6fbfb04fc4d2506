#include "policy/openapi_text.h"

#include <algorithm>
#include <optional>
#include <set>

#include "json/write.h"

namespace gh::policy {

namespace {

using json::Value;

/// Writes a document of 3.0 anew.
class Rewriter {
 public:
  explicit Rewriter(const json::Document& from) : from_(from) {}

  void write(Value value) {
    offsets_.add(out_.size(), static_cast<std::size_t>(value.raw().data() - from_.text().data()));
    if (value.is_object()) object(value);
    else if (value.is_array()) array(value, false);
    else json::append_value(out_, value);
  }
  std::string out_;
  json::OffsetMap offsets_;

 private:
  void comma(char open) {
    if (out_.back() != open) out_ += ',';
  }

  void array(Value value, bool with_null) {
    out_ += '[';
    for (const Value each : value.elements()) {
      comma('[');
      write(each);
      with_null = with_null && !each.is_null();
    }
    if (with_null) {
      comma('[');
      out_ += "null";
    }
    out_ += ']';
  }

  void name(std::string_view text) {
    comma('{');
    json::append_name(out_, text);
  }

  void object(Value value) {
    const bool is_nullable = value.find("nullable").as_bool().value_or(false);
    out_ += '{';
    for (const Value::Member member : value.members()) {
      const bool is_bound = member.name == "minimum" || member.name == "maximum";
      const bool is_exclusive = member.name == "exclusiveMinimum" || member.name == "exclusiveMaximum";
      if (is_exclusive && member.value.as_bool()) continue;  // said with the bound
      const char* const exclusive = member.name == "minimum" ? "exclusiveMinimum" : "exclusiveMaximum";
      name(is_bound && value.find(exclusive).as_bool().value_or(false) ? std::string_view(exclusive) : member.name);
      if (is_nullable && member.name == "type" && member.value.is_text()) {
        out_ += '[';
        write(member.value);
        out_ += ",\"null\"]";
      } else if (is_nullable && member.name == "enum") {
        array(member.value, true);
      } else {
        write(member.value);
      }
    }
    out_ += '}';
  }

  const json::Document& from_;
};

void find_extensions(Value value, std::set<std::string>& names) {
  for (const Value each : value.elements()) find_extensions(each, names);
  for (const Value::Member member : value.members()) {
    if (member.name.starts_with("x-")) names.emplace(member.name);
    find_extensions(member.value, names);
  }
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

/// 3.0 or 3.1; nothing: another.
std::optional<bool> is_3_0(Value version) {
  if (version.text().starts_with("3.0.")) return true;
  if (version.text().starts_with("3.1.")) return false;
  return std::nullopt;
}

}  // namespace

Result<OpenApiText, json::ParseError> read_openapi(std::string_view text, const json::Limits& limits) {
  OpenApiText out;
  std::string json(text);
  if (!looks_like_json(text)) {
    auto made = json::yaml_to_json(text, limits);
    if (!made) return Unexpected(made.error());
    json = std::move(made->json);
    out.offsets.push_back(std::move(made->offsets));
  }
  auto document = json::Document::parse(json, limits, json::Duplicates::refuse);
  if (!document) {
    json::ParseError error = document.error();
    error.offset = out.source_of(error.offset);
    return Unexpected(error);
  }
  const auto is_old = is_3_0(document->root().find("openapi"));
  if (!is_old) return Unexpected(json::ParseError{"no document of OpenAPI 3.0 or 3.1", 0, false});
  out.is_3_0 = *is_old;
  if (out.is_3_0) {
    Rewriter rewriter(*document);
    rewriter.write(document->root());
    auto rewritten = json::Document::parse(rewriter.out_, limits, json::Duplicates::allow);
    if (!rewritten) return Unexpected(rewritten.error());
    document = std::move(rewritten);
    out.offsets.insert(out.offsets.begin(), std::move(rewriter.offsets_));
  }
  std::set<std::string> names;
  find_extensions(document->root(), names);
  out.extensions.assign(names.begin(), names.end());
  out.document = std::make_shared<const json::Document>(std::move(*document));
  return out;
}

}  // namespace gh::policy
