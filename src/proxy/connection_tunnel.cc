// How an HTTP/1.1 connection ends that becomes a tunnel's.
#include "proxy/connection.h"
#include "proxy/exchange.h"
#include "proxy/tunnel.h"

namespace gh::proxy {

void Connection::start_tunnel(Exchange&) {
  tunnels_ = true;
  worker_.loop.defer(*this);
}

void Connection::become_tunnel() {
  Exchange* const x = std::exchange(exchange_, nullptr);
  TunnelPlan plan;
  std::unique_ptr<TunnelEnd> peer = x->become_tunnel(plan);
  worker_.free_exchange(x);
  const std::uint64_t generation = plan.generation;
  Tunnel::begin(worker_, std::move(plan), make_client_end(worker_, std::move(transport_), generation), std::move(peer),
                pending_ ? std::string_view(*pending_) : std::string_view(), saw_eof_);
  set_stage(Stage::closed);
  delete this;
}

}  // namespace gh::proxy
