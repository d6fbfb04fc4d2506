#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace gh {

namespace {

constexpr std::uintptr_t huge_page_bytes = 2 << 20;
constexpr std::size_t piece_bytes = 16 << 20;

// While a table is built: pieces come from the heap, and it does not shrink under the builder. Otherwise as large as
// glibc's own adapting would make them for a gateway with bodies of a few megabytes; stating them once turns that off.
void set_thresholds(bool building) {
  ::mallopt(M_MMAP_THRESHOLD, building ? 20 << 20 : 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, building ? 1 << 30 : 8 << 20);
}

void ask_for_huge_pages(void* piece) {
  const auto at = reinterpret_cast<std::uintptr_t>(piece);
  const std::uintptr_t begin = (at + huge_page_bytes - 1) & ~(huge_page_bytes - 1);
  const std::uintptr_t end = (at + piece_bytes) & ~(huge_page_bytes - 1);
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace

void expect_heap_growth(std::size_t bytes) {
  if (bytes < piece_bytes / 2 || bytes > INT32_MAX) return;
  set_thresholds(true);
  std::vector<void*> pieces;
  for (std::size_t held = 0; held < bytes; held += piece_bytes) {
    pieces.push_back(std::malloc(piece_bytes));
    if (pieces.back()) ask_for_huge_pages(pieces.back());
  }
  for (void* piece : pieces) std::free(piece);
}

void heap_growth_is_over() { set_thresholds(false); }

}  // namespace gh
