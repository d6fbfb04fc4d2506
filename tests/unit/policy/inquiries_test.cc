#include "policy/inquiries.h"

#include <thread>

#include "unit/net/net_bench.h"

using namespace gh;
using namespace gh::policy;
using net::test::run_until;

namespace {

struct Word final : Finding {
  std::string text;
  explicit Word(std::string says) : text(std::move(says)) {}
};
FindingPtr word(std::string says) { return std::make_shared<Word>(std::move(says)); }
std::string text_of(const FindingPtr& finding) {
  if (!finding) return "nothing";
  return finding->failure.empty() ? static_cast<const Word&>(*finding).text : "failed: " + finding->failure;
}

struct Asker {
  Inquiries::WaiterPtr waiter = std::make_shared<Inquiries::Waiter>();
  std::string told;
  explicit Asker(net::Loop& loop) {
    waiter->loop = &loop;
    waiter->tell = [this](const FindingPtr& finding) { told += text_of(finding) + ";"; };
  }
};

}  // namespace

TEST_CASE("answers are kept until they end") {
  Inquiries known(10, 1000, 10);
  CHECK_FALSE(known.find("a", 0));
  known.conclude("a", word("yes"), 100, 10);
  CHECK(text_of(known.find("a", 99)) == "yes");
  CHECK_FALSE(known.find("a", 100));
  CHECK(known.kept() == 0);
  known.conclude("b", word("no"), 0, 10);
  CHECK_FALSE(known.find("b", 0));
}

TEST_CASE("in number and in bytes") {
  Inquiries known(3, 100, 10);
  for (const char* key : {"a", "b", "c"}) known.conclude(key, word(key), 100, 10);
  CHECK(known.find("a", 0));  // used last
  known.conclude("d", word("d"), 100, 10);
  CHECK_FALSE(known.find("b", 0));
  CHECK(known.find("a", 0));
  known.conclude("e", word("e"), 100, 85);
  CHECK(known.kept() == 2);
  CHECK(known.find("a", 0));
  known.conclude("f", word("f"), 100, 101);
  CHECK_FALSE(known.find("f", 0));
  CHECK(known.kept() == 2);
}

TEST_CASE("a failure does not take the place of what is known") {
  Inquiries known(3, 1000, 10);
  auto failure = std::make_shared<Finding>();
  failure->failure = "away";
  known.conclude("a", word("yes"), 100, 10);
  known.conclude("a", failure, 200, 10);
  CHECK(text_of(known.find("a", 50)) == "yes");
  known.conclude("b", failure, 200, 10);
  CHECK(text_of(known.find("b", 50)) == "failed: away");
  const FindingPtr old = known.find("a", 50);
  known.forget("a", failure.get());
  CHECK(known.find("a", 50));
  known.forget("a", old.get());
  CHECK_FALSE(known.find("a", 50));
}

TEST_CASE("one asks, all are told, but those who have left") {
  net::Loop loop;
  auto known = std::make_shared<Inquiries>(10, 1000, 2);
  Asker first(loop), second(loop), third(loop), other(loop), late(loop);
  CHECK(known->join("a", first.waiter) == Inquiries::Joined::asks);
  CHECK(known->join("a", second.waiter) == Inquiries::Joined::waits);
  CHECK(known->join("a", third.waiter) == Inquiries::Joined::waits);
  CHECK(known->join("b", other.waiter) == Inquiries::Joined::asks);
  CHECK(known->join("c", late.waiter) == Inquiries::Joined::refused);
  CHECK_FALSE(known->begin("a"));
  CHECK_FALSE(known->begin("c"));
  known->leave("a", third.waiter);
  known->conclude("a", word("yes"), 100, 10);
  second.waiter->tell = nullptr;  // leaves when the news is on its way
  CHECK(first.told.empty());      // never from within
  REQUIRE(run_until(loop, [&] { return !first.told.empty(); }));
  CHECK(first.told == "yes;");
  CHECK(second.told.empty());
  CHECK(third.told.empty());
  CHECK(other.told.empty());
  { const Inquiry dropped(known, "b"); }
  REQUIRE(run_until(loop, [&] { return !other.told.empty(); }));
  CHECK(other.told == "failed: the gateway gave up asking;");
  CHECK(known->begin("c"));
}

TEST_CASE("who asks on one thread tells those on others") {
  auto known = std::make_shared<Inquiries>(10, 1000, 10);
  net::Loop loop;
  Asker here(loop);
  CHECK(known->join("a", here.waiter) == Inquiries::Joined::asks);
  std::thread other([&] {
    net::Loop its_own;
    Asker there(its_own);
    CHECK(known->join("a", there.waiter) == Inquiries::Joined::waits);
    std::thread asks([&] { Inquiry(known, "a").conclude(word("yes"), 100, 1); });
    CHECK(run_until(its_own, [&] { return there.told == "yes;"; }));
    asks.join();
  });
  CHECK(run_until(loop, [&] { return here.told == "yes;"; }));
  other.join();
}
