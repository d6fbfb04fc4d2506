#include "policy/content/static_range.h"

#include <algorithm>

#include "base/text.h"

namespace gh::policy {

namespace {

/// "A-B", "A-" or "-N" (RFC 9110 14.1.1). False: it is none of them. `out.length` 0: nothing of it lies in the body.
bool read_one(std::string_view text, std::uint64_t size, ByteRange& out) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view before = trim(text.substr(0, dash)), behind = trim(text.substr(dash + 1));
  out.first = out.length = 0;
  if (before.empty()) {
    const auto last_bytes = parse_uint(behind);
    if (!last_bytes) return false;
    out.length = std::min(*last_bytes, size);
    out.first = size - out.length;
    return true;
  }
  const auto first = parse_uint(before);
  const auto last = behind.empty() ? first : parse_uint(behind);
  if (!first || !last || *last < *first) return false;
  if (*first >= size) return true;
  out.first = *first;
  const std::uint64_t end = behind.empty() || *last >= size ? size : *last + 1;
  out.length = end - *first;
  return true;
}

}  // namespace

ByteRange read_byte_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  ByteRange out;
  if (field.size() < unit.size() || !iequals(field.substr(0, unit.size()), unit)) return out;
  std::string_view rest = field.substr(unit.size()), element;
  while (next_list_element(rest, element)) {
    ByteRange one;
    if (!read_one(element, size, one)) return {ByteRange::Kind::unsatisfiable, 0, 0};
    if (one.length == 0) continue;
    if (out.kind == ByteRange::Kind::part) return {};
    out = {ByteRange::Kind::part, one.first, one.length};
  }
  if (out.kind == ByteRange::Kind::whole) out.kind = ByteRange::Kind::unsatisfiable;
  return out;
}

}  // namespace gh::policy
