// keyval_zone and keyval: what their rows call (directives/keyval.cc). Implemented in rewrite/keyval.cc.
#pragma once

#include "table/scope.h"

namespace gh::policy {

void apply_keyval_zone(table::Scope&, const config::Bound&);
void declare_keyval(table::Scope& main, const config::Bound&);
void apply_keyval(table::Scope&, const config::Bound&);
void finish_keyval(table::Scope&, table::Route&);
void end_keyval(table::Scope& main);

}  // namespace gh::policy
