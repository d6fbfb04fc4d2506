// Arguments of queries that are keys or tokens: logs show that they were there, not what they are. Build thread only.
#pragma once

#include <string_view>

#include "table/build.h"

namespace gh::policy {

/// From a finish function. It holds for the logs of all servers: one that only redirects sees the same URLs.
void keep_out_of_logs(table::Scope& scope, std::string_view argument);
/// The same for each $arg_NAME in the source of a text.
void keep_arguments_out_of_logs(table::Scope& scope, std::string_view source);

}  // namespace gh::policy
