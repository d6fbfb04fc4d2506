#include "base/arena.h"

#include <algorithm>
#include <cstdlib>

namespace gh {

void* Arena::allocate_slow(std::size_t bytes, std::size_t align) {
  const std::size_t want = bytes + align + sizeof(Block);
  const std::size_t size = std::max(want, blocks_ ? later_block_bytes : first_block_bytes);
  auto* block = static_cast<Block*>(::operator new(size));
  block->next = blocks_;
  block->bytes = size;
  blocks_ = block;
  held_ += size;
  cursor_ = reinterpret_cast<std::uintptr_t>(block + 1);
  limit_ = reinterpret_cast<std::uintptr_t>(block) + size;
  return allocate(bytes, align);
}

void Arena::reset() {
  while (blocks_ && blocks_->next) {
    Block* old = blocks_;
    blocks_ = old->next;
    held_ -= old->bytes;
    ::operator delete(old);
  }
  if (!blocks_) return;
  cursor_ = reinterpret_cast<std::uintptr_t>(blocks_ + 1);
  limit_ = reinterpret_cast<std::uintptr_t>(blocks_) + blocks_->bytes;
}

void Arena::release_all() {
  while (blocks_) {
    Block* old = blocks_;
    blocks_ = old->next;
    ::operator delete(old);
  }
  cursor_ = limit_ = held_ = 0;
}

}  // namespace gh
