// ClientConnection: a connection that a client opened, as its worker sees it: listed, counted, drained, closed. What is
// spoken on it is the derived class's business: HTTP/1.1 (connection.h), or not known yet (arrival.h). One worker's
// thread; each owns itself and is deleted through the loop's deferred queue.
#pragma once

#include <uv.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/address.h"
#include "base/log.h"
#include "http/proxy_line.h"
#include "net/stream.h"
#include "proxy/worker.h"

namespace gh::proxy {

/// What stays the same while one protocol takes over from another. Movable; whoever has it sets the stream's events.
struct Transport {
  net::Stream stream;
  std::uint64_t serial = 0;           // $connection
  std::int64_t connected_ms = 0;      // loop clock
  struct Addresses {
    ssl_st* tls = nullptr;            // of a stream that is closed, while its last exchange may ask for it
    std::unique_ptr<const Address> local;  // which few ask for; null: not looked up
    Address peer;                     // unset: not looked up
    Addresses() = default;
    Addresses(const Addresses&) = delete;
    Addresses& operator=(const Addresses&) = delete;
    ~Addresses();
  };
  std::unique_ptr<Addresses> addresses;  // looked up when they are first asked for
  std::unique_ptr<const http::ProxyLine> proxy_line;  // what a balancer said of it; null: nothing
};

class ClientConnection : protected net::StreamEvents {
 public:
  ClientConnection(Worker& worker, ListenPoint& point);
  ClientConnection(Worker& worker, ListenPoint& point, Transport&& transport);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;
  virtual ~ClientConnection();

  /// 0, or the UV_E... that made it useless (the caller deletes it).
  int open(uv_stream_t* listening);
  int open(int fd);

  /// Graceful end: at once when nothing is going on (keepalive_min_timeout puts it off), else after that.
  virtual void drain() = 0;
  /// False when it is from before `generation`, and busy or never used: worker_shutdown_timeout closes it. One that
  /// idles between two requests holds nothing of an old table.
  [[nodiscard]] virtual bool follows(std::uint64_t generation) const = 0;
  virtual void close_now() = 0;
  /// A new table is served from now on. HTTP/1.1 has nothing to say about it: what comes next is answered by it.
  virtual void table_changed() {}

 protected:
  virtual void opened() = 0;          // the socket is there: read from it
  /// Who answers here, of the current table.
  const table::ListenAddress& listen_address();
  [[nodiscard]] std::uint64_t listen_generation() const { return listen_generation_; }
  const Address& client_address();
  const Address& own_address();
  /// The server whose settings hold before a Host is known: the one that the client named in its TLS handshake, else
  /// the address's default one. Of the current table.
  const table::Server& first_server() {
    listen_address();
    return *first_server_;
  }
  [[nodiscard]] ssl_st* tls_session() const;
  /// Closes the socket while an exchange lives on for its log line, which wants the addresses and what TLS there was.
  void close_stream(bool reset);
  void on_connected(int) override {}
  /// For what happens before there is a request.
  void log(LogLevel level, std::string_view text);

  Worker& worker_;
  ListenPoint& point_;
  Transport transport_;

 private:
  friend class Worker;
  ClientConnection* prev_ = nullptr;  // Worker's list
  ClientConnection* next_ = nullptr;
  const table::ListenAddress* listen_ = nullptr;  // of listen_generation_
  const table::Server* first_server_ = nullptr;   // of listen_generation_, too
  std::uint64_t listen_generation_ = 0;
};

}  // namespace gh::proxy
