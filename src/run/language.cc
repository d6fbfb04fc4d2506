#include "run/language.h"

#include <utility>

namespace gh::run {

namespace {
Language language_of_this_program;
}

void set_language(Language language) { language_of_this_program = std::move(language); }
const Language& the_language() { return language_of_this_program; }

}  // namespace gh::run
