// H2Stream: one request on an HTTP/2 connection: the Client of its exchange. Owned by its H2Connection, recycled by the
// worker's H2Engine.
//
//   reading head --END_HEADERS--> starts at the end of the read --> exchange runs --> answered --> exchange ends
//
// Two ends have to come: the exchange's (its log line is written when END_STREAM went to the kernel) and the session's
// (both sides have ended the stream, or one has reset it).
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "http/h2_gate.h"
#include "http/h2_request.h"
#include "net/timer_wheel.h"
#include "proxy/client.h"

namespace gh::proxy {

class H2Connection;
class H2TunnelEnd;
class Output;

/// Bytes in a row, appended at one end and taken from the other.
class ByteQueue {
 public:
  void append(std::string_view bytes) { data_.append(bytes); }
  [[nodiscard]] std::string_view view() const { return std::string_view(data_).substr(taken_); }
  [[nodiscard]] std::size_t size() const { return data_.size() - taken_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  void take(std::size_t bytes);
  void clear();

 private:
  std::string data_;
  std::size_t taken_ = 0;
};

class H2Stream final : public Client, private net::Timer {
 public:
  // Client
  void send_head(Exchange& exchange, std::span<const iovec> first, bool last) override;
  void send_interim(Exchange& exchange, unsigned status) override;
  void send_early_hints(Exchange& exchange, std::span<const http::Field> fields) override;
  void send_body(Exchange& exchange, std::span<const iovec> parts, bool last) override;
  [[nodiscard]] net::Stream* body_stream(Exchange&) override { return nullptr; }
  void moved(Exchange&, std::size_t, bool) override {}
  void abort_body(Exchange& exchange) override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  void want_body(Exchange& exchange, bool wanted) override;
  void drop(Exchange& exchange) override;
  [[nodiscard]] const Address& peer_address() override;
  [[nodiscard]] const Address& local_address() override;
  [[nodiscard]] std::uint64_t serial() const override;
  [[nodiscard]] std::uint64_t requests() const override { return number_; }
  [[nodiscard]] std::uint64_t bytes_sent() const override { return sent_; }
  [[nodiscard]] bool is_tls() const override;
  [[nodiscard]] ssl_st* tls() const override;
  [[nodiscard]] const http::ProxyLine* proxy_line() const override;
  [[nodiscard]] std::int64_t connected_ms() const override;
  [[nodiscard]] int socket_fd() const override;

  [[nodiscard]] bool can_tunnel() const override { return is_handshake_; }
  void start_tunnel(Exchange& exchange) override;

  /// Of a body in one frame: http2_chunk_size.
  [[nodiscard]] std::int64_t chunk_bytes() const { return chunk_bytes_; }

 private:
  friend class H2Connection;
  friend class H2TunnelEnd;
  enum class Pace : std::uint8_t { none, head, reading, sending };  // whom the timer watches doing what

  void fire() override;

  // receiving (h2_stream.cc)
  void open(H2Connection& connection, std::int32_t id, std::uint64_t number);
  [[nodiscard]] bool add_field(std::string_view name, std::string_view value);
  void watch_head();
  void block_is_complete(bool ends_stream, std::size_t bytes);
  void begin();
  [[nodiscard]] std::uint64_t most_of_end_frame() const;
  void take_data(std::string_view bytes);
  void client_ended();
  void deliver(std::string_view bytes);
  void deliver_pending();
  void refuse(const char* reason);
  void widen_window();
  void credit();
  void settle();
  void end_exchange();
  void clear();
  /// The exchange is through, and so is what it sent.
  [[nodiscard]] bool is_over() const { return exchange_ && reply_over_ && (sent_end_ || closed_); }
  /// Neither an exchange nor a tunnel is on it.
  [[nodiscard]] bool is_free() const { return !exchange_ && !end_; }

  // WebSocket over HTTP/2 (h2_tunnel.cc)
  void begin_handshake();
  void fit_answer(Exchange& x);
  void begin_tunnel();
  void settle_tunnel();
  void take_for_tunnel(std::string_view bytes);
  void deliver_to_tunnel();
  void leave_tunnel();
  void resume_tunnel();
  [[nodiscard]] std::uint64_t tunnel_progress() const;

