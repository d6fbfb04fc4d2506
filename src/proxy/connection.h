// Connection: the client side of HTTP/1.1. It turns bytes into exchanges one after another, gives replies their wire
// form, and closes. One worker's thread; owns itself and is deleted when its stream is closed for good.
//
//   idle --bytes--> reading_head --head--> exchange --sent, body read--> idle (pending bytes: next head at once)
//                        |                    |--sent, body unread--> discarding --> idle or lingering
//                        '--bad/slow--> exchange that refuses, then lingering --> closed
//
// An idle connection holds no buffer and no exchange. Pipelined bytes wait in `pending_` (bounded) while an exchange
// runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/h1.h"
#include "net/timer_wheel.h"
#include "proxy/client.h"
#include "proxy/client_connection.h"

namespace gh::proxy {

class Connection final : public ClientConnection, public Client, private net::Timer, private net::Deferred {
 public:
  Connection(Worker& worker, ListenPoint& point) : ClientConnection(worker, point) {}
  /// Goes on with a transport that something else has read from (an Arrival); begin_with() next.
  Connection(Worker& worker, ListenPoint& point, Transport&& transport)
      : ClientConnection(worker, point, std::move(transport)) {}
  /// Bytes that had been read before this connection took over.
  void begin_with(std::string_view bytes);

  // Client
  void send_head(Exchange& exchange, std::span<const iovec> first, bool last) override;
  void send_interim(Exchange& exchange, unsigned status) override;
  void send_early_hints(Exchange& exchange, std::span<const http::Field> fields) override;
  void send_body(Exchange& exchange, std::span<const iovec> parts, bool last) override;
  [[nodiscard]] net::Stream* body_stream(Exchange& exchange) override;
  void moved(Exchange& exchange, std::size_t bytes, bool last) override;
  void abort_body(Exchange& exchange) override;
  [[nodiscard]] std::size_t queued_bytes() const override { return transport_.stream.queued_bytes(); }
  void want_body(Exchange& exchange, bool wanted) override;
  void drop(Exchange& exchange) override;
  [[nodiscard]] bool can_tunnel() const override { return true; }
  void start_tunnel(Exchange& exchange) override;
  [[nodiscard]] const Address& peer_address() override { return client_address(); }
  [[nodiscard]] const Address& local_address() override { return own_address(); }
  [[nodiscard]] std::uint64_t serial() const override { return transport_.serial; }
  [[nodiscard]] std::uint64_t requests() const override { return requests_; }
  [[nodiscard]] std::uint64_t bytes_sent() const override { return sent_; }
  [[nodiscard]] bool is_tls() const override { return tls_session() != nullptr; }
  [[nodiscard]] ssl_st* tls() const override { return tls_session(); }
  [[nodiscard]] const http::ProxyLine* proxy_line() const override { return transport_.proxy_line.get(); }
  [[nodiscard]] std::int64_t connected_ms() const override { return transport_.connected_ms; }
  [[nodiscard]] int socket_fd() const override { return transport_.stream.fd(); }
  [[nodiscard]] bool is_pipelined() const override { return pipelined_; }
  [[nodiscard]] bool keeps_alive() const override { return keep_alive_; }

  // ClientConnection
  void drain() override;
  [[nodiscard]] bool follows(std::uint64_t generation) const override {
    return listen_generation() >= generation || (stage_ == Stage::idle && requests_ > 0);
  }
  void close_now() override;

 private:
  enum class Stage : std::uint8_t { idle, reading_head, exchange, discarding, lingering, closed };
  enum class Pace : std::uint8_t { none, reading, sending };   // whom the exchange's timer watches doing what
  enum class Framing : std::uint8_t { none, length, chunked, until_close };

  // net::StreamEvents
  void on_connected(int) override {}
  void on_read(std::string_view bytes) override;
  void on_eof() override;
  void on_broken(int error) override;
  void on_drained() override;
  void fire() override;
  void run_deferred() override;

  void opened() override;
  const table::ServerSettings& head_settings();
  void read_heads(std::string_view bytes);
  std::size_t try_head(std::string_view bytes);
  void wait_for_head(std::string_view bytes, std::unique_ptr<std::string> held);
  void begin(std::string_view head, std::string_view behind = {});
  void feed_body(std::string_view bytes);
  bool feed_body_step(std::string_view& bytes, std::string_view& gathered);
  void deliver(std::string_view& gathered);
  void stash(std::string_view bytes);
  void check_sent();
  void end_exchange();
  void become_tunnel();
  void after_exchange();
  void start_discarding();
  void linger_or_close();
  void arm_linger_timer();
  void close();
  void set_stage(Stage stage);
  void check_pace();
  void rearm();
  void set_pace_timer(std::int64_t timeout_ms);
  [[nodiscard]] bool reads_body() const;
  [[nodiscard]] static bool distrusts(const Exchange& exchange);
  [[nodiscard]] bool closes_at_once() const;
  void write(std::span<const iovec> parts, bool last = false, bool more_follows = false);
  void decide_framing(Exchange& exchange, bool has_body);

  Exchange* exchange_ = nullptr;
  std::unique_ptr<std::string> pending_;            // received, not yet consumed
  std::unique_ptr<http::BodyReader> body_;          // while an exchange has a body
  std::uint64_t requests_ = 0;
  std::uint64_t sent_ = 0;                          // bytes written for this exchange
  std::int64_t phase_started_ms_ = 0;               // of the body or the sending, for minimum rates; of lingering
  std::uint64_t phase_bytes_ = 0;
  std::uint64_t sending_base_ = 0;                  // bytes sent when the phase began
  std::int64_t last_progress_ms_ = 0;               // bytes last moved
  std::uint64_t last_progress_bytes_ = 0;
  std::int64_t keepalive_ms_ = 0;                   // of the last exchange's location
  std::int64_t keep_until_ms_ = 0;                  // keepalive_min_timeout: no graceful close before
  std::int64_t linger_until_ms_ = 0;                // lingering_time
  std::int64_t linger_step_ms_ = 0;                 // lingering_timeout
  std::uint32_t scanned_ = 0;                       // of pending_, by head_end
  Stage stage_ = Stage::idle;
  Framing framing_ = Framing::none;
  Pace pace_ = Pace::none;
  bool keep_alive_ = false;
  bool pipelined_ = false;        // the exchange's bytes came before the last one had ended
  bool body_wanted_ = false;
  bool reply_done_ = false;       // the last byte was handed to the stream
  bool draining_ = false;
  bool saw_eof_ = false;
  bool in_read_ = false;          // inside on_read: end_exchange() must not start the next head itself
  bool aborted_ = false;          // the reply was cut short
  bool continue_sent_ = false;
  bool head_only_ = false;        // the reply has no body on the wire
  bool no_delay_ = false;
  bool tunnels_ = false;          // a tunnel takes over at the end of this turn
  bool refused_ = false;          // what the client sends could not be understood: where it ends is not known
};

}  // namespace gh::proxy
