// The names of a Language, ready to be looked up: rows by name and context, known names with their fate. Built once per
// load; main thread.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/directive.h"
#include "config/parse.h"
#include "config/tree.h"

namespace gh::config {

class Vocabulary {
 public:
  explicit Vocabulary(const Language& language);

  [[nodiscard]] std::span<const Row* const> rows(std::string_view name) const;
  /// The row of that name that is legal in one of `contexts`; null when there is none.
  [[nodiscard]] const Row* row_in(std::string_view name, Contexts contexts) const;
  [[nodiscard]] const Known* known(std::string_view name) const;
  [[nodiscard]] Contexts legal_contexts(std::string_view name) const;
  [[nodiscard]] const std::vector<const Row*>& all() const { return all_; }
  [[nodiscard]] RawNames raw_names() const { return {raw_blocks_, expressions_}; }

 private:
  /// First letter and length: most words are told from names by these alone.
  static std::size_t slot(std::string_view name) {
    return name.empty() ? 0 : (static_cast<unsigned char>(name[0]) % 32) * 64 + name.size() % 64;
  }

  std::vector<const Row*> all_;
  std::array<bool, 32 * 64> filter_ = {};  // by slot: true when a row's name has it
  std::unordered_map<std::string_view, std::vector<const Row*>> by_name_;
  std::unordered_map<std::string_view, const Known*> known_;
  std::vector<const Known*> patterns_;
  std::vector<std::string_view> raw_blocks_, expressions_;
};

/// A bound on directives where `include` and in_any count everywhere. A route is a location to all but few rows.
inline bool legal_in(const Row& row, Contexts contexts) {
  if ((contexts & in_route) != 0 && (row.contexts & not_in_route) == 0) contexts |= in_location;
  return (row.contexts & (contexts | in_any)) != 0;
}

/// The first of `rows` that is legal in one of `contexts`; null when there is none.
inline const Row* row_among(std::span<const Row* const> rows, Contexts contexts) {
  for (const Row* row : rows) {
    if (legal_in(*row, contexts)) return row;
  }
  return nullptr;
}

}  // namespace gh::config
