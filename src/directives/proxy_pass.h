// The apply function of proxy_pass (its row stands in proxy.cc).
#pragma once

#include "table/scope.h"

namespace gh::directives {

void apply_proxy_pass(table::Scope& scope, const config::Bound& directive);
/// Each name once, with all its uses. Runs behind all that apply_proxy_pass left to the end of the build.
void report_unknown_upstreams(table::Scope& main);

}  // namespace gh::directives
