// TunnelEnd: one of the two sides of a tunnel, whatever carries its bytes: a connection of its own, or a stream of
// HTTP/2 (RFC 8441). It tells its tunnel what happens; bytes given to on_read are valid only inside. Never calls its
// tunnel from inside a call of it. Worker thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "net/stream.h"

namespace gh::proxy {

class Tunnel;
class Worker;
struct Transport;

class TunnelEnd {
 public:
  virtual ~TunnelEnd() = default;
  /// All of it, now or when it can. 0, or why this end is broken (a negative UV_E...).
  virtual int write(std::string_view bytes) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// Grows while queued bytes go out.
  [[nodiscard]] virtual std::uint64_t progress() const = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;
  virtual void shut_down_write() = 0;  // the end of the stream, behind what is queued
  virtual void close() = 0;
  /// What the kernel alone may move bytes from and to (net::Stream::splice_to); null when there is no such thing.
  [[nodiscard]] virtual net::Stream* stream() { return nullptr; }

  void belong_to(Tunnel& tunnel) { tunnel_ = &tunnel; }

 protected:
  Tunnel* tunnel_ = nullptr;
};

/// A client's own connection; the worker lists and counts it. `generation`: see ClientConnection::follows.
std::unique_ptr<TunnelEnd> make_client_end(Worker& worker, Transport&& transport, std::uint64_t generation);
/// A connection to a peer that has left the pool.
std::unique_ptr<TunnelEnd> make_peer_end(net::Stream&& stream);

}  // namespace gh::proxy
