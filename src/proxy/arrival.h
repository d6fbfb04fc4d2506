// Arrival: a client's connection while it is not known what it speaks. Sockets that only speak HTTP/1.1 do without.
//
//   (PROXY protocol line) --> (TLS handshake) --> ALPN, or the first bytes: HTTP/2's preface? --> its connection class
//
// The time for all of it is client_header_timeout. Its Transport then moves to the connection that goes on, with what
// was read and not used. Worker thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/timer_wheel.h"
#include "proxy/client_connection.h"

namespace gh::proxy {

class Arrival final : public ClientConnection, private net::Timer, private net::Deferred {
 public:
  using ClientConnection::ClientConnection;
  ~Arrival() override;

  void drain() override { close(); }
  void close_now() override { close(); }
  /// For what its handshake needs, beyond OpenSSL: tls_certificates.h.
  struct Side {
    Worker& worker;
    const Address& peer;
    const Address& local;
    std::uint64_t serial;
    std::int64_t connected_ms;
    const http::ProxyLine* proxy_line;
  };
  [[nodiscard]] Side side();
  void tell(LogLevel level, std::string_view text) { log(level, text); }

  [[nodiscard]] bool follows(std::uint64_t generation) const override { return listen_generation() >= generation; }

 private:
  void opened() override;
  void on_read(std::string_view bytes) override;
  void on_eof() override;
  void on_broken(int) override { close(); }
  void on_secured(int error) override;
  void on_drained() override {}
  void fire() override;
  void run_deferred() override { delete this; }

  void read_proxy_line(std::string_view bytes);  // arrival_proxy_line.cc
  void go_on(std::string_view bytes);            // what came behind the PROXY protocol's header
  void start_tls(std::string_view bytes);        // arrival_tls.cc
  void log_failed_handshake(int error);
  void end_tls();
  void speak_http1(std::string_view bytes);
  void speak_http2(std::string_view bytes);
  void close();

  std::unique_ptr<std::string> partial_line_;  // only while a header comes in several reads
  std::unique_ptr<TlsHandshake> handshake_;    // while it goes on
  bool wants_proxy_line_ = false;
  std::unique_ptr<std::string> held_;  // the beginning of HTTP/2's preface, as far as it goes
  bool closed_ = false;               // or handed on
};

}  // namespace gh::proxy
