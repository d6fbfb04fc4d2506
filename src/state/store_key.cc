#include "state/store_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/digest.h"

namespace gh::state {

namespace {

constexpr std::size_t most_key_bytes = 128;

}  // namespace

std::string_view store_key(std::string_view prefix, std::string_view key, std::string_view suffix, Arena& arena) {
  const bool as_it_is = key.size() <= most_key_bytes && key.find_first_of("{}") == std::string_view::npos;
  const std::string digest = as_it_is ? std::string() : hex_digest(DigestKind::sha256, key);
  const std::string_view shown = as_it_is ? key : std::string_view(digest);
  const std::size_t size = prefix.size() + 1 + shown.size() + suffix.size();
  char* const text = arena.chars(size);
  char* end = std::copy(prefix.begin(), prefix.end(), text);
  *end++ = '{';
  end = std::copy(shown.begin(), shown.end(), end);
  std::copy(suffix.begin(), suffix.end(), end);
  return {text, size};
}

std::string_view number_word(std::uint64_t value, Arena& arena) {
  char* const text = arena.chars(20);
  return {text, static_cast<std::size_t>(fmt::format_to(text, "{}", value) - text)};
}

}  // namespace gh::state
