#include "state/peers.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/digest.h"

namespace gh::state {

namespace {

std::uint64_t next_peer_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint32_t at_least_one(std::uint32_t value) { return std::max<std::uint32_t>(value, 1); }

std::vector<FoundAddress> plain(std::span<const Address> addresses) {
  std::vector<FoundAddress> result;
  for (const Address& address : addresses) result.push_back({address, 0, false});
  return result;
}

bool is_same(const FoundAddress& a, const FoundAddress& b) {
  return a.address == b.address && a.weight == b.weight && a.backup == b.backup;
}

/// Sorted by text, so that every answer of one set is the same list. Doubles go, unless they come from SRV records.
std::vector<FoundAddress> normalised(std::span<const FoundAddress> found, const ServerConfig& server) {
  std::vector<FoundAddress> result(found.begin(), found.end());
  for (FoundAddress& one : result) {
    if (!one.address.is_unix() && one.address.port() == 0) one.address.set_port(server.port);
  }
  const auto key = [](const FoundAddress& one) { return std::tuple(one.address.text(), one.weight, one.backup); };
  std::sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (server.service.empty()) result.erase(std::unique(result.begin(), result.end(), is_same), result.end());
  return result;
}

bool are_same(const std::vector<FoundAddress>& a, const std::vector<FoundAddress>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

/// What a looked-up line is known by over reloads: the port may change, the answers stay good.
std::string lookup_name(const ServerConfig& server) {
  return (server.host.empty() ? server.name : server.host) + ' ' + server.service;
}

/// The line as it stands for one address of its name.
ServerConfig config_for(const ServerConfig& line, const FoundAddress& found) {
  ServerConfig config = line;
  if (found.weight != 0 && line.weight == 1) config.weight = found.weight;
  config.backup = line.backup || found.backup;
  return config;
}

}  // namespace

Peer::Peer(const ServerConfig& config, Address peer_address, std::uint32_t slot_in_group,
           std::shared_ptr<PeerLive> state)
    : weight(at_least_one(config.weight)), max_fails(config.max_fails), max_conns(config.max_conns),
      slot(slot_in_group), fail_timeout_ms(config.fail_timeout_ms), slow_start_ms(config.slow_start_ms),
      backup(config.backup), down(config.down), drain(config.drain), effective_weight(weight), live(std::move(state)),
      id(next_peer_id()), address(peer_address), text(peer_address.text()), server(config.name),
      sid(config.route.empty() ? hex_digest(DigestKind::md5, text) : config.route) {}

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
      const ServerConfig& server = previous.servers_[i];
      if (!server.resolve) continue;
      auto addresses = previous.addresses_[i];
      for (FoundAddress& found : addresses) {  // the line's port may be another one now
        if (server.service.empty() && found.address.port() == server.port) found.address.set_port(0);
      }
      names.try_emplace(lookup_name(server), std::move(addresses));
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
  std::map<std::string, std::vector<FoundAddress>> names;
};

PeerGroup::PeerGroup(std::vector<ServerConfig> servers, MakePeerIndex make_index, const PeerGroup* previous)
    : servers_(std::move(servers)), make_index_(make_index) {
  std::optional<Source> source;
  if (previous != nullptr) source.emplace(*previous);
  for (const ServerConfig& server : servers_) {
    if (!server.resolve) {
      addresses_.push_back(plain(server.addresses));
      continue;
    }
    addresses_.push_back(normalised(plain(server.addresses), server));
    if (!source) continue;
    const auto known = source->names.find(lookup_name(server));
    if (known == source->names.end() || known->second.empty()) continue;
    addresses_.back() = normalised(known->second, server);
  }
  publish(build(source ? &*source : nullptr));
}

std::string PeerGroup::shape(std::span<const ServerConfig> servers) {
  std::string text;
  for (const ServerConfig& server : servers) {
    if (!text.empty()) text += "; ";
    text += server.name;
    if (server.resolve) {
      text += (server.asks_dns ? " resolve port=" : " port=") + std::to_string(server.port);
      if (!server.service.empty()) text += " service=" + server.service;
    } else {
      for (const Address& address : server.addresses) text += ' ' + address.text();
    }
    text += " weight=" + std::to_string(server.weight) + " max_fails=" + std::to_string(server.max_fails);
    text += " fail_timeout=" + std::to_string(server.fail_timeout_ms) + "ms";
    text += " max_conns=" + std::to_string(server.max_conns);
    if (server.slow_start_ms > 0) text += " slow_start=" + std::to_string(server.slow_start_ms) + "ms";
    if (!server.route.empty()) text += " route=" + server.route;
    if (server.backup) text += " backup";
    if (server.down) text += " down";
    if (server.drain) text += " drain";
  }
  return text;
}

bool PeerGroup::replace_addresses(std::string_view server_name, std::span<const Address> addresses) {
  return replace_addresses(server_name, {}, plain(addresses));
}

bool PeerGroup::replace_addresses(std::string_view server_name, std::string_view service,
                                  std::span<const FoundAddress> found) {
  const std::lock_guard guard(list_mutex_);
  bool changed = false;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!servers_[i].resolve || servers_[i].name != server_name || servers_[i].service != service) continue;
    std::vector<FoundAddress> now = normalised(found, servers_[i]);
    if (are_same(now, addresses_[i])) continue;
    addresses_[i] = std::move(now);
    changed = true;
  }
  if (!changed) return false;
  publish(build(nullptr));
  forget_unused();
  return true;
}

std::shared_ptr<Peer> PeerGroup::peer_for(std::size_t line, const FoundAddress& found, std::size_t copy,
                                          Source* source) {
  const std::string text = found.address.text();
  const ServerConfig config = config_for(servers_[line], found);
  Key key(line, text + ' ' + std::to_string(config.weight) + (config.backup ? "b " : " ") + std::to_string(copy));
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  std::optional<Source::Past> past;
  if (source != nullptr) past = source->take(text);
  auto live = past ? past->live : std::make_shared<PeerLive>();
  auto peer = std::make_shared<Peer>(config, found.address, free_slot(), std::move(live));
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
    std::map<std::string, std::size_t> copies;  // the same address twice in a line is two peers
    for (const FoundAddress& found : addresses_[line]) {
      auto peer = peer_for(line, found, copies[found.address.text()]++, source);
      (peer->backup ? list->backup : list->primary).push_back(std::move(peer));
    }
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
