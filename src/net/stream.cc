#include "net/stream.h"

#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "net/listener.h"
#include "net/stream_handle.h"

namespace gh::net {

// The two calls that every request pays for twice. They go to the kernel directly: libc's read, recv and writev are
// cancellation points, which costs two atomic operations each in a process with threads; and recv and send skip the
// kernel's file layer, which read and write on a socket pass through.

ssize_t receive(int fd, std::span<char> into) {
  for (;;) {
    const long size = ::syscall(SYS_recvfrom, fd, into.data(), into.size(), 0, nullptr, nullptr);
    if (size >= 0) return size;
    if (errno != EINTR) return -errno;
  }
}

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
  if (!handle_) return;
  handle_->events = &events;
  handle_->takes_turns = false;  // a client's connection, or one that has become a tunnel's
}

bool Stream::is_open() const { return handle_ != nullptr; }

void Stream::start_reading() {
  if (!handle_ || handle_->reading || handle_->ended) return;
  handle_->paused = false;
  handle_->start_read();
  if (handle_->tls && handle_->tls->has_work()) handle_->defer_tls();  // ciphertext that came before pause()
}

void Stream::pause() {
  if (!handle_ || handle_->paused) return;
  handle_->paused = true;
  handle_->reads_large = false;  // whoever takes the bytes is slow: no more than a little at a time
  handle_->reads_little = handle_->takes_turns && handle_->awaits_answer;
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
  if (handle_->tls) return handle_->write_tls(parts, size, more_follows);
  return handle_->put(parts, size, more_follows);
}

ssize_t Stream::send_file(int file, std::uint64_t offset, std::size_t most) {
  if (!handle_) return -ENOTCONN;
  if (handle_->queue || handle_->connecting || handle_->tls) return -EAGAIN;
  if (handle_->write_error != 0 || handle_->shut_wanted) return -EPIPE;
  const ssize_t size = send_from_file(handle_->fd(), file, offset, most);
  if (size > 0) handle_->accepted_bytes += static_cast<std::uint64_t>(size);
  return size;
}

std::size_t Stream::queued_bytes() const { return handle_ ? handle_->queued() : 0; }

void Stream::shut_down_write() {
  if (!handle_) return;
  if (handle_->tls && !handle_->shut_wanted) handle_->shut_down_tls();
  handle_->shut_wanted = true;
  if (!handle_->queue) handle_->finish_shut_down();
}

void Stream::close(bool reset) {
  if (!handle_) return;
  if (handle_->tls && !reset) handle_->close_tls();
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
  return handle_ ? handle_->sent() : sent_before_close_;
}

}  // namespace gh::net
