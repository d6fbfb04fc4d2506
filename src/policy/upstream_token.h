// proxy_oauth2_token, as seen by what forwards requests (proxy_pass, grpc_pass). Build thread only.
#pragma once

#include "proxy/proxy_plan.h"
#include "table/scope.h"

namespace gh::policy {

/// The request that `plan` writes carries the token in Authorization, in place of what the client sent there.
void add_upstream_token(table::Scope& scope, proxy::ProxyPlan& plan);

}  // namespace gh::policy
