#include "http/field_value.h"

#include <algorithm>

#include "base/text.h"
#include "http/percent.h"

namespace gh::http {

namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool is_bad_in_target(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7f || c == '#';
}

}  // namespace

std::string_view safe_field_value(std::string_view value, Arena& arena) {
  return percent_encode(value, arena, is_control);
}

std::string_view safe_target(std::string_view target, Arena& arena) {
  const std::string_view safe = percent_encode(target, arena, is_bad_in_target);
  if (safe.starts_with('/')) return safe;
  char* const to = arena.chars(safe.size() + 1);
  *to = '/';
  std::copy(safe.begin(), safe.end(), to + 1);
  return {to, safe.size() + 1};
}

std::string_view safe_query(std::string_view query, Arena& arena) {
  return percent_encode(query, arena, is_bad_in_target);
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), &is_tchar); }

}  // namespace gh::http
