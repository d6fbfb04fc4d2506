// Stream: one TCP or unix-socket connection on a loop, either side. Owned by one object that is also its StreamEvents.
//
// Reading stays started for the connection's life unless paused (each change costs an epoll_ctl). Bytes are read into
// the loop's shared buffer, 64 KiB at a time or 256 KiB once a peer has filled that, and are valid only inside on_read.
// Writing is tried at once (one call); what the kernel does not take is copied, queued and sent when it can; on_drained
// tells when the queue is empty again.
// Callbacks never run inside a call of the owner (write, close ...), only from the loop.
#pragma once

#include <sys/uio.h>
#include <uv.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "net/loop.h"

using SSL = struct ssl_st;  // OpenSSL's

namespace gh::net {

class StreamEvents {
 public:
  virtual void on_connected(int error) = 0;             // only after connect(); 0 or a negative UV_E...
  virtual void on_read(std::string_view bytes) = 0;     // never empty
  virtual void on_eof() = 0;                            // peer sent FIN; writing may still work
  virtual void on_broken(int error) = 0;                // reset or failed: negative UV_E...; nothing more will come
  virtual void on_drained() = 0;                        // the write queue is empty again
  virtual void on_spliced(std::size_t) {}               // these bytes went to the stream that splice_to() named
  /// Once after start_tls(): the handshake is done (0), or it failed and nothing more will come (UV_EPROTO, then
  /// tls_error() tells why; UV_EOF, UV_ECONNRESET ...).
  virtual void on_secured(int) {}

 protected:
  ~StreamEvents() = default;
};

class Stream {
 public:
  Stream() = default;                       // no socket yet
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  /// The connection changes its owner: set_events() next. Not while another stream splices to this one.
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();                                // closes; no callback comes afterwards

  /// Takes an accepted connection from a listening handle (see Listener).
  int accept(Loop& loop, StreamEvents& events, uv_stream_t* listening);
  /// Takes an open, connected, non-blocking descriptor.
  int adopt(Loop& loop, StreamEvents& events, int fd, bool is_unix);
  /// Starts connecting; on_connected tells. `bind_to` is optional (proxy_bind). When it cannot even start it returns
  /// the UV_E..., the stream is not open and no callback comes.
  int connect(Loop& loop, StreamEvents& events, const Address& to, const Address* bind_to);
  /// From now on events go elsewhere (an idle upstream connection changes hands).
  void set_events(StreamEvents& events);

  [[nodiscard]] bool is_open() const;
  /// Starts reading (once after accept/connect). pause()/resume() stop and start it; both are idempotent.
  void start_reading();
  void pause();
  void resume();
  [[nodiscard]] bool is_paused() const;
  /// The next `most` bytes that come go to `to` without a copy; on_spliced tells, and on_read again for those that `to`
  /// cannot take at once. `to` must live until that is over or splice_to(nullptr, 0) ends it. Not kept over close().
  void splice_to(Stream* to, std::uint64_t most);

  /// From now on the stream speaks TLS (OpenSSL; see net/tls.h): on_secured tells when the handshake is over, then
  /// on_read brings plaintext, write() takes it, shut_down_write() and close() send close_notify before their FIN, and
  /// the peer's close_notify is on_eof, as is an end without one. queued_bytes() counts ciphertext, bytes_sent()
  /// plaintext. send_file() and splice_to() do not work on it; what is written before on_secured waits for it. Takes
  /// `ssl` over, whose accept or connect state is set. May be called before on_connected, once; `already_read` is
  /// ciphertext that on_read has brought. At most `record_bytes` go into one record. 0 or a negative UV_E... (`ssl` is
  /// freed then).
  int start_tls(SSL* ssl, std::string_view already_read = {}, std::size_t record_bytes = most_tls_record_bytes);
  static constexpr std::size_t most_tls_record_bytes = 16 * 1024;
  void set_tls_record_bytes(std::size_t most);          // instead of start_tls()'s
  [[nodiscard]] SSL* tls() const;                       // null: plain
  [[nodiscard]] std::string_view tls_error() const;     // why TLS failed, in OpenSSL's words; empty: it has not

  /// Sends or queues all of `parts`; returns 0 or a negative UV_E... (then the stream is broken: close it; reading goes
  /// on until then, as an early reply may have come). May be called before on_connected: the bytes wait.
  /// `more_follows`: close() or more bytes follow before the loop waits again, and may travel with these.
  int write(std::span<const iovec> parts, bool more_follows = false);
  int write(std::string_view bytes, bool more_follows = false) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    return write(std::span<const iovec>(&part, 1), more_follows);
  }
  /// The kernel sends up to `most` bytes of a file from `offset` on: how many it took now, 0 when the file ends there,
  /// -EAGAIN when bytes are queued or it takes none now, else why not (-errno). Then write() them, which also tells of
  /// a broken stream. Nothing is queued, so on_drained does not come for these bytes.
  ssize_t send_file(int file, std::uint64_t offset, std::size_t most);
  [[nodiscard]] std::size_t queued_bytes() const;
  /// FIN after what is queued (half close).
  void shut_down_write();
  /// Closes now; queued bytes are dropped. `reset` sends RST (SO_LINGER 0).
  void close(bool reset = false);

  void set_no_delay();                          // TCP_NODELAY, once; cheap when already set
  void set_keep_alive(bool on);                 // SO_KEEPALIVE
  [[nodiscard]] int fd() const;
  Address peer_address() const;                 // getpeername; unspecified when it fails
  Address local_address() const;                // getsockname
  /// Bytes of this connection that the kernel has not yet had acknowledged are not counted: only what we gave to it.
  [[nodiscard]] std::uint64_t bytes_sent() const;  // kept after close()

  // IMPLEMENTATION-BEGIN: free to change, aim at <= 320 bytes of heap for a stream that is open and idle
 private:
  friend class Listener;
  struct Handle;
  struct TlsLink;
  int open_handle(Loop& loop, StreamEvents& events, int fd, bool is_unix);
  Handle* handle_ = nullptr;
  std::uint64_t sent_before_close_ = 0;
  // IMPLEMENTATION-END
};

}  // namespace gh::net
