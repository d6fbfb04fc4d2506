// The receiving half of H2Connection: the session, its streams, and their turning over.
#include "proxy/h2_connection.h"

#include <algorithm>
#include <utility>

#include "proxy/exchange.h"
#include "proxy/h2_stream.h"
#include "proxy/worker.h"

namespace gh::proxy {

namespace {

constexpr std::uint32_t default_window = 65535;      // RFC 9113 6.9.2
constexpr std::uint32_t most_frame_bytes = 1024 * 1024;  // a large body needs few heads; read in pieces, as it comes
constexpr std::int32_t most_window = 0x7fffffff;
constexpr std::int64_t drain_linger_ms = 500;
constexpr std::uint32_t session_streams = 1u << 30;  // nghttp2 is to leave the limit to us: it would end the connection

http::H2GateLimits gate_limits(const http::HeadLimits& head) {
  http::H2GateLimits limits;
  limits.frame_bytes = most_frame_bytes;
  limits.block_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(head.total_bytes + 16 * 1024, 1u << 30));
  return limits;
}

}  // namespace

H2Connection::H2Connection(Worker& worker, ListenPoint& point, Transport&& transport)
    : ClientConnection(worker, point, std::move(transport)),
      gate_(gate_limits(first_server().limits)),
      engine_(H2Engine::of(worker)) {
  Counters::move(worker_.counters.waiting, 1);
}

H2Connection::~H2Connection() {
  Counters::move(idle_ ? worker_.counters.waiting : worker_.counters.writing, -1);
  if (session_) nghttp2_session_del(session_);
}

void H2Connection::begin_with(std::string_view bytes) {
  idle_ms_ = settings().client_header_timeout_ms;
  if (!start_session()) return close();
  transport_.stream.set_no_delay();
  arm_timer();
  on_read(bytes);
}

/// Our half of the preface: SETTINGS, and a window for the connection that only its streams' windows bound.
bool H2Connection::start_session() {
  session_ = engine_.make_session(*this);
  if (!session_) return false;
  most_streams_ = static_cast<std::uint32_t>(settings().http2_streams);
  preread_bytes_ = static_cast<std::uint32_t>(settings().http2_preread_bytes);
  const nghttp2_settings_entry entries[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, session_streams},
                                            {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, preread_bytes_},
                                            {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, most_frame_bytes},
                                            {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}};
  takes_protocols_ = point_.snapshot->table->websockets;  // RFC 8441 3
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries, takes_protocols_ ? 4 : 3);
  const std::uint8_t* frame = nullptr;
  const ssize_t size = nghttp2_session_mem_send(session_, &frame);
  if (size < 15) return false;
  std::string told(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(size));
  for (unsigned i = 0; i < 4; ++i) told[11 + i] = static_cast<char>(most_streams_ >> (24 - 8 * i));
  out() << told;
  // What frame comes first is the gate's business, too: nghttp2, which would end connections that begin with an
  // acknowledgement, believes to have seen SETTINGS. Its answer to them is not sent.
  constexpr std::uint8_t settings_frame[9] = {0, 0, 0, NGHTTP2_SETTINGS};
  if (nghttp2_session_mem_recv(session_, settings_frame, sizeof settings_frame) < 0) return false;
  if (nghttp2_session_mem_send(session_, &frame) < 0) return false;
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, most_window);
  pump();
  return true;
}

// ---- reading -------------------------------------------------------------------------------------------------------

void H2Connection::on_read(std::string_view bytes) {
  if (stage_ == Stage::lingering) return arm_timer();
  const std::int64_t now = worker_.loop.clock().now_ms();
  while (!bytes.empty() && stage_ == Stage::open) {
    const http::H2Gate::Step step = gate_.take(bytes, now);
    if (step.reason) {
      fail(step.error, step.reason);
      break;
    }
    bytes.remove_prefix(step.consumed);
    more_follows_ = !bytes.empty();
    if (!step.pass.empty()) feed(step.pass);
    if (step.frame_ended && stage_ == Stage::open) after_frame();
    if (too_many_resets_) fail(http::H2Error::enhance_your_calm, "too many streams had to be reset");
    if (window_overflow_) fail(http::H2Error::flow_control, "a window became too large with SETTINGS");
  }
  if (stage_ != Stage::open) return;
  if (reading_head_) reading_head_->watch_head();
  settle();
  worker_.loop.defer(*this);
}

void H2Connection::feed(std::string_view bytes) {
  in_session_ = true;
  const ssize_t used =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  in_session_ = false;
  if (used < 0) return session_failed(static_cast<int>(used));
  if (H2Stream* const stream = std::exchange(data_stream_, nullptr)) stream->take_data(data_);
}

