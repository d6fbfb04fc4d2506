#include "net/splice.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>

namespace gh::net {

namespace {

constexpr int pipe_bytes = 1 << 20;  // slots for many small pieces; the kernel may grant less

}  // namespace

Splice::~Splice() { close(); }

bool Splice::open() {
  if (in_ >= 0) return true;
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return false;
  out_ = ends[0];
  in_ = ends[1];
  static_cast<void>(::fcntl(in_, F_SETPIPE_SZ, pipe_bytes));
  return true;
}

void Splice::close() {
  if (in_ < 0) return;
  ::close(in_);
  ::close(out_);
  in_ = out_ = -1;
}

ssize_t Splice::receive(int from, std::size_t most) {
  if (failed()) {  // bytes of another stream must never come out: a fresh pipe
    close();
    held_ = 0;
  }
  if (!open()) return -EINVAL;
  for (;;) {
    const ssize_t size = ::splice(from, nullptr, in_, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size >= 0) {
      held_ = static_cast<std::size_t>(size);
      return size;
    }
    if (errno != EINTR) return -errno;
  }
}

std::size_t Splice::send(int to) {
  std::size_t sent = 0;
  while (held_ > 0) {
    const ssize_t size = ::splice(out_, nullptr, to, nullptr, held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;  // full, or broken: the next write says which
    sent += static_cast<std::size_t>(size);
    held_ -= static_cast<std::size_t>(size);
  }
  return sent;
}

std::string_view Splice::rest(std::span<char> buffer) {
  std::size_t filled = 0;
  while (held_ > 0 && filled < buffer.size()) {
    const ssize_t size = ::read(out_, buffer.data() + filled, buffer.size() - filled);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    filled += static_cast<std::size_t>(size);
    held_ -= static_cast<std::size_t>(size);
  }
  return {buffer.data(), filled};
}

ssize_t send_from_file(int to, int file, std::uint64_t offset, std::size_t most) {
  for (;;) {
    auto from = static_cast<off_t>(offset);
    const ssize_t size = ::sendfile(to, file, &from, most);
    if (size >= 0) return size;
    if (errno != EINTR) return -errno;
  }
}

}  // namespace gh::net
