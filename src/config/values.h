// The spellings of single values (LANGUAGE.md 3.1-3.4, 3.7): text in, number out. No diagnostics, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gh::config {

/// Digits with k K m M, and g G where `offset`. No fractions, no blanks.
std::optional<std::int64_t> parse_size(std::string_view text, bool offset);

/// Sum of components, largest unit first, each at most once: y M w d h m s ms. In milliseconds. `seconds`: the setting
/// counts seconds, so "ms" is refused; otherwise "y" and "M" are. Blanks may stand between components.
std::optional<std::int64_t> parse_time_ms(std::string_view text, bool seconds);

/// "10r/s", also r/m, r/h, r/d and "100r/15m": thousandths of a request per second, rounded.
std::optional<std::int64_t> parse_rate(std::string_view text);

/// "60%" or "0.6": millionths.
std::optional<std::int64_t> parse_ratio(std::string_view text);

std::optional<std::int64_t> parse_signed(std::string_view text);

/// Where the "$" stands that begins no variable; npos when all do. "$$" is a dollar; "${...}" may hold a JSON path.
std::size_t bad_dollar(std::string_view text);

}  // namespace gh::config
