// Round robin, least_conn, random; failing, recovering, backup, down, max_conns. Hash policies: balance_hash_test.cc.
#include "balance_fixture.h"

using namespace gh::upstream;
using namespace gh::upstream::test;
using gh::state::Peer;
using gh::state::ServerConfig;

TEST_CASE("smooth round robin spreads a heavy server over the turn") {
  Rig rig(Policy::round_robin, {server(1, 5), server(2), server(3)});
  CHECK(rig.requests(14) == "aabacaaaabacaa");
  Rig even(Policy::round_robin, {server(1), server(2), server(3)});
  CHECK(even.requests(6) == "abcabc");
  Rig three_two(Policy::round_robin, {server(1, 3), server(2, 2)});
  const std::string hundred = three_two.requests(100);
  CHECK(count_of(hundred, 'a') == 60);
  CHECK(count_of(hundred, 'b') == 40);
}

TEST_CASE("a request never gets the same peer twice, then none") {
  Rig rig(Policy::round_robin, {server(1), server(2), server(3)});
  Selection selection;
  std::string letters;
  while (Peer* peer = rig.pick_with(selection)) letters += Rig::letter(*peer);
  CHECK(letters == "abc");
  CHECK(rig.group->active() == 3);
}

TEST_CASE("more than 64 peers") {
  std::vector<ServerConfig> servers;
  for (int i = 1; i <= 130; ++i) servers.push_back(server(i));
  for (const Policy policy : {Policy::round_robin, Policy::least_conn, Policy::random, Policy::hash_consistent}) {
    Rig rig(policy, servers);
    Selection selection;
    int picks = 0;
    while (rig.pick_with(selection, "key") != nullptr) ++picks;
    CHECK(picks == 130);
  }
}

TEST_CASE("max_fails takes a peer out for fail_timeout, then one probe decides") {
  ServerConfig flaky = server(1);
  flaky.max_fails = 2;
  flaky.fail_timeout_ms = 10'000;
  Rig rig(Policy::round_robin, {flaky, server(2)});
  CHECK_FALSE(rig.fail_on(1));
  CHECK(rig.request() != '-');
  CHECK(rig.fail_on(1));  // the second one in time: out, and worth a log line
  CHECK(rig.requests(6) == "bbbbbb");
  rig.now_ms += 10'000;
  CHECK(rig.requests(2) == "bb");  // not before the time is over
  rig.now_ms += 1;

  Selection probe;
  Peer* probed = rig.pick_with(probe);
  while (Rig::letter(*probed) != 'a') {
    done(*rig.group, *probed, Outcome::ok, rig.now_ms);
    probe = {};
    probed = rig.pick_with(probe);
  }
  CHECK(rig.requests(5) == "bbbbb");  // one probe at a time
  SUBCASE("it answers: it is back") {
    done(*rig.group, *probed, Outcome::ok, rig.now_ms);
    CHECK(rig.at(1).live->fails == 0);
    CHECK(count_of(rig.requests(10), 'a') >= 4);
  }
  SUBCASE("it fails: another ten seconds") {
    CHECK(done(*rig.group, *probed, Outcome::failed, rig.now_ms));
    rig.now_ms += 10'000;
    CHECK(rig.requests(4) == "bbbb");
  }
  SUBCASE("it shows nothing: the next probe comes a fail_timeout later") {
    done(*rig.group, *probed, Outcome::unknown, rig.now_ms);
    CHECK(rig.requests(4) == "bbbb");
    rig.now_ms += 10'001;
    CHECK(count_of(rig.requests(4), 'a') > 0);
  }
}

TEST_CASE("a success of a request begun before the failure does not clear it") {
  ServerConfig flaky = server(1);
  flaky.max_fails = 3;
  Rig rig(Policy::round_robin, {flaky, server(2)});
  rig.fail_on(1);
  rig.end_on(1, Outcome::ok);
  CHECK(rig.at(1).live->fails == 1);
}

TEST_CASE("failures cost weight, which comes back by one a pick") {
  ServerConfig heavy = server(1, 6);
  heavy.max_fails = 3;
  Rig rig(Policy::round_robin, {heavy, server(2, 6)});
  rig.fail_on(1);
  rig.fail_on(1);
  CHECK(rig.at(1).effective_weight == 2);  // each takes weight / max_fails
  rig.request();
  CHECK(rig.at(1).effective_weight == 3);
  rig.requests(3);
  CHECK(rig.at(1).effective_weight == 6);
  rig.requests(3);
  CHECK(rig.at(1).effective_weight == 6);
}

TEST_CASE("max_fails=0 never counts; down is never picked") {
  ServerConfig careless = server(1);
  careless.max_fails = 0;
  ServerConfig off = server(2);
  off.down = true;
  Rig rig(Policy::round_robin, {careless, off, server(3)});
  for (int i = 0; i < 10; ++i) CHECK_FALSE(rig.fail_on(1));
  CHECK(rig.requests(4) == "acac");
}

