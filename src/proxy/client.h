// Client: what an exchange knows of the side that asked: an HTTP/1.1 connection, an HTTP/2 stream, or, for a
// subexchange, the exchange that wants its answer. Worker thread.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/address.h"
#include "proxy/reply.h"

struct ssl_st;

namespace gh::net {
class Stream;
}

namespace gh::http {
struct ProxyLine;
}

namespace gh::proxy {

class Exchange;

class Client {
 public:
  /// Sends the head, and with it the first body bytes. `last`: nothing follows. Bodies of HEAD and 204/304 are dropped
  /// here.
  virtual void send_head(Exchange& exchange, std::span<const iovec> first, bool last) = 0;
  /// Informational answers without fields (100) before the final head.
  virtual void send_interim(Exchange& exchange, unsigned status) = 0;
  /// A 103 with these fields, before the final head; only where the client's protocol knows such answers.
  virtual void send_early_hints(Exchange&, std::span<const http::Field>) {}
  virtual void send_body(Exchange& exchange, std::span<const iovec> parts, bool last) = 0;
  /// Where the kernel alone may move body bytes to (net::Stream::splice_to); null when they must pass through here:
  /// chunks, HEAD. moved() counts them.
  [[nodiscard]] virtual net::Stream* body_stream(Exchange& exchange) = 0;
  virtual void moved(Exchange& exchange, std::size_t bytes, bool last) = 0;
  /// The answer cannot be completed: what was sent so far must not look complete.
  virtual void abort_body(Exchange& exchange) = 0;
  /// Bytes taken from the exchange but not yet by the kernel. Above a high-water mark the exchange stops its source;
  /// Exchange::on_client_drained() tells when to go on.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// Body bytes flow to Exchange::on_body() while wanted.
  virtual void want_body(Exchange& exchange, bool wanted) = 0;
  /// No answer at all: the connection closes (return 444).
  virtual void drop(Exchange& exchange) = 0;
  /// Could a tunnel take over its bytes, behind an answer's head? (A subexchange's: no.)
  [[nodiscard]] virtual bool can_tunnel() const { return false; }
  /// That head has gone out: at the end of this turn the exchange ends, and a tunnel begins.
  virtual void start_tunnel(Exchange&) {}

  [[nodiscard]] virtual const Address& peer_address() = 0;
  [[nodiscard]] virtual const Address& local_address() = 0;
  [[nodiscard]] virtual std::uint64_t serial() const = 0;              // $connection
  [[nodiscard]] virtual std::uint64_t requests() const = 0;            // $connection_requests
  [[nodiscard]] virtual std::uint64_t bytes_sent() const = 0;          // of this exchange: $bytes_sent
  [[nodiscard]] virtual bool is_tls() const = 0;
  [[nodiscard]] virtual ssl_st* tls() const { return nullptr; }        // OpenSSL's SSL; null: none
  [[nodiscard]] virtual const http::ProxyLine* proxy_line() const { return nullptr; }  // what a balancer said
  [[nodiscard]] virtual std::int64_t connected_ms() const = 0;         // loop clock
  [[nodiscard]] virtual int socket_fd() const = 0;                     // for tcpinfo; -1 when there is none
  [[nodiscard]] virtual bool is_pipelined() const { return false; }    // its bytes were there before the last answer
  [[nodiscard]] virtual bool keeps_alive() const { return true; }      // after this answer; known when its head is out

 protected:
  ~Client() = default;
};

}  // namespace gh::proxy
