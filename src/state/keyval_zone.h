// KeyvalZone: keys and their values in bounded memory (`keyval_zone`). Looked up by the whole key, by the longest
// prefix of it, or by address, where the narrowest network counts. What a zone takes from a store is a copy: each entry
// knows when it was made, and a key that the store does not have is remembered as well. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/arena.h"
#include "base/result.h"

namespace gh::state {

class KeyvalZone {
 public:
  enum class Match : std::uint8_t { text, address, prefix };
  static constexpr std::size_t least_bytes = 32 * 1024;
  static constexpr std::size_t most_key_bytes = 4096, most_value_bytes = 64 * 1024;

  /// Entries go `timeout_ms` after they were set; 0: they stay. `copies`: of a store; old ones give way to new ones.
  KeyvalZone(std::size_t bytes, Match match, std::int64_t timeout_ms, bool copies);
  KeyvalZone(const KeyvalZone&) = delete;
  KeyvalZone& operator=(const KeyvalZone&) = delete;

  struct Found {
    bool known = false;          // the zone has an entry; of a copy: also that the store has none
    std::string_view value;      // in the arena; empty when there is none
    std::int64_t age_ms = 0;
  };
  Found find(std::string_view key, std::int64_t now_ms, Arena& arena) const;
  /// False: no room, or key or value are too long, or (address) the key is no address or network.
  bool set(std::string_view key, std::string_view value, std::int64_t now_ms);
  /// Of copies: the store has no such key.
  bool set_absent(std::string_view key, std::int64_t now_ms);
  [[nodiscard]] std::size_t size() const;

  /// A JSON object of texts, as the state file has it. An error tells why not, and some may be set nevertheless.
  Result<void> load(std::string_view json, std::int64_t now_ms);

  /// For tests and limits: what an entry takes.
  static std::size_t cost_of(std::string_view key, std::string_view value);

 private:
  struct Entry {
    std::string value;
    std::int64_t set_ms = 0;
    bool absent = false;
    std::list<const std::string*>::iterator age;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  [[nodiscard]] std::string inner_key(std::string_view key) const;  // empty: not possible
  [[nodiscard]] Entries::const_iterator locate(std::string_view key) const;
  [[nodiscard]] Entries::const_iterator locate_address(std::string_view key) const;
  [[nodiscard]] bool is_over(const Entry& entry, std::int64_t now_ms) const;
  bool put(std::string_view key, std::string_view value, bool absent, std::int64_t now_ms);
  bool make_room(std::size_t bytes, std::int64_t now_ms);
  void remove(Entries::iterator at);

  const std::size_t bytes_;
  const Match match_;
  const std::int64_t timeout_ms_;
  const bool copies_;
  mutable std::shared_mutex lock_;
  Entries entries_;                          // by inner key
  std::list<const std::string*> by_age_;     // inner keys, oldest first
  std::map<std::size_t, std::size_t> lengths_;  // of inner keys: how many have that one (prefix, address)
  std::size_t used_ = 0;
};

}  // namespace gh::state
