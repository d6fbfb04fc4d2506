#include "json/text_faults.h"

#include <simdjson.h>

namespace gh::json {

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3
                         : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    if (length == 0 || !simdjson::validate_utf8(text.substr(at, length))) return at;
    at += length;
  }
  return at;
}

std::size_t first_string_fault(std::string_view text, bool wants_control) {
  std::size_t begin = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!in_string) {
      in_string = c == '"';
      begin = at;
    } else if (c == '\\') {
      ++at;
    } else if (c == '"') {
      in_string = false;
    } else if (wants_control && static_cast<unsigned char>(c) < 0x20) {
      return at;
    }
  }
  return in_string ? begin : text.size();
}

}  // namespace gh::json
