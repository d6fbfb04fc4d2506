// Range and Accept-Encoding: whatever a client writes, ranges lie in the body, are no longer than it together, and the
// length that is announced for them is the one of their wire form. The first byte is the body's size.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/accept_encoding.h"
#include "http/byte_range.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint64_t bytes = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  gh::Arena arena;
  gh::http::PartialBody body{{}, bytes, "00000000000000000001", "text/plain"};
  for (const std::uint64_t most : {UINT64_MAX, std::uint64_t{1}}) {
    body.ranges = {};
    if (gh::http::read_ranges(text, bytes, most, arena, body.ranges) != gh::http::RangeVerdict::part) continue;
    if (body.ranges.empty() || body.ranges.size() > most) std::abort();
    std::uint64_t total = 0;
    std::string wire;
    for (std::size_t i = 0; i < body.ranges.size(); ++i) {
      const gh::http::ByteRange& range = body.ranges[i];
      if (range.length == 0 || range.first >= bytes || range.length > bytes - range.first) std::abort();
      total += range.length;
      if (body.is_multipart()) gh::http::write_part_head(body, i, wire);
    }
    if (body.is_multipart()) gh::http::write_multipart_end(body, wire);
    if (total > bytes || gh::http::wire_length(body) != wire.size() + total) std::abort();
  }
  static_cast<void>(gh::http::accepted_q(text, "gzip"));
  return 0;
}
