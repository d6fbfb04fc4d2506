#include "redis/slots.h"

#include <doctest/doctest.h>

using namespace gh::redis;

namespace {

Reply text(std::string_view value) {
  Reply reply;
  reply.kind = Reply::Kind::text;
  reply.text = value;
  return reply;
}

Reply integer(std::int64_t value) {
  Reply reply;
  reply.kind = Reply::Kind::integer;
  reply.integer = value;
  return reply;
}

Reply array(std::vector<Reply> items) {
  Reply reply;
  reply.kind = Reply::Kind::array;
  reply.items = std::move(items);
  return reply;
}

const StoreNode from{"10.0.0.9", 7000};

}  // namespace

TEST_CASE("slots: of keys, and of what stands in their braces") {
  CHECK(key_slot("123456789") == 0x31c3);  // the check value of this CRC, in the specification of clusters
  CHECK(key_slot("") == 0);
  CHECK(key_slot("foo") == 12182);
  CHECK(key_slot("limit:{10.0.0.1}:a:s900000") == key_slot("10.0.0.1"));
  CHECK(key_slot("x{a}{b}") == key_slot("a"));
  CHECK(key_slot("x{}{b}") != key_slot("b"));
  CHECK(key_slot("x{a") != key_slot("a"));
  CHECK(key_slot("{{a}}") == key_slot("{a"));
  CHECK(key_slot(std::string_view("\xff\x00\x80", 3)) < slot_count);
}

TEST_CASE("slots: where a command is sent on to") {
  const auto moved = read_redirect("MOVED 3999 127.0.0.1:6381", from);
  REQUIRE(moved);
  CHECK(!moved->asks);
  CHECK(moved->slot == 3999);
  CHECK(moved->to == StoreNode{"127.0.0.1", 6381});
  const auto ask = read_redirect("ASK 0 2001:db8::1:6379", from);
  REQUIRE(ask);
  CHECK(ask->asks);
  CHECK(ask->to == StoreNode{"2001:db8::1", 6379});
  CHECK(read_redirect("MOVED 16383 :6381", from)->to == StoreNode{"10.0.0.9", 6381});
  for (const std::string_view wrong : {"", "ERR no", "MOVED", "MOVED ", "MOVED 1", "MOVED 1 a", "MOVED 16384 a:1", "MOVED 1 a:0",
                                       "MOVED 1 a:65536", "MOVED -1 a:1", "MOVED x a:1", "MOVED 1 ?:6379", "MOVED:1 a",
                                       "ASKING 1 a:1", "MOVED 1 a:1x"}) {
    CAPTURE(wrong);
    CHECK(!read_redirect(wrong, from));
  }
  CHECK(!read_redirect("MOVED 1 " + std::string(300, 'a') + ":1", from));
}

TEST_CASE("slots: who has which") {
  const auto node = [](std::string_view host, std::int64_t port) {
    return array({text(host), integer(port), text("id"), array({})});
  };
  const auto found = read_slots(array({array({integer(0), integer(100), node("a", 1), node("replica", 2)}),
                                       array({integer(101), integer(16383), node("", 3)})}), from);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(found->at(0).last == 100);
  CHECK(found->at(0).node == StoreNode{"a", 1});
  CHECK(found->at(1).node == StoreNode{"10.0.0.9", 3});
  CHECK(read_slots(array({}), from)->empty());
  CHECK(read_slots(array({array({integer(0), integer(1), node("?", 1)})}), from)->empty());
  const Reply wrong[] = {integer(1), text("x"), array({integer(1)}), array({array({integer(0), integer(1)})}),
                         array({array({integer(5), integer(1), node("a", 1)})}),
                         array({array({integer(-1), integer(1), node("a", 1)})}),
                         array({array({integer(0), integer(16384), node("a", 1)})}),
                         array({array({integer(0), integer(1), text("a")})}),
                         array({array({integer(0), integer(1), array({text("a")})})}),
                         array({array({integer(0), integer(1), array({integer(1), integer(1)})})})};
  for (const Reply& reply : wrong) CHECK(!read_slots(reply, from));
}
