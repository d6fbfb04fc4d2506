#include "proxy/request_body.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gh::proxy {

namespace {

constexpr std::size_t least_chunk = 16 * 1024;
constexpr std::size_t most_chunk = 256 * 1024;

Result<void> write_all(int fd, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t n = ::write(fd, data, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return fail(std::string("cannot write a request body to its temporary file: ") + std::strerror(errno), errno);
    data += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace

Result<void> RequestBody::append(std::string_view bytes, const table::CoreSettings& settings,
                                 std::uint64_t expected_bytes) {
  const bool only_file = settings.client_body_in_file_only != table::BodyInFile::off;
  const auto most = static_cast<std::uint64_t>(settings.client_body_buffer_bytes);
  if (!in_file() && (only_file || size_ + bytes.size() > most)) {
    if (Result<void> spilled = to_file(settings); !spilled) return spilled;
  }
  if (!in_file()) {
    hold(bytes, expected_bytes, settings.client_body_in_single_buffer ? static_cast<std::size_t>(most) : most_chunk);
    return {};
  }
  if (Result<void> written = write_all(file_.fd(), bytes.data(), bytes.size()); !written) return written;
  size_ += bytes.size();
  return {};
}

void RequestBody::hold(std::string_view bytes, std::uint64_t expected_bytes, std::size_t largest) {
  while (!bytes.empty()) {
    if (chunks_.empty() || chunks_.back().used == chunks_.back().capacity) {
      const std::uint64_t left = expected_bytes > size_ ? expected_bytes - size_ : bytes.size();
      const std::size_t doubled = chunks_.empty() ? least_chunk : std::min(chunks_.back().capacity * 2, most_chunk);
      const std::size_t capacity = expected_bytes > size_ ? std::min<std::size_t>(left, largest)
                                                          : std::max(doubled, least_chunk);
      chunks_.push_back({std::unique_ptr<char[]>(new char[capacity]), 0, capacity});
    }
    Chunk& chunk = chunks_.back();
    const std::size_t n = std::min(bytes.size(), chunk.capacity - chunk.used);
    std::memcpy(chunk.data.get() + chunk.used, bytes.data(), n);
    chunk.used += n;
    size_ += n;
    bytes.remove_prefix(n);
  }
}

Result<void> RequestBody::to_file(const table::CoreSettings& settings) {
  if (in_file()) return {};
  const table::BodyInFile mode = settings.client_body_in_file_only;
  const auto form = mode == table::BodyInFile::off ? TempFile::Form::nameless : TempFile::Form::named;
  if (Result<void> opened = file_.open(settings.client_body_temp_path, form); !opened) return opened;
  if (mode == table::BodyInFile::on) file_.keep();
  for (const Chunk& chunk : chunks_) {
    if (Result<void> written = write_all(file_.fd(), chunk.data.get(), chunk.used); !written) return written;
  }
  chunks_.clear();
  return {};
}

void RequestBody::remember(std::string_view bytes, std::size_t most) {
  if (given_up_) return;
  if (size_ + bytes.size() <= most) return hold(bytes, 0, most_chunk);
  clear();
  given_up_ = true;
}

void RequestBody::clear() {
  chunks_.clear();
  size_ = 0;
  file_.close();
  given_up_ = false;
}

std::size_t RequestBody::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Chunk& chunk : chunks_) bytes += chunk.capacity;
  return bytes;
}

std::size_t RequestBody::parts(std::uint64_t offset, iovec* to, std::size_t count) const {
  std::size_t filled = 0;
  for (const Chunk& chunk : chunks_) {
    if (filled == count) break;
    if (offset >= chunk.used) {
      offset -= chunk.used;
      continue;
    }
    to[filled++] = {chunk.data.get() + offset, chunk.used - static_cast<std::size_t>(offset)};
    offset = 0;
  }
  return filled;
}

Result<std::size_t> RequestBody::read_file(std::uint64_t offset, char* to, std::size_t bytes) const {
  while (true) {
    const ssize_t n = ::pread(file_.fd(), to, bytes, static_cast<off_t>(offset));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return fail(std::string("cannot read back a request body: ") + std::strerror(errno), errno);
  }
}

std::string_view RequestBody::whole(std::string& scratch) const {
  if (chunks_.size() == 1) return {chunks_[0].data.get(), chunks_[0].used};
  scratch.clear();
  for (const Chunk& chunk : chunks_) scratch.append(chunk.data.get(), chunk.used);
  return scratch;
}

}  // namespace gh::proxy
