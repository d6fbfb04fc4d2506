// The C library's heap, where a large configuration is built. Main thread.
#pragma once

#include <cstddef>

namespace gh {

/// About `bytes` will be allocated in small pieces: the heap grows by that at once, in huge pages where the kernel has
/// them. A page fault for every 4 KiB costs about half as much as loading and building itself. Only a hint: what is
/// not used is never touched, and nothing happens where free memory suffices.
void expect_heap_growth(std::size_t bytes);
/// The rest of the program allocates as usual again.
void heap_growth_is_over();

}  // namespace gh
