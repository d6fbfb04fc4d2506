#include "net/stream.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "net/chunk_list.h"
#include "net/listener.h"

namespace gh::net {

namespace {

constexpr std::size_t small_read_bytes = 64 * 1024;

// The two calls that every request pays for twice. They go to the kernel directly: libc's read, recv and writev are
// cancellation points, which costs two atomic operations each in a process with threads; and recv and send skip the
// kernel's file layer, which read and write on a socket pass through.

/// Bytes received, 0 at the end of the stream, or -errno.
ssize_t receive(int fd, std::span<char> into) {
  for (;;) {
    const long size = ::syscall(SYS_recvfrom, fd, into.data(), into.size(), 0, nullptr, nullptr);
    if (size >= 0) return size;
    if (errno != EINTR) return -errno;
  }
}

/// Bytes that the kernel took, or -errno.
ssize_t send_now(int fd, std::span<const iovec> parts, std::size_t size, bool more_follows) {
  const int flags = MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
  std::array<char, 2048> joined;
  const void* bytes = parts[0].iov_base;
  if (parts.size() > 1 && size <= joined.size()) {  // one piece is cheaper to copy than two are to describe
    char* to = joined.data();
    for (const iovec& part : parts) to = std::copy_n(static_cast<const char*>(part.iov_base), part.iov_len, to);
    bytes = joined.data();
    parts = parts.first(1);
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = std::min<std::size_t>(parts.size(), IOV_MAX);
  for (;;) {
    const long sent = parts.size() == 1 ? ::syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0)
                                        : ::syscall(SYS_sendmsg, fd, &message, flags);
    if (sent >= 0) return sent;
    if (errno != EINTR) return -errno;
  }
}

/// Exists only while something waits to be written.
struct WriteQueue {
  uv_write_t request;   // at most one at a time
  ChunkList in_flight;  // given to libuv with `request`
  ChunkList waiting;    // came while `request` was busy
};

}  // namespace

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
  std::uint64_t accepted_bytes = 0;  // sent or queued
  int write_error = 0;
  bool is_unix = false;
  bool connecting = false;
  bool connect_failed = false;
  bool reading = false;
  bool reads_large = false;  // the last read filled its share of the buffer: the next one may have all of it
  bool paused = false;
  bool ended = false;  // EOF or broken: no read event will come
  bool no_delay = false;
  bool shut_wanted = false;
  bool shut_done = false;

  ~Handle() { delete queue; }

  static Handle* of(void* data) { return static_cast<Handle*>(data); }
  [[nodiscard]] Loop& loop() const { return *static_cast<Loop*>(uv.handle.loop->data); }
  [[nodiscard]] bool is_alive() const { return events && !uv_is_closing(&uv.handle); }
  [[nodiscard]] std::size_t queued() const {
    return queue ? queue->waiting.bytes() + uv_stream_get_write_queue_size(&uv.stream) : 0;
  }
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
    if (self.splicing && self.splice_some()) return;
    const auto buffer = self.loop().read_buffer().first(self.read_size());
    const ssize_t size = receive(self.fd(), buffer);
    self.reads_large = size >= static_cast<ssize_t>(small_read_bytes);
    if (size > 0) return self.events->on_read({buffer.data(), static_cast<std::size_t>(size)});
    if (size != -EAGAIN) self.read_ended(size == 0 ? UV_EOF : static_cast<int>(size));
  }
  [[nodiscard]] std::size_t read_size() const { return reads_large ? Loop::read_buffer_bytes : small_read_bytes; }
  /// False: not now (the other side has a queue, or is gone) or not at all; then it is read as usual.
  bool splice_some() {
    Stream& target = *splicing->to;
    Handle* to = target.handle_;
    if (!to || to->queue || to->connecting || to->shut_wanted || to->write_error != 0) return false;
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
    reads_large = bytes >= small_read_bytes;
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
    if (error == UV_EOF) return events->on_eof();
    fail_writes(error);
    events->on_broken(error);
  }
  void fail_writes(int error) {
    if (write_error == 0) write_error = error;
    if (!queue) return;
    accepted_bytes -= queue->waiting.bytes();
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
    if (status != 0) self.accepted_bytes -= self.queue->in_flight.bytes();
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
    events->on_broken(error);
  }
  void finish_shut_down() {
    if (!shut_wanted || shut_done || connecting) return;
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
};

Stream::~Stream() { close(); }

Stream::Stream(Stream&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), sent_before_close_(other.sent_before_close_) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  handle_ = std::exchange(other.handle_, nullptr);
  sent_before_close_ = other.sent_before_close_;
  return *this;
}

int Stream::open_handle(Loop& loop, StreamEvents& events, int fd, bool is_unix) {
  close();
  sent_before_close_ = 0;
  static_assert(sizeof(Handle) <= 312);  // with malloc's own word 320: a size without waste
  handle_ = new Handle;
  handle_->events = &events;
  int error = handle_->init(loop.uv(), is_unix, AF_UNSPEC);
  if (error != 0) {
    delete std::exchange(handle_, nullptr);
    return error;
  }
  error = is_unix ? uv_pipe_open(&handle_->uv.pipe, fd) : uv_tcp_open(&handle_->uv.tcp, fd);
  if (error != 0) close();
  return error;
}

