// The inside of a Stream. Only for net/stream*.cc.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "net/chunk_list.h"
#include "net/stream.h"
#include "net/tls.h"

namespace gh::net {

constexpr std::size_t small_read_bytes = 64 * 1024;
constexpr std::size_t first_read_bytes = 4 * 1024;  // of what its owner cannot pass on yet

/// Bytes received, 0 at the end of the stream, or -errno.
ssize_t receive(int fd, std::span<char> into);
/// Bytes that the kernel took, or -errno.
ssize_t send_now(int fd, std::span<const iovec> parts, std::size_t size, bool more_follows);

/// Exists only while something waits to be written.
struct WriteQueue {
  uv_write_t request;   // at most one at a time
  ChunkList in_flight;  // given to libuv with `request`
  ChunkList waiting;    // came while `request` was busy
};

/// A stream's TLS session, and what waits for it.
struct Stream::TlsLink final : TlsWork {
  TlsLink(Handle& of, SSL* ssl, TlsShare& in_loop, std::uint32_t most_in_record)
      : handle(of), share(in_loop), session(ssl, in_loop), record_bytes(most_in_record) {}
  void run_tls_work() override;
  /// Something to do before the socket is read.
  [[nodiscard]] bool has_work() const { return starts || unread || held_end != TlsSession::End::none; }

  Handle& handle;
  TlsShare& share;
  TlsSession session;
  std::uint32_t record_bytes;
  std::unique_ptr<std::string> unread;  // ciphertext that waits for its turn, or for resume()
  std::unique_ptr<std::string> unsent;  // plaintext that waits for the end of the handshake
  std::uint32_t answer_bytes = 0;  // queued since the queue was empty, that only reading made
  bool starts = false;        // a client's first flight was not sent yet
  bool told_secured = false;  // on_secured was called
  TlsSession::End held_end = TlsSession::End::none;  // came in one read with bytes on which the owner paused
};

/// The libuv side of a stream. Outlives its Stream until libuv's close callback; `events` is null from close() on.
struct Stream::Handle {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv;
  StreamEvents* events = nullptr;
  WriteQueue* queue = nullptr;
  struct Splicing {
    Stream* to;
    std::uint64_t left;  // bytes
  };
  std::unique_ptr<Splicing> splicing;  // see Stream::splice_to
  std::unique_ptr<TlsLink> tls;        // see Stream::start_tls
  std::uint64_t accepted_bytes = 0;    // sent or queued; of TLS the plaintext
  int write_error = 0;
  bool is_unix : 1 = false;
  bool connecting : 1 = false;
  bool connect_failed : 1 = false;
  bool reading : 1 = false;
  bool reads_large : 1 = false;  // the last read filled its share of the buffer: the next one may have all of it
  bool takes_turns : 1 = true;    // no tunnel: bytes come as an answer to those that were sent
  bool awaits_answer : 1 = false;  // nothing was read since something was written
  bool reads_little : 1 = false;   // the next read, as the owner paused before there was anything to read
  bool paused : 1 = false;
  bool ended : 1 = false;  // EOF or broken: no read event will come
  bool no_delay : 1 = false;
  bool shut_wanted : 1 = false;
  bool shut_done : 1 = false;

  ~Handle() { delete queue; }

  static Handle* of(void* data) { return static_cast<Handle*>(data); }
  [[nodiscard]] Loop& loop() const { return *static_cast<Loop*>(uv.handle.loop->data); }
  [[nodiscard]] bool is_alive() const { return events && !uv_is_closing(&uv.handle); }
  [[nodiscard]] std::size_t queued() const {
    const std::size_t bytes = queue ? queue->waiting.bytes() + uv_stream_get_write_queue_size(&uv.stream) : 0;
    return tls && tls->unsent ? bytes + tls->unsent->size() : bytes;
  }
  /// Ciphertext is more than the plaintext that was counted, so that of TLS this is never more than a close guess while
  /// something is queued.
  [[nodiscard]] std::uint64_t sent() const {
    return accepted_bytes - std::min<std::uint64_t>(accepted_bytes, queued());
  }
  void count_lost(std::size_t bytes) { accepted_bytes -= std::min<std::uint64_t>(accepted_bytes, bytes); }
  [[nodiscard]] int fd() const {
    uv_os_fd_t fd = -1;
    return uv_fileno(&uv.handle, &fd) == 0 ? fd : -1;
  }

