#include "policy/content/static_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "proxy/exchange.h"

namespace gh::policy {

using proxy::Exchange;
using table::Verdict;

namespace {

constexpr std::size_t piece_bytes = 128 * 1024;
constexpr std::size_t high_water_bytes = 128 * 1024;  // queued for the client; above it reading the file stops

/// The client side copies what the kernel does not take, so one buffer a thread serves all files.
char* scratch() {
  thread_local const std::unique_ptr<char[]> buffer(new char[piece_bytes]);
  return buffer.get();
}

class FileSource final : public proxy::ContentSource {
 public:
  FileSource(Exchange& exchange, int fd, std::uint64_t offset, std::uint64_t bytes)
      : x_(exchange), fd_(fd), left_(bytes), offset_(offset) {}

  Verdict start() {
    if (left_ == 0 || x_.request.method == http::Method::head) {
      close();
      x_.send_head({}, true);
      return Verdict::done;
    }
    const std::size_t bytes = read_piece();
    if (bytes == 0) {
      close();
      x_.reply.fields.clear();
      x_.reply.last_modified = -1;
      return x_.error(500);
    }
    const Verdict verdict = x_.attach(*this);
    const iovec part{scratch(), bytes};
    const bool last = take(bytes);
    x_.send_head({&part, 1}, last);
    if (last) return Verdict::done;
    pump();
    return verdict;
  }

  void on_body(std::string_view) override {}
  void on_body_end() override {}
  void on_client_drained() override { pump(); }
  void on_abort() override { close(); }

 private:
  void pump() {
    while (fd_ >= 0 && x_.queued_bytes() < high_water_bytes) {
      const std::size_t bytes = read_piece();
      if (bytes == 0) {
        close();
        return x_.fail_source();
      }
      const iovec part{scratch(), bytes};
      x_.send_body({&part, 1}, take(bytes));
    }
  }

  /// 0: the file has become shorter, or cannot be read; said in the log.
  std::size_t read_piece() {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_bytes));
    ssize_t got = 0;
    do got = ::pread(fd_, scratch(), want, static_cast<off_t>(offset_));
    while (got < 0 && errno == EINTR);
    if (got > 0) return static_cast<std::size_t>(got);
    x_.log(LogLevel::crit, got == 0
                               ? fmt::format("a file became shorter while it was sent: {} bytes are missing", left_)
                               : fmt::format("pread() failed ({})", errno));
    return 0;
  }

  /// Counts a piece; true when it was the last one: then the file is closed.
  bool take(std::size_t bytes) {
    offset_ += bytes;
    left_ -= bytes;
    if (left_ == 0) close();
    return left_ == 0;
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  Exchange& x_;
  int fd_;
  std::uint64_t left_, offset_;
};

}  // namespace

Verdict start_file(Exchange& exchange, int fd, std::uint64_t offset, std::uint64_t bytes) {
  return exchange.arena.make<FileSource>(exchange, fd, offset, bytes)->start();
}

}  // namespace gh::policy
