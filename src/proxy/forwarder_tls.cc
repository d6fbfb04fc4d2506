// TLS to upstreams, as a forwarder sees it: what a request's connection must be, and what a handshake's failure is.
#include <fmt/format.h>

#include "proxy/forwarder.h"
#include "proxy/worker.h"
#include "table/tls_client_plan.h"

namespace gh::proxy {

namespace {

/// $proxy_host and $http_host have a port; that of "[::1]:443" is behind the brackets.
std::string_view without_port(std::string_view name) {
  std::size_t from = 0;
  if (name.starts_with('[')) {
    const std::size_t end = name.find(']');
    if (end != std::string_view::npos) from = end;
  }
  return name.substr(0, name.find(':', from));
}

std::string_view absolute(std::string_view name, const table::TlsClientPlan& plan, Arena& arena) {
  if (name.empty() || name.starts_with('/') || name.starts_with("data:")) return name;
  return arena.copy(plan.main_dir + std::string(name));
}

}  // namespace

const upstream::TlsUse* Forwarder::tls_use() {
  const table::TlsClientPlan& plan = *plan_->tls;
  auto* const use = x_.arena.make<upstream::TlsUse>();
  use->plan = &plan;
  use->name = without_port(plan.name ? plan.name->render(x_, x_.arena) : request_.host);
  if (plan.certificate_name) {
    use->certificate = absolute(plan.certificate_name->render(x_, x_.arena), plan, x_.arena);
    if (!use->certificate.empty()) use->key = absolute(plan.key_name->render(x_, x_.arena), plan, x_.arena);
  }
  return use;
}

void Forwarder::tls_failed(int error) {
  if (!link_) return failed_here(x_.worker.pool.tls_error());
  failed(Failure::error, 502,
         fmt::format("{} while SSL handshaking to upstream", link_->connection().tls_failure(error)));
}

}  // namespace gh::proxy
