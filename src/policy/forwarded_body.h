// What proxy_pass and grpc_pass do alike: settings that are neither's own, the body and method of a request, and how
// the forwarder gets it.
#pragma once

#include "proxy/proxy_plan.h"
#include "proxy/upstream_head.h"
#include "table/program.h"
#include "table/scope.h"

namespace gh::policy {

/// What `plan` takes from directives that are neither proxy_* nor grpc_*. Build thread.
void add_common_settings(table::Scope& scope, proxy::ProxyPlan& plan);

/// Length and framing of the body as it goes upstream; false: the body is still coming (the step runs again).
bool prepare_forwarded_body(proxy::Exchange& x, const proxy::ProxyPlan& plan, proxy::ForwardedRequest& request);
/// The method that the client asks with by now: an internal redirect may have changed it.
void take_client_method(const proxy::Exchange& x, proxy::ForwardedRequest& request);
/// Hands the request to the forwarder: what its target says is all that was missing.
table::Verdict forward(proxy::Exchange& x, const proxy::ProxyPlan& plan, proxy::ForwardedRequest& request);

}  // namespace gh::policy
