// Where a text is not JSON, for sentences about it: the reader finds that something is wrong, not always where.
#pragma once

#include <cstddef>
#include <string_view>

namespace gh::json {

/// Where the first byte stands that is not part of valid UTF-8; the size when all is.
std::size_t first_invalid_utf8(std::string_view text);

/// Where a string begins that never ends, or a control character stands within one; the size when there is none.
std::size_t first_string_fault(std::string_view text, bool wants_control);

}  // namespace gh::json
