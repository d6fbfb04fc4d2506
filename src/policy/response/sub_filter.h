// sub_filter: settings for its rows.
#pragma once

#include <vector>

#include "policy/mime_types.h"
#include "table/scope.h"
#include "table/template.h"

namespace gh::policy {

struct Substitution {
  table::Template string, replacement;
};
struct Substitutions { std::vector<Substitution> list; };
struct SubFilterSettings {
  bool once = true;
  bool last_modified = false;
};
struct SubFilterTypes { MimeTypes types; };

void apply_sub_filter(table::Scope&, const config::Bound&);
void apply_sub_filter_types(table::Scope&, const config::Bound&);
void finish_sub_filter(table::Scope&, table::Route&);

}  // namespace gh::policy
