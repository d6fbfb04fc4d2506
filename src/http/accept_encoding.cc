#include "http/accept_encoding.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace gh::http {

namespace {

enum class Answer : std::uint8_t { not_named, accepted, refused };

/// `qvalue` of RFC 9110 12.4.2: "0" or "1" with at most three decimals, and not above 1.
bool is_positive_weight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return false;
  if (text.size() == 1) return text[0] == '1';
  const std::string_view decimals = text.substr(2);
  if (text[1] != '.' || decimals.size() > 3 || !std::all_of(decimals.begin(), decimals.end(), is_digit)) return false;
  const bool has_fraction = decimals.find_first_not_of('0') != std::string_view::npos;
  return (text[0] == '1') != has_fraction;
}

/// What follows ";": "q=0.5".
bool is_accepted(std::string_view parameters) {
  parameters = trim(parameters);
  return parameters.size() > 2 && lower(parameters[0]) == 'q' && parameters[1] == '=' &&
         is_positive_weight(parameters.substr(2));
}

Answer judge(std::string_view field, std::string_view coding) {
  std::string_view element;
  while (next_list_element(field, element)) {
    const std::size_t semicolon = element.find(';');
    if (!iequals(trim(element.substr(0, semicolon)), coding)) continue;
    const bool yes = semicolon == std::string_view::npos || is_accepted(element.substr(semicolon + 1));
    return yes ? Answer::accepted : Answer::refused;
  }
  return Answer::not_named;
}

}  // namespace

bool accepts_coding(std::string_view field, std::string_view coding) {
  return judge(field, coding) == Answer::accepted;
}

bool accepts_coding(std::span<const Field> fields, std::string_view coding) {
  for (const Field& field : fields) {
    if (field.id != HeaderId::accept_encoding) continue;
    const Answer answer = judge(field.value, coding);
    if (answer != Answer::not_named) return answer == Answer::accepted;
  }
  return false;
}

}  // namespace gh::http
