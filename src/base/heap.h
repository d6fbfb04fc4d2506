// The C library's heap, where a large configuration is built. Main thread.
#pragma once

#include <cstddef>

namespace gh {

/// About `bytes` will be allocated in small pieces: the heap has that much free afterwards, in huge pages where the
/// kernel grants them, as a page fault for every 4 KiB would cost a fifth of loading and building. Only a hint: what is
/// not used is never touched, and small amounts change nothing.
void expect_heap_growth(std::size_t bytes);
/// The rest of the program allocates as usual again.
void heap_growth_is_over();

}  // namespace gh
