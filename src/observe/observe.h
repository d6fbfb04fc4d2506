// What observe/ gives to the directive table; see policy/policy.h. Build thread only.
#pragma once

#include "table/scope.h"

namespace gh::observe {

// access_log.cc
void apply_access_log(table::Scope&, const config::Bound&);
void apply_open_log_file_cache(table::Scope&, const config::Bound&);
void apply_log_format(table::Scope&, const config::Bound&);
void finish_access_log(table::Scope&, table::Route&);

}  // namespace gh::observe
