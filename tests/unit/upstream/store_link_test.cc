#include "upstream/store_link.h"

#include <string>
#include <vector>

#include "unit/net/net_bench.h"
#include "upstream/stores.h"

using namespace gh;
using namespace gh::net::test;

namespace {

constexpr std::string_view ping = "*1\r\n$4\r\nPING\r\n", get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

std::vector<std::string>& lines() {
  static std::vector<std::string> all;
  return all;
}
void note(LogLevel, std::string_view text) { lines().emplace_back(text); }

struct Asked final : redis::Call {
  Asked() { words = all; }
  ~Asked() { forget(); }
  bool on_reply(const redis::Reply& reply) override {
    got = reply.text;
    return true;
  }
  void on_failure(std::string_view why) override {
    failed = true;
    got = why;
  }
  std::string_view all[2] = {"GET", "k"};
  std::string got;
  bool failed = false;
};

/// A server that says what it is told to, and a client of it.
struct Scene {
  net::Loop loop;
  Server server{loop};
  std::shared_ptr<table::StorePlan> plan = std::make_shared<table::StorePlan>();
  std::unique_ptr<upstream::StoreLink> client;

  Scene() {
    lines().clear();
    plan->name = "s";
    plan->url.nodes.push_back({"127.0.0.1", server.address.port()});
    plan->timeout_ms = 100;
    plan->connect_timeout_ms = 200;
    plan->reconnect_ms = 20;
    plan->reconnect_most_ms = 40;
    plan->health = std::make_shared<state::StoreHealth>();
    make();
  }
  void make() {
    client = std::make_unique<upstream::StoreLink>(loop, *plan, plan->url.nodes.front(), note);
  }
  /// The connection of this number, where so much has come.
  End& heard(std::size_t number, std::string_view bytes) {
    REQUIRE(run_until(loop, [&] {
      if (server.ends.size() <= number) return false;
      End& end = *server.ends[number];
      if (!std::exchange(started[number], true)) end.stream.start_reading();
      return end.read == bytes;
    }));
    End& end = *server.ends[number];
    end.read.clear();
    return end;
  }
  /// A client that was greeted, by its first call.
  End& open(Asked& first) {
    REQUIRE(client->send(first));
    End& end = heard(0, ping);
    end.stream.write("+PONG\r\n");
    return heard(0, get);
  }
  bool until(const bool& flag) {
    return run_until(loop, [&flag] { return flag; });
  }
  bool started[16] = {};
};

}  // namespace

TEST_CASE("store link: calls of a turn travel together, replies come in order") {
  Scene scene;
  Asked first;
  End& end = scene.open(first);
  Asked more[3];
  for (Asked& call : more) REQUIRE(scene.client->send(call));
  more[1].forget();
  scene.heard(0, std::string(get) + std::string(get) + std::string(get));
  end.stream.write("$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n");
  REQUIRE(run_until(scene.loop, [&] { return !more[2].got.empty(); }));
  CHECK(first.got == "a");
  CHECK(more[0].got == "b");
  CHECK(more[1].got.empty());
  CHECK(more[2].got == "d");
  CHECK(scene.plan->health->calls == 4);
  CHECK(scene.plan->health->failures == 0);
  CHECK(lines().empty());
}

TEST_CASE("store link: no reply in time; then nobody waits, and it comes back by itself") {
  Scene scene;
  Asked call, next, later;
  End& end = scene.open(call);
  REQUIRE(scene.client->send(next));
  REQUIRE(scene.until(call.failed));
  CHECK(next.failed);
  CHECK(run_until(scene.loop, [&] { return end.eofs + end.broken != 0; }));
  CHECK(!scene.client->send(later));
  CHECK(scene.client->retry_ms() > 0);
  REQUIRE(lines().size() == 1);
  CHECK(lines()[0].find("is down: no reply from 127.0.0.1:") != std::string::npos);
  End& again = scene.heard(1, ping);
  CHECK(!scene.client->send(later));  // not before it has answered
  again.stream.write("+PONG\r\n");
  REQUIRE(run_until(scene.loop, [&] { return lines().size() == 2; }));
  CHECK(lines()[1] == "store \"s\" is back");
  CHECK(scene.client->retry_ms() == 0);
  REQUIRE(scene.client->send(later));
  scene.heard(1, get);
  again.stream.write("$1\r\nx\r\n");
  REQUIRE(run_until(scene.loop, [&] { return later.got == "x"; }));
  CHECK(scene.plan->health->failures == 4);
}

