// Who must log in to log in (trap T06), and who need not. Build thread only.
#pragma once

#include <string_view>

#include "table/build.h"

namespace gh::policy {

/// From a finish function: `directive` is inherited by a location whose path says that callers have no credentials yet.
void warn_of_locked_login(table::Scope& scope, const table::Route& route, std::string_view directive);

/// From a finish function, when all checks of the route are known: a `return` beside them answers before they do.
void warn_of_early_answer(table::Scope& scope, const table::Route& route);

}  // namespace gh::policy
