// The sending half of H2Connection: frames into one buffer, the buffer to the socket; errors; time.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "proxy/client_pace.h"
#include "proxy/exchange.h"
#include "proxy/h2_connection.h"
#include "proxy/h2_stream.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::size_t write_bytes = 64 * 1024;        // so many are not held back to the turn's end
constexpr std::size_t most_backlog = 64 * 1024;       // not yet taken by the kernel: then bodies wait in their streams
constexpr std::int64_t drain_answer_ms = 1000;        // for the PING behind the first GOAWAY

/// nghttp2 cuts a field block into frames of 16 KiB. It goes out in as few as the client takes: `first` is the HEADERS
/// frame, the others are the next that the session has. False: it has none.
bool write_block(nghttp2_session* session, std::string_view first, Output& to) {
  const std::string stream(first.substr(5, 4));
  const auto first_flags = static_cast<std::uint8_t>(first[4]);
  std::string block(first.substr(9));
  for (bool is_whole = false; !is_whole;) {
    const std::uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session, &frame);
    if (size < 9) return false;
    is_whole = (frame[4] & http::h2_end_headers) != 0;
    block.append(reinterpret_cast<const char*>(frame) + 9, static_cast<std::size_t>(size) - 9);
  }
  const std::size_t most = nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_FRAME_SIZE);
  for (std::size_t at = 0; at < block.size(); at += most) {
    const std::size_t size = std::min(most, block.size() - at);
    const bool is_last = at + size == block.size();
    const unsigned type = at == 0 ? NGHTTP2_HEADERS : NGHTTP2_CONTINUATION;
    const unsigned flags = (at == 0 ? first_flags : 0u) | (is_last ? http::h2_end_headers : 0u);
    const char head[] = {static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size),
                         static_cast<char>(type), static_cast<char>(flags)};
    to << std::string_view(head, sizeof head) << stream << std::string_view(block).substr(at, size);
  }
  return true;
}

/// What nghttp2 ends a connection for. It does not say it of all errors.
std::string_view reason_of(const nghttp2_goaway& frame) {
  if (frame.opaque_data_len > 0) return {reinterpret_cast<const char*>(frame.opaque_data), frame.opaque_data_len};
  switch (frame.error_code) {
    case NGHTTP2_COMPRESSION_ERROR: return "a field block that cannot be decoded";
    case NGHTTP2_FLOW_CONTROL_ERROR: return "the connection's window became too large";
    default: return "an illegal frame";
  }
}

}  // namespace

Output& H2Connection::out() {
  if (!out_) out_ = engine_.take_buffer();
  return *out_;
}

std::size_t H2Connection::backlog() const {
  return (out_ ? out_->size() : 0) + transport_.stream.queued_bytes();
}

/// All frames that may go out now, into the buffer, which is written at the end of the turn.
void H2Connection::pump() {
  if (in_session_ || stage_ != Stage::open) return;
  make_frames();
  worker_.loop.defer(*this);
}

void H2Connection::make_frames() {
  in_session_ = true;
  while (backlog() < most_backlog) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) session_over_ = true;
    if (size <= 0) break;
    const std::string_view frame(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    const bool goes_on = size >= 9 && bytes[3] == NGHTTP2_HEADERS && (bytes[4] & http::h2_end_headers) == 0;
    if (!goes_on) out() << frame;
    else if (!write_block(session_, frame, out())) session_over_ = true;
    if (out_->size() >= write_bytes) flush();
    if (stage_ != Stage::open) break;
  }
  in_session_ = false;
}

void H2Connection::flush() {
  if (out_) {
    const bool is_sent = transport_.stream.write(out_->view()) >= 0;
    engine_.give_back(std::move(out_));
    if (!is_sent) return close();
    if (transport_.stream.queued_bytes() > 0) arm_timer();
  }
  if (session_over_ && stage_ == Stage::open && !in_session_) {  // nghttp2 has found an error and sent GOAWAY
    abandon_streams();
    end();
  }
}

void H2Connection::session_sends(const nghttp2_frame& frame, std::string_view head, H2Stream& stream,
                                 std::size_t bytes) {
  static_cast<void>(frame);
  Output& to = out();
  to << head;
  stream.sent_ += head.size();
  stream.consume(bytes, to);
  gate_.note_data_sent();
  if (to.size() >= write_bytes) flush();
}

