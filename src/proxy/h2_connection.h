// H2Connection: the client side of HTTP/2. Bytes go through the gate (http/h2_gate.h), frame by frame, into an nghttp2
// session; streams become exchanges. What all streams have to say in one turn of the loop goes out with one write.
// One worker's thread; owns itself and is deleted when its streams have ended and its socket is closed.
//
//   open --GOAWAY sent, streams ended--> lingering --client gone, or time is up--> closed
//     '--error: GOAWAY, streams aborted----^
//
// nghttp2 must not be entered twice: what its callbacks find is only noted (touch()), and acted upon by settle() when
// it has returned. Frames are made as soon as an exchange has something (pump()), into one buffer; the turn's end
// writes it (flush()). A connection without streams holds no buffer.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "http/h2_gate.h"
#include "net/timer_wheel.h"
#include "proxy/client_connection.h"
#include "proxy/h2_engine.h"

namespace gh::proxy {

class H2Stream;

class H2Connection final : public ClientConnection, private net::Timer, private net::Deferred {
 public:
  H2Connection(Worker& worker, ListenPoint& point, Transport&& transport);
  ~H2Connection() override;
  /// The first bytes: the client's preface and what came with it.
  void begin_with(std::string_view bytes);

  // ClientConnection
  void drain() override;
  [[nodiscard]] bool follows(std::uint64_t generation) const override;
  void close_now() override;
  void table_changed() override { drain(); }

  // For the session's callbacks (h2_engine.cc): things are noted, nothing is done.
  void session_begins_head(const nghttp2_frame& frame);
  [[nodiscard]] bool session_has_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void session_received(const nghttp2_frame& frame);
  void session_has_data(std::int32_t stream, std::string_view bytes);
  void session_sent(const nghttp2_frame& frame);
  void session_sends(const nghttp2_frame& frame, std::string_view head, H2Stream& stream, std::size_t bytes);
  void session_closed(std::int32_t stream);

 private:
  friend class H2Stream;
  enum class Stage : std::uint8_t { open, lingering, closed };
  struct Row {  // of streams, by their next_touched_
    H2Stream* first = nullptr;
    H2Stream* last = nullptr;
  };
  enum class Draining : std::uint8_t { no, announced, yes };  // announced: GOAWAY that still lets streams come

  // net::StreamEvents
  void on_connected(int) override {}
  void on_read(std::string_view bytes) override;
  void on_eof() override;
  void on_broken(int error) override;
  void on_drained() override;
  void fire() override;
  void run_deferred() override;
  void opened() override {}

  bool start_session();
  void feed(std::string_view bytes);
  void after_frame();
  void after_settings();
  void open_stream(std::int32_t id);
  [[nodiscard]] bool refuses_streams() const;
  /// For what the client did on a stream, or as it was one too many.
  void charge_reset() {
    if (!gate_.charge_reset()) too_many_resets_ = true;
  }
  H2Stream* find(std::int32_t id) const;
  void link(H2Stream& stream);
  void release(H2Stream& stream);
  void touch(H2Stream& stream);
  static void append(Row& row, H2Stream& stream);
  static H2Stream* take_first(Row& row);
  void settle();
  void end_exchanges();

  void pump();
  void make_frames();
  void flush();
  Output& out();
  [[nodiscard]] std::size_t backlog() const;

  void last_stream_is(std::uint32_t id);
  void fail(http::H2Error code, const char* reason);
  void log_fault(http::H2Error code, std::string_view reason);
  void session_failed(int error);
  void abandon_streams();
  void end();
  void close();
  void set_idle(bool idle);
  void arm_timer();
  void watch_sending();
  void check_sending();
  [[nodiscard]] bool is_tls() const { return tls_session() != nullptr; }
  const table::ServerSettings& settings() { return first_server().settings; }
  const table::CoreSettings& core() { return *first_server().base.core; }

  nghttp2_session* session_ = nullptr;
  http::H2Gate gate_;
  H2Engine& engine_;
  std::unique_ptr<Output> out_;       // frames of this turn; there only while it holds some
  H2Stream* first_ = nullptr;         // all streams
  Row touched_;                       // those to settle, as the session asked for their bytes: so none starves
  Row over_;                          // those whose exchange ends with this turn, linked in the same way
  H2Stream* reading_head_ = nullptr;  // whose field block is being read
  H2Stream* data_stream_ = nullptr;   // of the frame that is being read ...
  std::string_view data_;             // ... what it brought
  bool block_read_ = false;           // the session has read the whole field block
  std::uint32_t streams_ = 0;
  std::uint32_t most_streams_ = 0;
  std::uint32_t preread_bytes_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t sending_base_ = 0;    // bytes that the socket had taken when some first had to wait ...
  std::uint64_t progress_bytes_ = 0;  // ... and when the timer was set
  std::int64_t sending_since_ms_ = 0, progress_ms_ = 0;  // 0: none wait
  std::uint32_t block_padding_ = 0;   // of the field block that is being read, with its priority
  std::int64_t idle_ms_ = 0;          // keepalive_timeout of the last exchange
  std::int64_t linger_until_ms_ = 0;
  Stage stage_ = Stage::open;
  Draining draining_ = Draining::no;
  bool in_session_ = false;           // nghttp2 is running
  bool idle_ = true;                  // counted as waiting
  bool head_too_large_ = false;
  bool settings_acked_ = false;
  bool takes_protocols_ = false;      // SETTINGS_ENABLE_CONNECT_PROTOCOL was sent
  bool session_over_ = false;         // the session has sent GOAWAY for an error of the client's
  bool too_many_resets_ = false;
  bool settings_read_ = false;        // a client's SETTINGS has just been acted upon
  bool window_overflow_ = false;
  bool more_follows_ = false;         // the read under way has brought more than the frame that is looked at
};

}  // namespace gh::proxy