TEST_CASE("a single peer is tried whatever it did") {
  Rig rig(Policy::round_robin, {server(1)});
  for (int i = 0; i < 5; ++i) CHECK(rig.request({}, Outcome::failed) == 'a');
  ServerConfig off = server(1);
  off.down = true;
  CHECK(Rig(Policy::round_robin, {off}).request() == '-');
  ServerConfig narrow = server(1);
  narrow.max_conns = 1;
  Rig limited(Policy::round_robin, {narrow});
  Selection first, second;
  Peer* peer = limited.pick_with(first);
  CHECK(limited.pick_with(second) == nullptr);
  done(*limited.group, *peer, Outcome::ok, limited.now_ms);
  CHECK(limited.request() == 'a');
}

TEST_CASE("backups serve when no primary can, and only then") {
  ServerConfig spare = server(3);
  spare.backup = true;
  for (const Policy policy : {Policy::round_robin, Policy::least_conn, Policy::random, Policy::random_two, Policy::hash,
                              Policy::hash_consistent, Policy::ip_hash}) {
    CAPTURE(policy_name(policy));
    Rig rig(policy, {server(1), server(2), spare});
    for (int i = 0; i < 10; ++i) CHECK(rig.request("key") != 'c');
    rig.fail_on(1);
    rig.fail_on(2);
    CHECK(rig.request("key") == 'c');
    CHECK(rig.request("key", Outcome::failed) == 'c');
    CHECK(rig.request("key") == '-');  // all failed: none, until a fail_timeout is over
    rig.now_ms += 10'001;
    CHECK(rig.request("key") != '-');
  }
}

TEST_CASE("one request goes over to the backups when its primaries are tried") {
  ServerConfig spare = server(3);
  spare.backup = true;
  Rig rig(Policy::round_robin, {server(1), server(2), spare});
  Selection selection;
  CHECK(Rig::letter(*rig.pick_with(selection)) == 'a');
  CHECK(Rig::letter(*rig.pick_with(selection)) == 'b');
  CHECK(Rig::letter(*rig.pick_with(selection)) == 'c');
  CHECK(rig.pick_with(selection) == nullptr);
}

TEST_CASE("max_conns: a full peer is passed over") {
  ServerConfig narrow = server(1, 10);
  narrow.max_conns = 1;
  for (const Policy policy : {Policy::round_robin, Policy::least_conn, Policy::random, Policy::random_two, Policy::hash,
                              Policy::hash_consistent}) {
    CAPTURE(policy_name(policy));
    Rig rig(policy, {narrow, server(2)});
    rig.at(1).acquire();
    for (int i = 0; i < 20; ++i) CHECK(rig.request("key" + std::to_string(i)) == 'b');
    rig.at(1).release();
    std::string letters;
    for (int i = 0; i < 20; ++i) letters += rig.request("key" + std::to_string(i));
    CHECK(count_of(letters, 'a') > 0);
  }
}

TEST_CASE("least_conn: fewest for the weight, equals by turns") {
  Rig rig(Policy::least_conn, {server(1), server(2, 3), server(3)});
  CHECK(rig.requests(5) == "babcb");  // all idle: plain smooth round robin
  rig.at(1).acquire();
  rig.at(3).acquire();
  Selection open[4];
  std::string letters;
  for (auto& selection : open) letters += Rig::letter(*rig.pick_with(selection));
  CHECK(letters.substr(0, 3) == "bbb");  // 0, 1/3, 2/3 of a connection a unit of weight; then all are equal
  CHECK(rig.group->active() == 6);
}

TEST_CASE("least_conn goes where a connection ended") {
  Rig rig(Policy::least_conn, {server(1), server(2), server(3)});
  Selection selections[6];
  for (auto& selection : selections) rig.pick_with(selection);
  for (const int number : {1, 2, 3}) CHECK(rig.at(number).live->active == 2);
  rig.end_on(2, Outcome::ok);
  rig.at(2).release();
  CHECK(rig.request() == 'b');
  rig.fail_on(2);
  CHECK(rig.request() != 'b');
}

TEST_CASE("random follows the weights; random two takes the less busy of its two") {
  Rig rig(Policy::random, {server(1, 3), server(2, 1)});
  const std::string letters = rig.requests(20'000);
  CHECK(count_of(letters, 'a') > 14'600);
  CHECK(count_of(letters, 'a') < 15'400);

  Rig two(Policy::random_two, {server(1), server(2), server(3)});
  for (int i = 0; i < 50; ++i) two.at(2).acquire();
  const std::string calm = two.requests(1000);
  CHECK(count_of(calm, 'b') == 0);  // it is always the busier of two
  CHECK(count_of(calm, 'a') > 400);
  Rig alone(Policy::random_two, {server(1), server(2)});
  alone.fail_on(1);
  CHECK(alone.requests(3) == "bbb");  // no second one to compare: round robin ends it
}

TEST_CASE("an empty group has nobody") {
  for (const Policy policy : {Policy::round_robin, Policy::least_conn, Policy::ip_hash, Policy::hash,
                              Policy::hash_consistent, Policy::random, Policy::random_two}) {
    ServerConfig dead;
    dead.name = "backend";
    dead.resolve = true;
    Rig rig(policy, {dead});
    CHECK(rig.request("key") == '-');
    const gh::Address answer[] = {*gh::Address::parse_ip("10.0.0.1", 0)};
    rig.group->replace_addresses("backend", answer);
    CHECK(rig.request("key") == 'a');
    rig.group->replace_addresses("backend", {});
    CHECK(rig.request("key") == '-');
  }
}
