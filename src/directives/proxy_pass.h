// The apply function of proxy_pass (its row stands in proxy.cc).
#pragma once

#include "table/scope.h"

namespace gh::directives {

void apply_proxy_pass(table::Scope& scope, const config::Bound& directive);

}  // namespace gh::directives