  // sending (h2_stream_send.cc)
  void send_interim(Exchange& x, unsigned status, std::span<const http::Field> hints);
  void put(std::span<const iovec> parts, bool last);
  void offer(std::span<const iovec> parts, std::size_t bytes, bool last);
  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* to, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user);
  [[nodiscard]] std::size_t available() const { return queue_.size() + parts_left_; }
  [[nodiscard]] std::size_t unsent_bytes() const;
  [[nodiscard]] bool is_shut() const;
  [[nodiscard]] bool is_more_due() const;
  void note_block();
  void unblock();
  void consume(std::size_t bytes, Output& out);
  void keep_rest();
  void reset(http::H2Error code);
  void rearm();
  void check_pace();
  void set_pace_timer(std::int64_t timeout_ms);
  void note_progress();

  H2Connection* connection_ = nullptr;
  Exchange* exchange_ = nullptr;      // from the first field on, until it has ended
  http::H2RequestReader* reader_ = nullptr;  // in the exchange's arena, while the head is read
  H2Stream* prev_ = nullptr;          // the connection's streams
  H2Stream* next_ = nullptr;
  H2Stream* next_touched_ = nullptr;
  H2TunnelEnd* end_ = nullptr;        // of the tunnel that it has become
  std::uint64_t generation_ = 0;      // of the table that the tunnel grew out of
  std::string pending_;               // received, not yet wanted; bounded by the window
  ByteQueue queue_;                   // of the body, not yet in frames
  std::span<const iovec> parts_;      // the same, while the caller's own bytes are there
  std::size_t parts_left_ = 0, parts_taken_ = 0;
  std::uint64_t number_ = 0;          // of the request on its connection
  std::uint64_t received_ = 0;        // of the body
  std::size_t uncredited_ = 0;        // of these, the window is not open again for
  std::uint64_t sent_ = 0;            // in frames
  std::int64_t chunk_bytes_ = 8 * 1024;
  std::int64_t phase_started_ms_ = 0, last_progress_ms_ = 0;
  std::uint64_t phase_bytes_ = 0;     // moved since then
  std::int32_t id_ = 0;
  http::H2Error end_code_ = http::H2Error::none;  // for RST_STREAM behind an answer that left the body unread
  std::uint32_t heads_due_ = 0;       // frames of HEADERS that the session has not written yet
  Pace pace_ = Pace::none;
  bool is_handshake_ = false;         // an extended CONNECT for a WebSocket
  bool tunnel_due_ = false;           // its answer has gone out
  bool paused_ = false;               // the tunnel wants no more from the client for now
  bool end_told_ = false;             // the tunnel knows that the client has ended
  bool touched_ = false;              // in the connection's list of those to settle
  bool ends_with_head_ = false;       // HEADERS had END_STREAM
  bool start_due_ = false;
  bool started_ = false;              // the exchange runs
  const char* trailer_fault_ = nullptr;
  bool in_trailers_ = false;
  bool client_ended_ = false;         // END_STREAM came
  bool body_wanted_ = false;
  bool body_told_ = false;            // the exchange knows that the body is whole
  bool window_widened_ = false;
  bool continue_sent_ = false;
  bool head_only_ = false;            // no body on the wire
  bool last_ = false;                 // nothing comes behind queue_
  bool has_trailers_ = false;         // to be sent behind it
  bool deferred_ = false;             // the session waits for more of the body
  bool is_full_ = false;              // queue_ held some: the source is to be told when it does not any more
  bool is_blocked_ = false;           // a window is shut: the source reads no more until it opens
  bool drained_due_ = false;
  bool reply_over_ = false;           // the exchange is through with it
  bool sent_end_ = false;             // END_STREAM or RST_STREAM was written
  bool reset_asked_ = false;
  bool closed_ = false;               // the session has forgotten it
  bool gone_told_ = false;
};

}  // namespace gh::proxy