/// A whole frame has been read: what it ends.
void H2Connection::after_frame() {
  const http::H2Gate::Frame& frame = gate_.frame();
  const auto id = static_cast<std::int32_t>(frame.stream);
  if (frame.is(http::H2Frame::data)) {
    H2Stream* const stream = (frame.flags & http::h2_end_stream) != 0 ? find(id) : nullptr;
    if (stream) stream->client_ended();
    return;
  }
  if (frame.is(http::H2Frame::settings) && (frame.flags & http::h2_ack) == 0) return after_settings();
  const bool is_block = frame.is(http::H2Frame::headers) || frame.is(http::H2Frame::continuation);
  if (!is_block || (frame.flags & http::h2_end_headers) == 0) return;
  const bool is_read = std::exchange(block_read_, false);
  if (reading_head_ && !is_read) return;  // the session gives up: what it has made of the block is no head
  if (H2Stream* const stream = std::exchange(reading_head_, nullptr)) {
    return stream->block_is_complete(gate_.block_ends_stream(), gate_.block_bytes() - block_padding_);
  }
  if (!nghttp2_session_find_stream(session_, id)) gate_.close_stream(frame.stream);  // refused behind a GOAWAY
}

/// nghttp2 resets the streams whose windows become too large with a new initial size; RFC 9113 6.9.2 wants the
/// connection to end.
void H2Connection::after_settings() {
  settings_read_ = true;
  pump();
  settings_read_ = false;
}

void H2Connection::session_begins_head(const nghttp2_frame& frame) {
  block_padding_ = static_cast<std::uint32_t>(frame.headers.padlen) +
                   ((frame.hd.flags & NGHTTP2_FLAG_PRIORITY) != 0 ? 5 : 0);
  if (frame.headers.cat == NGHTTP2_HCAT_REQUEST) return open_stream(frame.hd.stream_id);
  reading_head_ = find(frame.hd.stream_id);
}

bool H2Connection::session_has_field(const nghttp2_frame&, std::string_view name, std::string_view value) {
  if (!reading_head_ || reading_head_->add_field(name, value)) return true;
  head_too_large_ = true;
  return false;
}

void H2Connection::session_received(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_SETTINGS && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) settings_acked_ = true;
  // The client opens no more streams: with its last one the connection ends.
  if (frame.hd.type == NGHTTP2_GOAWAY && draining_ != Draining::yes) last_stream_is(gate_.last_stream());
  if (frame.hd.type == NGHTTP2_HEADERS) block_read_ = true;
  const bool is_pong = frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
  if (is_pong && draining_ == Draining::announced) last_stream_is(gate_.last_stream());
}

void H2Connection::session_has_data(std::int32_t id, std::string_view bytes) {
  nghttp2_session_consume_connection(session_, bytes.size());
  data_stream_ = find(id);
  data_ = bytes;
}

// ---- streams -------------------------------------------------------------------------------------------------------

bool H2Connection::refuses_streams() const {
  // As in nginx: a client that has not heard of a smaller window would overrun it.
  return streams_ >= most_streams_ || (!settings_acked_ && preread_bytes_ < default_window);
}

void H2Connection::open_stream(std::int32_t id) {
  if (refuses_streams()) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    charge_reset();
    return;
  }
  H2Stream& stream = *engine_.take_stream();
  link(stream);
  stream.open(*this, id, ++requests_);
  nghttp2_session_set_stream_user_data(session_, id, &stream);
  reading_head_ = &stream;
  const table::CoreSettings& limits = core();
  idle_ms_ = limits.keepalive_timeout_ms;
  const bool is_last = limits.keepalive_timeout_ms == 0 ||
                       requests_ >= static_cast<std::uint64_t>(limits.keepalive_requests) ||
                       worker_.loop.clock().now_ms() - transport_.connected_ms > limits.keepalive_time_ms;
  if (is_last && draining_ != Draining::yes) last_stream_is(static_cast<std::uint32_t>(id));
}

