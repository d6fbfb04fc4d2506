// Sessions and draining: the session's peer first, its absence costs nothing, others keep their turns.
#include "base/digest.h"
#include "balance_fixture.h"

using namespace gh::upstream;
using namespace gh::upstream::test;
using gh::state::Peer;
using gh::state::ServerConfig;

namespace {

ServerConfig routed(int number, std::string route) {
  ServerConfig config = server(number);
  config.route = std::move(route);
  return config;
}

char request_to(Rig& rig, std::string_view sid, Outcome outcome = Outcome::ok) {
  Selection selection;
  selection.sid = sid;
  Peer* peer = rig.pick_with(selection, "key");
  if (peer == nullptr) return '-';
  done(*rig.group, *peer, outcome, rig.now_ms);
  return Rig::letter(*peer);
}

}  // namespace

TEST_CASE("a session goes to its peer whatever the method, and disturbs no turns") {
  for (const Policy policy : {Policy::round_robin, Policy::least_conn, Policy::ip_hash, Policy::hash,
                              Policy::hash_consistent, Policy::random, Policy::random_two, Policy::least_time}) {
    Rig rig(policy, {routed(1, "r1"), routed(2, "r2"), routed(3, "r3")});
    for (int i = 0; i < 5; ++i) CHECK(request_to(rig, "r3") == 'c');
  }
  Rig rig(Policy::round_robin, {routed(1, "r1"), routed(2, "r2"), routed(3, "r3")});
  CHECK(rig.requests(4) == "abca");
  for (int i = 0; i < 7; ++i) CHECK(request_to(rig, "r1") == 'a');
  CHECK(rig.requests(4) == "bcab");
}

TEST_CASE("a peer without a route is known by its address") {
  Rig rig(Policy::round_robin, {server(1), server(2)});
  CHECK(rig.at(2).sid == gh::hex_digest(gh::DigestKind::md5, "10.0.0.2:80"));
  CHECK(request_to(rig, gh::hex_digest(gh::DigestKind::md5, "10.0.0.2:80")) == 'b');
  CHECK(request_to(rig, "garbage") == 'a');
}

TEST_CASE("a session whose peer is down, failing or full is balanced like any request") {
  ServerConfig down = routed(1, "r1");
  down.down = true;
  ServerConfig full = routed(3, "r3");
  full.max_conns = 1;
  Rig rig(Policy::round_robin, {down, routed(2, "r2"), full});
  CHECK(request_to(rig, "r1") != 'a');
  rig.fail_on(2);
  CHECK(request_to(rig, "r2") == 'c');
  CHECK(rig.at(3).acquire());
  CHECK(request_to(rig, "r3") == '-');
}

TEST_CASE("the next try of a session's request goes elsewhere") {
  Rig rig(Policy::round_robin, {routed(1, "r1"), routed(2, "r2")});
  Selection selection;
  selection.sid = "r2";
  CHECK(Rig::letter(*rig.pick_with(selection)) == 'b');
  CHECK(Rig::letter(*rig.pick_with(selection)) == 'a');
  CHECK(rig.pick_with(selection) == nullptr);
  selection.restart();
  CHECK(selection.sid == "r2");
  CHECK(Rig::letter(*rig.pick_with(selection)) == 'b');
}

TEST_CASE("backups serve their sessions only when the primaries are gone") {
  ServerConfig backup = routed(3, "r3");
  backup.backup = true;
  ServerConfig other = routed(4, "r4");
  other.backup = true;
  Rig rig(Policy::round_robin, {server(1), server(2), other, backup});
  CHECK(request_to(rig, "r3") == 'a');
  rig.fail_on(1);
  rig.fail_on(2);
  for (int i = 0; i < 3; ++i) CHECK(request_to(rig, "r3") == 'c');
}

TEST_CASE("a draining peer gets its sessions and nothing else") {
  ServerConfig drained = routed(1, "r1");
  drained.drain = true;
  Rig rig(Policy::round_robin, {drained, server(2), server(3)});
  CHECK(rig.requests(4) == "bcbc");
  CHECK(request_to(rig, "r1") == 'a');
  Rig alone(Policy::round_robin, {drained});
  CHECK(alone.requests(2) == "--");
  CHECK(request_to(alone, "r1") == 'a');
}
