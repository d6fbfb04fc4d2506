// Dates in header fields. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gh::http {

/// Unix seconds of a date in one of the three forms of RFC 9110 5.6.7; nothing when it is none of them.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace gh::http
