#include "policy/field_value.h"

#include <algorithm>

namespace gh::policy {

namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

std::string_view safe_field_value(std::string_view value, Arena& arena) {
  const auto bad = static_cast<std::size_t>(std::count_if(value.begin(), value.end(), is_control));
  if (bad == 0) return value;
  static constexpr char digits[] = "0123456789ABCDEF";
  char* const to = arena.chars(value.size() + 2 * bad);
  char* end = to;
  for (char c : value) {
    if (!is_control(c)) {
      *end++ = c;
      continue;
    }
    *end++ = '%';
    *end++ = digits[static_cast<unsigned char>(c) >> 4];
    *end++ = digits[static_cast<unsigned char>(c) & 15];
  }
  return {to, value.size() + 2 * bad};
}

}  // namespace gh::policy
