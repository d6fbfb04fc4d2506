#include "http/field_value.h"

#include <algorithm>

#include "base/text.h"

namespace gh::http {

namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool is_bad_in_target(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7f || c == '#';
}

std::string_view encode(std::string_view value, bool (*is_bad)(char), Arena& arena) {
  const auto bad = static_cast<std::size_t>(std::count_if(value.begin(), value.end(), is_bad));
  if (bad == 0) return value;
  static constexpr char digits[] = "0123456789ABCDEF";
  char* const to = arena.chars(value.size() + 2 * bad);
  char* end = to;
  for (const char c : value) {
    if (!is_bad(c)) {
      *end++ = c;
      continue;
    }
    *end++ = '%';
    *end++ = digits[static_cast<unsigned char>(c) >> 4];
    *end++ = digits[static_cast<unsigned char>(c) & 15];
  }
  return {to, value.size() + 2 * bad};
}

}  // namespace

std::string_view safe_field_value(std::string_view value, Arena& arena) { return encode(value, &is_control, arena); }

std::string_view safe_target(std::string_view target, Arena& arena) {
  const std::string_view safe = encode(target, &is_bad_in_target, arena);
  if (safe.starts_with('/')) return safe;
  char* const to = arena.chars(safe.size() + 1);
  *to = '/';
  std::copy(safe.begin(), safe.end(), to + 1);
  return {to, safe.size() + 1};
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), &is_tchar); }

}  // namespace gh::http
