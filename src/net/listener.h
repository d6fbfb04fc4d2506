// Listening sockets. They belong to the process and outlive workers' tables: a reload keeps those still named.
// With SO_REUSEPORT each worker has a descriptor of its own; unix sockets have one, watched by worker 0 which mails
// accepted descriptors round robin.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/address.h"
#include "base/result.h"
#include "net/loop.h"
#include "net/stream.h"

namespace gh::net {

struct ListenOptions {
  int backlog = 511;          // nginx's default
  bool reuseport = true;      // one socket a worker
  bool ipv6only = true;
  int rcvbuf = 0, sndbuf = 0; // bytes, 0: system default
  bool deferred = false;      // TCP_DEFER_ACCEPT
  bool so_keepalive = false;
  unsigned unix_mode = 0666;  // mode of a unix socket's file
};

/// Opens, binds and listens; port 0 is chosen by the kernel. A stale unix socket file (nobody answers) is replaced.
/// Error text names the address and the cause ("address already in use"). Sets SO_REUSEADDR. Any thread.
Result<int> open_listening_socket(const Address& address, const ListenOptions& options);
/// The address a socket really has (port 0 resolved).
Address bound_address(int fd);

/// Accepts on one descriptor of one worker. Not owned: the descriptor (dup'ed inside) stays open when this is closed.
class Listener {
 public:
  /// `accepted` is called with the listening handle for each waiting connection; it must call Stream::accept() with it
  /// (or drop it with discard()). On EMFILE/ENFILE accepting pauses for 100 ms and one log line a second says so.
  using Accepted = std::function<void(uv_stream_t* listening)>;
  Listener(Loop& loop, int fd, bool is_unix, int backlog, Accepted accepted);
  ~Listener();  // stops accepting
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] int error() const { return error_; }  // 0, or the UV_E... that kept it from starting
  static void discard(uv_stream_t* listening);        // accepts and closes: over worker_connections

  // IMPLEMENTATION-BEGIN
  /// What `listening->data` points to inside `accepted`: the accepted descriptor, -1 once taken. Accepting is done here
  /// and not by uv_listen, because libuv would answer EMFILE by dropping every waiting connection.
  struct Waiting {
    int fd = -1;
    bool is_unix = false;
    int take() { return std::exchange(fd, -1); }
  };

 private:
  struct Watch;
  std::unique_ptr<Watch> watch_;
  int error_ = 0;
  // IMPLEMENTATION-END
};

}  // namespace gh::net
