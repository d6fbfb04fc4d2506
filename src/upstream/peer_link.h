// PeerLink: the way of one attempt to its peer: a connection of its own (HTTP/1.1: PeerConnection) or a stream of a
// connection that others use as well (HTTP/2). The forwarder speaks to both in one way. The calls of the request path
// are no virtual ones for a connection of its own, which is the hot case. Loop thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/loop.h"
#include "net/stream.h"
#include "net/timer_wheel.h"

namespace gh::table {
struct Upstream;
}
namespace gh::http {
class FieldBlock;
}

namespace gh::upstream {

class PeerConnection;

/// Why a stream of a shared link ended before its answer did.
struct PeerFailure {
  enum class Kind : std::uint8_t {
    unprocessed,  // the peer says that it has not looked at the request: it may be sent again, whatever it is
    broken,       // the connection was lost
    illegal       // what came was no HTTP/2, or the peer reset the stream: it is there, but gives no valid answer
  } kind;
  std::string_view text;   // for the log, without "while ..."
};

/// What one read brought of an answer, in this order; valid inside the call.
struct PeerAnswer {
  const http::FieldBlock* head = nullptr;      // the head, or an interim one: then there is nothing else
  std::span<const iovec> body;
  const http::FieldBlock* trailers = nullptr;  // with `ends` alone
  bool ends = false;                           // the answer is whole
  const PeerFailure* failure = nullptr;        // nothing more will come
};

/// Who uses a link at the moment: the forwarder of one exchange.
class PeerUser {
 public:
  virtual void on_peer_connected(int error) = 0;   // 0 or a negative UV_E...
  virtual void on_peer_read(std::string_view bytes) = 0;
  virtual void on_peer_spliced(std::size_t bytes) = 0;   // see net::Stream::splice_to
  virtual void on_peer_eof() = 0;
  virtual void on_peer_broken(int error) = 0;
  virtual void on_peer_drained() = 0;
  virtual void on_peer_timeout() = 0;
  /// Of a stream of a shared link, instead of on_peer_read(), on_peer_eof() and on_peer_broken().
  virtual void on_peer_answer(const PeerAnswer&) {}

 protected:
  ~PeerUser() = default;
};

class PeerLink : protected net::Timer {
 public:
  /// Bytes of the request: first its head in HTTP/1 form with what there is of the body, then more of the body. Sends
  /// or queues all, as net::Stream::write(): 0 or a negative UV_E.... `last`: the request ends here.
  int write(std::span<const iovec> parts, bool last) {
    if (own_) return parts.empty() ? 0 : own_->write(parts);
    return write_frames(parts, last);
  }
  [[nodiscard]] std::size_t queued_bytes() const { return own_ ? own_->queued_bytes() : queued_frames(); }
  /// Back pressure on the answer.
  void pause() { own_ ? own_->pause() : hold_window(true); }
  void resume() { own_ ? own_->resume() : hold_window(false); }
  /// A shared link's bytes come in frames: nothing but this process can take them apart.
  void splice_to(net::Stream* to, std::uint64_t most) {
    if (own_) own_->splice_to(to, most);
  }
  /// It has carried requests before this one, and may have ended just now: a failure may be that race.
  [[nodiscard]] virtual bool was_idle() const = 0;
  /// The transport; of a shared link it is everybody's.
  [[nodiscard]] virtual PeerConnection& connection() = 0;
  /// One deadline for whatever is waited for now (connect, send, read).
  void set_timeout(std::int64_t ms) { loop_.timers().set(*this, ms); }
  void clear_timeout() { loop_.timers().clear(*this); }

 protected:
  PeerLink(net::Loop& loop, net::Stream* own) : loop_(loop), own_(own) {}
  ~PeerLink() = default;
  virtual int write_frames(std::span<const iovec> parts, bool last) = 0;
  [[nodiscard]] virtual std::size_t queued_frames() const = 0;
  virtual void hold_window(bool held) = 0;
  friend class Pool;
  virtual void end(const table::Upstream& upstream, bool reusable) = 0;   // by Pool::release

  net::Loop& loop_;

 private:
  net::Stream* const own_;   // null: shared
};

}  // namespace gh::upstream