  int init(uv_loop_t* on, bool unix_socket, unsigned family) {
    is_unix = unix_socket;
    const int error = unix_socket ? uv_pipe_init(on, &uv.pipe, 0) : uv_tcp_init_ex(on, &uv.tcp, family);
    uv.handle.data = this;
    return error;
  }
  void dispose() {
    uv_close(&uv.handle, [](uv_handle_t* handle) { delete Handle::of(handle->data); });
  }

  void start_read() {
    reading = uv_read_start(&uv.stream, give_no_buffer, read_ready) == 0;
  }
  void stop_read() {
    uv_read_stop(&uv.stream);
    reading = false;
  }
  // Given no buffer, libuv does not read but calls read_ready (with UV_ENOBUFS): then we receive ourselves.
  static void give_no_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) { *buffer = {nullptr, 0}; }
  static void read_ready(uv_stream_t* stream, ssize_t why, const uv_buf_t*) {
    Handle& self = *of(stream->data);
    if (!self.is_alive()) return;
    self.loop().woke();
    if (why != UV_ENOBUFS) return self.read_ended(static_cast<int>(why));
    if (self.tls) return self.read_tls();
    if (self.splicing && self.splice_some()) return;
    const auto buffer = self.loop().read_buffer().first(self.read_size());
    const ssize_t size = receive(self.fd(), buffer);
    self.note_read(size);
    if (size > 0) return self.events->on_read({buffer.data(), static_cast<std::size_t>(size)});
    if (size != -EAGAIN) self.read_ended(size == 0 ? UV_EOF : static_cast<int>(size));
  }
  [[nodiscard]] std::size_t read_size() const {
    return reads_large ? Loop::read_buffer_bytes : reads_little ? first_read_bytes : small_read_bytes;
  }
  void note_read(ssize_t size) {
    reads_large = size >= static_cast<ssize_t>(small_read_bytes);
    if (size > 0) awaits_answer = reads_little = false;
  }
  /// False: not now (the other side has a queue, or is gone) or not at all; then it is read as usual.
  bool splice_some() {
    Stream& target = *splicing->to;
    Handle* to = target.handle_;
    if (!to || to->tls || to->queue || to->connecting || to->shut_wanted || to->write_error != 0) return false;
    Splice& pipe = loop().splice();
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(splicing->left, read_size()));
    const ssize_t size = pipe.receive(fd(), most);
    if (size == -EAGAIN) return true;
    if (size == -EINVAL) {
      splicing.reset();
      return false;
    }
    if (size <= 0) {
      read_ended(size == 0 ? UV_EOF : static_cast<int>(size));
      return true;
    }
    const auto bytes = static_cast<std::size_t>(size);
    note_read(size);
    splicing->left -= bytes;
    if (splicing->left == 0) splicing.reset();
    const std::size_t sent = pipe.send(to->fd());
    to->accepted_bytes += sent;
    if (sent < bytes) static_cast<void>(target.write(pipe.rest(loop().read_buffer())));  // its next write tells why
    if (pipe.failed() && to->write_error == 0) to->write_error = UV_EIO;
    events->on_spliced(bytes);
    return true;
  }
  void read_ended(int error) {
    stop_read();
    if (ended) return;
    ended = true;
    if (tls && !tls->told_secured) return fail_handshake(error);
    if (error == UV_EOF) return events->on_eof();
    fail_writes(error);
    events->on_broken(error);
  }
  void fail_writes(int error) {
    if (write_error == 0) write_error = error;
    if (!queue) return;
    count_lost(queue->waiting.bytes());
    queue->waiting.clear();
  }

  void enqueue(std::span<const iovec> parts, std::size_t skip, std::size_t size) {
    if (!queue) queue = new WriteQueue;
    for (const iovec& part : parts) {
      if (skip >= part.iov_len) {
        skip -= part.iov_len;
        continue;
      }
      const std::size_t rest = part.iov_len - skip;
      queue->waiting.append(static_cast<const char*>(part.iov_base) + skip, rest, size);
      size -= rest;
      skip = 0;
    }
  }
  /// Sends or queues; 0 or why the stream is broken. What it lost is no longer counted as accepted.
  int put(std::span<const iovec> parts, std::size_t size, bool more_follows) {
    std::size_t gone = 0;
    if (!queue && !connecting) {
      const ssize_t result = send_now(fd(), parts, size, more_follows);
      if (result < 0 && result != -EAGAIN) return write_error = static_cast<int>(result);
      gone = result > 0 ? static_cast<std::size_t>(result) : 0;
    }
    awaits_answer = true;
    if (!tls) accepted_bytes += size;
    if (gone == size) return 0;
    const bool busy = queue != nullptr;
    enqueue(parts, gone, size - gone);
    if (busy) return 0;
    const int error = submit();
    if (error == 0) return 0;
    delete std::exchange(queue, nullptr);
    count_lost(size - gone);
    return write_error = error;
  }
  int submit() {
    thread_local std::vector<uv_buf_t> buffers;
    queue->in_flight.swap(queue->waiting);
    queue->in_flight.fill(buffers);
    queue->request.data = this;
    return uv_write(&queue->request, &uv.stream, buffers.data(), static_cast<unsigned>(buffers.size()), write_done);
  }
  static void write_done(uv_write_t* request, int status) {
    Handle& self = *of(request->data);
    // Of a failed request libuv no longer tells how much had gone out: none of it is counted as sent.
    if (status != 0) self.count_lost(self.queue->in_flight.bytes());
    self.queue->in_flight.clear();
    if (!self.is_alive()) return;
    self.loop().woke();
    if (status == 0 && self.write_error == 0 && self.queue->waiting.bytes() > 0) status = self.submit();
    if (status == 0 && self.queue->in_flight.bytes() > 0) return;
    if (status != 0) return self.write_broke(status);
    delete std::exchange(self.queue, nullptr);
    self.finish_shut_down();
    if (!self.ended || self.write_error == 0) self.events->on_drained();
  }
  void write_broke(int error) {
    const bool told = connect_failed || write_error != 0;
    fail_writes(error);
    delete std::exchange(queue, nullptr);
    if (told) return;
    ended = true;
    if (reading) stop_read();
    if (tls && !tls->told_secured) return fail_handshake(error);
    events->on_broken(error);
  }
  void finish_shut_down() {
    if (!shut_wanted || shut_done || connecting || (tls && !tls->told_secured)) return;
    shut_done = true;
    ::shutdown(fd(), SHUT_WR);  // nothing is queued, so libuv's own request would only add an epoll round
  }

  static void connect_done(uv_connect_t* request, int status) {
    Handle& self = *of(request->data);
    delete request;
    if (!self.is_alive()) return;
    self.loop().woke();
    self.connecting = false;
    self.connect_failed = status != 0;
    if (status != 0) self.fail_writes(status);
    if (status == 0 && !self.queue) self.finish_shut_down();
    self.events->on_connected(status);
    if (status == 0 && self.is_alive() && self.tls) self.begin_tls();
  }
  int bind_source(const Address& source) {
    const int on = 1;
    // Port 0 is then chosen at connect, where one port may serve many destinations (ip(7) IP_BIND_ADDRESS_NO_PORT).
    if (source.port() == 0) setsockopt(fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return uv_tcp_bind(&uv.tcp, source.get(), 0);
  }
  int start_connect(const Address& to, const Address* bind_to) {
    if (!is_unix && bind_to && bind_to->is_set() && !bind_to->is_unix()) {
      if (const int error = bind_source(*bind_to)) return error;
    }
    auto* request = new uv_connect_t;
    request->data = this;
    connecting = true;
    if (is_unix) {
      const std::string path(to.binary());
      uv_pipe_connect(request, &uv.pipe, path.c_str(), connect_done);
      return 0;
    }
    const int error = uv_tcp_connect(request, &uv.tcp, to.get(), connect_done);
    if (error != 0) delete request;
    return error;
  }

  // TLS: stream_tls.cc.
  void begin_tls();
  void defer_tls();
  void read_tls();
  void receive_ciphertext();
  void take_ciphertext(std::string_view bytes);
  void step_handshake(std::string_view bytes);
  void handshake_done(std::string_view rest);
  void fail_handshake(int error);
  void take_records(std::string_view bytes);
  bool send_answers();
  void records_end(TlsSession::End end);
  int write_tls(std::span<const iovec> parts, std::size_t size, bool more_follows);
  int encrypt(std::span<const iovec> parts, bool more_follows);
  int send_ciphertext(bool more_follows);
  void shut_down_tls();
  void close_tls();
};

}  // namespace gh::net
