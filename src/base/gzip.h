// A text as one gzip member (RFC 1952), for log files. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace gh {

/// Appends to `out`. `level` is zlib's, 1 to 9. False: zlib had no memory.
bool gzip(std::string_view text, int level, std::string& out);

}  // namespace gh
