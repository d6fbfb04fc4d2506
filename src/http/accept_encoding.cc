#include "http/accept_encoding.h"

#include "base/text.h"

namespace gh::http {

namespace {

/// RFC 9110 12.4.2: 0, 1, or one of them with up to three decimals; what follows a blank or comma is not looked at.
unsigned read_q(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  unsigned q = text[0] == '1' ? 1000 : 0;
  text.remove_prefix(1);
  if (text.empty() || text[0] == ',' || text[0] == ' ') return q;
  if (text[0] != '.') return 0;
  text.remove_prefix(1);
  unsigned scale = 100, digits = 0;
  for (const char c : text) {
    if (c == ',' || c == ' ') break;
    if (!is_digit(c) || ++digits > 3) return 0;
    q += static_cast<unsigned>(c - '0') * scale;
    scale /= 10;
  }
  return q > 1000 ? 0 : q;
}

/// What follows the coding's name.
unsigned read_weight(std::string_view rest) {
  std::size_t at = rest.find_first_not_of(' ');
  if (at == std::string_view::npos || rest[at] == ',') return 1000;
  if (rest[at] != ';') return 0;
  at = rest.find_first_not_of(' ', at + 1);
  if (at == std::string_view::npos) return 1000;
  rest.remove_prefix(at);
  if (rest.size() < 3 || lower(rest[0]) != 'q' || rest[1] != '=') return 0;
  return read_q(rest.substr(2));
}

}  // namespace

unsigned accepted_q(std::string_view field, std::string_view coding) {
  for (std::size_t at = 0; at + coding.size() <= field.size(); ++at) {
    if (!iequals(field.substr(at, coding.size()), coding)) continue;
    if (at == 0 || field[at - 1] == ',' || field[at - 1] == ' ') return read_weight(field.substr(at + coding.size()));
    at += coding.size() - 1;
  }
  return 0;
}

bool accepts_coding(std::span<const Field> fields, std::string_view coding) {
  const Field* field = find(fields, HeaderId::accept_encoding);
  return field && accepted_q(field->value, coding) > 0;
}

}  // namespace gh::http
