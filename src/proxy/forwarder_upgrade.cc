// Changes of protocol: a 101 that was asked for makes a tunnel of the exchange's two connections (proxy/tunnel.h).
#include <array>

#include "http/upgrade.h"
#include "proxy/forwarder.h"
#include "proxy/tunnel_end.h"
#include "proxy/tunnel_plan.h"
#include "proxy/worker.h"

namespace gh::proxy {

using http::HeaderId;

/// The client has asked for it, this gateway has, and neither has anything of the request to say any more.
bool Forwarder::was_asked_to_switch() const {
  if (link_ != &link_->connection()) return false;  // a stream of a shared connection
  if (!x_.client->can_tunnel() || !body_sent_ || !x_.body_complete || plan_->settings->http_1_0) return false;
  const std::string_view by_us = request_.websocket ? "websocket" : "";
  const std::string_view sent = plan_->upgrade ? plan_->upgrade->render(x_, x_.arena) : by_us;
  if (!http::is_asked_upgrade(x_.request, sent, head_.fields)) return false;
  // The key of a handshake that came over HTTP/2 is the gateway's own, and so is the look at what is said to it.
  if (x_.request.protocol.empty() || http::accepts_key(x_.request, head_.fields)) return true;
  x_.log(LogLevel::error, "upstream sent a wrong Sec-WebSocket-Accept while reading response header from upstream");
  return false;
}

/// The 101 goes to the client with what has come behind it. The rest is done at the end of the turn: hand_over().
void Forwarder::switch_protocol(std::string_view rest) {
  record_->status = head_.status;
  record_->header_ms = since_attempt_ms();
  x_.upstream_head = x_.arena.make<http::ResponseHead>(head_);
  stage_ = Stage::switching;
  take_upstream_head(x_, *plan_, head_);
  for (const http::Field& field : head_.fields) {
    if (field.id == HeaderId::upgrade) x_.reply.fields.add(x_.arena, field);
  }
  if (upstream_->sticky) head_in_session();
  link_->pause();
  link_->clear_timeout();
  const iovec first{const_cast<char*>(rest.data()), rest.size()};
  x_.send_head({&first, 1}, false);
  if (stage_ == Stage::switching && x_.reply.head_sent) x_.client->start_tunnel(x_);
}

/// The peer and its connection change hands. An end that is closed already ends the tunnel.
std::unique_ptr<TunnelEnd> Forwarder::hand_over(TunnelPlan& plan) {
  if (upstream_->sticky) keep_session(plan);
  // How long a tunnel lives says nothing about its peer's speed.
  if (upstream_->measure != upstream::TimeMeasure::none) {
    upstream::add_time(*peer_, record_->header_ms, x_.clock().now_ms());
    if (is_inflight(upstream_->measure)) upstream::end_inflight(*peer_, attempt_ms_);
  }
  const table::ProxySettings& settings = *plan_->settings;
  plan.read_timeout_ms = settings.read_timeout_ms;
  plan.peer_send_timeout_ms = settings.send_timeout_ms;
  plan.most_queued_bytes = static_cast<std::size_t>(settings.buffer_bytes);
  plan.attempt_ms = attempt_ms_;
  plan.before.peer_bytes_sent = record_->bytes_sent;
  plan.before.peer_bytes_received = record_->bytes_received;
  plan.peer_use = {upstream_->peers, std::exchange(peer_, nullptr), upstream_->queue_requests != 0};
  stage_ = Stage::over;
  return make_peer_end(x_.worker.pool.take_out(*std::exchange(link_, nullptr)));
}

}  // namespace gh::proxy
