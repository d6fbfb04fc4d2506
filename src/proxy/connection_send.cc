// The sending half of Connection: framing, heads, bodies, and how fast a client must move.
#include "proxy/connection.h"

#include <array>

#include "http/user_agent.h"
#include "proxy/client_pace.h"
#include "proxy/exchange.h"
#include "proxy/head_writer.h"

namespace gh::proxy {

namespace {

constexpr std::size_t max_parts = 24;
constexpr std::size_t max_body_parts = 16;             // of one write

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

// ---- writing -------------------------------------------------------------------------------------------------------

/// keepalive_disable: browsers of old that mishandle what comes behind an answer. Their names are nginx's business.
bool Connection::distrusts(const Exchange& x) {
  const std::uint8_t disabled = x.core().keepalive_disable;
  const bool asks_msie6 = (disabled & table::keepalive_msie6) != 0 && x.request.method == http::Method::post;
  if (!asks_msie6 && (disabled & table::keepalive_safari) == 0) return false;
  const http::Field* agent = http::find(x.request.fields, http::HeaderId::user_agent);
  if (!agent) return false;
  if (asks_msie6 && http::is_msie6(agent->value) && agent->value.find("Opera") == std::string_view::npos) return true;
  return (disabled & table::keepalive_safari) != 0 && http::is_mac_safari(agent->value);
}

void Connection::decide_framing(Exchange& x, bool has_body) {
  const Reply& reply = x.reply;
  const table::CoreSettings& core = x.core();
  const std::int64_t now = worker_.loop.clock().now_ms();
  if (reply.status == 101) {  // what follows it belongs to the tunnel
    framing_ = Framing::until_close;
    head_only_ = false;
    return;
  }
  head_only_ = x.request.method == http::Method::head || !has_body;
  if (head_only_) framing_ = Framing::none;
  else if (reply.has_content_length) framing_ = Framing::length;
  else if (x.request.version_minor >= 1 && core.chunked_transfer_encoding) framing_ = Framing::chunked;
  else framing_ = Framing::until_close;
  if (framing_ == Framing::until_close || reply.close_connection || draining_ || core.keepalive_timeout_ms == 0 ||
      requests_ >= static_cast<std::uint64_t>(core.keepalive_requests) ||
      now - transport_.connected_ms > core.keepalive_time_ms ||
      (core.keepalive_disable && keep_alive_ && distrusts(x))) {
    keep_alive_ = false;
  }
}

void Connection::send_head(Exchange& x, std::span<const iovec> first, bool last) {
  if (first.size() > max_body_parts) {
    send_head(x, first.first(max_body_parts), false);
    return send_body(x, first.subspan(max_body_parts), last);
  }
  const bool has_body = x.reply.status != 204 && x.reply.status != 304;
  decide_framing(x, has_body);
  Output& out = worker_.out;
  out.clear();
  write_reply_head(out, x, *this, {keep_alive_, framing_ == Framing::chunked});
  const std::size_t head_bytes = out.size();
  if (x.core().tcp_nodelay && !no_delay_ && keep_alive_) {
    no_delay_ = true;
    transport_.stream.set_no_delay();
  }
  std::array<iovec, max_parts> parts;
  std::size_t count = 0;
  parts[count++] = part(out.view());
  char chunk_head[20];
  std::size_t body_bytes = 0;
  for (const iovec& p : first) body_bytes += p.iov_len;
  if (!head_only_) {
    if (framing_ == Framing::chunked && body_bytes > 0) {
      parts[count++] = {chunk_head, http::write_chunk_head(body_bytes, chunk_head)};
    }
    for (const iovec& p : first) {
      if (p.iov_len > 0 && count < max_parts - 2) parts[count++] = p;
    }
    if (framing_ == Framing::chunked && body_bytes > 0) parts[count++] = part("\r\n");
    if (framing_ == Framing::chunked && last) {
      const std::size_t at = out.size();
      write_last_chunk(out, x);
      parts[0] = part(out.view().substr(0, head_bytes));  // the buffer may have moved
      parts[count++] = part(out.view().substr(at));
    }
  }
  const std::uint64_t before = sent_;
  write({parts.data(), count}, last, x.reply.body_at_once);
  x.body_bytes_sent = sent_ - before - head_bytes;
  reply_done_ = last;
  check_sent();
}

void Connection::send_body(Exchange& x, std::span<const iovec> body, bool last) {
  for (; body.size() > max_body_parts; body = body.subspan(max_body_parts)) {
    send_body(x, body.first(max_body_parts), false);
  }
  if (!head_only_) {
    std::array<iovec, max_parts> parts;
    std::size_t count = 0;
    char chunk_head[20];
    std::size_t body_bytes = 0;
    for (const iovec& p : body) body_bytes += p.iov_len;
    const bool chunked = framing_ == Framing::chunked;
    if (chunked && body_bytes > 0) parts[count++] = {chunk_head, http::write_chunk_head(body_bytes, chunk_head)};
    for (const iovec& p : body) {
      if (p.iov_len > 0 && count < max_parts - 2) parts[count++] = p;
    }
    if (chunked && body_bytes > 0) parts[count++] = part("\r\n");
    if (chunked && last) {
      worker_.out.clear();
      write_last_chunk(worker_.out, x);
      parts[count++] = part(worker_.out.view());
    }
    const std::uint64_t before = sent_;
    if (count > 0) write({parts.data(), count}, last);
    x.body_bytes_sent += sent_ - before;
  }
  reply_done_ = last;
  check_sent();
}

net::Stream* Connection::body_stream(Exchange&) {
  return head_only_ || framing_ == Framing::chunked ? nullptr : &transport_.stream;
}

void Connection::moved(Exchange& x, std::size_t bytes, bool last) {
  sent_ += bytes;
  x.body_bytes_sent += bytes;
  write({});  // nothing, but it tells of a broken stream and minds the queue
  reply_done_ = last;
  check_sent();
}

void Connection::send_interim(Exchange&, unsigned status) {
  const std::string_view line = status == 100 ? "HTTP/1.1 100 Continue\r\n\r\n" : std::string_view();
  if (line.empty()) return;
  const iovec one = part(line);
  write({&one, 1});
}

/// RFC 9110 15.2: HTTP/1.0 knows no interim answers.
void Connection::send_early_hints(Exchange& x, std::span<const http::Field> fields) {
  if (x.request.version_minor == 0) return;
  Output& out = worker_.out;
  out.clear();
  out << "HTTP/1.1 103 Early Hints\r\n";
  for (const http::Field& field : fields) out.field(field.name, field.value);
  out << "\r\n";
  const iovec one = part(out.view());
  write({&one, 1});
}

void Connection::abort_body(Exchange&) {
  // RFC 9112 8: an incomplete answer must be seen as such, so the connection closes without a last chunk.
  keep_alive_ = false;
  reply_done_ = aborted_ = true;
  pending_.reset();
  check_sent();
}

void Connection::drop(Exchange&) {
  keep_alive_ = false;
  pending_.reset();
  close_stream(false);
  reply_done_ = true;
  worker_.loop.defer(*this);
}

void Connection::write(std::span<const iovec> parts, bool last, bool more_follows) {
  std::size_t bytes = 0;
  for (const iovec& p : parts) bytes += p.iov_len;
  sent_ += bytes;
  if (!transport_.stream.is_open()) return;
  if (transport_.stream.write(parts, more_follows || (last && closes_at_once())) < 0) {
    // Broken while an answer is under way: told from the loop, never from inside the caller's frame.
    saw_eof_ = true;
    keep_alive_ = false;
    close_stream(false);
    worker_.loop.defer(*this);
    return;
  }
  if (transport_.stream.queued_bytes() > 0) rearm();
}

void Connection::check_sent() {
  if (reply_done_ && (transport_.stream.queued_bytes() == 0 || !transport_.stream.is_open())) worker_.loop.defer(*this);
}

void Connection::on_drained() {
  if (stage_ == Stage::lingering) return;
  if (stage_ != Stage::exchange) return;
  rearm();
  if (reply_done_) check_sent();
  else exchange_->on_client_drained();
}

// ---- time ----------------------------------------------------------------------------------------------------------

/// Is it the client's body that is waited for? (Else, with bytes queued, it is the client's reading.)
bool Connection::reads_body() const { return body_wanted_ && body_ && !body_->done() && !reply_done_; }

/// What is waited for may have changed: a new phase begins with its own count of bytes and its own timer.
void Connection::rearm() {
  if (stage_ != Stage::exchange) return;
  const Pace wanted = reads_body() ? Pace::reading : transport_.stream.queued_bytes() > 0 ? Pace::sending : Pace::none;
  if (wanted == pace_) return;
  pace_ = wanted;
  if (pace_ == Pace::none) return worker_.loop.timers().clear(*this);
  phase_started_ms_ = last_progress_ms_ = worker_.loop.clock().now_ms();
  phase_bytes_ = 0;
  last_progress_bytes_ = sending_base_ = transport_.stream.bytes_sent();
  set_pace_timer(pace_ == Pace::reading ? exchange_->core().client_body_timeout_ms : exchange_->core().send_timeout_ms);
}

void Connection::set_pace_timer(std::int64_t timeout_ms) {
  worker_.loop.timers().set(*this, next_look_ms(timeout_ms));
}

/// A timer of the exchange came up: has the client done enough since the phase began?
void Connection::check_pace() {
  if (pace_ == Pace::none) return;
  const std::int64_t now = worker_.loop.clock().now_ms();
  const bool reading = pace_ == Pace::reading;
  if (!reading && transport_.stream.bytes_sent() != last_progress_bytes_) {
    last_progress_bytes_ = transport_.stream.bytes_sent();
    last_progress_ms_ = now;
  }
  const std::uint64_t moved = reading ? phase_bytes_ : last_progress_bytes_ - sending_base_;
  const PaceRule rule = pace_rule(*exchange_, reading);
  const bool slow = rule.is_slow(now - phase_started_ms_, moved);
  const std::int64_t waited = now - last_progress_ms_;
  if (!slow && waited < rule.timeout_ms) return set_pace_timer(rule.timeout_ms - waited);
  pace_ = Pace::none;
  if (reading) return exchange_->on_body_timeout();
  keep_alive_ = false;
  exchange_->log(LogLevel::info, slow ? "client takes the response too slowly, closing" : "client timed out");
  close_stream(true);
  if (reply_done_) worker_.loop.defer(*this);
  else exchange_->on_send_timeout();
}

void Connection::fire() {
  switch (stage_) {
    case Stage::exchange: return check_pace();
    case Stage::reading_head:
      // RFC 9110 15.5.9. The whole head has to come in time, so that dripping bytes cannot hold a connection.
      begin({});
      exchange_->start_refused({408, "client timed out while its head was read"});
      return;
    default: return close();
  }
}

}  // namespace gh::proxy
