#include "http/byte_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>

#include "base/text.h"

namespace gh::http {

namespace {

constexpr std::string_view unit = "bytes=";
constexpr std::string_view part_begin = "\r\n--", type_name = "\r\nContent-Type: ",
                           range_name = "\r\nContent-Range: bytes ", head_end = "\r\n\r\n", last_end = "--\r\n";

enum class Judged : std::uint8_t { taken, outside, empty_body, malformed };

/// "A-B", "A-" or "-N" (14.1.1).
Judged read_one(std::string_view text, std::uint64_t size, ByteRange& out) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return Judged::malformed;
  const std::string_view before = trim(text.substr(0, dash)), behind = trim(text.substr(dash + 1));
  std::uint64_t first = 0, end = size;
  if (before.empty()) {
    const auto last_bytes = parse_uint(behind);
    if (!last_bytes) return Judged::malformed;
    first = size - std::min(*last_bytes, size);
  } else {
    const auto from = parse_uint(before);
    const auto last = behind.empty() ? from : parse_uint(behind);
    if (!from || !last) return Judged::malformed;
    first = *from;
    if (!behind.empty() && *last < size) end = *last + 1;
  }
  if (first >= end) return first == 0 ? Judged::empty_body : Judged::outside;
  out = {first, end - first};
  return Judged::taken;
}

constexpr std::uint64_t digits(std::uint64_t number) {
  std::uint64_t count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

}  // namespace

RangeVerdict read_ranges(std::string_view field, std::uint64_t size, std::uint64_t most, Arena& arena,
                         std::span<const ByteRange>& out) {
  if (most == 0 || field.size() <= unit.size() || !iequals(field.substr(0, unit.size()), unit)) {
    return RangeVerdict::whole;
  }
  std::string_view rest = field.substr(unit.size());
  const auto elements = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), ',')) + 1;
  auto* const list = arena.array<ByteRange>(static_cast<std::size_t>(std::min<std::uint64_t>(elements, most)));
  std::uint64_t count = 0, total = 0;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    ByteRange one;
    const Judged judged = read_one(trim(rest.substr(0, comma)), size, one);
    if (judged == Judged::malformed) return RangeVerdict::unsatisfiable;
    if (judged == Judged::empty_body) return RangeVerdict::whole;
    if (more) rest.remove_prefix(comma + 1);
    if (judged == Judged::outside) continue;
    if (count == most) return RangeVerdict::whole;
    total += one.length;
    if (total > size) return RangeVerdict::whole;
    new (list + count++) ByteRange(one);
  }
  out = {list, static_cast<std::size_t>(count)};
  return count == 0 ? RangeVerdict::unsatisfiable : RangeVerdict::part;
}

std::uint64_t wire_length(const PartialBody& body) {
  if (!body.is_multipart()) return body.ranges.empty() ? 0 : body.ranges.front().length;
  const std::uint64_t type = body.content_type.empty() ? 0 : type_name.size() + body.content_type.size();
  const std::uint64_t head =
      part_begin.size() + body.boundary.size() + type + range_name.size() + 2 + digits(body.size) + head_end.size();
  std::uint64_t all = part_begin.size() + body.boundary.size() + last_end.size();
  for (const ByteRange& range : body.ranges) {
    all += head + digits(range.first) + digits(range.first + range.length - 1) + range.length;
  }
  return all;
}

void write_part_head(const PartialBody& body, std::size_t number, std::string& out) {
  const ByteRange& range = body.ranges[number];
  out.append(part_begin).append(body.boundary);
  if (!body.content_type.empty()) out.append(type_name).append(body.content_type);
  fmt::format_to(std::back_inserter(out), "{}{}-{}/{}{}", range_name, range.first, range.first + range.length - 1,
                 body.size, head_end);
}

void write_multipart_end(const PartialBody& body, std::string& out) {
  out.append(part_begin).append(body.boundary).append(last_end);
}

}  // namespace gh::http
