// The keys of a `map`: which entry a text selects. Exact texts without case, with `hostnames` also "*.x" and "x.*",
// then regular expressions in order (LANGUAGE 11.1). Bytes in, entry number out. Built once, read by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/regex.h"
#include "table/exact_map.h"
#include "table/prefix_tree.h"
#include "table/regex_list.h"

namespace gh::table {

class ValueMap {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;
  struct Hit {
    std::uint32_t entry = npos;    // npos: the default
    const Regex* regex = nullptr;  // the regex that decided, or ran into its match limit; its groups are in `captures`
    bool limit_hit = false;        // then `entry` is npos
  };

  class Builder;
  [[nodiscard]] Hit find(std::string_view text, Captures& captures) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  [[nodiscard]] std::uint32_t find_text(std::string_view text) const;

  ExactMap exact_;
  PrefixTree suffixes_;  // of reversed text, "t.x." for "*.x.t"
  PrefixTree prefixes_;  // "x." for "x.*"
  RegexList regexes_;
  std::vector<std::uint32_t> regex_entries_;
  std::size_t longest_exact_ = 0;
  bool has_exact_ = false, has_wildcards_ = false, drop_last_dot_ = false;
};

class ValueMap::Builder {
 public:
  enum class Verdict : std::uint8_t { added, twice, bad_wildcard };
  struct Added {
    Verdict verdict = Verdict::added;
    std::uint32_t first = npos;  // the entry that has this key already
  };

  /// From here on "*.x", ".x" and "x.*" are wildcards; look-ups pass over a last dot.
  void use_hostnames() { hostnames_ = true; }
  Added add(std::string_view key, std::uint32_t entry);
  void add_regex(std::shared_ptr<const Regex> regex, std::uint32_t entry);
  [[nodiscard]] ValueMap build();

 private:
  using Keys = std::unordered_map<std::string, std::uint32_t>;
  static Added put(Keys& keys, std::string key, std::uint32_t entry);
  Added add_wildcard(std::string_view key, std::uint32_t entry);

  Keys exact_, suffixes_, prefixes_;
  std::vector<std::shared_ptr<const Regex>> regexes_;
  std::vector<std::uint32_t> regex_entries_;
  bool hostnames_ = false;
};

}  // namespace gh::table
