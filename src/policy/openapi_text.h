// The text of an OpenAPI document as JSON whose schemas are JSON Schema: YAML is read, and what 3.0 has of its own
// (`nullable`, exclusive bounds that are true or false) is said in draft 7's words.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "json/yaml.h"

namespace gh::policy {

/// Which messages the schemas are for. In 3.0 what is `readOnly` is required of answers alone, and what is `writeOnly`
/// of requests alone (4.7.24.1).
enum class ApiSide : std::uint8_t { requests, answers };

struct OpenApiText {
  std::shared_ptr<const json::Document> document;
  std::vector<json::OffsetMap> offsets;    // from `document` back to the text that was read, one after another
  std::vector<std::string> extensions;     // its names that begin with "x-"
  bool is_3_0 = false;

  [[nodiscard]] std::size_t source_of(std::size_t offset) const {
    for (const json::OffsetMap& map : offsets) offset = map.source_of(offset);
    return offset;
  }
};

/// ParseError::offset is a byte of `text`.
Result<OpenApiText, json::ParseError> read_openapi(std::string_view text, const json::Limits& limits, ApiSide side);

}  // namespace gh::policy
