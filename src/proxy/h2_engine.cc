#include "proxy/h2_engine.h"

#include "proxy/h2_connection.h"
#include "proxy/h2_stream.h"

namespace gh::proxy {

namespace {

constexpr std::size_t max_spare_streams = 256;
constexpr std::size_t max_spare_buffers = 16;
constexpr std::size_t max_spare_buffer_bytes = 128 * 1024;
constexpr std::size_t most_head_bytes = 1024 * 1024;  // of one reply
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
  return nghttp2_session_server_new2(&session, callbacks_, &connection, options_) == 0 ? session : nullptr;
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
