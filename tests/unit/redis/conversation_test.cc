#include "redis/conversation.h"

#include <doctest/doctest.h>

#include <vector>

using namespace gh::redis;

namespace {

struct Asked : Call {
  explicit Asked(std::vector<std::string_view> text = {"GET", "k"}, const Script* of = nullptr) : all(std::move(text)) {
    words = all;
    script = of;
  }
  bool on_reply(const Reply& reply) override {
    ++replies;
    last = reply.text;
    return understands;
  }
  void on_failure(std::string_view why) override {
    ++failures;
    last = why;
    if (on_fail) on_fail->forget();
  }
  std::vector<std::string_view> all;
  int replies = 0, failures = 0;
  bool understands = true;
  std::string last;
  Call* on_fail = nullptr;
};

constexpr std::string_view get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

/// A conversation that was greeted.
struct Open : Conversation {
  explicit Open(std::size_t most = 100) : Conversation(most) {
    greet({}, out);
    REQUIRE(feed("+PONG\r\n", out));
    out.clear();
  }
  std::string out;
};

}  // namespace

TEST_CASE("conversation: the greeting comes first, calls wait for its answer") {
  Conversation talk(10);
  std::string out;
  Asked early, gone;
  REQUIRE(talk.send(early, 5, out));
  REQUIRE(talk.send(gone, 6, out));
  gone.forget();
  CHECK(out.empty());
  talk.greet({"app", "secret", 2}, out);
  CHECK(out == "*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$6\r\nsecret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*1\r\n$4\r\nPING\r\n");
  out.clear();
  REQUIRE(talk.feed("+OK\r\n+OK\r\n", out));
  CHECK(!talk.is_open());
  CHECK(out.empty());
  REQUIRE(talk.feed("+PONG\r\n", out));
  CHECK(talk.is_open());
  CHECK(out == std::string(get) + "*1\r\n$4\r\nPING\r\n");
  CHECK(talk.first_deadline() == 5);
  REQUIRE(talk.feed("$1\r\nv\r\n+PONG\r\n", out));
  CHECK(early.last == "v");
  CHECK(!early.is_pending());
  CHECK(gone.replies == 0);
  CHECK(talk.pending() == 0);
}

TEST_CASE("conversation: greetings that fail") {
  for (const std::string_view answer : {"-WRONGPASS no\r\n", "$2\r\nOK\r\n", ":1\r\n", "HTTP/1.1 200 OK\r\n", "*0\r\n"}) {
    CAPTURE(answer);
    Conversation talk(10);
    std::string out;
    talk.greet({"", "secret", 0}, out);
    const auto fed = talk.feed(answer, out);
    REQUIRE(!fed);
    CHECK(fed.error().text.find("secret") == std::string::npos);
    CHECK(!talk.is_open());
  }
}

TEST_CASE("conversation: replies in order, whoever has left") {
  Open talk;
  Asked first, second, third;
  REQUIRE(talk.send(first, 1, talk.out));
  REQUIRE(talk.send(second, 2, talk.out));
  REQUIRE(talk.send(third, 3, talk.out));
  second.forget();
  CHECK(!second.is_pending());
  CHECK(talk.out == std::string(get) + std::string(get) + std::string(get));
  REQUIRE(talk.feed("$1\r\na\r\n$1\r\nb\r\n", talk.out));
  CHECK(first.last == "a");
  CHECK(second.replies == 0);
  CHECK(talk.first_deadline() == 3);
  REQUIRE(talk.feed("-ERR oops\r\n", talk.out));
  CHECK(third.failures == 1);
  CHECK(third.last == "ERR oops");
  CHECK(talk.error_replies() == 1);
  CHECK(talk.good_replies() == 2);
}

TEST_CASE("conversation: a reply to nothing, and one of another kind, end it") {
  Open talk;
  CHECK(!talk.feed("+OK\r\n", talk.out));
  Open other;
  Asked first, second;
  first.understands = false;
  REQUIRE(other.send(first, 1, other.out));
  REQUIRE(other.send(second, 1, other.out));
  CHECK(!other.feed(":1\r\n:2\r\n", other.out));
  CHECK(first.failures == 1);
  CHECK(second.is_pending());
  other.fail_all("gone");
  CHECK(second.failures == 1);
  CHECK(second.last == "gone");
}

TEST_CASE("conversation: a script that is not known is sent whole, once") {
  const Script script("return 1");
  Open talk;
  Asked call({"0"}, &script), gone({"0"}, &script);
  REQUIRE(talk.send(call, 1, talk.out));
  REQUIRE(talk.send(gone, 1, talk.out));
  CHECK(talk.out.find("EVALSHA") != std::string::npos);
  talk.out.clear();
  gone.forget();
  REQUIRE(talk.feed("-NOSCRIPT No matching script.\r\n-NOSCRIPT No matching script.\r\n", talk.out));
  CHECK(talk.out == "*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n");
  CHECK(call.is_pending());
  CHECK(talk.pending() == 1);
  REQUIRE(talk.feed("-NOSCRIPT again\r\n", talk.out));  // a liar: no loop
  CHECK(call.failures == 1);
  CHECK(talk.pending() == 0);
  Asked plain;  // and for what is no script at all: an error like others
  REQUIRE(talk.send(plain, 1, talk.out));
  REQUIRE(talk.feed("-NOSCRIPT what\r\n", talk.out));
  CHECK(plain.failures == 1);
}

TEST_CASE("conversation: bounded, and failing all") {
  Open talk(2);
  Asked a, b, c;
  REQUIRE(talk.send(a, 1, talk.out));
  REQUIRE(talk.send(b, 1, talk.out));
  CHECK(!talk.send(c, 1, talk.out));
  CHECK(!c.is_pending());
  a.on_fail = &b;  // one that fails takes another one with it
  talk.fail_all("down");
  CHECK(a.failures == 1);
  CHECK(talk.pending() == 0);
  CHECK(!talk.is_open());
  talk.out.clear();
  talk.greet({}, talk.out);
  REQUIRE(talk.feed("+PONG\r\n", talk.out));
  REQUIRE(talk.send(c, 1, talk.out));
  REQUIRE(talk.feed("$1\r\nz\r\n", talk.out));
  CHECK(c.last == "z");
}

TEST_CASE("conversation: calls outlive it") {
  Asked call;
  {
    Open talk;
    REQUIRE(talk.send(call, 1, talk.out));
  }
  CHECK(!call.is_pending());
  call.forget();
}
