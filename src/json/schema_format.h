// The `format` keyword where it is asserted (JSON Schema validation 7.3). Any thread; linear in the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gh::json {

enum class Format : std::uint8_t {
  date_time, date, time, duration, email, hostname, ipv4, ipv6, uri, uri_reference, uuid, json_pointer,
  relative_json_pointer, regex,
};

/// Nothing: a format that is not judged here; it stays an annotation.
std::optional<Format> find_format(std::string_view name);
std::string_view format_name(Format format);
bool has_format(std::string_view text, Format format);

}  // namespace gh::json
