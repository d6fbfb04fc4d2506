// Conditional requests (RFC 9110 13) against a file: If-Match, If-Unmodified-Since, If-None-Match and
// If-Modified-Since. Reads the exchange, answers nothing itself.
#pragma once

#include <cstdint>
#include <string_view>

namespace gh::proxy {
class Exchange;
}

namespace gh::policy {

enum class Precondition : std::uint8_t { pass, not_modified, failed };  // 200, 304, 412

/// `etag` may be empty; `modified` is in unix seconds.
Precondition judge_preconditions(const proxy::Exchange& exchange, std::string_view etag, std::int64_t modified);

}  // namespace gh::policy
