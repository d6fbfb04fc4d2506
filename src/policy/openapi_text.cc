#include "policy/openapi_text.h"

#include <algorithm>
#include <optional>
#include <set>

#include "json/path.h"
#include "json/write.h"

namespace gh::policy {

namespace {

using json::Value;

constexpr unsigned most_references = 16;

/// Writes a document of 3.0 anew.
class Rewriter {
 public:
  Rewriter(const json::Document& from, ApiSide side)
      : from_(from), other_side_(side == ApiSide::requests ? "readOnly" : "writeOnly") {}

  void write(Value value) {
    note(value);
    if (value.is_object()) object(value);
    else if (value.is_array()) array(value, false);
    else json::append_value(out_, value);
  }
  std::string out_;
  json::OffsetMap offsets_;

 private:
  void note(Value from) {
    offsets_.add(out_.size(), static_cast<std::size_t>(from.raw().data() - from_.text().data()));
  }

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

  /// The names that a message of this side must have.
  void required(Value names, Value properties) {
    out_ += '[';
    for (const Value each : names.elements()) {
      if (is_of_other_side(properties.find(each.text()))) continue;
      comma('[');
      write(each);
    }
    out_ += ']';
  }

  [[nodiscard]] bool is_of_other_side(Value property) const {
    for (unsigned i = 0; i < most_references; ++i) {
      if (property.find(other_side_).as_bool().value_or(false)) return true;
      const std::string_view to = property.find("$ref").text();
      if (!to.starts_with('#')) return false;
      property = json::find_pointer(from_.root(), to.substr(1));
    }
    return false;
  }

  void name(Value key, std::string_view text) {
    comma('{');
    note(key);
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
      const bool excludes = is_bound && value.find(exclusive).as_bool().value_or(false);
      name(member.key(), excludes ? std::string_view(exclusive) : member.name);
      if (is_nullable && member.name == "type" && member.value.is_text()) {
        out_ += '[';
        write(member.value);
        out_ += ",\"null\"]";
      } else if (member.name == "required" && member.value.is_array()) {
        required(member.value, value.find("properties"));
      } else if (is_nullable && member.name == "enum") {
        array(member.value, true);
      } else {
        write(member.value);
      }
    }
    out_ += '}';
  }

  const json::Document& from_;
  const std::string_view other_side_;
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

Result<OpenApiText, json::ParseError> read_openapi(std::string_view text, const json::Limits& limits, ApiSide side) {
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
    Rewriter rewriter(*document, side);
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
