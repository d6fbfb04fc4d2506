#include "upstream/balance.h"

#include <algorithm>
#include <mutex>

#include "base/hash.h"
#include "upstream/balance_ring.h"

namespace gh::upstream {

namespace {

using state::Peer;
using state::PeerList;
using state::PeerView;
using Peers = std::vector<std::shared_ptr<Peer>>;

constexpr std::uint32_t max_tries = 20;      // of a hash or random policy, then round robin finds what there is
constexpr std::uint32_t ip_hash_seed = 89;
constexpr std::uint32_t ip_hash_modulus = 6271;

/// For a request of a session that goes there.
bool is_alive(const Peer& peer, const Selection& selection, std::int64_t now_ms) {
  return !peer.down && !selection.tried.has(peer.slot) && !peer.is_failing(now_ms) && !peer.is_full();
}

bool is_usable(const Peer& peer, const Selection& selection, std::int64_t now_ms) {
  return !peer.drain && is_alive(peer, selection, now_ms);
}

/// Counts the connection. False when another thread took the last one, or is the one that probes a failed peer.
bool take(Peer& peer, Selection& selection, std::int64_t now_ms) {
  selection.tried.add(peer.slot);
  if (!peer.acquire()) return false;
  std::int64_t checked_ms = peer.live->checked_ms.load(std::memory_order_relaxed);
  const bool is_due = now_ms - checked_ms > peer.fail_timeout_ms;
  auto& last_check = peer.live->checked_ms;
  if (is_due && last_check.compare_exchange_strong(checked_ms, now_ms, std::memory_order_relaxed)) return true;
  // Another thread may have begun the probe since this one found the peer usable.
  if (!peer.is_failing(now_ms)) return true;
  peer.release();
  return false;
}

Peer* take_single(const PeerList& list, const Selection& selection) {
  Peer& peer = *list.primary.front();
  if (peer.down || (peer.drain && peer.sid != selection.sid)) return nullptr;
  return peer.acquire() ? &peer : nullptr;
}

/// The session's own peer. Turns and weights of the others are left alone.
Peer* pick_sticky(const Peers& peers, Selection& selection, std::int64_t now_ms) {
  for (const auto& peer : peers) {
    if (peer->sid != selection.sid || !is_alive(*peer, selection, now_ms)) continue;
    if (take(*peer, selection, now_ms)) return peer.get();
  }
  return nullptr;
}

void add_turn(Peer& peer, std::int64_t& total, std::int64_t now_ms) {
  const std::int64_t gain = slow_weight(peer, peer.effective_weight, now_ms);
  peer.current_weight += gain;
  total += gain;
  if (peer.effective_weight < std::int64_t{peer.weight}) ++peer.effective_weight;
}

/// Smooth weighted round robin over those of `peers` that `is_candidate`: each gains its weight, the leader pays for
/// all. Under the group's lock.
template <class Range, class IsCandidate>
Peer* smooth(const Range& peers, std::int64_t now_ms, IsCandidate&& is_candidate) {
  Peer* best = nullptr;
  std::int64_t total = 0;
  for (const auto& peer : peers) {
    if (!is_candidate(*peer)) continue;
    add_turn(*peer, total, now_ms);
    if (best == nullptr || peer->current_weight > best->current_weight) best = &*peer;
  }
  if (best != nullptr) best->current_weight -= total;
  return best;
}

/// What a peer costs now, and what it can bear: compared as cost/weight, without dividing.
struct Load {
  std::uint64_t cost = 0;
  std::uint64_t weight = 1;
  [[nodiscard]] bool is_less_than(const Load& other) const { return cost * other.weight < other.cost * weight; }
  [[nodiscard]] bool is_equal_to(const Load& other) const { return cost * other.weight == other.cost * weight; }
};

std::uint64_t active_of(const Peer& peer) { return peer.live->active.load(std::memory_order_relaxed); }

std::uint64_t weight_of(const Peer& peer, std::int64_t now_ms) {
  return static_cast<std::uint64_t>(slow_weight(peer, peer.weight, now_ms));
}

Load connections_of(const Peer& peer, std::int64_t now_ms) { return {active_of(peer), weight_of(peer, now_ms)}; }

Load time_of(const Peer& peer, const PickInput& input) {
  const std::uint64_t time = time_units(peer, input.measure, input.now_ms);
  return {(active_of(peer) + 1) * time, weight_of(peer, input.now_ms)};
}

/// The one with the least load; equals take turns by smooth round robin. Under the group's lock; connections end
/// without it, so the second pass goes by the first one's figure.
template <class LoadOf>
Peer* least_loaded(const Peers& peers, const Selection& selection, std::int64_t now_ms, LoadOf&& load_of) {
  Peer* best = nullptr;
  Load best_load;
  std::size_t best_at = 0;
  bool several = false;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    Peer& peer = *peers[i];
    if (!is_usable(peer, selection, now_ms)) continue;
    const Load load = load_of(peer);
    if (best == nullptr || load.is_less_than(best_load)) {
      best = &peer, best_load = load, best_at = i, several = false;
    } else if (load.is_equal_to(best_load)) {
      several = true;
    }
  }
  if (!several) return best;
  const Peer& least = *best;
  return smooth(std::span(peers).subspan(best_at), now_ms, [&](const Peer& peer) {
    if (&peer == &least) return true;
    return is_usable(peer, selection, now_ms) && load_of(peer).is_equal_to(best_load);
  });
}

template <class Choose>
Peer* first_taken(const PeerList& list, PeerView& view, Selection& selection, std::int64_t now_ms, Choose&& choose) {
  for (const Peers* peers : {&list.primary, &list.backup}) {
    if (peers == &list.backup && !selection.sid.empty()) {
      if (Peer* peer = pick_sticky(*peers, selection, now_ms)) return peer;
    }
    for (;;) {
      Peer* best = nullptr;
      {
        const std::lock_guard guard(view.group().lock());
        best = choose(*peers);
      }
      if (best == nullptr) break;
      if (take(*best, selection, now_ms)) return best;
    }
  }
  return nullptr;
}

Peer* pick_round_robin(const PeerList& list, PeerView& view, Selection& selection, std::int64_t now_ms) {
  return first_taken(list, view, selection, now_ms, [&](const Peers& peers) {
    return smooth(peers, now_ms, [&](const Peer& peer) { return is_usable(peer, selection, now_ms); });
  });
}

Peer* pick_least_conn(const PeerList& list, PeerView& view, Selection& selection, std::int64_t now_ms) {
  return first_taken(list, view, selection, now_ms, [&](const Peers& peers) {
    return least_loaded(peers, selection, now_ms, [&](const Peer& peer) { return connections_of(peer, now_ms); });
  });
}

Peer* pick_least_time(const PeerList& list, PeerView& view, Selection& selection, const PickInput& input) {
  return first_taken(list, view, selection, input.now_ms, [&](const Peers& peers) {
    return least_loaded(peers, selection, input.now_ms, [&](const Peer& peer) { return time_of(peer, input); });
  });
}

/// The peer whose share of the total weight holds `point`.
Peer& by_weight(const PeerList& list, std::uint64_t point) {
  const auto end = std::upper_bound(list.weight_ends.begin(), list.weight_ends.end(), point);
  return *list.primary[static_cast<std::size_t>(end - list.weight_ends.begin())];
}

/// Tries the peers `next_point` names until one can be taken; null after max_tries in all.
template <class NextPoint>
Peer* pick_by_weight(const PeerList& list, Selection& selection, std::int64_t now_ms, NextPoint&& next_point) {
  while (selection.tries <= max_tries) {
    Peer& peer = by_weight(list, next_point() % list.total_weight);
    if (is_usable(peer, selection, now_ms) && take(peer, selection, now_ms)) return &peer;
    ++selection.tries;
  }
  return nullptr;
}

/// Three octets of an IPv4 address (a /24 stays together), all of an IPv6 one, three zeros for anything else.
Peer* pick_ip_hash(const PeerList& list, Selection& selection, const PickInput& input) {
  std::string_view octets("\0\0\0", 3);
  if (input.key.size() == 4) octets = input.key.substr(0, 3);
  if (input.key.size() == 16) octets = input.key;
  if (!selection.started) selection.hash = ip_hash_seed;
  selection.started = true;
  return pick_by_weight(list, selection, input.now_ms, [&] {
    for (const char octet : octets) {
      selection.hash = (selection.hash * 113 + static_cast<unsigned char>(octet)) % ip_hash_modulus;
    }
    return selection.hash;
  });
}

/// Cache::Memcached's way: 15 bits of the key's crc32; each next try adds those of the key with the try's
/// number before it.
Peer* pick_hash(const PeerList& list, Selection& selection, const PickInput& input) {
  return pick_by_weight(list, selection, input.now_ms, [&] {
    std::uint32_t crc = 0;
    if (selection.rehash > 0) crc = crc32(std::to_string(selection.rehash));
    crc = crc32(input.key, crc);
    selection.hash += crc >> 16 & 0x7fff;
    ++selection.rehash;
    return selection.hash;
  });
}

/// The point at the key's hash, then the ones after it. A point names a `server`; several addresses of
/// one take turns.
Peer* pick_consistent(const PeerList& list, PeerView& view, Selection& selection, const PickInput& input) {
  const auto& ring = static_cast<const Ring&>(*list.index);
  if (!selection.started) selection.hash = ring.find(crc32(input.key));
  selection.started = true;
  for (; selection.tries <= max_tries; ++selection.tries, ++selection.hash) {
    const auto peers = ring.peers_at(selection.hash);
    const auto can = [&](const Peer& peer) { return is_usable(peer, selection, input.now_ms); };
    Peer* best = nullptr;
    if (peers.size() == 1) {
      best = can(*peers.front()) ? peers.front() : nullptr;
    } else {
      const std::lock_guard guard(view.group().lock());
      best = smooth(peers, input.now_ms, can);
    }
    if (best != nullptr && take(*best, selection, input.now_ms)) return best;
  }
  return nullptr;
}

Peer* pick_random(const PeerList& list, PeerView& view, Selection& selection, std::int64_t now_ms) {
  return pick_by_weight(list, selection, now_ms, [&] { return view.random(); });
}

/// Two different ones by weighted chance, the less loaded of them.
template <class LoadOf>
Peer* pick_random_two(const PeerList& list, PeerView& view, Selection& selection, std::int64_t now_ms,
                      LoadOf&& load_of) {
  Peer* first = nullptr;
  for (; selection.tries <= max_tries; ++selection.tries) {
    Peer& peer = by_weight(list, view.random() % list.total_weight);
    if (&peer == first || !is_usable(peer, selection, now_ms)) continue;
    if (first == nullptr) {
      first = &peer;
      continue;
    }
    Peer& chosen = load_of(*first).is_less_than(load_of(peer)) ? *first : peer;
    if (take(chosen, selection, now_ms)) return &chosen;
    first = nullptr;
  }
  return nullptr;
}

/// The policy's own choice; null when round robin has to finish.
Peer* pick_by_policy(Policy policy, const PeerList& list, PeerView& view, Selection& selection,
                     const PickInput& input) {
  const bool has_key = !input.key.empty();
  switch (policy) {
    case Policy::round_robin: return nullptr;
    case Policy::least_conn: return pick_least_conn(list, view, selection, input.now_ms);
    case Policy::ip_hash: return pick_ip_hash(list, selection, input);
    case Policy::hash: return has_key ? pick_hash(list, selection, input) : nullptr;
    case Policy::hash_consistent: return has_key ? pick_consistent(list, view, selection, input) : nullptr;
    case Policy::random: return pick_random(list, view, selection, input.now_ms);
    case Policy::random_two:
      return pick_random_two(list, view, selection, input.now_ms,
                             [&](const Peer& peer) { return connections_of(peer, input.now_ms); });
    case Policy::least_time: return pick_least_time(list, view, selection, input);
    case Policy::random_two_time:
      return pick_random_two(list, view, selection, input.now_ms,
                             [&](const Peer& peer) { return time_of(peer, input); });
  }
  return nullptr;
}

/// Counts a failure. True when the peer is now out for fail_timeout.
bool count_failure(state::PeerGroup& group, Peer& peer, std::int64_t now_ms) {
  if (peer.max_fails == 0) return false;
  const std::uint32_t fails = peer.live->fails.fetch_add(1, std::memory_order_relaxed) + 1;
  peer.live->accessed_ms.store(now_ms, std::memory_order_relaxed);
  peer.live->checked_ms.store(now_ms, std::memory_order_relaxed);
  const std::lock_guard guard(group.lock());
  peer.effective_weight = std::max<std::int64_t>(peer.effective_weight - peer.weight / peer.max_fails, 0);
  return fails >= peer.max_fails;
}

/// A success after the probe that follows fail_timeout clears the failures; one still under way from before does not.
void count_success(Peer& peer, std::int64_t now_ms) {
  const std::uint32_t fails = peer.live->fails.load(std::memory_order_relaxed);
  if (fails == 0) return;
  const std::int64_t accessed_ms = peer.live->accessed_ms.load(std::memory_order_relaxed);
  if (accessed_ms >= peer.live->checked_ms.load(std::memory_order_relaxed)) return;
  if (fails >= peer.max_fails) peer.live->recovered_ms.store(now_ms, std::memory_order_relaxed);
  peer.live->fails.store(0, std::memory_order_relaxed);
}

}  // namespace

