// How an exchange ends that becomes a tunnel.
#include "proxy/exchange.h"
#include "proxy/secret_text.h"
#include "proxy/forwarder.h"
#include "proxy/tunnel_end.h"
#include "proxy/tunnel_plan.h"

namespace gh::proxy {

std::unique_ptr<TunnelEnd> Exchange::become_tunnel(TunnelPlan& plan) {
  source_ = nullptr;
  reply.complete = true;
  plan.generation = table().generation;
  plan.serial = client->serial();
  plan.started_us = started_us;
  plan.connected_ms = client->connected_ms();
  plan.client_send_timeout_ms = core().send_timeout_ms;
  if (core().lingering != table::Lingering::off) {
    plan.lingering_time_ms = core().lingering_time_ms;
    plan.lingering_timeout_ms = core().lingering_timeout_ms;
  }
  plan.before.bytes_sent = client->bytes_sent();
  plan.before.body_bytes_sent = body_bytes_sent;
  if (wants_log(LogLevel::error)) plan.error_log = route->logs->error_log;
  plan.context = TunnelContext(without_secrets(*this, request.request_line),
                               plan.error_log ? log_context() : std::string());
  std::unique_ptr<TunnelEnd> peer = forwarder->hand_over(plan);
  tunnel = &plan;
  finish();
  tunnel = nullptr;
  for (AtEnd** link = &at_end; *link;) {
    AtEnd& work = **link;
    if (work.keep) {
      if (auto kept = work.keep(work)) plan.kept.push_back(std::move(kept));
      *link = work.next;
    } else {
      link = &work.next;
    }
  }
  return peer;
}

}  // namespace gh::proxy
