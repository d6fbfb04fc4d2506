// PeerGroup: lists, identity over reloads, names that change their addresses, limits, threads.
#include "state/peers.h"

#include <doctest/doctest.h>

#include <thread>

using gh::Address;
using namespace gh::state;

namespace {

Address ip(const char* text, std::uint16_t port = 80) { return *Address::parse_ip(text, port); }

ServerConfig server(const char* address, std::uint32_t weight = 1) {
  ServerConfig config;
  config.name = std::string(address) + ":80";
  config.addresses = {ip(address)};
  config.weight = weight;
  return config;
}

ServerConfig name(const char* text) {
  ServerConfig config;
  config.name = text;
  config.resolve = true;
  config.port = 8080;
  return config;
}

}  // namespace

TEST_CASE("tried peers: any number, no two alike") {
  Tried tried;
  for (const std::uint32_t slot : {0u, 63u, 64u, 127u, 128u, 1000u}) {
    CHECK_FALSE(tried.has(slot));
    tried.add(slot);
    CHECK(tried.has(slot));
    CHECK_FALSE(tried.has(slot + 1 == 64 || slot + 1 == 128 ? slot + 2 : slot + 1));
  }
  CHECK_FALSE(tried.has(65));
  tried.clear();
  CHECK_FALSE(tried.has(0));
  CHECK_FALSE(tried.has(1000));
}

TEST_CASE("a list in file order, backups apart") {
  ServerConfig spare = server("10.0.0.3");
  spare.backup = true;
  ServerConfig off = server("10.0.0.2", 0);
  off.down = true;
  const PeerGroup group({server("10.0.0.1", 5), spare, off}, nullptr, nullptr);
  const auto list = group.list();
  REQUIRE(list->primary.size() == 2);
  REQUIRE(list->backup.size() == 1);
  CHECK(list->primary[0]->text == "10.0.0.1:80");
  CHECK(list->primary[1]->weight == 1);  // never 0
  CHECK(list->total_weight == 6);
  CHECK_FALSE(list->single);
  CHECK(group.tries() == 2);  // not the one that is down
}

TEST_CASE("max_conns is exact") {
  ServerConfig config = server("10.0.0.1");
  config.max_conns = 2;
  const PeerGroup group({config}, nullptr, nullptr);
  Peer& peer = *group.list()->primary[0];
  CHECK(peer.acquire());
  CHECK_FALSE(peer.is_full());
  CHECK(peer.acquire());
  CHECK(peer.is_full());
  CHECK_FALSE(peer.acquire());
  CHECK(group.active() == 2);
  peer.release();
  CHECK(peer.acquire());
}

TEST_CASE("a reload with other servers keeps the counters of the same addresses") {
  auto old = std::make_shared<PeerGroup>(std::vector{server("10.0.0.1", 5), server("10.0.0.2", 3)}, nullptr, nullptr);
  const auto before = old->list();
  before->primary[0]->live->fails = 1;
  before->primary[1]->acquire();
  before->primary[1]->effective_weight = 2;
  before->primary[0]->effective_weight = 1;

  const PeerGroup now({server("10.0.0.2", 3), server("10.0.0.4"), server("10.0.0.1", 7)}, nullptr, old.get());
  const auto after = now.list();
  CHECK(after->primary[0]->live == before->primary[1]->live);
  CHECK(after->primary[0]->effective_weight == 2);
  CHECK(after->primary[0]->live->active == 1);
  CHECK(after->primary[1]->live->active == 0);
  CHECK(after->primary[2]->live->fails == 1);
  CHECK(after->primary[2]->effective_weight == 7);  // its weight changed: it starts full
  CHECK(after->primary[0]->id != before->primary[1]->id);
  before->primary[1]->release();  // a request of the old table ends
  CHECK(now.active() == 0);
}

