// YAML into JSON text: for documents that people write by hand (OpenAPI). One document, no tags of its own, scalars as
// YAML 1.2's core schema reads them (`yes` and dates are texts). libyaml does the reading; bounded, whatever aliases
// say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace gh::json {

/// Where a byte of a made text came from: pairs of offsets, rising; the last one before a byte counts.
class OffsetMap {
 public:
  void add(std::size_t made, std::size_t from) { pairs_.emplace_back(made, from); }
  [[nodiscard]] std::size_t source_of(std::size_t made) const;

 private:
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
};

struct YamlText {
  std::string json;
  OffsetMap offsets;  // of values and names in `json`, to bytes of the YAML
};

/// ParseError::offset is a byte of `text`. The limits are those of the JSON.
Result<YamlText, ParseError> yaml_to_json(std::string_view text, const Limits& limits = {});

}  // namespace gh::json
