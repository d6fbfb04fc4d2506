// TokenFamilies: each token once, a family that ends, and memory that is bounded.
#include "state/token_families.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using gh::state::TokenFamilies;
using gh::state::TokenFamily;
using Use = gh::state::TokenFamilies::Use;

namespace {

TokenFamily family(unsigned char name) {
  TokenFamily made{};
  made[0] = name;
  return made;
}

}  // namespace

TEST_CASE("each token of a family is good once, and the next one after it") {
  TokenFamilies families;
  CHECK(families.use(family(1), 0, 100, 1) == Use::good);
  CHECK(families.use(family(1), 1, 100, 2) == Use::good);
  CHECK(families.use(family(2), 0, 100, 2) == Use::good);
  CHECK(families.size() == 2);
}

TEST_CASE("a token that is used again ends its family, newer ones included, and no other") {
  TokenFamilies families;
  CHECK(families.use(family(1), 0, 100, 1) == Use::good);
  CHECK(families.use(family(1), 0, 100, 1) == Use::again);
  CHECK(families.use(family(1), 1, 100, 1) == Use::again);
  CHECK(families.use(family(1), 0xffffffff, 100, 1) == Use::again);
  CHECK(families.use(family(2), 0, 100, 1) == Use::good);
}

TEST_CASE("a family that is not known begins anywhere; what lies before is over") {
  TokenFamilies families;
  CHECK(families.use(family(1), 7, 100, 1) == Use::good);
  CHECK(families.use(family(1), 6, 100, 1) == Use::again);
  CHECK(families.use(family(2), 0xffffffff, 100, 1) == Use::good);
  CHECK(families.use(family(2), 0xffffffff, 100, 1) == Use::again);
}

TEST_CASE("a full one takes no new families until some are over, and looks for those now and then") {
  TokenFamilies families(2);
  CHECK(families.use(family(1), 0, 100, 50) == Use::good);
  CHECK(families.use(family(2), 0, 200, 50) == Use::good);
  CHECK(families.use(family(3), 0, 200, 99) == Use::full);
  CHECK(families.use(family(2), 1, 200, 99) == Use::good);
  CHECK(families.use(family(3), 0, 200, 101) == Use::full);  // it has just looked
  CHECK(families.use(family(3), 0, 200, 99 + TokenFamilies::sweep_pause_s) == Use::good);
  CHECK(families.size() == 2);
  CHECK(families.use(family(2), 1, 200, 110) == Use::again);  // what is not over is not forgotten
}

TEST_CASE("of many who use one token at once, one succeeds") {
  TokenFamilies families;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { good += families.use(family(1), 0, 100, 1) == Use::good; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 1);
}
