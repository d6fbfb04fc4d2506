// The receiving half of H2Stream: its head, its body, and when its exchange begins and ends.
#include "proxy/h2_stream.h"

#include <utility>

#include "proxy/exchange.h"
#include "proxy/h2_connection.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::int32_t first_window = 64 * 1024;                // once somebody reads the body
constexpr std::int32_t stored_body_window = 16 * 1024 * 1024;  // of a body that is kept as it comes
constexpr std::int32_t streaming_window = 256 * 1024;          // of one that may have to wait for an upstream ...
constexpr std::uint64_t streaming_trust_bytes = 512 * 1024;    // ... and that has taken so much: none stands still
constexpr std::uint64_t stored_trust_bytes = 32 * 1024;        // what comes with a head may go either way
constexpr std::size_t small_frame = 4096;                      // cheaper to copy than to pass on by itself

}  // namespace

void ByteQueue::take(std::size_t bytes) {
  taken_ += bytes;
  if (taken_ == data_.size()) {
    data_.clear();
    taken_ = 0;
  } else if (taken_ > data_.size() / 2 && taken_ >= 4096) {
    data_.erase(0, taken_);
    taken_ = 0;
  }
}

void ByteQueue::clear() {
  std::string().swap(data_);
  taken_ = 0;
}

/// HEADERS has come: the exchange is there to hold the fields, and to be logged.
void H2Stream::open(H2Connection& connection, std::int32_t id, std::uint64_t number) {
  connection_ = &connection;
  id_ = id;
  number_ = number;
  Worker& worker = connection.worker_;
  const table::ListenAddress& listen = connection.listen_address();
  exchange_ = worker.new_exchange();
  Exchange& x = *exchange_;
  x.client = this;
  x.snapshot = connection.point_.snapshot;
  worker.pin(x.snapshot);
  x.listen = &listen;
  x.server = &connection.first_server();
  x.route = &x.server->base;
  x.started_us = worker.loop.clock().now_us();
  x.started_unix_ms = worker.loop.clock().unix_ms();
  // client_header_buffer_size is about HTTP/1.1: there is no buffer here that a field could be the first in.
  auto& limits = *x.arena.make<http::HeadLimits>(x.server->limits);
  limits.line_bytes = static_cast<std::size_t>(x.server->settings.large_buffer_bytes);
  limits.total_bytes = static_cast<std::size_t>(x.server->settings.large_buffers) * limits.line_bytes;
  reader_ = x.arena.make<http::H2RequestReader>(x.arena, limits);
  if (connection.takes_protocols_) reader_->take_protocols();
}

/// False: the client sends more than the limits allow.
bool H2Stream::add_field(std::string_view name, std::string_view value) {
  if (!in_trailers_) return reader_->add(name, value);
  if (!trailer_fault_) trailer_fault_ = http::judge_h2_trailer(name, value);
  return true;
}

void H2Stream::block_is_complete(bool ends_stream, std::size_t bytes) {
  if (exchange_) exchange_->request_bytes += bytes;
  if (in_trailers_) {
    if (!ends_stream) trailer_fault_ = "a second head, or trailers that do not end the stream";  // RFC 9113 8.1
    if (trailer_fault_) return refuse(trailer_fault_);
    return client_ended();
  }
  pace_ = Pace::none;
  connection_->worker_.loop.timers().clear(*this);
  in_trailers_ = true;  // is what comes next, if anything does
  ends_with_head_ = ends_stream;
  if (ends_stream) client_ended_ = body_told_ = true;
  start_due_ = true;
  connection_->touch(*this);
}

void H2Stream::begin() {
  start_due_ = false;
  started_ = true;
  Exchange& x = *exchange_;
  Counters::add(connection_->worker_.counters.requests);
  x.body_complete = ends_with_head_;
  http::HeadError error;
  const bool is_good = std::exchange(reader_, nullptr)->finish(ends_with_head_, x.request, error);
  if (is_good && !x.request.protocol.empty()) begin_handshake();
  if (is_good) return x.start();
  if (error.status == 400 || error.status == 405) end_code_ = http::H2Error::protocol;  // malformed
  x.start_refused(error);
}

// ---- the body ------------------------------------------------------------------------------------------------------

/// What the frame of DATA that is being read may bring, if it is the last one.
std::uint64_t H2Stream::most_of_end_frame() const {
  const http::H2Gate::Frame& frame = connection_->gate_.frame();
  const bool has_length = exchange_->request.framing == http::BodyFraming::length;
  return has_length && (frame.flags & http::h2_end_stream) != 0 ? frame.length : std::uint64_t{1} << 62;
}

void H2Stream::take_data(std::string_view bytes) {
  if (start_due_) begin();
  if (is_handshake_) return take_for_tunnel(bytes);
  if (!exchange_ || reply_over_ || exchange_->body_complete) return;  // nobody wants it
  Exchange& x = *exchange_;
  received_ += bytes.size();
  uncredited_ += bytes.size();
  x.request_bytes += bytes.size();
  if (x.request.framing == http::BodyFraming::length && received_ > x.request.content_length) {
    return refuse("more DATA than Content-Length says");
  }
  if (received_ - bytes.size() + most_of_end_frame() < x.request.content_length) {  // before any of it goes on
    return refuse("less DATA than Content-Length says");
  }
  note_progress();
  phase_bytes_ += bytes.size();
  const bool waits = connection_->more_follows_ && bytes.size() <= small_frame;  // for others of the same read
  if (body_wanted_ && pending_.empty() && !waits) return deliver(bytes);
  pending_.append(bytes);
  connection_->touch(*this);
}