H2Stream* H2Connection::find(std::int32_t id) const {
  return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

void H2Connection::link(H2Stream& stream) {
  stream.next_ = first_;
  if (first_) first_->prev_ = &stream;
  first_ = &stream;
  if (++streams_ == 1) set_idle(false);
}

void H2Connection::release(H2Stream& stream) {
  (stream.prev_ ? stream.prev_->next_ : first_) = stream.next_;
  if (stream.next_) stream.next_->prev_ = stream.prev_;
  stream.clear();
  engine_.give_back(&stream);
  if (--streams_ == 0) set_idle(true);
}

void H2Connection::set_idle(bool idle) {
  if (idle_ == idle) return;
  idle_ = idle;
  Counters::move(worker_.counters.waiting, idle ? 1 : -1);
  Counters::move(worker_.counters.writing, idle ? -1 : 1);
  arm_timer();
}

/// The session has forgotten it: both sides have ended it, or one has reset it.
void H2Connection::session_closed(std::int32_t id) {
  gate_.close_stream(static_cast<std::uint32_t>(id));
  H2Stream* const stream = find(id);
  if (!stream) return;
  if (reading_head_ == stream) reading_head_ = nullptr;
  if (data_stream_ == stream) data_stream_ = nullptr;
  stream->closed_ = true;
  touch(*stream);
}

void H2Connection::append(Row& row, H2Stream& stream) {
  stream.touched_ = true;
  stream.next_touched_ = nullptr;
  (row.first ? row.last->next_touched_ : row.first) = &stream;
  row.last = &stream;
}

/// Null: there is none.
H2Stream* H2Connection::take_first(Row& row) {
  H2Stream* const stream = row.first;
  if (!stream) return nullptr;
  row.first = stream->next_touched_;
  stream->touched_ = false;
  return stream;
}

void H2Connection::touch(H2Stream& stream) {
  worker_.loop.defer(*this);
  if (!stream.touched_) append(touched_, stream);
}

/// Acts upon what was noted. Streams that are through wait in over_ until their last bytes were written.
void H2Connection::settle() {
  while (H2Stream* const stream = take_first(touched_)) {
    stream->settle();
    if (stream->sent_end_ && !stream->client_ended_ && !stream->end_) stream->reset(stream->end_code_);
    const bool is_over = stream->is_over() || (stream->closed_ && stream->is_free());
    if (is_over && !stream->touched_) append(over_, *stream);
  }
}

void H2Connection::end_exchanges() {
  while (H2Stream* const stream = take_first(over_)) {
    if (stream->exchange_) stream->end_exchange();
    if (stream->closed_ && stream->is_free()) release(*stream);
  }
}

void H2Connection::run_deferred() {
  settle();
  if (stage_ == Stage::open) {
    make_frames();  // not pump(): that would bring the loop back here without end
    flush();
    settle();
  }
  end_exchanges();
  if (stage_ == Stage::open && streams_ == 0 && draining_ == Draining::yes) end();
  if (stage_ == Stage::closed && streams_ == 0) delete this;
}

// ---- the end -------------------------------------------------------------------------------------------------------

/// The client is gone, or is not spoken to any more: exchanges are told in settle().
void H2Connection::abandon_streams() {
  reading_head_ = data_stream_ = nullptr;
  for (H2Stream* stream = first_; stream; stream = stream->next_) {
    stream->closed_ = true;
    touch(*stream);
  }
}

/// GOAWAY that names the last stream: those behind it are not looked at any more.
void H2Connection::last_stream_is(std::uint32_t id) {
  draining_ = Draining::yes;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, static_cast<std::int32_t>(id), NGHTTP2_NO_ERROR, nullptr, 0);
  worker_.loop.defer(*this);
}

/// RFC 9113 6.8: first a GOAWAY that refuses nothing, so that no request under way is lost; the answer to a PING tells
/// that the client has read it.
void H2Connection::drain() {
  if (stage_ != Stage::open || draining_ != Draining::no) return;
  draining_ = Draining::announced;
  nghttp2_submit_shutdown_notice(session_);
  worker_.loop.defer(*this);
  arm_timer();
}

bool H2Connection::follows(std::uint64_t generation) const {
  for (const H2Stream* stream = first_; stream; stream = stream->next_) {
    if (stream->exchange_ && stream->exchange_->table().generation < generation) return false;
    if (stream->end_ && stream->generation_ < generation) return false;
  }
  return listen_generation() >= generation || requests_ > 0;
}

void H2Connection::close_now() {
  if (stage_ == Stage::open) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    pump();
    flush();
  }
  close();
}

/// Everything was said: half closes, and reads what still comes so that the GOAWAY is not lost to a reset.
void H2Connection::end() {
  if (stage_ != Stage::open) return;
  stage_ = Stage::lingering;
  if (core().lingering == table::Lingering::off) return close();
  transport_.stream.shut_down_write();
  transport_.stream.resume();
  // A client closes when it sees the end; one that does not must not hold up the end of the process.
  const std::int64_t most_ms = worker_.draining() ? drain_linger_ms : core().lingering_time_ms;
  linger_until_ms_ = worker_.loop.clock().now_ms() + most_ms;
  arm_timer();
}

void H2Connection::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  worker_.loop.timers().clear(*this);
  close_stream(false);
  abandon_streams();
  worker_.loop.defer(*this);
}

void H2Connection::on_eof() { close(); }
void H2Connection::on_broken(int) { close(); }

}  // namespace gh::proxy
