// Making signed tokens. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jose/key.h"

namespace gh::jose {

/// A JWT of these claims, a JSON object in text. The header names the algorithm, `type` unless it is empty, and the
/// key's kid when it has one.
Result<std::string> issue_token(const Key& key, Algorithm algorithm, std::string_view claims,
                                std::string_view type = "JWT");

}  // namespace gh::jose
