#include "state/count_script.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gh;
using namespace gh::state;
using Kind = CountWindow::Kind;

namespace {

constexpr std::int64_t minute_ms = 60'000;

redis::Reply integer(std::int64_t value) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::integer;
  reply.integer = value;
  return reply;
}

redis::Reply array(std::vector<std::int64_t> values) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::array;
  for (const std::int64_t value : values) reply.items.push_back(integer(value));
  return reply;
}

std::vector<std::string> words_of(std::span<const StoredAsk> asks, StoredOrder order = StoredOrder::charge) {
  Arena arena;
  std::vector<std::string> out;
  for (const std::string_view word : count_words(order, asks, arena)) out.emplace_back(word);
  return out;
}

}  // namespace

TEST_CASE("count script: what it is told") {
  const StoredLimit sliding =
      make_stored_limit("limit:", "api", CountWindow(Kind::sliding, 15 * minute_ms, false), {100, 100});
  const StoredLimit day = make_stored_limit("limit:", "api/paid", CountWindow(Kind::day, 0, false), {5, 5});
  const StoredAsk asks[] = {{&sliding, "10.0.0.1", 2, 0}, {&day, "10.0.0.1", 1, 77}};
  CHECK(words_of(asks) == std::vector<std::string>{"2", "limit:{10.0.0.1}:api:s900000", "limit:{10.0.0.1}:api/paid:d",
                                                   "take", "s", "900000000", "1", "100", "100", "2", "0", "d", "0",
                                                   "1", "5", "5", "1", "77"});
  CHECK(words_of(asks, StoredOrder::give_back)[3] == "give");
  CHECK(words_of(asks, StoredOrder::owe)[3] == "owe");
}

TEST_CASE("count script: keys that are long, have braces, or a part for this node alone") {
  StoredLimit limit = make_stored_limit("p", "z", CountWindow(Kind::fixed, minute_ms, false), {1, 1});
  const std::string longest(128, 'a'), longer(129, 'a');
  const auto key = [&](std::string_view text) {
    const StoredAsk ask{&limit, text};
    return words_of({&ask, 1})[1];
  };
  CHECK(key(longest) == "p{" + longest + "}:z:f60000");
  CHECK(key(longer).size() == std::string("p{}:z:f60000").size() + 64);
  CHECK(key("a{b}") == "p{" + std::string(key("a{b}").substr(2, 64)) + "}:z:f60000");
  CHECK(key("a{b}") != key("a{c}"));
  CHECK(key("") == "p{}:z:f60000");
  CHECK(key(std::string_view("\0\r\n", 3)) == std::string("p{\0\r\n}:z:f60000", 15));
  limit.cut = 3;
  CHECK(key("keyxyz") == "p{key}:z:f60000");
  CHECK(key("ab") == "p{}:z:f60000");
}

TEST_CASE("count script: buckets within 53 bits") {
  const CountWindow second(Kind::bucket, 1000, false), year(Kind::bucket, 366LL * 86'400'000, false);
  CHECK(make_stored_limit("", "z", second, {100, 200}).words[1] == "1000000");
  const StoredLimit coarse = make_stored_limit("", "z", year, {1000, 1000});
  CHECK(coarse.words[1] == "31622400000");
  CHECK(coarse.words[2] == "1000");
  CHECK(coarse.suffix.ends_with("/ms"));
  CHECK(is_storable(year, {1000, 1000}));
  CHECK(!is_storable(year, {1000, 4'000'000'000}));
  CHECK(is_storable(CountWindow(Kind::fixed, 366LL * 86'400'000, false), {1000, 4'000'000'000}));
}

TEST_CASE("count script: its answers, and what is none") {
  CountAnswer answers[2];
  bool passes = false;
  REQUIRE(read_count_reply(array({1, 9, 1000, 0, 42, 3, 0, 0, 0}), answers, passes));
  CHECK(passes);
  CHECK(answers[0].remaining == 9);
  CHECK(answers[0].reset_ms == 1000);
  CHECK(answers[0].stamp == 42);
  CHECK(!answers[0].refused);
  REQUIRE(read_count_reply(array({0, 0, 900, 800, 42, 3, 0, 0, 0}), answers, passes));
  CHECK(!passes);
  CHECK(answers[0].refused);
  CHECK(answers[0].retry_ms == 800);
  CHECK(!answers[1].refused);
  REQUIRE(read_count_reply(array({0, 0, 900, -1, 42, 3, 0, 0, 0}), answers, passes));
  CHECK(answers[0].refused);
  CHECK(answers[0].retry_ms == CountAnswer::never);
  const std::vector<std::vector<std::int64_t>> wrong = {
      {},
      {1},
      {1, 9, 1000, 0, 42},
      {1, 9, 1000, 0, 42, 3, 0, 0, 0, 0},
      {2, 9, 1000, 0, 42, 3, 0, 0, 0},
      {-1, 9, 1000, 0, 42, 3, 0, 0, 0},
      {1, -9, 1000, 0, 42, 3, 0, 0, 0},
      {1, 5'000'000'000, 1000, 0, 42, 3, 0, 0, 0},
      {1, 9, INT64_MAX, 0, 42, 3, 0, 0, 0},
      {0, 9, 1000, -2, 42, 3, 0, 0, 0},
      {0, 9, -1, 5, 42, 3, 0, 0, 0},
      {0, 9, 1000, 5, -1, 3, 0, 0, 0},
      {1, 9, 1000, -1, 42, 3, 0, 0, 0},
      {1, 9, 1000, 5, 42, 3, 0, 0, 0},   // passes, and one refuses
      {0, 9, 1000, 0, 42, 3, 0, 0, 0},   // refused by none
  };
  for (const auto& values : wrong) CHECK(!read_count_reply(array(values), answers, passes));
  redis::Reply text = array({1, 9, 1000, 0, 42, 3, 0, 0, 0});
  text.items[4].kind = redis::Reply::Kind::text;
  CHECK(!read_count_reply(text, answers, passes));
  CHECK(!read_count_reply(integer(1), answers, passes));
}
