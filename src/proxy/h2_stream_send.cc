// The sending half of H2Stream: heads, bodies and trailers into the session, and how fast a client must move.
#include <algorithm>

#include "proxy/client_pace.h"
#include "proxy/exchange.h"
#include "proxy/h2_connection.h"
#include "proxy/h2_head.h"
#include "proxy/h2_stream.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::size_t above_all_marks = std::size_t{1} << 40;  // of queued bytes

std::size_t size_of(std::span<const iovec> parts) {
  std::size_t bytes = 0;
  for (const iovec& part : parts) bytes += part.iov_len;
  return bytes;
}

}  // namespace

// ---- writing -------------------------------------------------------------------------------------------------------

void H2Stream::send_head(Exchange& x, std::span<const iovec> first, bool last) {
  if (is_handshake_) fit_answer(x);
  head_only_ = head_only_ || x.request.method == http::Method::head || x.reply.status == 204 || x.reply.status == 304;
  chunk_bytes_ = x.core().http2_chunk_bytes;
  has_trailers_ = !head_only_ && (x.reply.fill_trailers || !x.reply.trailers.view().empty());
  if (closed_) return put(first, last);
  H2Fields fields;
  make_reply_head(fields, x, *this);
  ++heads_due_;
  nghttp2_session* const session = connection_->session_;
  if (head_only_ || (last && size_of(first) == 0)) {
    H2Fields trailers;
    if (has_trailers_ && make_trailers(trailers, x)) {
      nghttp2_submit_headers(session, NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(), fields.size(), nullptr);
      nghttp2_submit_trailer(session, id_, trailers.data(), trailers.size());
      ++heads_due_;
    } else {
      nghttp2_submit_response(session, id_, fields.data(), fields.size(), nullptr);
    }
    head_only_ = true;
    return put({}, last);
  }
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = read_body;
  nghttp2_submit_response(session, id_, fields.data(), fields.size(), &body);
  put(first, last);
}

void H2Stream::send_body(Exchange& x, std::span<const iovec> parts, bool last) {
  if (!head_only_) has_trailers_ = has_trailers_ || x.reply.fill_trailers || !x.reply.trailers.view().empty();
  put(parts, last);
}

/// The body's next bytes: into frames as far as the windows are open, the rest into the queue.
void H2Stream::put(std::span<const iovec> parts, bool last) {
  if (last) reply_over_ = true;
  const std::size_t bytes = head_only_ ? 0 : size_of(parts);
  exchange_->body_bytes_sent += bytes;
  if (!closed_ && !reset_asked_) {
    offer(parts, bytes, last);
    note_block();
    rearm();
  }
  if (last) connection_->touch(*this);
}

void H2Stream::offer(std::span<const iovec> parts, std::size_t bytes, bool last) {
  last_ = last;
  parts_ = parts;
  parts_left_ = bytes;
  parts_taken_ = 0;
  if (deferred_ && (bytes > 0 || last)) {
    deferred_ = false;
    nghttp2_session_resume_data(connection_->session_, id_);
  }
  connection_->pump();
  keep_rest();
}

void H2Stream::keep_rest() {
  std::size_t skip = parts_taken_;
  for (const iovec& part : parts_) {
    if (parts_left_ == 0) break;
    const std::size_t skipped = std::min(skip, part.iov_len);
    skip -= skipped;
    if (skipped == part.iov_len) continue;
    queue_.append({static_cast<const char*>(part.iov_base) + skipped, part.iov_len - skipped});
    is_full_ = true;
  }
  parts_ = {};
  parts_left_ = parts_taken_ = 0;
}

/// Nothing of the body may go out: the client has closed the stream's window, or the connection's.
bool H2Stream::is_shut() const {
  nghttp2_session* const session = connection_->session_;
  return nghttp2_session_get_remote_window_size(session) <= 0 ||
         nghttp2_session_get_stream_remote_window_size(session, id_) <= 0;
}

/// The body is known to go on. One of unknown length may be waiting for its next bytes without any fault of the client.
bool H2Stream::is_more_due() const {
  const Reply& reply = exchange_->reply;
  return available() > 0 || (reply.has_content_length && exchange_->body_bytes_sent < reply.content_length);
}

/// While a window is shut, the source is to wait and not to fill the queue. The session asks read_body() when it opens.
void H2Stream::note_block() {
  is_blocked_ = !last_ && !head_only_ && is_shut() && is_more_due();
  if (!is_blocked_ || !std::exchange(deferred_, false)) return;
  nghttp2_session_resume_data(connection_->session_, id_);
}

/// All that was there is in frames, or a window has opened.
void H2Stream::unblock() {
  is_full_ = is_blocked_ = false;
  drained_due_ = true;
  connection_->touch(*this);
}

/// The session wants to make a frame of DATA: how much of it there is. consume() gets the bytes.
ssize_t H2Stream::read_body(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most,
                            std::uint32_t* flags, nghttp2_data_source* source, void*) {
  H2Stream& stream = *static_cast<H2Stream*>(source->ptr);
  const std::size_t there = stream.available();
  if (there == 0 && !stream.last_) {
    stream.deferred_ = true;
    if (stream.is_blocked_) stream.unblock();
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t size = std::min(there, most);
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (stream.last_ && size == there) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    H2Fields trailers;
    if (stream.has_trailers_ && make_trailers(trailers, *stream.exchange_)) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
      ++stream.heads_due_;
    }
  }
  return static_cast<ssize_t>(size);
}

