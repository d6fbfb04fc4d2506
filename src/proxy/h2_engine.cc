#include "proxy/h2_engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "proxy/h2_connection.h"
#include "proxy/h2_stream.h"

namespace gh::proxy {

namespace {

constexpr std::size_t max_spare_streams = 256;
constexpr std::size_t max_spare_buffers = 16;
constexpr std::size_t max_spare_buffer_bytes = 128 * 1024;
constexpr std::size_t most_head_bytes = 1024 * 1024;  // of one reply
constexpr std::size_t frame_buffer_bytes = 16 * 1024 + 64;  // of nghttp2's buffer: a frame of 2^14 with its head
constexpr std::size_t most_acks = 2000;               // queued; http/h2_gate.h ends a flood before

H2Connection& connection_of(void* user) { return *static_cast<H2Connection*>(user); }
std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  connection_of(user).session_begins_head(*frame);
  return 0;
}

int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
           const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  const bool taken =
      connection_of(user).session_has_field(*frame, text_of(name, name_size), text_of(value, value_size));
  return taken ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  connection_of(user).session_received(*frame);
  return 0;
}

int data_received(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                  void* user) {
  connection_of(user).session_has_data(stream, text_of(data, size));
  return 0;
}

int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  connection_of(user).session_sent(*frame);
  return 0;
}

int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
  connection_of(user).session_closed(stream);
  return 0;
}

int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head, std::size_t size,
              nghttp2_data_source* source, void* user) {
  connection_of(user).session_sends(*frame, text_of(head, 9), *static_cast<H2Stream*>(source->ptr), size);
  return 0;
}

ssize_t data_length(nghttp2_session* session, std::uint8_t, std::int32_t id, std::int32_t session_window,
                    std::int32_t stream_window, std::uint32_t frame_bytes, void*) {
  const auto* stream = static_cast<const H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  const std::int64_t most = stream ? stream->chunk_bytes() : 1;
  return static_cast<ssize_t>(
      std::min<std::int64_t>({most, session_window, stream_window, static_cast<std::int64_t>(frame_bytes)}));
}

}  // namespace

H2Engine::H2Engine() {
  if (nghttp2_session_callbacks_new(&callbacks_) != 0 || nghttp2_option_new(&options_) != 0) return;  // no memory
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks_, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks_, header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks_, frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks_, data_received);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks_, frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks_, stream_closed);
  nghttp2_session_callbacks_set_send_data_callback(callbacks_, send_data);
  nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks_, data_length);
  // The preface is the gate's business, messages are http/h2_request.h's, and windows open when bytes were used.
  nghttp2_option_set_no_recv_client_magic(options_, 1);
  nghttp2_option_set_no_http_messaging(options_, 1);
  nghttp2_option_set_no_auto_window_update(options_, 1);
  nghttp2_option_set_no_closed_streams(options_, 1);
  nghttp2_option_set_max_send_header_block_length(options_, most_head_bytes);
  nghttp2_option_set_max_outbound_ack(options_, most_acks);
  nghttp2_option_set_max_continuations(options_, 1000);
  nghttp2_option_set_stream_reset_rate_limit(options_, 1'000'000, 1'000'000);
}

H2Engine::~H2Engine() {
  for (H2Stream* stream : spare_streams_) delete stream;
  nghttp2_option_del(options_);
  nghttp2_session_callbacks_del(callbacks_);
}

H2Engine& H2Engine::of(Worker& worker) {
  if (!worker.h2) worker.h2 = std::make_unique<H2Engine>();
  return *worker.h2;
}

nghttp2_session* H2Engine::make_session(H2Connection& connection) {
  nghttp2_session* session = nullptr;
  if (!options_) return nullptr;
  nghttp2_mem memory{this, allocate, release, allocate_zeroed, reallocate};
  frame_is_due_ = true;
  const int error = nghttp2_session_server_new3(&session, callbacks_, &connection, options_, &memory);
  frame_is_due_ = false;
  return error == 0 ? session : nullptr;
}

// ---- the sessions' memory ------------------------------------------------------------------------------------------

void* H2Engine::allocate(std::size_t bytes, void* engine) { return reallocate(nullptr, bytes, engine); }

void* H2Engine::allocate_zeroed(std::size_t count, std::size_t bytes, void*) { return std::calloc(count, bytes); }

void* H2Engine::reallocate(void* old, std::size_t bytes, void* engine) {
  H2Engine& self = *static_cast<H2Engine*>(engine);
  if (!old && self.frame_is_due_ && bytes >= 16 * 1024 && bytes <= frame_buffer_bytes) {
    self.frame_is_due_ = false;
    if (!self.frame_) self.frame_ = std::make_unique<char[]>(frame_buffer_bytes);
    return self.frame_.get();
  }
  if (!old || old != self.frame_.get()) return std::realloc(old, bytes);
  // Larger frames: this session has its own buffer from now on.
  void* const own = std::malloc(std::max(bytes, frame_buffer_bytes));
  if (own) std::memcpy(own, old, frame_buffer_bytes);
  return own;
}

void H2Engine::release(void* old, void* engine) {
  if (old != static_cast<H2Engine*>(engine)->frame_.get()) std::free(old);
}

H2Stream* H2Engine::take_stream() {
  if (spare_streams_.empty()) return new H2Stream;
  H2Stream* stream = spare_streams_.back();
  spare_streams_.pop_back();
  return stream;
}

void H2Engine::give_back(H2Stream* stream) {
  if (spare_streams_.size() < max_spare_streams) spare_streams_.push_back(stream);
  else delete stream;
}

std::unique_ptr<Output> H2Engine::take_buffer() {
  if (spare_buffers_.empty()) return std::make_unique<Output>();
  std::unique_ptr<Output> buffer = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return buffer;
}

void H2Engine::give_back(std::unique_ptr<Output> buffer) {
  if (spare_buffers_.size() >= max_spare_buffers || buffer->capacity() > max_spare_buffer_bytes) return;
  buffer->clear();
  spare_buffers_.push_back(std::move(buffer));
}

}  // namespace gh::proxy
