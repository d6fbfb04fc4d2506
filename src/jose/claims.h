// The registered claims (RFC 7519 4.1), judged. Any thread.
#pragma once

#include <cstdint>

#include "jose/rules.h"
#include "json/document.h"

namespace gh::jose {

/// `now_unix_s` is the one clock; times of tokens may have fractions, and are compared as they are.
Finding judge_claims(json::Value claims, const Rules& rules, std::int64_t now_unix_s);

}  // namespace gh::jose