TEST_CASE("the same address twice is two peers, before and after a reload") {
  auto old = std::make_shared<PeerGroup>(std::vector{server("10.0.0.1"), server("10.0.0.1")}, nullptr, nullptr);
  const auto before = old->list();
  CHECK(before->primary[0]->live != before->primary[1]->live);
  CHECK(before->primary[0]->slot != before->primary[1]->slot);
  const PeerGroup now({server("10.0.0.1"), server("10.0.0.1"), server("10.0.0.1")}, nullptr, old.get());
  const auto after = now.list();
  CHECK(after->primary[0]->live == before->primary[0]->live);
  CHECK(after->primary[1]->live == before->primary[1]->live);
  CHECK(after->primary[2]->live->active == 0);
}

TEST_CASE("a name's addresses come and go; unchanged answers change nothing") {
  auto group = std::make_shared<PeerGroup>(std::vector{name("backend"), server("10.0.0.9")}, nullptr, nullptr);
  PeerView view(group);
  CHECK(view.list().primary.size() == 1);  // an unknown name is no peer
  CHECK(view.list().single);

  const Address both[] = {ip("10.0.0.2", 0), ip("10.0.0.1", 0)};
  CHECK(group->replace_addresses("backend", both));
  REQUIRE(view.list().primary.size() == 3);
  CHECK(view.list().primary[0]->text == "10.0.0.1:8080");  // the line's port, in order of the text
  CHECK_FALSE(view.list().single);
  CHECK(group->tries() == 3);
  const Address other_order[] = {ip("10.0.0.1", 0), ip("10.0.0.2", 0), ip("10.0.0.2", 0)};
  CHECK_FALSE(group->replace_addresses("backend", other_order));
  CHECK_FALSE(group->replace_addresses("nobody", both));

  const auto id = view.list().primary[0]->id;
  CHECK(group->replace_addresses("backend", std::span(both).subspan(1)));
  CHECK(view.list().primary[0]->id == id);  // who stays is the same peer
  CHECK(group->replace_addresses("backend", {}));
  CHECK(view.list().primary.size() == 1);
}

TEST_CASE("a replaced peer stays valid while it is used, and its slot is used again only after") {
  auto group = std::make_shared<PeerGroup>(std::vector{name("backend")}, nullptr, nullptr);
  PeerView view(group);
  const Address first[] = {ip("10.0.0.1")}, second[] = {ip("10.0.0.2")}, third[] = {ip("10.0.0.3")};
  group->replace_addresses("backend", first);
  Peer& used = *view.list().primary[0];
  const std::weak_ptr<Peer> watch = used.weak_from_this();
  used.acquire();
  group->replace_addresses("backend", second);
  view.list();
  group->replace_addresses("backend", third);
  view.list();
  REQUIRE_FALSE(watch.expired());
  CHECK(used.text == "10.0.0.1:80");
  CHECK(view.list().primary[0]->slot != used.slot);
  const auto slot = used.slot;
  used.release();
  group->replace_addresses("backend", second);
  CHECK(watch.expired());
  view.list();
  group->replace_addresses("backend", first);
  CHECK(view.list().primary[0]->slot == slot);
}

TEST_CASE("a reload keeps what a name was resolved to") {
  auto old = std::make_shared<PeerGroup>(std::vector{name("backend")}, nullptr, nullptr);
  const Address answer[] = {ip("10.0.0.1")};
  old->replace_addresses("backend", answer);
  const PeerGroup now({name("backend"), server("10.0.0.2")}, nullptr, old.get());
  REQUIRE(now.list()->primary.size() == 2);
  CHECK(now.list()->primary[0]->live == old->list()->primary[0]->live);
}

