// `gatehouse explain WHAT`: the long text of a diagnostic code, a directive or a variable. Called by run; any thread;
// it reads only what it is given, the codes of config/codes.h and the prose of man/prose.txt, which is compiled in.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/directive.h"
#include "table/variable.h"

namespace gh::tools {

/// True when `what` names a code ("E0101", any case), a directive ("proxy_pass") or a variable ("$host", "host").
bool can_explain(std::string_view what, const config::Language& language,
                 std::span<const table::VariableRow> variables);

/// The text, with a line end behind its last line. For an unknown word: one line that says so, and the nearest names.
std::string explain(std::string_view what, const config::Language& language,
                    std::span<const table::VariableRow> variables);

}  // namespace gh::tools
