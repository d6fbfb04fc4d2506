// Percent-encoding (RFC 3986 2.1). Pure.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/arena.h"

namespace gh::http {

/// `text` as it is when no byte of it is `encoded`; else a copy in `arena` in which those are "%XX".
template <class Predicate>
std::string_view percent_encode(std::string_view text, Arena& arena, Predicate encoded) {
  const auto count = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), encoded));
  if (count == 0) return text;
  static constexpr char digits[] = "0123456789ABCDEF";
  char* const copy = arena.chars(text.size() + 2 * count);
  char* to = copy;
  for (const char c : text) {
    if (!encoded(c)) {
      *to++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *to++ = '%';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
  }
  return {copy, text.size() + 2 * count};
}

}  // namespace gh::http
