#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace gh {

namespace {

constexpr std::uintptr_t huge_page_bytes = 2 << 20;
constexpr std::size_t probe_bytes = 64 * 1024;       // small enough to come from the heap, not from mmap
constexpr int usual_pad_bytes = 128 * 1024;          // glibc's own default
constexpr int usual_mmap_threshold = 4 * 1024 * 1024;  // stated, as stating the pad turns glibc's own adapting off
constexpr int never_trim = 1 << 30;                  // whoever calls malloc_trim() says when

std::uintptr_t heap_end() { return reinterpret_cast<std::uintptr_t>(::sbrk(0)); }

}  // namespace

void expect_heap_growth(std::size_t bytes) {
  if (bytes < 2 * huge_page_bytes || bytes > INT32_MAX) return;
  ::mallopt(M_MMAP_THRESHOLD, usual_mmap_threshold);
  ::mallopt(M_TRIM_THRESHOLD, never_trim);
  ::mallopt(M_TOP_PAD, static_cast<int>(bytes));
  const std::uintptr_t before = heap_end();
  std::vector<void*> probes;
  probes.reserve(bytes / probe_bytes + 1);
  // What is free already is handed out first; then the end of the heap moves, once.
  while (heap_end() == before && probes.size() < bytes / probe_bytes) probes.push_back(std::malloc(probe_bytes));
  for (void* probe : probes) std::free(probe);
  ::mallopt(M_TOP_PAD, usual_pad_bytes);
  const std::uintptr_t begin = (before + huge_page_bytes - 1) & ~(huge_page_bytes - 1);
  const std::uintptr_t end = heap_end() & ~(huge_page_bytes - 1);
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace gh
