// Where that which acts in a route was stated. Kept beside the programs for $gateway_reason and for logs: no request
// looks at it before somebody asks why it was refused.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace gh::table {

/// A directive that answered or refused. Without a place: that of the one which counts for the route (Stated::find).
struct Origin {
  std::string_view directive;
  config::Span where;
};

/// The directives of one block, in the order of the file, and those of the blocks around it.
struct Stated {
  struct Entry {
    std::string_view name;   // of its row
    config::Span where;
  };
  std::shared_ptr<const Stated> outer;
  std::vector<Entry> list;

  /// The innermost block that states `name`, there the first one; unset when nobody does: a default counts.
  [[nodiscard]] config::Span find(std::string_view name) const;
};

}  // namespace gh::table
