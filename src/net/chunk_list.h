// ChunkList: bytes that wait to be written. One owner, one thread; memory is there only while there are bytes.
#pragma once

#include <uv.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace gh::net {

/// A piece of a queue. The bytes follow the struct in the same allocation.
struct Chunk {
  static constexpr std::size_t least_room = 4 * 1024;
  Chunk* next = nullptr;
  std::size_t size = 0;
  std::size_t room = 0;
  char* bytes() { return reinterpret_cast<char*>(this + 1); }

  static Chunk* make(std::size_t room) {
    auto* chunk = new (::operator new(sizeof(Chunk) + room)) Chunk;
    chunk->room = room;
    return chunk;
  }
};

/// First in, first out. Owns its chunks.
class ChunkList {
 public:
  ChunkList() = default;
  ChunkList(const ChunkList&) = delete;
  ChunkList& operator=(const ChunkList&) = delete;
  ~ChunkList() { clear(); }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t count() const { return count_; }

  /// `size_of_all`: of what will be appended in a row, this included; a new chunk has room for it.
  void append(const char* from, std::size_t size, std::size_t size_of_all) {
    bytes_ += size;
    const std::size_t fits = last_ ? std::min(size, last_->room - last_->size) : 0;
    if (fits > 0) put(from, fits);
    if (fits == size) return;
    Chunk* chunk = Chunk::make(std::max(size_of_all - fits, Chunk::least_room));
    (last_ ? last_->next : first_) = chunk;
    last_ = chunk;
    ++count_;
    put(from + fits, size - fits);
  }
  void fill(std::vector<uv_buf_t>& to) const {
    to.clear();
    for (Chunk* chunk = first_; chunk; chunk = chunk->next) to.push_back({chunk->bytes(), chunk->size});
  }
  void swap(ChunkList& other) {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    std::swap(bytes_, other.bytes_);
    std::swap(count_, other.count_);
  }
  void clear() {
    while (first_) {
      Chunk* old = first_;
      first_ = old->next;
      ::operator delete(old);
    }
    last_ = nullptr;
    bytes_ = count_ = 0;
  }

 private:
  void put(const char* from, std::size_t size) {
    std::memcpy(last_->bytes() + last_->size, from, size);
    last_->size += size;
  }
  Chunk* first_ = nullptr;
  Chunk* last_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace gh::net
