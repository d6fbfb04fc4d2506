// The request line alone, shared by the check of unfinished heads and the parser of whole ones. RFC 9112 3.
#pragma once

#include "http/h1.h"

namespace gh::http {

/// `line` ends with its LF. Fills method, method_text, target, request_line, version_minor as far as they are
/// understood. `later_minor`: the version was HTTP/1.2 to 1.9, read as 1.1 (RFC 9110 2.5).
bool parse_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out, bool& later_minor,
                        HeadError& error);

/// A method token whose end may not be there yet. False: 400 for what is no method at all, 501 for an unknown one.
bool check_method_start(std::string_view bytes, HeadError& error);

}  // namespace gh::http