TEST_CASE("SRV answers: ports, weights and priorities of their own, and doubles that stay") {
  ServerConfig line = name("backend");
  line.service = "_http._tcp";
  auto group = std::make_shared<PeerGroup>(std::vector{line}, nullptr, nullptr);
  const Address one = *Address::parse_ip("10.0.0.1", 8081), two = *Address::parse_ip("10.0.0.2", 8082);
  const gh::state::FoundAddress found[] = {{one, 3, false}, {one, 3, false}, {two, 5, true}};
  CHECK_FALSE(group->replace_addresses("backend", std::span<const Address>(&one, 1)));  // a line without service=
  CHECK(group->replace_addresses("backend", "_http._tcp", found));
  auto list = group->list();
  REQUIRE(list->primary.size() == 2);
  REQUIRE(list->backup.size() == 1);
  CHECK(list->primary[0]->text == "10.0.0.1:8081");
  CHECK(list->primary[0]->weight == 3);
  CHECK(list->primary[0]->id != list->primary[1]->id);
  CHECK(list->backup[0]->text == "10.0.0.2:8082");
  CHECK_FALSE(group->replace_addresses("backend", "_http._tcp", found));
  const gh::state::FoundAddress heavier[] = {{one, 4, false}};
  CHECK(group->replace_addresses("backend", "_http._tcp", heavier));
  CHECK(group->list()->primary.at(0)->weight == 4);
  const PeerGroup after({line, server("10.0.0.9")}, nullptr, group.get());
  CHECK(after.list()->primary.at(0)->text == "10.0.0.1:8081");
  line.weight = 7;  // stated: it counts for all of them
  const PeerGroup stated({line}, nullptr, group.get());
  CHECK(stated.list()->primary.at(0)->weight == 7);
}

TEST_CASE("a reload that changes only a name's port keeps its addresses") {
  ServerConfig line = name("backend:80");
  line.host = "backend";
  line.port = 80;
  auto old = std::make_shared<PeerGroup>(std::vector{line}, nullptr, nullptr);
  const Address answer[] = {*Address::parse_ip("10.0.0.1", 0)};
  old->replace_addresses("backend:80", answer);
  CHECK(old->list()->primary.at(0)->text == "10.0.0.1:80");
  line.name = "backend:81";
  line.port = 81;
  const PeerGroup now({line}, nullptr, old.get());
  CHECK(now.list()->primary.at(0)->text == "10.0.0.1:81");
}

TEST_CASE("shape: what makes a group another one") {
  const ServerConfig plain = server("10.0.0.1");
  const auto shape = [](const ServerConfig& config) { return PeerGroup::shape(std::span(&config, 1)); };
  CHECK(shape(plain) == "10.0.0.1:80 10.0.0.1:80 weight=1 max_fails=1 fail_timeout=10000ms max_conns=0");
  for (const auto change : {+[](ServerConfig& s) { s.weight = 2; }, +[](ServerConfig& s) { s.max_fails = 0; },
                            +[](ServerConfig& s) { s.fail_timeout_ms = 1; }, +[](ServerConfig& s) { s.max_conns = 1; },
                            +[](ServerConfig& s) { s.backup = true; }, +[](ServerConfig& s) { s.down = true; },
                            +[](ServerConfig& s) { s.drain = true; }, +[](ServerConfig& s) { s.route = "a"; },
                            +[](ServerConfig& s) { s.slow_start_ms = 1; },
                            +[](ServerConfig& s) { s.addresses[0].set_port(81); }}) {
    ServerConfig changed = plain;
    change(changed);
    CHECK(shape(changed) != shape(plain));
  }
  ServerConfig resolved = name("backend");
  const std::string before = shape(resolved);
  resolved.addresses = {ip("10.0.0.1")};
  CHECK(shape(resolved) == before);
}

TEST_CASE("threads: answers change the list while others use its peers") {
  auto group = std::make_shared<PeerGroup>(std::vector{name("backend")}, nullptr, nullptr);
  std::atomic<bool> stop{false};
  std::vector<std::thread> users;
  for (int t = 0; t < 3; ++t) {
    users.emplace_back([&] {
      PeerView view(group);
      while (!stop) {
        const auto& peers = view.list().primary;
        if (peers.empty()) continue;
        Peer& peer = *peers[view.random() % peers.size()];
        if (!peer.acquire()) continue;
        view.list();  // may leave the list that named the peer
        if (peer.address.port() != 80 || peer.text.empty()) stop = true;
        peer.release();
      }
    });
  }
  for (int i = 0; i < 3000; ++i) {
    const Address answer[] = {ip(("10.0.0." + std::to_string(1 + i % 7)).c_str()), ip("10.0.1.1")};
    group->replace_addresses("backend", std::span(answer).first(i % 5 == 0 ? 1 : 2));
  }
  CHECK_FALSE(stop.exchange(true));
  for (auto& user : users) user.join();
  CHECK(group->active() == 0);
  CHECK(group->list()->primary.size() == 2);
}
