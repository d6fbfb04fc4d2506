#include "state/peers.h"

#include <algorithm>
#include <optional>

namespace gh::state {

namespace {

std::uint64_t next_peer_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint32_t at_least_one(std::uint32_t value) { return std::max<std::uint32_t>(value, 1); }

/// Sorted by text and without doubles, so that every worker's answer of the same set is the same list.
std::vector<Address> normalised(std::span<const Address> addresses, std::uint16_t port) {
  std::vector<Address> result(addresses.begin(), addresses.end());
  for (Address& address : result) {
    if (!address.is_unix() && address.port() == 0) address.set_port(port);
  }
  std::sort(result.begin(), result.end(), [](const Address& a, const Address& b) { return a.text() < b.text(); });
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace

Peer::Peer(const ServerConfig& config, Address peer_address, std::uint32_t slot_in_group,
           std::shared_ptr<PeerLive> state)
    : weight(at_least_one(config.weight)), max_fails(config.max_fails), max_conns(config.max_conns),
      slot(slot_in_group), fail_timeout_ms(config.fail_timeout_ms), backup(config.backup), down(config.down),
      effective_weight(weight), live(std::move(state)), id(next_peer_id()), address(peer_address),
      text(peer_address.text()), server(config.name) {}

// What a group before the reload hands over: each peer's counters once, by address; names' addresses.
struct PeerGroup::Source {
  explicit Source(const PeerGroup& previous) {
    const std::lock_guard lists(previous.list_mutex_);
    const std::lock_guard weights(previous.weights_lock_);
    for (const auto* peers : {&previous.list_->primary, &previous.list_->backup}) {
      for (const auto& peer : *peers) {
        by_text.emplace(peer->text, Past{peer->live, peer->weight, peer->effective_weight, peer->current_weight});
      }
    }
    for (std::size_t i = 0; i < previous.servers_.size(); ++i) {
      if (previous.servers_[i].resolve) names.try_emplace(previous.servers_[i].name, previous.addresses_[i]);
    }
  }
  struct Past {
    std::shared_ptr<PeerLive> live;
    std::uint32_t weight;
    std::int64_t effective_weight;
    std::int64_t current_weight;
  };
  std::optional<Past> take(const std::string& text) {
    const auto it = by_text.find(text);
    if (it == by_text.end()) return std::nullopt;
    Past past = std::move(it->second);
    by_text.erase(it);
    return past;
  }
  std::multimap<std::string, Past> by_text;
  std::map<std::string, std::vector<Address>> names;
};

PeerGroup::PeerGroup(std::vector<ServerConfig> servers, MakePeerIndex make_index, const PeerGroup* previous)
    : servers_(std::move(servers)), make_index_(make_index) {
  std::optional<Source> source;
  if (previous != nullptr) source.emplace(*previous);
  for (const ServerConfig& server : servers_) {
    if (!server.resolve) {
      addresses_.push_back(server.addresses);
      continue;
    }
    addresses_.push_back(normalised(server.addresses, server.port));
    if (!source) continue;
    const auto known = source->names.find(server.name);
    if (known != source->names.end() && !known->second.empty()) {
      addresses_.back() = normalised(known->second, server.port);
    }
  }
  publish(build(source ? &*source : nullptr));
}

std::string PeerGroup::shape(std::span<const ServerConfig> servers) {
  std::string text;
  for (const ServerConfig& server : servers) {
    if (!text.empty()) text += "; ";
    text += server.name;
    if (server.resolve) {
      text += " resolve port=" + std::to_string(server.port);
    } else {
      for (const Address& address : server.addresses) text += ' ' + address.text();
    }
    text += " weight=" + std::to_string(server.weight) + " max_fails=" + std::to_string(server.max_fails);
    text += " fail_timeout=" + std::to_string(server.fail_timeout_ms) + "ms";
    text += " max_conns=" + std::to_string(server.max_conns);
    if (server.backup) text += " backup";
    if (server.down) text += " down";
  }
  return text;
}

bool PeerGroup::replace_addresses(std::string_view server_name, std::span<const Address> addresses) {
  const std::lock_guard guard(list_mutex_);
  bool changed = false;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!servers_[i].resolve || servers_[i].name != server_name) continue;
    std::vector<Address> now = normalised(addresses, servers_[i].port);
    if (now == addresses_[i]) continue;
    addresses_[i] = std::move(now);
    changed = true;
  }
  if (!changed) return false;
  publish(build(nullptr));
  forget_unused();
  return true;
}

std::shared_ptr<Peer> PeerGroup::peer_for(std::size_t line, const Address& address, Source* source) {
  Key key(line, address.text());
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  std::optional<Source::Past> past;
  if (source != nullptr) past = source->take(key.second);
  auto live = past ? past->live : std::make_shared<PeerLive>();
  auto peer = std::make_shared<Peer>(servers_[line], address, free_slot(), std::move(live));
  if (past && past->weight == peer->weight) {
    peer->effective_weight = past->effective_weight;
    peer->current_weight = past->current_weight;
  }
  known_.emplace(std::move(key), peer);
  return peer;
}

std::shared_ptr<const PeerList> PeerGroup::build(Source* source) {
  auto list = std::make_shared<PeerList>();
  for (std::size_t line = 0; line < servers_.size(); ++line) {
    auto& peers = servers_[line].backup ? list->backup : list->primary;
    for (const Address& address : addresses_[line]) peers.push_back(peer_for(line, address, source));
  }
  for (const auto& peer : list->primary) {
    list->total_weight += peer->weight;
    list->weight_ends.push_back(list->total_weight);
  }
  list->single = list->primary.size() == 1 && list->backup.empty();
  list->generation = generation_.load(std::memory_order_relaxed) + 1;
  if (make_index_ != nullptr) list->index = make_index_(*list);
  return list;
}

void PeerGroup::publish(std::shared_ptr<const PeerList> list) {
  std::uint32_t tries = 0;
  for (const auto* peers : {&list->primary, &list->backup}) {
    for (const auto& peer : *peers) tries += peer->down ? 0 : 1;
  }
  tries_.store(at_least_one(tries), std::memory_order_relaxed);
  single_.store(list->single, std::memory_order_relaxed);
  const std::uint64_t generation = list->generation;
  list_ = std::move(list);
  generation_.store(generation, std::memory_order_release);
}

// A replaced peer goes when no list has it (use_count 1: only known_) and no pick is on it. No new pick can come then.
void PeerGroup::forget_unused() {
  for (auto it = known_.begin(); it != known_.end();) {
    std::shared_ptr<Peer>& peer = it->second;
    bool unused = peer.use_count() == 1;
    if (unused) {
      // Dropping a copy synchronises with whoever dropped the last list (use_count itself does not), so that a pick
      // made through that list is seen in `active`.
      std::shared_ptr<Peer> copy = peer;
      copy.reset();
      unused = peer->live->active.load(std::memory_order_acquire) == 0;
    }
    if (!unused) {
      ++it;
      continue;
    }
    slots_[peer->slot] = false;
    it = known_.erase(it);
  }
}

std::uint32_t PeerGroup::free_slot() {
  auto slot = known_.size() == slots_.size() ? slots_.end() : std::find(slots_.begin(), slots_.end(), false);
  if (slot == slots_.end()) slot = slots_.insert(slot, false);
  *slot = true;
  return static_cast<std::uint32_t>(slot - slots_.begin());
}

std::shared_ptr<const PeerList> PeerGroup::list() const {
  const std::lock_guard guard(list_mutex_);
  return list_;
}

std::uint64_t PeerGroup::active() const {
  const auto now = list();
  std::uint64_t sum = 0;
  for (const auto* peers : {&now->primary, &now->backup}) {
    for (const auto& peer : *peers) sum += peer->live->active.load(std::memory_order_relaxed);
  }
  return sum;
}

PeerView::PeerView(std::shared_ptr<PeerGroup> group, std::uint64_t seed)
    : group_(std::move(group)), list_(group_->list()), random_state_(seed) {}

void PeerView::refresh() { list_ = group_->list(); }

// splitmix64 (Steele, Lea, Flood 2014): any seed will do.
std::uint64_t PeerView::random() {
  random_state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

}  // namespace gh::state
