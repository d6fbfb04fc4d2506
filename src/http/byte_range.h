// The Range field against a body of known length (RFC 9110 14), and the wire form of a body in several parts (14.6).
// Pure: bytes in, verdict out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace gh::http {

struct ByteRange { std::uint64_t first = 0, length = 0; };

enum class RangeVerdict : std::uint8_t {
  whole,          // no range, or ranges that are better answered with the whole body: 200
  part,           // 206
  unsatisfiable,  // 416
};

/// `field` is the value of Range; `size` the body's length; `most` how many ranges are served (max_ranges), more are
/// answered with the whole body. A unit other than bytes is ignored (14.2); what is no list of ranges is 416, as in
/// nginx; ranges that together are longer than the body are not served (17.15). `out` gets them in the order asked for.
RangeVerdict read_ranges(std::string_view field, std::uint64_t size, std::uint64_t most, Arena& arena,
                         std::span<const ByteRange>& out);

/// What of a body a 206 sends.
struct PartialBody {
  std::span<const ByteRange> ranges;  // at least one
  std::uint64_t size = 0;             // of the whole body
  std::string_view boundary;          // several ranges only
  std::string_view content_type;      // of the body, for the heads of the parts; may be empty
  [[nodiscard]] bool is_multipart() const { return ranges.size() > 1; }
};

/// Bytes on the wire, with the heads of the parts.
std::uint64_t wire_length(const PartialBody& body);
/// Appends what stands in front of part `number`, with the line end that belongs to the boundary.
void write_part_head(const PartialBody& body, std::size_t number, std::string& out);
void write_multipart_end(const PartialBody& body, std::string& out);

}  // namespace gh::http
