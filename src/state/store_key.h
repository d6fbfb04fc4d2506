// How what a request has for a key is called in a store, and numbers as words of a command. Texts lie in the arena.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"

namespace gh::state {

/// `prefix{key}suffix`: the braces make all names of a key lie on one node of a cluster. Long keys, and those with
/// braces of their own, become a digest.
std::string_view store_key(std::string_view prefix, std::string_view key, std::string_view suffix, Arena& arena);
std::string_view number_word(std::uint64_t value, Arena& arena);

}  // namespace gh::state
