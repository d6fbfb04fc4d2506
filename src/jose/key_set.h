// The keys that one place takes tokens for: a JWKS document (RFC 7517 5), or keys that were put together. Immutable
// once made; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jose/key.h"

namespace gh::jose {

inline constexpr std::size_t most_set_bytes = 512 * 1024;
inline constexpr std::size_t most_keys = 256;
inline constexpr std::size_t most_candidates = 16;  // tried for one token: each costs a verification

/// Keys to be tried for one token, those with its kid first.
class Candidates {
 public:
  void add(const Key& key) {
    if (count_ < keys_.size()) keys_[count_++] = &key;
  }
  [[nodiscard]] std::span<const Key* const> all() const { return {keys_.data(), count_}; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  std::array<const Key*, most_candidates> keys_{};
  std::size_t count_ = 0;
};

class KeySet {
 public:
  void add(Key key) { keys_.push_back(std::move(key)); }
  void add_all(KeySet&& others) {
    for (Key& key : others.keys_) keys_.push_back(std::move(key));
  }
  [[nodiscard]] std::span<const Key> keys() const { return keys_; }
  [[nodiscard]] bool empty() const { return keys_.empty(); }

  /// A token that names a key is tried with the keys of that name or, when there is none, with those that have no name;
  /// one that names none, with all. Only keys that may do this with this algorithm.
  [[nodiscard]] Candidates candidates(std::optional<std::string_view> kid, Algorithm algorithm,
                                      Operation operation) const;

 private:
  std::vector<Key> keys_;
};

struct SkippedKey {
  std::size_t index = 0;  // in the document
  std::string kid;        // printable; empty: it has none
  std::string why;
};
struct ReadKeySet {
  KeySet set;
  std::vector<SkippedKey> skipped;  // unusable ones are passed over, as RFC 7517 5 wants it
};
/// Fails when the text is no JWKS at all, or too large. A set may be left empty.
Result<ReadKeySet> read_key_set(std::string_view text, const KeyRules& rules);

}  // namespace gh::jose
