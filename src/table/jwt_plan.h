// What the table itself knows of auth_jwt. Build thread only.
#pragma once

#include "config/tree.h"

namespace gh::table {

/// Local to a server's scope: the first of its routes that is chosen by what the token says. auth_jwt at the server
/// verifies it before any route is looked for.
struct EarlyToken { config::Span where; };

}  // namespace gh::table
