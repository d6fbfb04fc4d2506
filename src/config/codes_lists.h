// The parts of codes(), each in a file of its own. Immutable; any thread.
#pragma once

#include <span>

#include "config/codes.h"

namespace gh::config {

std::span<const Code> error_codes();
std::span<const Code> warning_codes();

}  // namespace gh::config
