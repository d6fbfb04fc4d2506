// Splice: moves bytes from one socket to another through a pipe, so that they are never copied into the program
// (splice(2)). One a loop, opened at first use, empty between two moves. Loop thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gh::net {

class Splice {
 public:
  Splice() = default;
  Splice(const Splice&) = delete;
  Splice& operator=(const Splice&) = delete;
  ~Splice();

  /// Takes up to `most` bytes from socket `from`: how many came, 0 at the end of the stream, or -errno. -EINVAL: this
  /// socket, or this process (out of descriptors), cannot splice.
  ssize_t receive(int from, std::size_t most);
  /// Gives to socket `to` as much as the kernel takes now; bytes.
  std::size_t send(int to);
  /// Copies out what `to` did not take; `buffer` must have room for it. Empty when nothing is left, or when the pipe
  /// failed: then `failed()`.
  std::string_view rest(std::span<char> buffer);
  [[nodiscard]] bool failed() const { return held_ > 0; }

 private:
  bool open();
  void close();

  int in_ = -1, out_ = -1;
  std::size_t held_ = 0;  // bytes in the pipe
};

/// The same from a file, which needs no pipe (sendfile(2)): bytes that `to` took, 0 at the end of the file, or -errno.
ssize_t send_from_file(int to, int file, std::uint64_t offset, std::size_t most);

}  // namespace gh::net
