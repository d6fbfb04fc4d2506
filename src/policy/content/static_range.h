// The Range field against a body of known length (RFC 9110 14). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace gh::policy {

struct ByteRange {
  enum class Kind : std::uint8_t {
    whole,          // no range, or one that is better answered with the whole body
    part,           // `length` bytes from `first` on: 206
    unsatisfiable,  // 416
  };
  Kind kind = Kind::whole;
  std::uint64_t first = 0, length = 0;
};

/// `field` is the value of Range. A unit other than bytes is ignored (14.2); what is no list of ranges is 416, as in
/// nginx. Several ranges that are satisfiable are answered with the whole body, as 14.2 allows.
ByteRange read_byte_range(std::string_view field, std::uint64_t size);

}  // namespace gh::policy
