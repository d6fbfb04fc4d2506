#include "state/rate_script.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gh;
using namespace gh::state;

namespace {

redis::Reply reply_of(std::vector<std::int64_t> values) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::array;
  for (const std::int64_t value : values) {
    redis::Reply item;
    item.kind = redis::Reply::Kind::integer;
    item.integer = value;
    reply.items.push_back(item);
  }
  return reply;
}

}  // namespace

TEST_CASE("rate script: what it is told, and what it answers") {
  const StoredRate fast = make_stored_rate("limit:", "fast", Rate::per_second(10)),
                   slow = make_stored_rate("limit:", "slow", Rate::per_minute(1));
  RateLimit limits[2];
  limits[0].rate = Rate::per_second(10);
  limits[0].burst = 3000;
  limits[1].rate = Rate::per_minute(1);
  limits[1].delay = RateLimit::no_delay;
  const StoredRateAsk asks[] = {{&fast, {&limits[0], "a"}}, {&slow, {&limits[1], "b"}}};
  Arena arena;
  std::vector<std::string> words;
  for (const std::string_view word : rate_words(asks, arena)) words.emplace_back(word);
  CHECK(words == std::vector<std::string>{"2", "limit:{a}:fast:r", "limit:{b}:slow:r", "10000", "1000", "3000", "16",
                                          "1000", "0"});
  RateDecision decision;
  REQUIRE(read_rate_reply(reply_of({0, 2000, 500}), asks, decision));
  CHECK(decision.verdict == RateZone::Verdict::pass);
  CHECK(decision.delay_ms == 200);
  CHECK(decision.limit == &limits[0]);
  REQUIRE(read_rate_reply(reply_of({2, 0, 1000}), asks, decision));
  CHECK(decision.verdict == RateZone::Verdict::reject);
  CHECK(decision.limit == &limits[1]);
  CHECK(decision.excess == 1000);
  REQUIRE(read_rate_reply(reply_of({1, 4000}), asks, decision));
  CHECK(decision.limit == &limits[0]);
  const std::vector<std::vector<std::int64_t>> wrong = {{}, {0}, {0, 1}, {0, 1, 2, 3}, {3, 1, 2, 3}, {1, 1, 2}, {-1, 1},
                                                        {0, -1, 0}, {0, 1, 5'000'000'000}, {2, 1}};
  for (const auto& values : wrong) CHECK(!read_rate_reply(reply_of(values), asks, decision));
  redis::Reply text = reply_of({0, 1, 2});
  text.items[0].kind = redis::Reply::Kind::nil;
  CHECK(!read_rate_reply(text, asks, decision));
  text.kind = redis::Reply::Kind::status;
  CHECK(!read_rate_reply(text, asks, decision));
}
