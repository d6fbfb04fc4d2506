// Numbers and values compared by what they mean: 1, 1.0 and 1e0 are one number, members have no order. Nothing here
// recurses deeper than a document can be. Any thread.
#pragma once

#include <compare>
#include <cstdint>

#include "json/document.h"

namespace gh::json {

/// Both are numbers. Exact between integers and doubles.
std::strong_ordering compare_numbers(Value a, Value b);
/// Without a fraction, however it is written (1.0, 1e3).
bool is_whole(Value number);
/// Is `number` a whole multiple of `unit`, by their decimal digits (0.3 is one of 0.1)? Digits that 64 bits
/// do not hold make it double's arithmetic.
bool is_multiple(Value number, Value unit);

/// Deep equality. `steps` is counted down by what was looked at; false, and `steps` 0, when it runs out.
bool equal(Value a, Value b, std::uint64_t& steps);
/// The same for equal values; `steps` as above.
std::uint64_t fingerprint(Value value, std::uint64_t& steps);

}  // namespace gh::json
