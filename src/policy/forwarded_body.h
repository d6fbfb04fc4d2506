// What proxy_pass and grpc_pass do alike before they hand a request to the forwarder.
#pragma once

#include "proxy/proxy_plan.h"
#include "proxy/upstream_head.h"

namespace gh::policy {

/// Length and framing of the body as it goes upstream; false: the body is still coming (the step runs again).
bool prepare_forwarded_body(proxy::Exchange& x, const proxy::ProxyPlan& plan, proxy::ForwardedRequest& request);

}  // namespace gh::policy
