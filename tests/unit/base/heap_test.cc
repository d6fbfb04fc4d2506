#include "base/heap.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

TEST_CASE("a hint about the heap changes nothing but its size, however often and however wrong") {
  std::vector<std::unique_ptr<std::vector<char>>> kept;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{8} << 20, std::size_t{8} << 20, SIZE_MAX}) {
    gh::expect_heap_growth(bytes);
    if (bytes == 1) gh::heap_growth_is_over();
    for (int i = 0; i < 1000; ++i) kept.push_back(std::make_unique<std::vector<char>>(1000, static_cast<char>(i)));
  }
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i]->back() == static_cast<char>(i % 1000));
}