void H2Connection::session_sent(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR && !session_over_) {
    session_over_ = true;
    const auto code = static_cast<http::H2Error>(frame.goaway.error_code);
    log_fault(code, reason_of(frame.goaway));
  }
  if (frame.hd.type == NGHTTP2_GOAWAY && draining_ == Draining::announced) {  // now, as PINGs overtake other frames
    constexpr std::uint8_t opaque[8] = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, opaque);
  }
  if (frame.hd.type == NGHTTP2_RST_STREAM && frame.rst_stream.error_code == NGHTTP2_FLOW_CONTROL_ERROR) {
    if (settings_read_) window_overflow_ = true;
    charge_reset();
  }
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
  H2Stream* const stream = find(frame.hd.stream_id);
  if (!stream) return;
  if (frame.hd.type == NGHTTP2_HEADERS) {
    stream->sent_ += 9 + frame.hd.length;
    if (--stream->heads_due_ == 0 && stream->tunnel_due_) touch(*stream);
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  stream->sent_end_ = true;
  if (stream->end_code_ == http::H2Error::none) gate_.note_answer();
  touch(*stream);
}

void H2Connection::on_drained() {
  if (stage_ != Stage::open) return;
  pump();
  for (H2Stream* stream = first_; stream; stream = stream->next_) {
    if (stream->is_free() || stream->reply_over_ || stream->available() > 0) continue;
    stream->drained_due_ = true;
    touch(*stream);
  }
  arm_timer();
}

// ---- errors --------------------------------------------------------------------------------------------------------

void H2Connection::log_fault(http::H2Error code, std::string_view reason) {
  const bool is_flood = code == http::H2Error::enhance_your_calm;
  log(is_flood ? LogLevel::error : LogLevel::info,
      fmt::format("client broke the rules of HTTP/2: {} ({})", reason, http::h2_error_name(code)));
}

/// The connection ends for what the client did.
void H2Connection::fail(http::H2Error code, const char* reason) {
  if (stage_ != Stage::open) return;
  session_over_ = true;
  log_fault(code, reason);
  nghttp2_session_terminate_session2(session_, static_cast<std::int32_t>(gate_.last_stream()),
                                     static_cast<std::uint32_t>(code));
  pump();
  flush();
}

void H2Connection::session_failed(int error) {
  if (head_too_large_) return fail(http::H2Error::enhance_your_calm, "request fields are too large");
  if (error == NGHTTP2_ERR_FLOODED) return fail(http::H2Error::enhance_your_calm, "too many control frames");
  fail(http::H2Error::internal, nghttp2_strerror(error));
}

// ---- time ----------------------------------------------------------------------------------------------------------

void H2Connection::arm_timer() {
  net::TimerWheel& timers = worker_.loop.timers();
  const std::int64_t now = worker_.loop.clock().now_ms();
  if (stage_ == Stage::closed) return;
  if (stage_ == Stage::lingering) {
    const std::int64_t left = linger_until_ms_ - now;
    return left <= 0 ? close() : timers.set(*this, std::min(left, core().lingering_timeout_ms));
  }
  if (transport_.stream.queued_bytes() > 0) return watch_sending();
  sending_since_ms_ = 0;
  if (draining_ == Draining::announced) return timers.set(*this, drain_answer_ms);
  if (streams_ == 0) return timers.set(*this, idle_ms_);
  timers.clear(*this);
}

/// From the first byte that has to wait until none does: more of them do not start it anew.
void H2Connection::watch_sending() {
  if (sending_since_ms_ != 0) return;
  sending_since_ms_ = progress_ms_ = worker_.loop.clock().now_ms();
  sending_base_ = progress_bytes_ = transport_.stream.bytes_sent();
  worker_.loop.timers().set(*this, next_look_ms(core().send_timeout_ms));
}

void H2Connection::check_sending() {
  const std::int64_t now = worker_.loop.clock().now_ms();
  const std::uint64_t sent = transport_.stream.bytes_sent();
  if (sending_since_ms_ == 0) return watch_sending();
  if (std::exchange(progress_bytes_, sent) != sent) progress_ms_ = now;
  const PaceRule rule{core().send_timeout_ms, core().send_min_rate};
  const bool slow = rule.is_slow(now - sending_since_ms_, sent - sending_base_);
  const std::int64_t waited = now - progress_ms_;
  if (!slow && waited < rule.timeout_ms) {
    return worker_.loop.timers().set(*this, next_look_ms(rule.timeout_ms - waited));
  }
  log(LogLevel::info, slow ? "client takes responses too slowly, closing" : "client timed out");
  close();
}

void H2Connection::fire() {
  if (stage_ != Stage::open) return close();
  if (transport_.stream.queued_bytes() > 0) return check_sending();
  if (draining_ == Draining::announced) return last_stream_is(gate_.last_stream());
  if (streams_ > 0) return;
  nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
  pump();
  flush();
  end();
}

}  // namespace gh::proxy
