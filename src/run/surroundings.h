// --check=full: what a start needs of the machine around it. Unlike a plain --check it binds (and lets go at once) and
// looks names up. Main thread.
#pragma once

#include "config/diagnostic.h"
#include "table/plan.h"

namespace gh::run {

/// E0505 for each address that is taken, W401 for each upstream name that does not resolve.
void check_surroundings(const table::Table& table, config::Diagnostics& diagnostics);

}  // namespace gh::run
