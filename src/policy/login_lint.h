// Who must log in to log in (trap T06). Build thread only.
#pragma once

#include <string_view>

#include "table/build.h"

namespace gh::policy {

/// From a finish function: `directive` is inherited by a location whose path says that callers have no credentials yet.
void warn_of_locked_login(table::Scope& scope, const table::Route& route, std::string_view directive);

}  // namespace gh::policy
