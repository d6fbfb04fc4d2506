#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"

namespace gh::net {

namespace {

/// "address already in use": the C library's text in our style (lower case).
std::string cause_of(int code) {
  std::string text = std::strerror(code);
  if (text.size() > 1 && text[1] == lower(text[1])) text[0] = lower(text[0]);
  return text;
}

/// Closes the socket unless it is released.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  bool set(int level, int option, int value) { return setsockopt(fd_, level, option, &value, sizeof value) == 0; }

 private:
  int fd_;
};

bool set_options(Socket& socket, const Address& address, const ListenOptions& options) {
  if (options.rcvbuf > 0 && !socket.set(SOL_SOCKET, SO_RCVBUF, options.rcvbuf)) return false;
  if (options.sndbuf > 0 && !socket.set(SOL_SOCKET, SO_SNDBUF, options.sndbuf)) return false;
  if (address.is_unix()) return true;
  if (!socket.set(SOL_SOCKET, SO_REUSEADDR, 1)) return false;
  if (options.reuseport && !socket.set(SOL_SOCKET, SO_REUSEPORT, 1)) return false;
  if (options.so_keepalive && !socket.set(SOL_SOCKET, SO_KEEPALIVE, 1)) return false;
  if (options.deferred && !socket.set(IPPROTO_TCP, TCP_DEFER_ACCEPT, 1)) return false;
  if (address.family() == AF_INET6) return socket.set(IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6only ? 1 : 0);
  return true;
}

/// A socket file that nobody answers on is left over from a process that is gone; anything else at the path stays.
bool remove_stale_file(const Address& address) {
  const std::string path(address.binary());
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0 || ::connect(probe.get(), address.get(), address.size()) == 0) return false;
  return errno == ECONNREFUSED && ::unlink(path.c_str()) == 0;
}

bool bind_to(const Socket& socket, const Address& address, const ListenOptions& options) {
  int bound = ::bind(socket.get(), address.get(), address.size());
  if (bound != 0 && errno == EADDRINUSE && address.is_unix()) {
    if (!remove_stale_file(address)) {
      errno = EADDRINUSE;
      return false;
    }
    bound = ::bind(socket.get(), address.get(), address.size());
  }
  if (bound != 0) return false;
  // Nobody can connect before listen(), so the short time with the umask's mode harms nothing.
  return !address.is_unix() || ::chmod(std::string(address.binary()).c_str(), options.unix_mode) == 0;
}

}  // namespace

Result<int> open_listening_socket(const Address& address, const ListenOptions& options) {
  const auto failed = [&address] {
    const int code = errno;
    return fail(fmt::format("cannot listen on {}: {}", address.text(), cause_of(code)), code);
  };
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return failed();
  if (!set_options(socket, address, options) || !bind_to(socket, address, options)) return failed();
  if (::listen(socket.get(), options.backlog) != 0) return failed();
  return socket.release();
}

Address bound_address(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  auto* to = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd, to, &size) != 0) return {};
  return Address::from_sockaddr(to, size);
}

/// The libuv side of a listener: freed by the close callback. It is also the timer that ends a pause.
struct Listener::Watch {
  static constexpr std::int64_t pause_ms = 100;
  static constexpr std::int64_t log_every_ms = 1000;
  static constexpr int most_at_once = 64;

  class Pause final : public Timer {
   public:
    explicit Pause(Watch& watch) : watch_(watch) {}
    void fire() override { watch_.start(); }

   private:
    Watch& watch_;
  };

  Watch(Loop& on, Accepted callback) : loop(on), accepted(std::move(callback)), pause(*this) {}

  Loop& loop;
  Accepted accepted;
  Pause pause;
  uv_poll_t* poll = nullptr;
  int fd = -1;
  Waiting waiting;
  uv_stream_t token{};  // what `accepted` is given: only its `data` is used
  int batch = 1;
  std::int64_t logged_ms = 0;
  bool* gone = nullptr;  // set by the destructor, for a callback that destroys its listener

  ~Watch() {
    if (gone) *gone = true;
    if (poll) {
      uv_close(reinterpret_cast<uv_handle_t*>(poll),
               [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    }
    if (waiting.fd >= 0) ::close(waiting.fd);
    if (fd >= 0) ::close(fd);
  }

  int open(int listening_fd, bool is_unix, int backlog) {
    waiting.is_unix = is_unix;
    token.type = is_unix ? UV_NAMED_PIPE : UV_TCP;
    token.data = &waiting;
    fd = ::fcntl(listening_fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || ::listen(fd, backlog) != 0) return uv_translate_sys_error(errno);
    poll = new uv_poll_t;
    if (const int error = uv_poll_init(loop.uv(), poll, fd)) {
      delete std::exchange(poll, nullptr);
      return error;
    }
    poll->data = this;
    return start();
  }
  int start() {
    return uv_poll_start(poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
      static_cast<Watch*>(handle->data)->accept_some();
    });
  }

  /// How many are taken at a time follows the arrivals: a lone connection costs no second accept() just to hear EAGAIN.
  void accept_some() {
    loop.woke();
    bool destroyed = false;
    gone = &destroyed;
    int taken = 0;
    for (; taken < batch; ++taken) {
      waiting.fd = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (waiting.fd < 0) break;
      accepted(&token);
      if (destroyed) return;
      if (waiting.fd >= 0) ::close(waiting.take());
    }
    gone = nullptr;
    if (taken == batch) {
      batch = std::min(batch * 2, most_at_once);
    } else {
      accept_failed(errno);
      batch = std::max(taken, 1);
    }
  }
  void accept_failed(int code) {
    switch (code) {
      case EAGAIN: case EINTR: case ECONNABORTED: case EPROTO:
      case ENETDOWN: case ENETUNREACH: case ENOPROTOOPT: case EHOSTDOWN: case EHOSTUNREACH: case ENONET:
      case EOPNOTSUPP:
        return;  // nobody there any more, or an error of that one connection (accept(2))
      default:
        uv_poll_stop(poll);  // EMFILE, ENFILE, ENOBUFS, ENOMEM: those who wait stay in the backlog
        loop.timers().set(pause, pause_ms);
        log_pause(code);
    }
  }
  void log_pause(int code) {
    const std::int64_t now = loop.clock().now_ms();
    if (logged_ms != 0 && now - logged_ms < log_every_ms) return;
    logged_ms = now;
    process_log()->write(LogLevel::crit, 0, fmt::format("accept on {} failed: {}; accepting pauses for {} ms",
                                                        bound_address(fd).text(), cause_of(code), pause_ms));
  }
};

Listener::Listener(Loop& loop, int fd, bool is_unix, int backlog, Accepted accepted)
    : watch_(std::make_unique<Watch>(loop, std::move(accepted))) {
  error_ = watch_->open(fd, is_unix, backlog);
}

Listener::~Listener() = default;

void Listener::discard(uv_stream_t* listening) {
  auto* waiting = static_cast<Waiting*>(listening->data);
  if (waiting->fd >= 0) ::close(waiting->take());
}

}  // namespace gh::net