int Stream::accept(Loop& loop, StreamEvents& events, uv_stream_t* listening) {
  auto* waiting = static_cast<Listener::Waiting*>(listening->data);
  if (waiting->fd < 0) return UV_EAGAIN;
  const int error = open_handle(loop, events, waiting->fd, waiting->is_unix);
  if (error == 0) waiting->take();
  return error;
}

int Stream::adopt(Loop& loop, StreamEvents& events, int fd, bool is_unix) {
  return open_handle(loop, events, fd, is_unix);
}

int Stream::connect(Loop& loop, StreamEvents& events, const Address& to, const Address* bind_to) {
  close();
  sent_before_close_ = 0;
  handle_ = new Handle;
  handle_->events = &events;
  const int error = handle_->init(loop.uv(), to.is_unix(), static_cast<unsigned>(to.family()));
  if (error != 0) {  // no descriptor left, or an address without a family: libuv has not kept the handle
    delete std::exchange(handle_, nullptr);
    return error;
  }
  const int started = handle_->start_connect(to, bind_to);
  if (started != 0) close();
  return started;
}

void Stream::splice_to(Stream* to, std::uint64_t most) {
  if (!handle_) return;
  if (!to || most == 0) return handle_->splicing.reset();
  if (!handle_->splicing) handle_->splicing = std::make_unique<Handle::Splicing>();
  *handle_->splicing = {to, most};
}

void Stream::set_events(StreamEvents& events) {
  if (handle_) handle_->events = &events;
}

bool Stream::is_open() const { return handle_ != nullptr; }

void Stream::start_reading() {
  if (!handle_ || handle_->reading || handle_->ended) return;
  handle_->paused = false;
  handle_->start_read();
}

void Stream::pause() {
  if (!handle_ || handle_->paused) return;
  handle_->paused = true;
  handle_->reads_large = false;  // whoever takes the bytes is slow: no more than a little at a time
  if (handle_->reading) handle_->stop_read();
}

void Stream::resume() {
  if (handle_ && handle_->paused) start_reading();
}

bool Stream::is_paused() const { return handle_ && handle_->paused; }

int Stream::write(std::span<const iovec> parts, bool more_follows) {
  if (!handle_) return UV_ENOTCONN;
  if (handle_->write_error != 0) return handle_->write_error;
  if (handle_->shut_wanted) return UV_EPIPE;
  std::size_t size = 0;
  for (const iovec& part : parts) size += part.iov_len;
  if (size == 0) return 0;
  std::size_t sent = 0;
  if (!handle_->queue && !handle_->connecting) {
    const ssize_t result = send_now(handle_->fd(), parts, size, more_follows);
    if (result < 0 && result != -EAGAIN) return handle_->write_error = static_cast<int>(result);
    sent = result > 0 ? static_cast<std::size_t>(result) : 0;
  }
  handle_->accepted_bytes += size;
  if (sent == size) return 0;
  const bool busy = handle_->queue != nullptr;
  handle_->enqueue(parts, sent, size - sent);
  if (busy) return 0;
  const int error = handle_->submit();
  if (error == 0) return 0;
  delete std::exchange(handle_->queue, nullptr);
  handle_->accepted_bytes -= size - sent;
  return handle_->write_error = error;
}

ssize_t Stream::send_file(int file, std::uint64_t offset, std::size_t most) {
  if (!handle_) return -ENOTCONN;
  if (handle_->queue || handle_->connecting) return -EAGAIN;
  if (handle_->write_error != 0 || handle_->shut_wanted) return -EPIPE;
  const ssize_t size = send_from_file(handle_->fd(), file, offset, most);
  if (size > 0) handle_->accepted_bytes += static_cast<std::uint64_t>(size);
  return size;
}

std::size_t Stream::queued_bytes() const { return handle_ ? handle_->queued() : 0; }

void Stream::shut_down_write() {
  if (!handle_) return;
  handle_->shut_wanted = true;
  if (!handle_->queue) handle_->finish_shut_down();
}

void Stream::close(bool reset) {
  if (!handle_) return;
  sent_before_close_ = bytes_sent();
  Handle* handle = std::exchange(handle_, nullptr);
  handle->events = nullptr;
  if (uv_is_closing(&handle->uv.handle)) {  // the loop has gone first and closed what was left
    delete handle;
    return;
  }
  if (reset && !handle->is_unix) {
    const linger at_once{1, 0};
    setsockopt(handle->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  handle->dispose();
}

void Stream::set_no_delay() {
  if (!handle_ || handle_->no_delay || handle_->is_unix) return;
  handle_->no_delay = uv_tcp_nodelay(&handle_->uv.tcp, 1) == 0;
}

void Stream::set_keep_alive(bool on) {
  if (!handle_ || handle_->is_unix) return;
  const int value = on ? 1 : 0;
  setsockopt(handle_->fd(), SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value);
}

int Stream::fd() const { return handle_ ? handle_->fd() : -1; }

Address Stream::peer_address() const {
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  auto* to = reinterpret_cast<sockaddr*>(&storage);
  if (!handle_ || getpeername(handle_->fd(), to, &size) != 0) return {};
  return Address::from_sockaddr(to, size);
}

Address Stream::local_address() const { return handle_ ? bound_address(handle_->fd()) : Address(); }

std::uint64_t Stream::bytes_sent() const {
  return handle_ ? handle_->accepted_bytes - handle_->queued() : sent_before_close_;
}

}  // namespace gh::net
