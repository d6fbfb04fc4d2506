// What is often wrong about the keys of limits. Build thread only.
#pragma once

#include "table/build.h"

namespace gh::policy {

/// Warns of keys that clients choose (W503), that are a proxy's address (W509), and that are not known yet when limits
/// by identity are asked (W510).
void check_limit_key(table::Scope& scope, const config::Value& value, const table::Template& key);

}  // namespace gh::policy
