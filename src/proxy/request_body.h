// RequestBody: what of a request's body is held: memory first (growing chunks up to client_body_buffer_size), then an
// unlinked temporary file. Written by the client side, read by content handlers, possibly several times (retries).
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gh::proxy {

class RequestBody {
 public:
  RequestBody() = default;
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;
  ~RequestBody() { clear(); }

  /// `memory_bytes`: from there on a file in `temp_path` is used.
  Result<void> append(std::string_view bytes, std::size_t memory_bytes, const std::string& temp_path,
                      std::uint64_t expected_bytes);
  void clear();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool in_file() const { return fd_ >= 0; }
  [[nodiscard]] std::size_t memory_bytes() const;
  /// Up to `count` memory parts from `offset` on; returns how many were filled. Only while not in_file().
  std::size_t parts(std::uint64_t offset, iovec* to, std::size_t count) const;
  /// File form: reads from `offset`; 0 at the end.
  Result<std::size_t> read_file(std::uint64_t offset, char* to, std::size_t bytes) const;
  /// The whole body in one piece of memory when it is there; copied into `scratch` when it lies in several chunks.
  std::string_view whole(std::string& scratch) const;

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t used = 0, capacity = 0;
  };
  Result<void> spill(const std::string& temp_path);
  std::vector<Chunk> chunks_;
  std::uint64_t size_ = 0;
  int fd_ = -1;
};

}  // namespace gh::proxy
