// Words of one directive against the arguments of its row: which word is which argument, then types and bounds.
// Called by bind.cc and, without diagnostics, by repair.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/directive.h"
#include "config/typing.h"

namespace gh::config {

/// Counts and names only. `args` has no directive name in it.
bool arguments_fit(const Sources& sources, const Row& row, std::span<const Word> args);

/// False when something was reported.
bool read_arguments(Sources& sources, const Row& row, const Node& node, const ArgumentPlace& place,
                    Diagnostics& diagnostics, std::vector<Value>& values);

/// "takes 1 argument", "takes 1 to 2 arguments", for messages and hover texts.
std::string takes_text(const Row& row);

}  // namespace gh::config
