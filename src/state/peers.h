// PeerGroup: the live state of one upstream's peers, shared by the workers: smooth round robin's weights, failures,
// connections in use. Adopted over a reload by name; when the `server` lines changed, the new group takes over the
// counters of peers with the same address (Registry's `previous`). upstream/balance.h chooses, this keeps.
//
// Threads: any. A worker owns one PeerView a group and picks through it: an unchanged list costs one load, no reference
// count. A Peer* from a pick is valid until the done() that answers it, whatever replace_addresses() does meanwhile
// (peers with connections in use are kept); who needs one longer takes shared_from_this(). Pools of idle connections
// key by Peer::id, which is never used twice. The group outlives its picks: the exchange's pinned table holds it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "state/spin_lock.h"

namespace gh::state {

/// One `server` line of an upstream block, or the only one of an upstream that proxy_pass names itself.
struct ServerConfig {
  std::string name;                // as written ("backend:8080", "unix:/run/app"): `hash consistent` hashes it
  std::vector<Address> addresses;  // known at load; each becomes a peer. With `resolve`, the first guess (may be empty)
  std::string host;                // of a name that is looked up ("backend"); empty: `name` stands for it
  std::string service;             // service=: an SRV name, whose answers have ports and weights of their own
  std::string route;               // route=: what sticky sessions know the server by; empty: a digest of the address
  bool resolve = false;            // addresses come and go through replace_addresses()
  bool asks_dns = false;           // `resolve` was stated: only name servers are asked, not the system's files
  std::uint16_t port = 80;         // given to resolved addresses that have port 0
  std::uint32_t weight = 1;        // at least 1
  std::uint32_t max_fails = 1;     // 0: failures are not counted
  std::int64_t fail_timeout_ms = 10000;
  std::int64_t slow_start_ms = 0;  // after a recovery its weight grows from nothing over this time; 0: at once
  std::uint32_t max_conns = 0;     // 0: no limit
  bool backup = false;
  bool down = false;
  bool drain = false;              // only requests of sticky sessions
};

/// One address of a name that was looked up.
struct FoundAddress {
  Address address;
  std::uint32_t weight = 0;  // of an SRV record; 0: the server line's
  bool backup = false;       // an SRV record that is not of the best priority
};

/// What a peer's address keeps over reloads. Plain atomics: two generations of a group may use it at once. A cache
/// line of its own, as each request writes to it.
struct alignas(64) PeerLive {
  std::atomic<std::uint32_t> active{0};       // picks not yet done
  std::atomic<std::uint32_t> fails{0};
  std::atomic<std::int64_t> accessed_ms{0};   // of the last failure
  std::atomic<std::int64_t> checked_ms{0};    // of the last failure or of the last probe after it
  std::atomic<std::int64_t> recovered_ms{0};  // when failures were last forgotten: slow_start
  std::atomic<std::uint32_t> average_ms{0};   // least_time: of answer times; see upstream/balance_time.h
  std::atomic<std::int64_t> measured_ms{0};   // of the last answer time; 0: none yet
};

/// Answer times of requests under way, for `least_time ... inflight`. Not in PeerLive: few upstreams ask for it.
struct PeerInflight {
  std::atomic<std::int64_t> started_sum_ms{0};
  std::atomic<std::int64_t> count{0};
};

class alignas(64) Peer : public std::enable_shared_from_this<Peer> {
 public:
  Peer(const ServerConfig& config, Address peer_address, std::uint32_t slot_in_group, std::shared_ptr<PeerLive> state);

  /// False when max_conns are in use already; exact among any number of threads.
  bool acquire() {
    const std::uint32_t before = live->active.fetch_add(1, std::memory_order_relaxed);
    if (max_conns == 0 || before < max_conns) return true;
    release();
    return false;
  }
  /// Ends a pick's use. The last touch of a peer that was replaced meanwhile.
  void release() { live->active.fetch_sub(1, std::memory_order_release); }
  [[nodiscard]] bool is_full() const {
    return max_conns != 0 && live->active.load(std::memory_order_relaxed) >= max_conns;
  }
  /// Failed max_fails times and fail_timeout has not passed since.
  [[nodiscard]] bool is_failing(std::int64_t now_ms) const {
    return max_fails != 0 && live->fails.load(std::memory_order_relaxed) >= max_fails &&
           now_ms - live->checked_ms.load(std::memory_order_relaxed) <= fail_timeout_ms;
  }

  // Of the configuration, never changed.
  const std::uint32_t weight;
  const std::uint32_t max_fails;
  const std::uint32_t max_conns;
  const std::uint32_t slot;  // bit of Tried; unique among a group's peers
  const std::int64_t fail_timeout_ms;
  const std::int64_t slow_start_ms;
  const bool backup;
  const bool down;
  const bool drain;

  // Smooth round robin, guarded by PeerGroup::lock().
  std::int64_t effective_weight;
  std::int64_t current_weight = 0;

