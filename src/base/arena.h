// Arena: memory of one exchange (or of one parse). Bump allocation, freed whole. Owned by one thread.
// The first block is kept across reset(), so a recycled exchange costs no malloc on the hot path.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gh {

class Arena {
 public:
  static constexpr std::size_t first_block_bytes = 3 * 1024;  // a usual exchange uses 1.5 to 2.5 KiB
  static constexpr std::size_t later_block_bytes = 16 * 1024;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { release_all(); }

  /// Never null: memory exhaustion ends the process (std::bad_alloc), as no caller could go on.
  void* allocate(std::size_t bytes, std::size_t align = alignof(std::max_align_t)) {
    auto at = (cursor_ + align - 1) & ~(align - 1);
    if (at + bytes <= limit_) {
      cursor_ = at + bytes;
      return reinterpret_cast<void*>(at);
    }
    return allocate_slow(bytes, align);
  }
  char* chars(std::size_t bytes) { return static_cast<char*>(allocate(bytes, 1)); }
  /// A copy that lives as long as the arena.
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = chars(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  /// Objects are never destroyed: only trivially destructible types may live here.
  template <class T, class... A>
  T* make(A&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<A>(args)...};
  }
  template <class T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
  }
  /// Gives back every block but the first. All earlier pointers are dead.
  void reset();
  [[nodiscard]] std::size_t bytes_held() const { return held_; }

 private:
  struct Block {
    Block* next;
    std::size_t bytes;
  };
  void* allocate_slow(std::size_t bytes, std::size_t align);
  void release_all();

  std::uintptr_t cursor_ = 0;
  std::uintptr_t limit_ = 0;
  Block* blocks_ = nullptr;  // newest first; the last one is the first block
  std::size_t held_ = 0;
};

}  // namespace gh
