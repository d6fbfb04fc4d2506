// Picks from several threads: sums stay exact, limits hold, nothing is lost (run under tsan).
#include <atomic>
#include <thread>

#include "balance_fixture.h"

using namespace gh::upstream;
using namespace gh::upstream::test;
using gh::state::Peer;
using gh::state::PeerView;
using gh::state::ServerConfig;

namespace {

template <class Work>
void in_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back(work, t);
  for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("threads: weights 3/2 give exactly 60/40 together") {
  Rig rig(Policy::round_robin, {server(1, 3), server(2, 2)});
  std::atomic<int> heavy{0};
  in_threads(4, [&](int) {
    PeerView view(rig.group);
    for (int i = 0; i < 5'000; ++i) {
      Selection selection;
      Peer* peer = pick(Policy::round_robin, view, selection, {{}, start_ms});
      heavy += Rig::letter(*peer) == 'a' ? 1 : 0;
      done(*rig.group, *peer, Outcome::ok, start_ms);
    }
  });
  CHECK(heavy == 12'000);
  CHECK(rig.group->active() == 0);
}

TEST_CASE("threads: max_conns holds in every policy, with failures and probes going on") {
  for (const Policy policy : {Policy::round_robin, Policy::least_conn, Policy::ip_hash, Policy::hash,
                              Policy::hash_consistent, Policy::random, Policy::random_two}) {
    CAPTURE(policy_name(policy));
    std::vector<ServerConfig> servers;
    for (int i = 1; i <= 4; ++i) servers.push_back(server(i, static_cast<std::uint32_t>(i)));
    for (auto& config : servers) config.max_conns = 2, config.fail_timeout_ms = 3;
    Rig rig(policy, servers);
    std::atomic<int> in_use[4] = {};
    std::atomic<bool> exceeded{false};
    in_threads(4, [&](int thread) {
      PeerView view(rig.group, static_cast<std::uint64_t>(thread));
      for (int i = 0; i < 3'000; ++i) {
        Selection selections[3];
        const std::string key = std::to_string(i);
        for (auto& selection : selections) {
          Peer* peer = pick(policy, view, selection, {key, start_ms + i});
          if (peer == nullptr) continue;
          auto& count = in_use[Rig::letter(*peer) - 'a'];
          if (++count > 2) exceeded = true;
          --count;
          done(*rig.group, *peer, i % 7 == 0 ? Outcome::failed : Outcome::ok, start_ms + i);
        }
      }
    });
    CHECK_FALSE(exceeded);
    CHECK(rig.group->active() == 0);
    rig.now_ms += 1'000'000;
    CHECK(rig.request("key") != '-');
  }
}

TEST_CASE("threads: only one of them probes a failed peer") {
  ServerConfig failing = server(1);
  for (const Policy policy : {Policy::round_robin, Policy::random, Policy::hash_consistent}) {
    Rig rig(policy, {failing, server(2)});
    for (int round = 0; round < 200; ++round) {
      rig.fail_on(1);
      rig.now_ms += 10'001;
      std::atomic<int> probes{0};
      in_threads(2, [&](int thread) {
        PeerView view(rig.group, static_cast<std::uint64_t>(thread));
        for (int i = 0; i < 10; ++i) {
          Selection selection;
          Peer* peer = pick(policy, view, selection, {"key" + std::to_string(i), rig.now_ms});
          probes += Rig::letter(*peer) == 'a' ? 1 : 0;
          done(*rig.group, *peer, Outcome::unknown, rig.now_ms);
        }
      });
      REQUIRE(probes <= 1);
    }
  }
}

TEST_CASE("threads: addresses are replaced under picks, consistent points with them") {
  ServerConfig name;
  name.name = "backend";
  name.resolve = true;
  Rig rig(Policy::hash_consistent, {name, server(9)});
  std::atomic<bool> stop{false};
  std::thread resolver([&] {
    for (int i = 0; i < 500; ++i) {
      const gh::Address answer[] = {*gh::Address::parse_ip("10.0.0." + std::to_string(1 + i % 5), 80),
                                    *gh::Address::parse_ip("10.0.0." + std::to_string(1 + i % 3), 80)};
      rig.group->replace_addresses("backend", std::span(answer).first(static_cast<std::size_t>(i % 3)));
    }
    stop = true;
  });
  in_threads(2, [&](int thread) {
    PeerView view(rig.group, static_cast<std::uint64_t>(thread));
    for (int i = 0; !stop; ++i) {
      Selection selection;
      Peer* first = pick(Policy::hash_consistent, view, selection, {std::to_string(i), start_ms});
      Peer* second = pick(Policy::hash_consistent, view, selection, {std::to_string(i), start_ms});
      for (Peer* peer : {first, second}) {
        if (peer != nullptr) done(*rig.group, *peer, Outcome::ok, start_ms);
      }
    }
  });
  resolver.join();
  CHECK(rig.group->active() == 0);
}
