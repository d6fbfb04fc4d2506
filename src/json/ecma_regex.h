// JSON Schema's patterns are ECMAScript's (ECMA-262 22.2, with its `u` flag); base/regex speaks PCRE2. The two differ
// in what `$`, `.`, `\s`, `\u` and brackets mean, and PCRE2 has much that ECMAScript has not. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/regex.h"
#include "base/result.h"

namespace gh::json {

/// The same pattern in PCRE2's words, for subjects in UTF-8. Error::code is the byte offset in `pattern`.
Result<std::string> ecma_to_pcre(std::string_view pattern);
/// Both at once. The subject must be valid UTF-8.
Result<Regex> compile_ecma(std::string_view pattern);

}  // namespace gh::json
