// The content type that a path's extension stands for: `types`, else `default_type`.
#pragma once

#include <string_view>

#include "table/plan.h"

namespace gh::policy {

/// A text of the table. An extension is what follows the last dot behind the last slash, in any case.
std::string_view file_type(const table::FileSettings& files, std::string_view path);

}  // namespace gh::policy
