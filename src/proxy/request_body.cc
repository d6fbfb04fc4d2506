#include "proxy/request_body.h"

#include <fcntl.h>
#include <sys/stat.h>
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

Result<void> RequestBody::append(std::string_view bytes, std::size_t memory_bytes, const std::string& temp_path,
                                 std::uint64_t expected_bytes) {
  if (fd_ < 0 && size_ + bytes.size() > memory_bytes) {
    if (Result<void> spilled = spill(temp_path); !spilled) return spilled;
  }
  if (fd_ >= 0) {
    if (Result<void> written = write_all(fd_, bytes.data(), bytes.size()); !written) return written;
    size_ += bytes.size();
    return {};
  }
  while (!bytes.empty()) {
    if (chunks_.empty() || chunks_.back().used == chunks_.back().capacity) {
      const std::uint64_t left = expected_bytes > size_ ? expected_bytes - size_ : bytes.size();
      const std::size_t doubled = chunks_.empty() ? least_chunk : std::min(chunks_.back().capacity * 2, most_chunk);
      const std::size_t capacity =
          expected_bytes > size_ ? std::min<std::size_t>(left, most_chunk) : std::max(doubled, least_chunk);
      chunks_.push_back({std::unique_ptr<char[]>(new char[capacity]), 0, capacity});
    }
    Chunk& chunk = chunks_.back();
    const std::size_t n = std::min(bytes.size(), chunk.capacity - chunk.used);
    std::memcpy(chunk.data.get() + chunk.used, bytes.data(), n);
    chunk.used += n;
    size_ += n;
    bytes.remove_prefix(n);
  }
  return {};
}

/// The file has no name: it goes with its descriptor, whatever happens to the process.
Result<void> RequestBody::spill(const std::string& temp_path) {
  const std::string folder = temp_path.empty() ? "/tmp" : temp_path;
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ < 0 && errno == ENOENT && ::mkdir(folder.c_str(), 0700) == 0) {
    fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  }
  if (fd_ < 0) {
    std::string name = folder + "/bodyXXXXXX";
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0) {
      return fail("cannot make a temporary file for a request body in \"" + folder + "\": " + std::strerror(errno),
                  errno);
    }
    ::unlink(name.c_str());
  }
  for (const Chunk& chunk : chunks_) {
    if (Result<void> written = write_all(fd_, chunk.data.get(), chunk.used); !written) return written;
  }
  chunks_.clear();
  return {};
}

void RequestBody::clear() {
  chunks_.clear();
  size_ = 0;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
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
    const ssize_t n = ::pread(fd_, to, bytes, static_cast<off_t>(offset));
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
