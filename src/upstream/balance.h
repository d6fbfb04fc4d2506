// Balance: which peer of an upstream gets the next try of a request. Pure: a view, the request's Selection, a key and
// a time in, a peer out; no sockets, no allocation (up to 64 peers). Behaves as nginx's policies do, number for number
// where it can be seen (smooth weights, the points of consistent hashing, ip_hash's hash).
// Called by attempt on its worker's thread; groups are shared, see state/peers.h.
//
//   Selection selection;                                        // lives with the exchange, over all its tries
//   Peer* peer = pick(policy, view, selection, {key, now_ms});  // null: no live peer (502, "no live upstreams")
//   ... then exactly once for each pick:
//   done(view.group(), *peer, Outcome::failed, now_ms);
#pragma once

#include <cstdint>
#include <string_view>

#include "state/peers.h"
#include "upstream/balance_time.h"

namespace gh::upstream {

enum class Policy : std::uint8_t {
  round_robin, least_conn, ip_hash, hash, hash_consistent, random, random_two, least_time, random_two_time
};

/// One request's way through the peers.
struct Selection {
  state::Tried tried;
  std::uint64_t hash = 0;     // hash policies: where the next try goes on
  std::uint32_t rehash = 0;
  std::uint32_t tries = 0;    // of a hash or random policy; above 20 round robin takes over
  bool started = false;
  /// Of a sticky session: the peer with this sid is asked first, also when it drains. Must outlive the selection.
  std::string_view sid;

  /// Forgets the tries, not the session.
  void restart() { *this = Selection{.tried = {}, .sid = sid}; }
};

struct PickInput {
  /// hash, hash_consistent: the evaluated key (empty: round robin). ip_hash: Address::binary() of an IP client, empty
  /// for a unix socket's. Others: not read.
  std::string_view key;
  std::int64_t now_ms = 0;  // monotonic
  TimeMeasure measure{};    // least_time, random_two_time
};

/// ok also stands for an answer that proxy_next_upstream passes over (403, 404): the peer lives. unknown: ended before
/// the peer could show anything (the client left); nothing is learnt.
enum class Outcome : std::uint8_t { ok, failed, unknown };

/// A peer not yet tried, not down, not failing, not full; primaries first, then backups; null when there is none. The
/// peer counts one connection more until done(). A group's single peer is given at every call: callers
/// count their tries (PeerGroup::tries).
state::Peer* pick(Policy policy, state::PeerView& view, Selection& selection, const PickInput& input);

/// True when this failure takes the peer out for fail_timeout (a line for the log). After it a peer whose address was
/// replaced may be gone: copy what the log needs before.
bool done(state::PeerGroup& group, state::Peer& peer, Outcome outcome, std::int64_t now_ms);

/// Given to PeerGroup: what the policy precomputes for a list, or null.
state::MakePeerIndex index_maker(Policy policy);

/// "round_robin", "least_conn", ...: for PeerGroup's shape and dumps.
std::string_view policy_name(Policy policy);

}  // namespace gh::upstream
