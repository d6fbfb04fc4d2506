#include "run/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace gh::run {

namespace {

constexpr std::int64_t first_wait_ms = 2000;
constexpr std::int64_t least_retry_ms = 1000, most_wait_ms = 3600000;
constexpr std::int64_t file_retry_ms = 5000;       // of a name that was not stated to be dynamic
constexpr std::int64_t missing_name_ms = 10000;    // a name that is not there is asked for again after this
constexpr int no_such_name = 3;

/// "name:8080" to "name".
std::string host_of(const std::string& server) {
  const std::size_t colon = server.rfind(':');
  return colon == std::string::npos || server.find(']', colon) != std::string::npos ? server : server.substr(0, colon);
}

/// The resolver of the upstream; where none was stated, the first of a server: it knows the names of its surroundings.
const table::ResolverSettings* settings_for(const table::Table& table, const table::Upstream& upstream) {
  if (upstream.resolver) return upstream.resolver.get();
  for (const auto& server : table.servers) {
    if (server->base.resolver) return server->base.resolver;
  }
  return nullptr;
}

/// SRV records to peers: those of the best priority first, the others when they fail (RFC 2782).
std::vector<state::FoundAddress> found_in(const net::Resolver::ServiceAnswer& answer) {
  std::uint16_t best = UINT16_MAX;
  for (const auto& service : answer.services) best = std::min(best, service.priority);
  std::vector<state::FoundAddress> found;
  for (const auto& service : answer.services) {
    const std::uint32_t weight = std::max<std::uint32_t>(service.weight, 1);
    found.push_back({service.address, weight, service.priority != best});
  }
  return found;
}

std::vector<state::FoundAddress> found_in(const net::Resolver::Answer& answer) {
  std::vector<state::FoundAddress> found;
  for (const Address& address : answer.addresses) found.push_back({address, 0, false});
  return found;
}

}  // namespace

struct UpstreamNames::Name final : net::Timer {
  UpstreamNames* owner = nullptr;
  std::string server, host, service;
  net::Resolver* resolver = nullptr;
  std::int64_t valid_ms = 0, retry_ms = 0;
  bool asks_dns = false;
  std::weak_ptr<const table::Upstream> upstream;
  std::weak_ptr<state::PeerGroup> group;
  std::weak_ptr<Name> self;
  bool first = true, was_good = true;
  void fire() override {
    if (const auto me = self.lock(); me && !group.expired()) owner->ask(me);
  }
};

UpstreamNames::~UpstreamNames() {
  loop_.timers().clear(wait_);
  resolvers_.clear();
}

void UpstreamNames::add(const table::Table& table, const std::shared_ptr<const table::Upstream>& upstream,
                        const state::ServerConfig& server) {
  const table::ResolverSettings* settings = settings_for(table, *upstream);
  auto name = std::make_shared<Name>();
  name->owner = this;
  name->server = server.name;
  name->host = server.host.empty() ? host_of(server.name) : server.host;
  name->service = server.service;
  name->asks_dns = server.asks_dns;
  name->upstream = upstream;
  name->group = upstream->peers;
  name->self = name;
  name->valid_ms = settings ? settings->valid_ms : 0;
  name->retry_ms = std::max(upstream->resolver_timeout_ms, least_retry_ms);
  name->resolver = &resolvers_.of(settings, upstream->resolver_timeout_ms, !server.asks_dns);
  names_.push_back(name);
  ++unanswered_;
  ask(name);
}

void UpstreamNames::follow(const table::Table& table, std::function<void()> ready) {
  for (const auto& name : names_) loop_.timers().clear(*name);
  names_.clear();
  resolvers_.clear();
  ready_ = std::move(ready);
  unanswered_ = 1;  // the last one is counted off below, so that `ready` is never called from in here too early
  for (const auto& upstream : table.upstreams) {
    for (const state::ServerConfig& server : upstream->peers->servers()) {
      if (server.resolve) add(table, upstream, server);
    }
  }
  wait_.over = [this] { wait_is_over(); };
  if (unanswered_ > 1) loop_.timers().set(wait_, first_wait_ms);
  one_less();
}

void UpstreamNames::wait_is_over() {
  for (const auto& name : names_) {
    if (name->first) say_failure(*name, fmt::format("no answer within {} ms", first_wait_ms));
  }
  unanswered_ = 1;
  one_less();
}

void UpstreamNames::say_failure(const Name& name, const std::string& cause) const {
  const auto upstream = name.upstream.lock();
  if (on_failure) {
    if (upstream) on_failure(*upstream, name.host, cause);
    return;
  }
  process_log()->write(
      LogLevel::warn, 0,
      fmt::format("upstream server \"{}\" cannot be resolved: {}; it counts as down until it can", name.host, cause));
}

void UpstreamNames::one_less() {
  if (unanswered_ == 0 || --unanswered_ > 0 || !ready_) return;
  loop_.timers().clear(wait_);
  auto ready = std::move(ready_);
  ready_ = nullptr;
  ready();
}

void UpstreamNames::ask(const std::shared_ptr<Name>& name) {
  const auto hand_over = [this, weak = std::weak_ptr<Name>(name)](const auto& answer) {
    const auto still = weak.lock();
    if (!still) return;
    if (answer) answered(*still, found_in(*answer), answer->ttl_ms);
    else failed(*still, answer.error());
  };
  if (name->service.empty()) name->resolver->resolve(name->host, hand_over);
  else name->resolver->resolve_service(name->service + '.' + name->host, hand_over);
}

void UpstreamNames::answered(Name& name, const std::vector<state::FoundAddress>& found, std::int64_t ttl_ms) {
  if (const auto group = name.group.lock()) group->replace_addresses(name.server, name.service, found);
  name.was_good = true;
  ask_again(name, std::clamp(ttl_ms, least_retry_ms, most_wait_ms));
}

/// The last known addresses stay in use while the name cannot be asked; a name that is not there any more has none.
void UpstreamNames::failed(Name& name, const Error& error) {
  if (name.was_good) say_failure(name, error.text);
  name.was_good = false;
  const bool is_gone = error.code == no_such_name && name.asks_dns;
  const auto group = name.group.lock();
  if (is_gone && group) group->replace_addresses(name.server, name.service, {});
  if (is_gone) return ask_again(name, name.valid_ms > 0 ? std::max(name.valid_ms, least_retry_ms) : missing_name_ms);
  ask_again(name, name.asks_dns ? name.retry_ms : file_retry_ms);
}

void UpstreamNames::ask_again(Name& name, std::int64_t after_ms) {
  loop_.timers().set(name, after_ms);
  if (std::exchange(name.first, false)) one_less();
}

}  // namespace gh::run
