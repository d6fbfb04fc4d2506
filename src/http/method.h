// Methods: those with a meaning here, and what any other may look like. Called by the request head parser and by
// readers of configuration (limit_except, route).
#pragma once

#include <string_view>

#include "http/message.h"

namespace gh::http {

inline constexpr std::size_t longest_method = 32;

/// Methods that mean nothing to the gateway give Method::other: whether they are known is for the origin to say
/// (RFC 9110 9.1). False: no name of capitals, "_" and "-" (nginx's rule), too long a one, or HTTP/2's preface PRI.
bool find_method(std::string_view text, Method& method);

}  // namespace gh::http
