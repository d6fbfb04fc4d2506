// What is often wrong about the keys of limits. Build thread only.
#pragma once

#include "table/build.h"

namespace gh::policy {

enum class Asked : std::uint8_t { early, by_key };  // before the checks of access; or behind them when the key needs it

/// Warns of keys that clients choose (W503), that are a proxy's address (W509), and that are not known yet when the
/// limit is asked (W510).
void check_limit_key(table::Scope& scope, const config::Value& value, const table::Template& key, Asked asked);

}  // namespace gh::policy
