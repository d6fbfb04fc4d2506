#include "redis/reply.h"

#include <doctest/doctest.h>

using namespace gh::redis;
using Outcome = ReplyReader::Outcome;

namespace {

Outcome read(ReplyReader& reader, std::string_view bytes, Reply& reply) {
  reader.feed(bytes);
  return reader.next(reply);
}

}  // namespace

TEST_CASE("reply: all kinds, whole") {
  ReplyReader reader;
  Reply reply;
  REQUIRE(read(reader, "+OK\r\n", reply) == Outcome::reply);
  CHECK(reply.kind == Reply::Kind::status);
  CHECK(reply.text == "OK");
  REQUIRE(read(reader, "-ERR no\r\n", reply) == Outcome::reply);
  CHECK(reply.kind == Reply::Kind::error);
  CHECK(reply.text == "ERR no");
  REQUIRE(read(reader, ":-42\r\n", reply) == Outcome::reply);
  CHECK(reply.integer == -42);
  REQUIRE(read(reader, "$5\r\na\r\n\0b\r\n", reply) == Outcome::none);  // a view ends at the NUL
  ReplyReader second;
  REQUIRE(read(second, std::string_view("$5\r\na\r\n\0b\r\n", 11), reply) == Outcome::reply);
  CHECK(reply.text == std::string_view("a\r\n\0b", 5));
  REQUIRE(read(second, "$-1\r\n", reply) == Outcome::reply);
  CHECK(reply.kind == Reply::Kind::nil);
  REQUIRE(read(second, "*-1\r\n", reply) == Outcome::reply);
  CHECK(reply.kind == Reply::Kind::nil);
  REQUIRE(read(second, "*3\r\n:1\r\n*1\r\n+a\r\n$0\r\n\r\n", reply) == Outcome::reply);
  REQUIRE(reply.items.size() == 3);
  CHECK(reply.items[0].integer == 1);
  CHECK(reply.items[1].items.at(0).text == "a");
  CHECK(reply.items[2].kind == Reply::Kind::text);
  REQUIRE(read(second, "*0\r\n", reply) == Outcome::reply);
  CHECK(reply.kind == Reply::Kind::array);
  CHECK(reply.items.empty());
}

TEST_CASE("reply: byte by byte, and several at once") {
  constexpr std::string_view text = "*2\r\n$3\r\nabc\r\n:7\r\n+OK\r\n";
  ReplyReader slow;
  Reply reply;
  int found = 0;
  for (const char c : text) {
    slow.feed({&c, 1});
    while (slow.next(reply) == Outcome::reply) ++found;
  }
  CHECK(found == 2);
  ReplyReader fast;
  fast.feed(text);
  REQUIRE(fast.next(reply) == Outcome::reply);
  CHECK(reply.items.at(0).text == "abc");
  REQUIRE(fast.next(reply) == Outcome::reply);
  CHECK(fast.next(reply) == Outcome::none);
}

TEST_CASE("reply: what is no reply breaks the reader for good") {
  for (const std::string_view text : {"HTTP/1.1 400 Bad Request\r\n", "?\r\n", ":x\r\n", "$x\r\n", "$-7\r\n", "*-7\r\n",
                                      "\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    CAPTURE(text);
    ReplyReader reader;
    Reply reply;
    CHECK(read(reader, text, reply) == Outcome::broken);
    CHECK(!reader.error().empty());
    CHECK(read(reader, "+OK\r\n", reply) == Outcome::broken);
  }
}

TEST_CASE("reply: bounded in bytes and values, at the edge") {
  const ReplyLimits limits{32, 4};
  Reply reply;
  ReplyReader most(limits);
  CHECK(read(most, "$25\r\n" + std::string(25, 'a') + "\r\n", reply) == Outcome::reply);  // 32 bytes
  CHECK(read(most, "$26\r\n" + std::string(26, 'a') + "\r\n", reply) == Outcome::broken);
  ReplyReader endless(limits);
  CHECK(read(endless, "+" + std::string(31, 'a'), reply) == Outcome::none);
  CHECK(read(endless, "a", reply) == Outcome::broken);
  ReplyReader values(limits);
  CHECK(read(values, "*3\r\n:1\r\n:2\r\n:3\r\n", reply) == Outcome::reply);
  CHECK(read(values, "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", reply) == Outcome::broken);
  for (const std::string_view text : {"*2147483647\r\n", "*9999999999999\r\n", "*4294967297\r\n:1\r\n:1\r\n"}) {
    CAPTURE(text);
    ReplyReader bomb({1024, 64});
    CHECK(read(bomb, text, reply) != Outcome::none);
    CHECK(reply.items.size() <= 4);
  }
  ReplyReader promised({1024, 64});  // bytes that never come are not waited for without end
  CHECK(read(promised, "$9223372036854775807\r\n", reply) == Outcome::none);
  CHECK(read(promised, std::string(1100, 'a'), reply) == Outcome::broken);
}
