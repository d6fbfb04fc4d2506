// The compiled table as JSON text, in a stable order: for `gatehouse dump`, golden tests and the semantic diff.
// Settings are printed where they differ from the defaults. No secrets are in it.
#pragma once

#include <string>
#include <string_view>

#include "table/plan.h"

namespace gh::table {

/// `prefix` (-p) is left out of folder names, so that the text does not depend on where the gateway is installed.
std::string dump(const Table& table, std::string_view prefix);

}  // namespace gh::table
