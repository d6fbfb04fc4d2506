// split_clients: which part of all requests a key belongs to, by the 32-bit MurmurHash2 of its text (LANGUAGE 11.3).
// Pure; parts are numbered in file order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gh::table {

/// "51.25%" as 5125: up to two decimals, more than nothing. Nothing when it is written otherwise.
std::optional<std::uint32_t> parse_percent(std::string_view text);

class PercentSplit {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;
  static constexpr std::uint32_t whole = 10000;

  /// The next part: hundredths of a percent. False when all parts together would be more than `whole`.
  bool add(std::uint32_t hundredths);
  /// The next part, `*`: all that is left. It may be nothing.
  void add_rest();
  [[nodiscard]] std::uint32_t sum() const { return sum_; }
  /// The part of a key; npos when its hash lies behind all parts.
  [[nodiscard]] std::uint32_t find(std::string_view key) const;
  [[nodiscard]] std::uint32_t find_hash(std::uint32_t hash) const;

 private:
  std::vector<std::uint64_t> ends_;  // of each part: the first hash behind it
  std::uint32_t sum_ = 0;
};

}  // namespace gh::table
