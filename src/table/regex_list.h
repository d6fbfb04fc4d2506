// First regex of a list that matches, in list order, at the price of the few that can: those whose literal prefix the
// subject starts with, and those without one. 500 regexes ^/rNNN/ cost one tree walk and one execution.
// Used by location_tree and server_names. Built once, then read by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "table/prefix_tree.h"

namespace gh::table {

class RegexList {
 public:
  static constexpr std::uint32_t npos = 0xffffffff;
  struct Found {
    std::uint32_t index = npos;    // in the list given to build
    bool limit_hit = false;        // regex `index` ran into its match limit; the search ended there
    std::uint32_t executions = 0;  // regexes run, for tests and benches
  };

  static RegexList build(std::vector<std::shared_ptr<const Regex>> regexes);
  [[nodiscard]] Found find(std::string_view subject, Captures& captures) const;
  [[nodiscard]] const Regex& at(std::size_t index) const { return *regexes_[index]; }
  [[nodiscard]] bool empty() const { return regexes_.empty(); }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  // The regexes of one literal prefix. `parent`: the set of the longest stored prefix of that prefix, candidates too.
  struct Set {
    std::uint32_t begin, end;  // in candidates_, ascending
    std::uint32_t parent;      // or npos
  };
  static constexpr std::size_t max_chain = 8;  // sets on a path; a deeper one is stored with all it inherits

  struct Builder;
  std::vector<std::shared_ptr<const Regex>> regexes_;
  std::vector<Set> sets_;
  std::vector<std::uint32_t> candidates_;
  PrefixTree prefixes_;  // literal prefix to set
};

}  // namespace gh::table
