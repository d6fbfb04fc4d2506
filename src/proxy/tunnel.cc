#include "proxy/tunnel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "proxy/worker.h"
#include "upstream/balance.h"

namespace gh::proxy {

namespace {

// A piece of this size is moved by the kernel from then on, until one is small: less is copied as fast. A large stream
// costs a quarter less CPU so.
constexpr std::size_t splice_from_bytes = 64 * 1024, splice_least_bytes = 16 * 1024;

}  // namespace

void Tunnel::begin(Worker& worker, TunnelPlan&& plan, std::unique_ptr<TunnelEnd> client,
                   std::unique_ptr<TunnelEnd> peer, std::string_view early, bool client_ended) {
  auto* const tunnel = new Tunnel(worker, std::move(plan));
  client->belong_to(*tunnel);
  peer->belong_to(*tunnel);
  tunnel->client_.end = std::move(client);
  tunnel->peer_.end = std::move(peer);
  tunnel->start(early, client_ended);
}

void Tunnel::start(std::string_view early, bool client_ended) {
  if (!client_.end->is_open() || !peer_.end->is_open()) return end();
  client_.ended = client_ended;
  if (!early.empty()) {
    client_.bytes += early.size();
    if (const int error = peer_.end->write(early); error != 0) return log_broken(peer_, error), end();
  }
  for (Side* from : {&client_, &peer_}) {
    from->paused = other(*from).end->queued_bytes() > plan_.most_queued_bytes;
    from->paused ? from->end->pause() : from->end->resume();
  }
  touch();
  settle();
}

// ---- bytes ---------------------------------------------------------------------------------------------------------

void Tunnel::on_read(TunnelEnd& end_read, std::string_view bytes) {
  Side& from = side(end_read);
  if (stage_ == Stage::lingering) return linger();
  if (stage_ != Stage::open) return;
  from.bytes += bytes.size();
  Side& to = other(from);
  if (const int error = to.end->write(bytes); error != 0) return log_broken(to, error), end();
  if (bytes.size() >= splice_from_bytes) splice(from, true);
  passed(from);
}

void Tunnel::on_moved(TunnelEnd& end_read, std::size_t bytes) {
  Side& from = side(end_read);
  if (stage_ != Stage::open) return;
  from.bytes += bytes;
  if (bytes < splice_least_bytes) splice(from, false);
  passed(from);
}

/// Back pressure: whoever is ahead waits for the other side.
void Tunnel::passed(Side& from) {
  if (other(from).end->queued_bytes() > plan_.most_queued_bytes) {
    from.paused = true;
    from.end->pause();
  }
  touch();
}

void Tunnel::splice(Side& from, bool wanted) {
  net::Stream* const source = from.end->stream();
  net::Stream* const target = other(from).end->stream();
  if (from.splices == wanted || !source || !target) return;
  from.splices = wanted;
  source->splice_to(wanted ? target : nullptr, UINT64_MAX);
}

void Tunnel::on_drained(TunnelEnd& of) {
  Side& to = side(of);
  if (stage_ == Stage::flushing) return end_client();
  if (stage_ != Stage::open) return;
  Side& from = other(to);
  if (from.paused && to.end->queued_bytes() <= plan_.most_queued_bytes) {
    from.paused = false;
    from.end->resume();
  }
  touch();
  settle();
}

void Tunnel::on_eof(TunnelEnd& of) {
  side(of).ended = true;
  if (stage_ == Stage::lingering) return close();
  if (stage_ == Stage::open) settle();
}

/// As in nginx: a side that has ended ends the tunnel once all it sent was passed on.
void Tunnel::settle() {
  const bool all_up = client_.ended && peer_.end->queued_bytes() == 0;
  const bool all_down = peer_.ended && client_.end->queued_bytes() == 0;
  if (all_up || all_down) end();
}

void Tunnel::on_broken(TunnelEnd& of, int error) {
  Side& broken = side(of);
  if (stage_ == Stage::open) {
    log_broken(broken, error);
    broken.end->close();
    return end();
  }
  if (&broken == &client_) close();
}

// ---- time ----------------------------------------------------------------------------------------------------------

Tunnel::Wait Tunnel::wait() const {
  constexpr const char* client_text = "client timed out (110: Connection timed out) while proxying upgraded connection";
  constexpr const char* peer_text = "upstream timed out (110: Connection timed out) while proxying upgraded connection";
  Wait shortest{INT64_MAX, client_text};
  const auto consider = [&](bool counts, std::int64_t ms, const char* text) {
    if (counts && ms < shortest.ms) shortest = {ms, text};
  };
  consider(client_.end->queued_bytes() > 0, plan_.client_send_timeout_ms, client_text);
  consider(peer_.end->queued_bytes() > 0, plan_.peer_send_timeout_ms, peer_text);
  consider(!peer_.paused, plan_.read_timeout_ms, peer_text);
  return shortest;
}

void Tunnel::touch() {
  last_ms_ = worker_.loop.clock().now_ms();
  worker_.loop.timers().set(*this, wait().ms);
}

/// Queued bytes may have gone out in part, of which nothing is told.
void Tunnel::fire() {
  if (stage_ != Stage::open) return close();
  const std::int64_t now = worker_.loop.clock().now_ms();
  const std::uint64_t progress = client_.end->progress() + peer_.end->progress();
  const bool queued = client_.end->queued_bytes() + peer_.end->queued_bytes() > 0;
  if (queued && progress != last_progress_) last_ms_ = now;
  last_progress_ = progress;
  const Wait next = wait();
  if (now - last_ms_ < next.ms) return worker_.loop.timers().set(*this, next.ms - (now - last_ms_));
  log(LogLevel::info, next.text);
  end();
}

// ---- the end -------------------------------------------------------------------------------------------------------

void Tunnel::end() {
  stage_ = Stage::flushing;
  splice(client_, false);
  splice(peer_, false);
  leave_lines();
  peer_.end->close();
  const PeerUse use = std::move(plan_.peer_use);
  if (use.peer) upstream::done(*use.group, *use.peer, upstream::Outcome::ok, worker_.loop.clock().now_ms());
  if (use.has_queue) worker_.waiting.peer_is_free();
  for (const auto& kept : plan_.kept) kept->end(worker_);
  plan_.kept.clear();
  if (!client_.end->is_open()) return close();
  client_.end->pause();
  worker_.loop.timers().set(*this, plan_.client_send_timeout_ms);
  if (client_.end->queued_bytes() == 0) end_client();
}

void Tunnel::leave_lines() {
  Clock& clock = worker_.loop.clock();
  TunnelFigures figures = plan_.before;
  figures.request_line = plan_.context.request_line();
  figures.bytes_sent += peer_.bytes;
  figures.body_bytes_sent += peer_.bytes;
  figures.peer_bytes_received += peer_.bytes;
  figures.peer_bytes_sent += client_.bytes;
  figures.request_ms = (clock.now_us() - plan_.started_us) / 1000;
  figures.response_ms = clock.now_ms() - plan_.attempt_ms;
  figures.connection_ms = clock.now_ms() - plan_.connected_ms;
  for (const auto& line : plan_.lines) line->write(worker_, figures);
  plan_.lines.clear();
}

/// What the client was to get has gone out. It may still be sending, and a reset would take the last of it away.
void Tunnel::end_client() {
  client_.end->shut_down_write();
  if (client_.ended || plan_.lingering_timeout_ms <= 0 || plan_.lingering_time_ms <= 0) return close();
  stage_ = Stage::lingering;
  linger_until_ms_ = worker_.loop.clock().now_ms() + plan_.lingering_time_ms;
  client_.end->resume();
  linger();
}

void Tunnel::linger() {
  const std::int64_t left = linger_until_ms_ - worker_.loop.clock().now_ms();
  if (left <= 0) return close();
  worker_.loop.timers().set(*this, std::min(left, plan_.lingering_timeout_ms));
}

void Tunnel::close_now() {
  if (stage_ == Stage::open) {
    client_.end->close();
    return end();
  }
  close();
}

void Tunnel::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  worker_.loop.timers().clear(*this);
  client_.end->close();
  worker_.loop.defer(*this);
}

void Tunnel::run_deferred() { delete this; }

// ---- the error log -------------------------------------------------------------------------------------------------

void Tunnel::log(LogLevel level, std::string_view text) {
  if (!plan_.error_log || !plan_.error_log->wants(level)) return;
  plan_.error_log->write(level, plan_.serial, fmt::format("{}{}", text, plan_.context.text()));
}

void Tunnel::log_broken(const Side& broken, int error) {
  const bool is_peer = &broken == &peer_;
  log(is_peer ? LogLevel::error : LogLevel::info,
      fmt::format("recv() failed ({}: {}) while proxying upgraded connection", -error, std::strerror(-error)));
}

}  // namespace gh::proxy