Peer* pick(Policy policy, PeerView& view, Selection& selection, const PickInput& input) {
  const PeerList& list = view.list();
  if (list.single) return take_single(list, selection);
  if (!selection.sid.empty()) {
    if (Peer* peer = pick_sticky(list.primary, selection, input.now_ms)) return peer;
  }
  if (!list.primary.empty()) {
    if (Peer* peer = pick_by_policy(policy, list, view, selection, input)) return peer;
  }
  return pick_round_robin(list, view, selection, input.now_ms);
}

bool done(state::PeerGroup& group, Peer& peer, Outcome outcome, std::int64_t now_ms) {
  bool is_out = false;
  if (group.is_single()) {
    if (peer.live->fails.load(std::memory_order_relaxed) != 0) peer.live->fails.store(0, std::memory_order_relaxed);
  } else if (outcome == Outcome::failed) {
    is_out = count_failure(group, peer, now_ms);
  } else if (outcome == Outcome::ok) {
    count_success(peer, now_ms);
  }
  peer.release();
  return is_out;
}

state::MakePeerIndex index_maker(Policy policy) { return policy == Policy::hash_consistent ? make_ring : nullptr; }

std::string_view policy_name(Policy policy) {
  switch (policy) {
    case Policy::round_robin: return "round_robin";
    case Policy::least_conn: return "least_conn";
    case Policy::ip_hash: return "ip_hash";
    case Policy::hash: return "hash";
    case Policy::hash_consistent: return "hash consistent";
    case Policy::random: return "random";
    case Policy::random_two: return "random two least_conn";
    case Policy::least_time: return "least_time";
    case Policy::random_two_time: return "random two least_time";
  }
  return {};
}

}  // namespace gh::upstream
