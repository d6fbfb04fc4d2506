#include "jose/key_set.h"

#include <fmt/format.h>

#include "base/text.h"

namespace gh::jose {

namespace {

constexpr std::size_t shown_kid_bytes = 100;
constexpr json::Limits set_limits{.bytes = most_set_bytes, .depth = 16, .values = 20'000};

}  // namespace

Candidates KeySet::candidates(std::optional<std::string_view> kid, Algorithm algorithm, Operation operation) const {
  Candidates found;
  for (const Key& key : keys_)
    if ((!kid || (key.kid() && *key.kid() == *kid)) && key.can(operation, algorithm)) found.add(key);
  if (!kid || !found.empty()) return found;
  for (const Key& key : keys_)
    if (!key.kid() && key.can(operation, algorithm)) found.add(key);
  return found;
}

Result<ReadKeySet> read_key_set(std::string_view text, const KeyRules& rules) {
  const auto document = json::Document::parse(text, set_limits, json::Duplicates::refuse);
  if (!document) {
    return fail(fmt::format("no JSON: {} at byte {}", document.error().text, document.error().offset));
  }
  const json::Value keys = document->root().find("keys");
  if (!keys.is_array()) return fail("there is no array \"keys\" in it");
  if (keys.size() > most_keys) return fail(fmt::format("more than {} keys", most_keys));
  ReadKeySet read;
  std::size_t index = 0;
  for (const json::Value jwk : keys.elements()) {
    auto key = Key::from_jwk(jwk, rules);
    if (key)
      read.set.add(std::move(*key));
    else
      read.skipped.push_back({index, printable(jwk.find("kid").text(), shown_kid_bytes), key.error().text});
    ++index;
  }
  return read;
}

}  // namespace gh::jose
