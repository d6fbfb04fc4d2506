// Text to number, whole text only: a flat open-addressing hash, half full at most, with the texts in one string.
// Used by location_tree and server_names. Built once, then read by any thread.
// The keys come from the configuration, so chains are as long as the configuration makes them: an attacker who picks
// what is looked up cannot lengthen them, and a fast unkeyed hash will do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gh::table {

class ExactMap {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;
  struct Entry {
    std::string_view text;
    std::uint32_t value;
  };

  /// Of two entries with the same text the first counts.
  static ExactMap build(const std::vector<Entry>& entries);
  /// The value, or npos.
  [[nodiscard]] std::uint32_t find(std::string_view text) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Slot {
    std::uint32_t hash, begin, size, value;  // value npos: free
  };
  std::vector<Slot> slots_;     // a power of two, or none
  std::string texts_;
  std::uint64_t lengths_ = 0;   // bit n: some text has a length of n modulo 64; saves hashing most misses
};

}  // namespace gh::table
