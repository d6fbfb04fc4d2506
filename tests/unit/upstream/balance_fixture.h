// What the balance tests share: groups of 10.0.0.N servers, and picks written as letters.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "upstream/balance.h"

namespace gh::upstream::test {

inline constexpr std::int64_t start_ms = 1'000'000;

inline state::ServerConfig server(int number, std::uint32_t weight = 1) {
  state::ServerConfig config;
  const std::string ip = "10.0.0." + std::to_string(number);
  config.name = ip + ":80";
  config.addresses = {*Address::parse_ip(ip, 80)};
  config.weight = weight;
  return config;
}

/// One worker's side of a group of servers 1, 2, ... of these weights.
struct Rig {
  Rig(Policy the_policy, std::vector<state::ServerConfig> servers)
      : policy(the_policy),
        group(std::make_shared<state::PeerGroup>(std::move(servers), index_maker(the_policy), nullptr)), view(group) {}

  state::Peer* pick_with(Selection& selection, std::string_view key = {}) {
    return pick(policy, view, selection, {key, now_ms});
  }
  /// A whole request: the peer's letter ('a' for server 1), '-' for none.
  char request(std::string_view key = {}, Outcome outcome = Outcome::ok) {
    Selection selection;
    state::Peer* peer = pick_with(selection, key);
    if (peer == nullptr) return '-';
    done(*group, *peer, outcome, now_ms);
    return letter(*peer);
  }
  std::string requests(int count) {
    std::string letters;
    for (int i = 0; i < count; ++i) letters += request();
    return letters;
  }
  /// Fails one request on the given server, wherever the policy would have gone.
  bool fail_on(int number) { return end_on(number, Outcome::failed); }
  bool end_on(int number, Outcome outcome) {
    state::Peer& peer = at(number);
    peer.acquire();
    return done(*group, peer, outcome, now_ms);
  }
  state::Peer& at(int number) {
    const auto list = group->list();
    for (const auto* peers : {&list->primary, &list->backup}) {
      for (const auto& peer : *peers) {
        if (letter(*peer) == 'a' + number - 1) return *peer;
      }
    }
    REQUIRE(false);
    return *list->primary.front();
  }
  static char letter(const state::Peer& peer) {
    return static_cast<char>('a' + (static_cast<unsigned char>(peer.address.binary()[3]) - 1));
  }

  Policy policy;
  std::shared_ptr<state::PeerGroup> group;
  state::PeerView view;
  std::int64_t now_ms = start_ms;
};

inline std::size_t count_of(const std::string& letters, char letter) {
  std::size_t count = 0;
  for (const char c : letters) count += c == letter ? 1 : 0;
  return count;
}

}  // namespace gh::upstream::test