/// Moves body bytes into the connection's buffer.
void H2Stream::consume(std::size_t bytes, Output& out) {
  sent_ += bytes;
  phase_bytes_ += bytes;
  note_progress();
  const std::size_t queued = std::min(bytes, queue_.size());
  if (queued > 0) {
    out << queue_.view().substr(0, queued);
    queue_.take(queued);
    bytes -= queued;
  }
  std::size_t skip = parts_taken_;
  parts_taken_ += bytes;
  parts_left_ -= bytes;
  for (const iovec& part : parts_) {
    if (bytes == 0) break;
    const std::size_t skipped = std::min(skip, part.iov_len);
    const std::size_t taken = std::min(bytes, part.iov_len - skipped);
    skip -= skipped;
    bytes -= taken;
    out << std::string_view(static_cast<const char*>(part.iov_base) + skipped, taken);
  }
  if ((is_full_ || is_blocked_) && available() == 0) unblock();
}

void H2Stream::send_interim(Exchange& x, unsigned status) { send_interim(x, status, {}); }

void H2Stream::send_early_hints(Exchange& x, std::span<const http::Field> hints) { send_interim(x, 103, hints); }

void H2Stream::send_interim(Exchange& x, unsigned status, std::span<const http::Field> hints) {
  if (closed_ || reset_asked_) return;
  H2Fields fields;
  add_status(fields, x, status);
  add_fields(fields, x, hints);
  ++heads_due_;
  nghttp2_submit_headers(connection_->session_, NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(), fields.size(), nullptr);
  connection_->pump();
}

void H2Stream::reset(http::H2Error code) {
  if (closed_ || std::exchange(reset_asked_, true)) return;
  queue_.clear();
  parts_ = {};
  parts_left_ = parts_taken_ = 0;
  is_blocked_ = false;
  nghttp2_submit_rst_stream(connection_->session_, NGHTTP2_FLAG_NONE, id_, static_cast<std::uint32_t>(code));
  connection_->touch(*this);
}

void H2Stream::abort_body(Exchange&) {
  reply_over_ = true;
  reset(end_code_ == http::H2Error::none ? http::H2Error::internal : end_code_);
  connection_->touch(*this);
}

void H2Stream::drop(Exchange&) {
  reply_over_ = true;
  reset(http::H2Error::cancel);
  connection_->touch(*this);
}

std::size_t H2Stream::unsent_bytes() const {
  return closed_ ? 0 : queue_.size() + connection_->transport_.stream.queued_bytes();
}

/// A source that asks before the head has gone out need not begin to read either.
std::size_t H2Stream::queued_bytes() const {
  const bool waits = is_blocked_ || (exchange_ && !exchange_->reply.head_sent && !closed_ && is_shut());
  return waits && !closed_ ? above_all_marks : unsent_bytes();
}

// ---- time ----------------------------------------------------------------------------------------------------------

void H2Stream::note_progress() { last_progress_ms_ = connection_->worker_.loop.clock().now_ms(); }

/// What is waited for may have changed: a new phase begins with its own count of bytes and its own timer.
void H2Stream::rearm() {
  if (!exchange_) return;
  const bool reads = body_wanted_ && !client_ended_ && !reply_over_;
  const bool sends = available() > 0 || is_blocked_;
  const Pace wanted = closed_ ? Pace::none : reads ? Pace::reading : sends ? Pace::sending : Pace::none;
  if (wanted == pace_) return;
  pace_ = wanted;
  if (pace_ == Pace::none) return connection_->worker_.loop.timers().clear(*this);
  note_progress();
  phase_started_ms_ = last_progress_ms_;
  phase_bytes_ = 0;
  const table::CoreSettings& core = exchange_->core();
  set_pace_timer(pace_ == Pace::reading ? core.client_body_timeout_ms : core.send_timeout_ms);
}

void H2Stream::set_pace_timer(std::int64_t timeout_ms) {
  connection_->worker_.loop.timers().set(*this, next_look_ms(timeout_ms));
}

/// A timer of the exchange came up: has the client done enough since the phase began?
void H2Stream::check_pace() {
  if (pace_ == Pace::sending && available() == 0 && !is_blocked_) pace_ = Pace::none;
  if (pace_ == Pace::none || !exchange_) return;
  const std::int64_t now = connection_->worker_.loop.clock().now_ms();
  const bool reading = pace_ == Pace::reading;
  const PaceRule rule = pace_rule(*exchange_, reading);
  const bool slow = rule.is_slow(now - phase_started_ms_, phase_bytes_);
  const std::int64_t waited = now - last_progress_ms_;
  if (!slow && waited < rule.timeout_ms) return set_pace_timer(rule.timeout_ms - waited);
  pace_ = Pace::none;
  if (reading) {
    end_code_ = http::H2Error::protocol;
    return exchange_->on_body_timeout();
  }
  exchange_->log(LogLevel::info, slow ? "client takes the response too slowly, closing" : "client timed out");
  if (!reply_over_) exchange_->on_send_timeout();
  else reset(http::H2Error::cancel);
}

/// The fields have to be there in time, from when they began to come.
void H2Stream::watch_head() {
  if (pace_ != Pace::none || in_trailers_) return;
  pace_ = Pace::head;
  connection_->worker_.loop.timers().set(*this, exchange_->server->settings.client_header_timeout_ms);
}

void H2Stream::fire() {
  if (pace_ != Pace::head) return check_pace();
  pace_ = Pace::none;
  if (exchange_) exchange_->log(LogLevel::info, "client timed out while a request's fields were read");
  reset(http::H2Error::protocol);  // from now on the connection counts as idle, unless it has other streams
}

}  // namespace gh::proxy
