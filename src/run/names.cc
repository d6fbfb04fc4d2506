#include "run/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace gh::run {

namespace {

constexpr std::int64_t first_wait_ms = 2000;
constexpr std::int64_t retry_ms = 5000;

/// "name:8080" to "name".
std::string host_of(const std::string& server) {
  const std::size_t colon = server.rfind(':');
  return colon == std::string::npos || server.find(']', colon) != std::string::npos ? server : server.substr(0, colon);
}

}  // namespace

struct UpstreamNames::Name final : net::Timer {
  UpstreamNames* owner = nullptr;
  std::string server, host;
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
  resolver_.reset();
}

void UpstreamNames::follow(const table::Table& table, std::function<void()> ready) {
  net::ResolverOptions options;
  for (const auto& server : table.servers) {
    if (!server->base.resolver || !options.servers.empty()) continue;
    options.servers = server->base.resolver->servers;
    options.valid_ms = server->base.resolver->valid_ms;
    options.ipv4 = server->base.resolver->ipv4;
    options.ipv6 = server->base.resolver->ipv6;
  }
  for (const auto& name : names_) loop_.timers().clear(*name);
  names_.clear();
  resolver_ = std::make_unique<net::Resolver>(loop_, options);
  ready_ = std::move(ready);
  unanswered_ = 1;  // the last one is counted off below, so that `ready` is never called from in here too early
  for (const auto& upstream : table.upstreams) {
    for (const state::ServerConfig& server : upstream->peers->servers()) {
      if (!server.resolve) continue;
      auto name = std::make_shared<Name>();
      name->owner = this;
      name->server = server.name;
      name->host = host_of(server.name);
      name->upstream = upstream;
      name->group = upstream->peers;
      name->self = name;
      names_.push_back(name);
      ++unanswered_;
      ask(name);
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
  resolver_->resolve(name->host, [this, weak = std::weak_ptr<Name>(name)](const Result<net::Resolver::Answer>& answer) {
    if (const auto still = weak.lock()) answered(still, answer);
  });
}

void UpstreamNames::answered(const std::shared_ptr<Name>& name, const Result<net::Resolver::Answer>& answer) {
  const auto group = name->group.lock();
  std::int64_t again_ms = retry_ms;
  if (answer) {
    if (group) group->replace_addresses(name->server, answer->addresses);
    again_ms = std::clamp<std::int64_t>(answer->ttl_ms, 1000, 3600000);
    name->was_good = true;
  } else {
    // The last known addresses stay in use while the name cannot be asked; only an answer changes them.
    if (name->was_good) say_failure(*name, answer.error().text);
    name->was_good = false;
  }
  loop_.timers().set(*name, again_ms);
  if (!std::exchange(name->first, false)) return;
  one_less();
}

}  // namespace gh::run
