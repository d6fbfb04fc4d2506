// Texts put together in an arena.
#pragma once

#include <cstring>
#include <string_view>

#include "base/arena.h"

namespace gh::proxy {

inline std::string_view join(Arena& arena, std::string_view a, std::string_view b, std::string_view c = {},
                             std::string_view d = {}) {
  char* const to = arena.chars(a.size() + b.size() + c.size() + d.size());
  std::size_t n = 0;
  for (const std::string_view s : {a, b, c, d}) {
    if (!s.empty()) std::memcpy(to + n, s.data(), s.size());
    n += s.size();
  }
  return {to, n};
}

/// With a zero byte behind it, for the system's calls.
inline std::string_view join_path(Arena& arena, std::string_view a, std::string_view b = {}) {
  const std::string_view zero("\0", 1);
  const std::string_view path = join(arena, a, b, zero);
  return path.substr(0, path.size() - 1);
}

}  // namespace gh::proxy
