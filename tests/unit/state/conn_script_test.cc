#include "state/conn_script.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace gh;
using namespace gh::state;

namespace {

std::vector<std::string> texts(std::span<const std::string_view> words) { return {words.begin(), words.end()}; }

redis::Reply integer(std::int64_t value) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::integer;
  reply.integer = value;
  return reply;
}

}  // namespace

TEST_CASE("conn script: what it is told about a request, in all orders") {
  const StoredConn one = make_stored_conn("limit:", "one", 30000), two = make_stored_conn("x:", "two", 10000);
  ConnWords words({{&one, "a", 5}, {&two, "{b}", 70000}}, "me:1");
  const auto taken = texts(words.words(ConnOrder::take));
  REQUIRE(taken.size() == 9);
  CHECK(taken[0] == "2");
  CHECK(taken[1] == "limit:{a}:one:c");
  CHECK(taken[2].starts_with("x:{"));
  CHECK(taken[2].size() == std::string("x:{}:two:c").size() + 64);  // braces of its own: a digest
  CHECK(std::vector(taken.begin() + 3, taken.end()) ==
        std::vector<std::string>{"take", "me:1", "5", "30000", "70000", "10000"});
  CHECK(texts(words.words(ConnOrder::keep))[3] == "keep");
  CHECK(texts(words.words(ConnOrder::give))[3] == "give");
  CHECK(words.size() == 2);
  CHECK(words.lease_ms() == 10000);
}

TEST_CASE("conn script: what it answers") {
  std::size_t refused = 9;
  CHECK((read_conn_reply(integer(0), 2, refused) && refused == 2));
  CHECK((read_conn_reply(integer(1), 2, refused) && refused == 0));
  CHECK((read_conn_reply(integer(2), 2, refused) && refused == 1));
  for (const std::int64_t wrong : {INT64_MIN, INT64_C(-1), INT64_C(3), INT64_MAX}) {
    CHECK_FALSE(read_conn_reply(integer(wrong), 2, refused));
  }
  redis::Reply text = integer(0);
  text.kind = redis::Reply::Kind::status;
  CHECK_FALSE(read_conn_reply(text, 2, refused));
}

TEST_CASE("conn script: members are told apart") {
  std::set<std::string> members;
  for (int i = 0; i < 1000; ++i) members.insert(conn_member());
  CHECK(members.size() == 1000);
}
