// RequestBody: what of a request's body is held: memory first (growing chunks up to client_body_buffer_size), then a
// temporary file. Written by the client side, read by content handlers, possibly several times (retries).
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/temp_file.h"
#include "table/plan.h"

namespace gh::proxy {

class RequestBody {
 public:
  RequestBody() = default;
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;
  ~RequestBody() { clear(); }

  /// Bytes above client_body_buffer_size, or all with client_body_in_file_only, go to a file. `settings` must outlive
  /// the body.
  Result<void> append(std::string_view bytes, const table::CoreSettings& settings, std::uint64_t expected_bytes);
  /// In memory whatever its size: the few bytes that came with a head whose body streams.
  void hold(std::string_view bytes) { hold(bytes, 0, bytes.size()); }
  /// There is a file from now on, also for an empty body (client_body_in_file_only).
  Result<void> to_file(const table::CoreSettings& settings);
  /// A copy of bytes that stream past, for $request_body; given up for good when there are more than `most`.
  void remember(std::string_view bytes, std::size_t most);
  void clear();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool in_file() const { return file_.is_open(); }
  /// $request_body_file; made at the first call where client_body_in_file_only is off. Empty without a file.
  std::string_view file_name() { return file_.name(); }
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
  void hold(std::string_view bytes, std::uint64_t expected_bytes, std::size_t largest);
  std::vector<Chunk> chunks_;
  std::uint64_t size_ = 0;
  TempFile file_;
  bool given_up_ = false;  // remember()
};

}  // namespace gh::proxy
