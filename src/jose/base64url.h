// Base64url as JOSE writes it (RFC 7515 2): no padding, no blanks, and only the one spelling of each text, so that two
// tokens that differ are different. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gh::jose {

constexpr std::size_t base64url_decoded_bytes(std::size_t text_bytes) { return text_bytes * 3 / 4; }
/// False: it is none, or its unused last bits are set. `to` has base64url_decoded_bytes().
bool decode_base64url(std::string_view text, char* to);
/// As above, into a text of the right size.
bool decode_base64url(std::string_view text, std::string& to);
std::string encode_base64url(std::string_view bytes);

}  // namespace gh::jose