void H2Stream::client_ended() {
  client_ended_ = true;
  if (start_due_) begin();
  if (end_) return connection_->touch(*this);
  if (!exchange_ || reply_over_ || exchange_->body_complete) return;
  const http::RequestHead& request = exchange_->request;
  if (request.framing == http::BodyFraming::length && received_ != request.content_length) {
    return refuse("less DATA than Content-Length says");
  }
  rearm();
  if (!pending_.empty()) return;
  body_told_ = true;
  exchange_->on_body_end();
}

void H2Stream::deliver(std::string_view bytes) {
  exchange_->on_body(bytes);
  if (body_wanted_) credit();
}

void H2Stream::deliver_pending() {
  const std::string held = std::exchange(pending_, {});
  deliver(held);
  if (!client_ended_ || !exchange_ || reply_over_ || body_told_) return;
  body_told_ = true;
  exchange_->on_body_end();
}

/// What was used may be sent again.
void H2Stream::credit() {
  const std::size_t bytes = std::exchange(uncredited_, 0);
  if (bytes == 0 || closed_ || client_ended_) return;
  widen_window();
  nghttp2_session_consume_stream(connection_->session_, id_, bytes);
  connection_->worker_.loop.defer(*connection_);
}

/// Somebody has used some of the body: more of it may be under way at a time. What an upstream does not take is held in
/// memory, so a streaming body's window is small until the upstream has shown that it takes.
void H2Stream::widen_window() {
  if (window_widened_ || closed_ || client_ended_ || !exchange_) return;  // without an exchange: a tunnel
  const bool streams = exchange_->body_streaming;
  window_widened_ = received_ >= (streams ? streaming_trust_bytes : stored_trust_bytes);
  const std::int32_t wanted = !window_widened_ ? first_window : streams ? streaming_window : stored_body_window;
  if (wanted <= nghttp2_session_get_stream_effective_local_window_size(connection_->session_, id_)) return;
  nghttp2_session_set_local_window_size(connection_->session_, NGHTTP2_FLAG_NONE, id_, wanted);
  connection_->worker_.loop.defer(*connection_);
}

void H2Stream::want_body(Exchange& x, bool wanted) {
  if (body_wanted_ == wanted || body_told_) return;
  body_wanted_ = wanted;
  if (wanted) {
    // RFC 9110 10.1.1: only when the client waits for it: none of the body has come, and no answer has gone out.
    if (x.request.expect_continue && received_ == 0 && !client_ended_ && !x.reply.head_sent &&
        !std::exchange(continue_sent_, true)) {
      send_interim(x, 100);
    }
    widen_window();
    if (pending_.empty()) credit();
    else connection_->touch(*this);
  }
  rearm();
}

/// The request turned out to be malformed (RFC 9113 8.1.1): 400, or a cut answer when one is under way.
void H2Stream::refuse(const char* reason) {
  connection_->charge_reset();
  end_code_ = http::H2Error::protocol;
  pending_.clear();
  if (start_due_) begin();
  if (exchange_ && !reply_over_) exchange_->start_refused({400, reason});
}

// ---- turning over --------------------------------------------------------------------------------------------------

/// Acts upon what was noted while nghttp2 ran, or while the exchange could not be called.
void H2Stream::settle() {
  if (start_due_ && !closed_) begin();
  if (tunnel_due_ && (heads_due_ == 0 || closed_)) begin_tunnel();
  if (end_) return settle_tunnel();
  if (closed_ && exchange_ && !started_) {  // reset before it began: there is nothing to tell
    connection_->worker_.free_exchange(std::exchange(exchange_, nullptr));
    reader_ = nullptr;
  }
  if (!exchange_ || reply_over_) return;
  if (closed_ && !sent_end_) {
    if (!std::exchange(gone_told_, true)) exchange_->on_client_gone();
    return;
  }
  if (body_wanted_ && !pending_.empty()) deliver_pending();
  if (std::exchange(drained_due_, false) && exchange_ && !reply_over_) exchange_->on_client_drained();
}

void H2Stream::end_exchange() {
  Exchange* const x = std::exchange(exchange_, nullptr);
  connection_->worker_.loop.timers().clear(*this);
  pace_ = Pace::none;
  connection_->idle_ms_ = x->core().keepalive_timeout_ms;
  x->finish();
  connection_->worker_.free_exchange(x);
}

/// Ready for another request. Memory that a large body left behind goes.
void H2Stream::clear() {
  connection_->worker_.loop.timers().clear(*this);
  std::string pending = std::move(pending_);
  this->~H2Stream();
  new (this) H2Stream;
  if (pending.capacity() <= 4096) {
    pending.clear();
    pending_ = std::move(pending);
  }
}

// ---- what the exchange asks about ----------------------------------------------------------------------------------

const Address& H2Stream::peer_address() { return connection_->client_address(); }
const Address& H2Stream::local_address() { return connection_->own_address(); }
std::uint64_t H2Stream::serial() const { return connection_->transport_.serial; }
bool H2Stream::is_tls() const { return connection_->is_tls(); }
ssl_st* H2Stream::tls() const { return connection_->tls_session(); }
const http::ProxyLine* H2Stream::proxy_line() const { return connection_->transport_.proxy_line.get(); }
std::int64_t H2Stream::connected_ms() const { return connection_->transport_.connected_ms; }
int H2Stream::socket_fd() const { return connection_->transport_.stream.fd(); }

}  // namespace gh::proxy
