// Base64 (RFC 4648 4 and 5) as clients send it: padding may be missing, other bytes are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gh {

enum class Base64 : std::uint8_t { standard, url };  // "+/" or "-_"

constexpr std::size_t base64_decoded_bytes(std::size_t text_bytes) { return text_bytes / 4 * 3 + 3; }
/// Decodes up to the first "=" or the end into `to`, which has base64_decoded_bytes(). Nothing: it is not base64.
std::string encode_base64(std::string_view bytes);
std::optional<std::string_view> decode_base64(std::string_view text, char* to, Base64 alphabet = Base64::standard);

}  // namespace gh
