// The content type that a path's extension stands for: `types`, else `default_type`.
#pragma once

#include <string_view>

#include "table/plan.h"

namespace gh::policy {

/// A text of the table. An extension is what follows the last dot of a name, in any case, but not at its begin.
std::string_view file_type(const table::FileSettings& files, std::string_view path);

}  // namespace gh::policy
