// Values as they stand in a log line: nobody who sends bytes can end a line or a quoted part of it. Pure.
#pragma once

#include <string_view>

#include "proxy/output.h"

namespace gh::observe {

/// log_format's escape=. `standard` (nginx's "default"): bytes below 32 and above 126, `"` and `\` become \xHH. `json`:
/// as RFC 8259 7 wants a string's inside. `none`: as they are.
enum class Escape : std::uint8_t { standard, json, none };

/// A value that is not there (data() == nullptr) is "-" with `standard`, else nothing.
void write_value(proxy::Output& out, std::string_view value, Escape escape);

}  // namespace gh::observe
