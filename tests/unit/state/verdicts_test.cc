// Verdicts: their time, the place they take, and which one goes.
#include "state/verdicts.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using gh::Proof;
using gh::process_hmac;
using gh::state::Verdict;
using gh::state::Verdicts;

namespace {

std::shared_ptr<const Verdict> verdict(std::uint16_t status, std::string value = {}) {
  auto made = std::make_shared<Verdict>();
  made->status = status;
  made->values.push_back(std::move(value));
  return made;
}

}  // namespace

TEST_CASE("a verdict is there until its time is over, and a newer one takes its place") {
  Verdicts verdicts(Verdicts::min_bytes);
  const Proof a = process_hmac("a"), b = process_hmac("b");
  CHECK_FALSE(verdicts.find(a, 0));
  verdicts.put(a, verdict(200, "ann"), 1000);
  REQUIRE(verdicts.find(a, 999));
  CHECK(verdicts.find(a, 999)->values.front() == "ann");
  CHECK_FALSE(verdicts.find(b, 999));
  verdicts.put(a, verdict(403), 2000);
  CHECK(verdicts.size() == 1);
  CHECK(verdicts.find(a, 1000)->status == 403);
  CHECK_FALSE(verdicts.find(a, 2000));
  CHECK(verdicts.size() == 0);
  CHECK(verdicts.used_bytes() == 0);
}

TEST_CASE("memory is bounded: the one not asked for the longest goes, a huge one is not kept") {
  Verdicts verdicts(Verdicts::min_bytes);
  const Proof kept = process_hmac("kept");
  verdicts.put(kept, verdict(200), 1000);
  for (int i = 0; i < 10'000; ++i) {
    verdicts.put(process_hmac(std::to_string(i)), verdict(200, std::string(100, 'x')), 1000);
    REQUIRE(verdicts.used_bytes() <= Verdicts::min_bytes);
    REQUIRE(verdicts.find(kept, 0));
  }
  CHECK(verdicts.size() > 50);
  CHECK_FALSE(verdicts.find(process_hmac("0"), 0));
  CHECK(verdicts.find(process_hmac("9999"), 0));
  verdicts.put(kept, verdict(200, std::string(Verdicts::most_verdict_bytes, 'x')), 1000);
  CHECK_FALSE(verdicts.find(kept, 0));
}

TEST_CASE("several threads") {
  Verdicts verdicts(Verdicts::min_bytes);
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        const Proof key = process_hmac(std::to_string(i % 300));
        const auto found = verdicts.find(key, i);
        if (found) REQUIRE(found->status == 200);
        else verdicts.put(key, verdict(200, "v"), i + 100);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(verdicts.used_bytes() <= Verdicts::min_bytes);
}
