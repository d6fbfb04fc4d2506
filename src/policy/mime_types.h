// Lists of content types to act on (gzip_types, sub_filter_types ...): text/html always, `*` all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "table/scope.h"

namespace gh::policy {

struct MimeTypes {
  bool all = false;
  std::vector<std::string> list;  // lower case, beside text/html

  /// `content_type` may have parameters behind a semicolon.
  [[nodiscard]] bool has(std::string_view content_type) const;
  /// From a directive's values.
  void add(table::Scope& scope, const config::Bound& directive);
};

}  // namespace gh::policy
