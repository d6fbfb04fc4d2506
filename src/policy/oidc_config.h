// oidc_provider blocks by name, as auth_oidc refers to them. Build thread only.
#pragma once

#include <memory>

#include "policy/oidc.h"
#include "table/scope.h"

namespace gh::policy {

/// Null after a diagnostic. Its members are complete when the table is.
std::shared_ptr<OidcProvider> find_oidc_provider(table::Scope& scope, const config::Value& name);

}  // namespace gh::policy
