// Values of fields that the configuration makes of variables: what a request brings must not end a field line.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace gh::policy {

/// `value` as it is when it holds no control bytes (RFC 9110 5.5); else a copy in which they are percent-encoded: $uri
/// is decoded, so that "%0d%0a" in a path would otherwise start a field of the client's choice.
std::string_view safe_field_value(std::string_view value, Arena& arena);

}  // namespace gh::policy
