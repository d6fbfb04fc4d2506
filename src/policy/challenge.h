// WWW-Authenticate (RFC 9110 11.6.1): what a client is asked for.
#pragma once

#include <string_view>

#include "proxy/exchange.h"

namespace gh::policy {

/// `SCHEME realm="..."`, beside those of other checks.
void add_challenge(proxy::Exchange& exchange, std::string_view scheme, std::string_view realm);

}  // namespace gh::policy
