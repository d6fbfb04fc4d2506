// How the gateway learns what an OpenID provider is; for policy/oidc*.cc alone. Worker threads.
#pragma once

#include <functional>

#include "policy/oidc.h"

namespace gh::policy {

/// Asks anew, whatever is known.
void learn_provider(proxy::Worker& worker, const std::shared_ptr<const OidcProvider>& provider,
                    std::function<void(Result<ProviderDataPtr>)> then);
/// What was learnt takes the place of what is known.
void keep_provider(const OidcProvider& provider, const ProviderDataPtr& data, std::int64_t now_ms);

}  // namespace gh::policy
