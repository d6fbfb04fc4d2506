// From the proxy_ssl_* or grpc_ssl_* lines of a location to its TlsClientPlan: reads the files, checks that they belong
// together and that OpenSSL takes them, and says what is wrong. Build thread only.
#pragma once

#include <memory>
#include <string_view>

#include "table/scope.h"
#include "table/tls_client_plan.h"

namespace gh::table {

namespace detail {
std::shared_ptr<const TlsClientPlan> tls_client_plan(Scope& scope, std::string_view prefix,
                                                     std::shared_ptr<const TlsClientSettings> settings,
                                                     std::shared_ptr<const TlsCommandList> commands);
}

/// The plan of what stands in `scope` and around it, and in the table's list of them. Each combination is loaded once.
/// Null after a diagnostic.
template <class Side>
std::shared_ptr<const TlsClientPlan> tls_client_plan(Scope& scope) {
  const auto commands = scope.shared<TlsClientCommands<Side>>();
  return detail::tls_client_plan(scope, Side::prefix, scope.shared<TlsClientGroup<Side>>(),
                                 std::shared_ptr<const TlsCommandList>(commands, &commands->list));
}

}  // namespace gh::table