  const std::shared_ptr<PeerLive> live;
  PeerInflight inflight;
  const std::uint64_t id;     // unique in the process
  const Address address;
  const std::string text;     // of the address: $upstream_addr
  const std::string server;   // ServerConfig::name
  const std::string sid;      // what a sticky session keeps: the route, or the address's digest
};

/// Which peers one request has tried, by Peer::slot. No allocation up to 64 peers. A small value.
class Tried {
 public:
  [[nodiscard]] bool has(std::uint32_t slot) const {
    if (slot < 64) return (first_ >> slot & 1) != 0;
    const std::size_t word = slot / 64 - 1;
    return word < more_.size() && (more_[word] >> (slot % 64) & 1) != 0;
  }
  void add(std::uint32_t slot) {
    if (slot < 64) first_ |= std::uint64_t{1} << slot;
    else add_slow(slot);
  }
  void clear() { first_ = 0, more_.clear(); }

 private:
  void add_slow(std::uint32_t slot) {
    const std::size_t word = slot / 64 - 1;
    if (word >= more_.size()) more_.resize(word + 1);
    more_[word] |= std::uint64_t{1} << (slot % 64);
  }
  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> more_;
};

struct PeerList;

/// What a balancing policy precomputes for a list (the points of consistent hashing); made once a list.
struct PeerIndex {
  virtual ~PeerIndex() = default;
};
using MakePeerIndex = std::unique_ptr<const PeerIndex> (*)(const PeerList& list);

/// The peers of one moment, immutable (the peers' counters move).
struct PeerList {
  std::vector<std::shared_ptr<Peer>> primary;  // in file order; the addresses of a resolved name in order of their text
  std::vector<std::shared_ptr<Peer>> backup;
  std::vector<std::uint64_t> weight_ends;      // sums of primary weights: peer i has [ends[i-1], ends[i])
  std::uint64_t total_weight = 0;              // of primary
  bool single = false;                         // one peer and no backup: it is always tried, failures are not counted
  std::uint64_t generation = 0;
  std::unique_ptr<const PeerIndex> index;      // null without MakePeerIndex
};

class PeerGroup {
 public:
  /// `make_index` may be null. `previous`: the group of this name before the reload, or null; it is not changed.
  PeerGroup(std::vector<ServerConfig> servers, MakePeerIndex make_index, const PeerGroup* previous);
  PeerGroup(const PeerGroup&) = delete;
  PeerGroup& operator=(const PeerGroup&) = delete;

  /// For Registry: equal text, equal group. Add the balancing policy to it. Addresses of `resolve` lines do not count.
  static std::string shape(std::span<const ServerConfig> servers);

  /// The answer of a resolver for the host of every `resolve` line whose name is `server_name`; empty: the name is dead
  /// and its peers leave. True when the list changed. Any worker (one that resolves for all is best: answers vary).
  bool replace_addresses(std::string_view server_name, std::span<const Address> addresses);
  /// The same for lines with service=: the answers keep their ports, weights and priorities, doubles stay.
  bool replace_addresses(std::string_view server_name, std::string_view service, std::span<const FoundAddress> found);

  /// Requests that wait for a free peer, of all workers: `queue`.
  std::atomic<std::int64_t> waiting{0};

  [[nodiscard]] std::shared_ptr<const PeerList> list() const;  // takes a mutex: for status pages; picks use PeerView
  [[nodiscard]] std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::vector<ServerConfig>& servers() const { return servers_; }  // addresses: those of the load
  /// Tries worth making for one request: peers, with backups, that are not `down`; at least 1.
  [[nodiscard]] std::uint32_t tries() const { return tries_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t active() const;  // connections in use on all peers of the list
  [[nodiscard]] SpinLock& lock() { return weights_lock_; }
  [[nodiscard]] bool is_single() const { return single_.load(std::memory_order_relaxed); }

 private:
  using Key = std::pair<std::size_t, std::string>;  // index of the server line, text of the address and its weight
  struct Source;                                    // counters of the previous group, taken over once each

  std::shared_ptr<Peer> peer_for(std::size_t line, const FoundAddress& found, std::size_t copy, Source* source);
  std::shared_ptr<const PeerList> build(Source* source);
  void publish(std::shared_ptr<const PeerList> list);
  void forget_unused();
  [[nodiscard]] std::uint32_t free_slot();

  const std::vector<ServerConfig> servers_;
  const MakePeerIndex make_index_;

  alignas(64) mutable SpinLock weights_lock_;  // weights of peers; held for one pick
  alignas(64) std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint32_t> tries_{1};
  std::atomic<bool> single_{false};

  mutable std::mutex list_mutex_;                    // everything below; never taken by a pick on an unchanged list
  std::vector<std::vector<FoundAddress>> addresses_;  // now, by server line
  std::map<Key, std::shared_ptr<Peer>> known_;       // in the list, or replaced and perhaps still in use
  std::vector<bool> slots_;
  std::shared_ptr<const PeerList> list_;
};

/// A worker's own hold on a group's list. One thread.
class PeerView {
 public:
  /// `seed` is for the random policies; the same seed gives the same picks.
  explicit PeerView(std::shared_ptr<PeerGroup> group, std::uint64_t seed = 1);
  /// The list of now. The reference is good until the next call.
  const PeerList& list() {
    if (group_->generation() != list_->generation) refresh();
    return *list_;
  }
  [[nodiscard]] PeerGroup& group() { return *group_; }
  [[nodiscard]] std::uint64_t random();

 private:
  void refresh();
  std::shared_ptr<PeerGroup> group_;
  std::shared_ptr<const PeerList> list_;
  std::uint64_t random_state_;
};

}  // namespace gh::state
