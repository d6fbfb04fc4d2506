// A worker with clients and an upstream on socket pairs and a unix socket, all on the test's own thread: each step is
// made by hand, nothing waits for time. The clock stands still unless a test moves it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "unit/policy/gateway_fixture.h"

namespace gh::test {

/// One end of a connection, the test's.
class End {
 public:
  explicit End(int fd) : fd_(fd) {}
  End(End&& other) noexcept : got(std::move(other.got)), closed(other.closed), fd_(std::exchange(other.fd_, -1)) {}
  End& operator=(End&&) = delete;
  ~End() { close(); }

  void send(std::string_view text) {
    REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  /// True when all of `text` is on its way; else call again with the same text once the other side reads.
  bool try_send(const std::string& text) {
    unsent_ += unsent_.empty() ? text : std::string();
    const ssize_t n = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) unsent_.erase(0, static_cast<std::size_t>(n));
    return unsent_.empty();
  }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// Takes what is there, at most `most` bytes.
  void take(std::size_t most = SIZE_MAX) {
    char piece[16384];
    while (most > 0) {
      const ssize_t n = ::recv(fd_, piece, std::min(most, sizeof piece), MSG_DONTWAIT);
      if (n > 0) {
        got.append(piece, static_cast<std::size_t>(n));
        most -= static_cast<std::size_t>(n);
        continue;
      }
      if (n == 0 || errno != EAGAIN) closed = true;
      return;
    }
  }
  [[nodiscard]] bool has(std::string_view text) const { return got.find(text) != std::string::npos; }

  std::string got;
  bool closed = false;

 private:
  int fd_;
  std::string unsent_;  // of try_send
};

class Loopback : public Gateway {
 public:
  /// `lines` go into http{}; http://UP: stands for the upstream's socket.
  explicit Loopback(const std::string& lines) {
    listen();
    REQUIRE_MESSAGE(load(config(lines)), messages);
    point_ = &worker->listen_point(worker->current()->table->sockets.at(0).address);
  }
  ~Loopback() {
    ::close(listening_);
    if (waiting_ >= 0) ::close(waiting_);
  }

  [[nodiscard]] std::string config(std::string lines) const {
    const std::string up = "unix:" + folder() + "up.sock";
    for (std::size_t at = lines.find("//UP:"); at != std::string::npos; at = lines.find("//UP:", at + up.size())) {
      lines.replace(at + 2, 2, up);
    }
    return "events {}\nhttp { " + lines + "\n}\n";
  }
  End client() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    worker->accept(*point_, fds[0]);
    return End(fds[1]);
  }
  /// A connection that the gateway has made; false when there is none.
  [[nodiscard]] bool has_upstream() {
    if (waiting_ < 0) waiting_ = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return waiting_ >= 0;
  }
  End upstream() {
    REQUIRE(has_upstream());
    return End(std::exchange(waiting_, -1));
  }
  void step(End& end) {
    turn();
    end.take();
  }

 private:
  void listen() {
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder() + "up.sock";
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_, 16) == 0);
  }
  int listening_ = -1;
  int waiting_ = -1;
  proxy::ListenPoint* point_ = nullptr;
};

inline std::string server(const std::string& lines) { return "server { listen 8080;\n" + lines + "\n}"; }

/// One exchange: what a client that sends `request` gets when the upstream answers `answer`. `lines` go into the server.
inline std::string exchanged(const std::string& lines, const std::string& request, const std::string& answer) {
  Loopback gateway(server(lines));
  End client = gateway.client();
  client.send(request);
  gateway.turn();
  End upstream = gateway.upstream();
  gateway.turn();
  upstream.send(answer);
  gateway.step(client);
  return client.got;
}

}  // namespace gh::test
