// grpc_pass: gRPC upstreams are not served yet, so the location answers 502. Its row is in directives/grpc_pass.cc.
#include "policy/policy.h"
#include "proxy/exchange.h"

namespace gh::policy {

namespace {

struct GrpcPass { bool stated = false; };

table::Verdict run(proxy::Exchange& x, const void*) {
  x.log(LogLevel::error, "grpc_pass is not served yet");
  x.reason = "grpc_pass is not served yet";
  return x.error(502);
}

}  // namespace

void apply_grpc_pass(table::Scope& scope, const config::Bound&) { scope.local<GrpcPass>().stated = true; }

void finish_grpc_pass(table::Scope& scope, table::Route& route) {
  if (!scope.local_or_null<GrpcPass>()) return;
  table::add_step(route, config::Phase::content, run, nullptr, "grpc_pass");
}

}  // namespace gh::policy
