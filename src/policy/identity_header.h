// identity_header: what services are told of who asks. The fields are the gateway's alone: a client's copies are
// dropped as its request comes in, on the whole server, wherever one of its blocks names them. Build thread only.
#pragma once

#include <string>
#include <vector>

#include "proxy/proxy_plan.h"
#include "table/scope.h"

namespace gh::policy {

/// As they stand in a block: its own, and those of the blocks around it under other names.
struct IdentityHeaders { std::vector<table::HeaderSetting> list; };

/// The request that `plan` writes carries them; an empty value is no field.
void add_identity_headers(table::Scope& scope, proxy::ProxyPlan& plan);

}  // namespace gh::policy
