// The closed list of methods. Called by the request head parser and by readers of configuration (limit_except, route).
#pragma once

#include <string_view>

#include "http/message.h"

namespace gh::http {

/// The longest method taken: "UNSUBSCRIBE".
inline constexpr std::size_t longest_method = 11;

/// False when `text` (case counts) is none of llhttp's HTTP methods: the answer is 501. Methods that mean nothing to
/// the gateway give Method::other.
bool find_method(std::string_view text, Method& method);

}  // namespace gh::http
