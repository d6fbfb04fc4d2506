// First regex of a list that matches, in list order, at the price of the few that can: those one of whose literals the
// subject starts or ends with (base/regex_literals.h), and those without any. 500 regexes ^/rNNN/ cost one tree walk
// and one execution. Used by location_tree, server_names and value_map. Built once, then read by any thread.
#pragma once

#include <array>
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
  // The regexes of one literal. `parent`: the set of the longest other literal that this one starts with, candidates
  // too.
  struct Set {
    std::uint32_t begin, end;  // in candidates_, ascending
    std::uint32_t parent;      // or npos
  };
  static constexpr std::size_t max_chain = 8;  // sets on a path; a deeper one is stored with all it inherits

  /// Literals of one sort. Those of regexes without any are the empty text of the first index, which all subjects have.
  struct Index {
    PrefixTree tree;  // literal to set
    bool reversed = false, folded = false;
    std::size_t longest = 0;
  };
  static constexpr std::size_t sorts = 4;  // start, start folded, end, end folded

  struct Builder;
  struct Candidates;
  void collect(const Index& index, std::string_view subject, Candidates& candidates) const;

  std::vector<std::shared_ptr<const Regex>> regexes_;
  std::vector<Set> sets_;
  std::vector<std::uint32_t> candidates_;
  std::vector<Index> indexes_;  // those that are in use
};

}  // namespace gh::table