TEST_CASE("store link: what may wait is said when it is back, before all else") {
  Scene scene;
  Asked call, told, named, soon;
  scene.open(call);
  REQUIRE(scene.until(call.failed));
  REQUIRE(scene.client->send_later(told, 60000));
  REQUIRE(scene.client->send_later(named, 60000, "name"));
  REQUIRE(scene.client->send_later(soon, 0, "soon"));
  CHECK(scene.client->waiting_as("name") == &named);
  CHECK(scene.client->waiting_as("other") == nullptr);
  scene.heard(1, ping).stream.write("+PONG\r\n");
  scene.heard(1, std::string(get) + std::string(get)).stream.write("$1\r\na\r\n$1\r\nb\r\n");
  REQUIRE(run_until(scene.loop, [&] { return !named.got.empty(); }));
  CHECK(told.got == "a");
  CHECK(soon.failed);  // its time was over before
  CHECK(scene.client->waiting_as("name") == nullptr);
  CHECK(scene.client->waiting_as("soon") == nullptr);
  Asked last;
  REQUIRE(scene.client->send_later(last, 60000));  // at once
  scene.heard(1, get);
}

TEST_CASE("store link: what may wait, with no room, and at the end") {
  Scene scene;
  scene.plan->most_pending = 1;
  scene.make();
  Asked call, told, more;
  scene.open(call);
  REQUIRE(scene.until(call.failed));
  REQUIRE(scene.client->send_later(told, 60000));
  CHECK(!scene.client->send_later(more, 60000));
  scene.client.reset();
  CHECK(told.failed);
}

TEST_CASE("store link: a peer that is not there, and one that never answers the greeting") {
  Scene scene;
  scene.plan->url.nodes[0].port = [] {
    net::Loop other;
    return Server(other).address.port();
  }();
  scene.make();
  Asked call, silent;
  REQUIRE(scene.client->send(call));
  REQUIRE(scene.until(call.failed));
  CHECK(lines().at(0).find("cannot connect") != std::string::npos);
  scene.plan->url.nodes[0].port = scene.server.address.port();
  scene.make();
  REQUIRE(scene.client->send(silent));
  REQUIRE(scene.until(silent.failed));
  CHECK(silent.got.find("no reply") != std::string::npos);
}

TEST_CASE("store link: closed while idle is no failure, closed with calls is") {
  Scene scene;
  Asked call, second;
  End& end = scene.open(call);
  end.stream.write("$1\r\na\r\n");
  REQUIRE(run_until(scene.loop, [&] { return call.got == "a"; }));
  end.stream.shut_down_write();
  REQUIRE(run_until(scene.loop, [&] { return end.eofs + end.broken != 0; }));
  CHECK(lines().empty());
  REQUIRE(scene.client->send(second));
  End& other = scene.heard(1, ping);
  other.stream.write("+PONG\r\n");
  scene.heard(1, get);
  other.stream.close();
  REQUIRE(scene.until(second.failed));
  CHECK(lines().size() == 1);
}

TEST_CASE("store link: rubbish ends the connection, errors do not") {
  Scene scene;
  Asked call, wrong, rubbish;
  End& end = scene.open(call);
  end.stream.write("-LOADING wait\r\n");
  REQUIRE(scene.until(call.failed));
  CHECK(lines().at(0).find("answers with errors: LOADING wait") != std::string::npos);
  REQUIRE(scene.client->send(wrong));
  scene.heard(0, get);
  end.stream.write("$1\r\na\r\n");
  REQUIRE(run_until(scene.loop, [&] { return wrong.got == "a"; }));
  CHECK(lines().at(1).find("rightly again") != std::string::npos);
  REQUIRE(scene.client->send(rubbish));
  scene.heard(0, get);
  end.stream.write("HTTP/1.1 400\r\n");
  REQUIRE(scene.until(rubbish.failed));
  CHECK(lines().at(2).find("does not speak as Redis does") != std::string::npos);
}

TEST_CASE("store link: calls outlive it, and it its plan") {
  Scene scene;
  Asked call;
  scene.open(call);
  scene.plan.reset();
  scene.client.reset();
  CHECK(call.failed);
}
