// Values of fields that the configuration makes of variables: what a request brings must not end a field line.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace gh::http {

/// `value` as it is when it holds no control bytes (RFC 9110 5.5); else a copy in which they are percent-encoded: $uri
/// is decoded, so that "%0d%0a" in a path would otherwise start a field of the client's choice.
std::string_view safe_field_value(std::string_view value, Arena& arena);

/// A request-target made of variables, fit for a request line (RFC 9112 3.2): what may not stand in one is
/// percent-encoded, and it begins with "/".
std::string_view safe_target(std::string_view target, Arena& arena);

/// A query made of variables or captures, fit for a request line: the same bytes are percent-encoded.
std::string_view safe_query(std::string_view query, Arena& arena);

/// RFC 9110 5.6.2: one or more tchar. For methods and names made of variables.
bool is_token(std::string_view text);

}  // namespace gh::http
