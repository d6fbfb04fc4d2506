// "did you mean": the nearest name, by Damerau-Levenshtein distance (a swap of neighbours counts one).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gh::config {

/// Distance, or limit + 1 when it is larger. Optimal string alignment, bytes.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// 2 edits, 1 for words under 5 bytes (CHECKER.md 3.4).
std::size_t edits_allowed(std::string_view word);

/// The nearest candidate within edits_allowed, the first of equals; empty when there is none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gh::config
