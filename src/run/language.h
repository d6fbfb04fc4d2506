// The directive table as main gives it: run (layer 9) uses it, directives (layer 10) make it, so it comes by hand.
#pragma once

#include <span>

#include "config/directive.h"
#include "table/scope.h"

namespace gh::run {

struct Language {
  config::Language directives;
  std::span<const table::Module* const> modules;
};

/// Set once by main, before anything else is called.
void set_language(Language language);
const Language& the_language();

}  // namespace gh::run
