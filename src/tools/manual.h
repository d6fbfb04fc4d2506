// gateway.conf(5), made from the directive table, the variables and man/prose.txt. Called by gatehouse_manual while the
// project is built and tested; the page is committed. Any thread, no state.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/directive.h"
#include "table/variable.h"

namespace gh::tools {

/// The page, in the man(7) macros. An error when the prose cannot be read, when a row has no block or a block no row:
/// all of them, one a line.
Result<std::string> make_manual(std::string_view prose, const config::Language& language,
                                std::span<const table::VariableRow> variables);

/// "$name" or "$prefix_NAME".
std::string variable_text(const table::VariableRow& row);

}  // namespace gh::tools
