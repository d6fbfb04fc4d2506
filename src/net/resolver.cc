#include "net/resolver.h"

#include <ares.h>
#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace gh::net {

namespace {

constexpr std::size_t cache_most_names = 1000;
constexpr std::int64_t least_ttl_ms = 1000;
constexpr std::int64_t literal_ttl_ms = 3600 * 1000;  // an address does not age
constexpr std::int64_t failure_ttl_ms = 1000;         // a missing name must not cost a query for every request
constexpr int tries = 3;
constexpr std::int64_t shortest_try_ms = 20, longest_try_ms = 2000;
constexpr int default_port = 53;

using Outcome = Result<Resolver::Answer>;

/// Number and text as in a DNS reply (RFC 1035 4.1.1), 110 for a time-out: what people know from nginx's log.
struct Cause {
  int code;
  const char* text;
};
Cause cause_of(int status) {
  switch (status) {
    case ARES_EFORMERR: return {1, "format error"};
    case ARES_ESERVFAIL: return {2, "server failure"};
    case ARES_ENOTFOUND: return {3, "host not found"};
    case ARES_ENODATA: return {3, "host has no address"};
    case ARES_ENOTIMP: return {4, "unimplemented"};
    case ARES_EREFUSED: return {5, "operation refused"};
    case ARES_ETIMEOUT: return {ETIMEDOUT, "operation timed out"};
    case ARES_ECONNREFUSED: return {ECONNREFUSED, "no name server answers"};
    default: return {status, ares_strerror(status)};
  }
}

Outcome failure(std::string_view name, int status) {
  const Cause cause = cause_of(status);
  std::string text = fmt::format("{} could not be resolved ({}: {})", printable(name), cause.code, cause.text);
  return Unexpected<Error>(Error{std::move(text), cause.code, Blame::upstream, Retry::no});
}

/// IPv4 first, each in the server's order.
Resolver::Answer answer_from(const ares_addrinfo& info) {
  Resolver::Answer answer;
  std::int64_t ttl_s = INT32_MAX;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const ares_addrinfo_node* node = info.nodes; node; node = node->ai_next) {
      if (node->ai_family != family) continue;
      answer.addresses.push_back(Address::from_sockaddr(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen)));
      ttl_s = std::min<std::int64_t>(ttl_s, node->ai_ttl);
    }
  }
  for (const ares_addrinfo_cname* cname = info.cnames; cname; cname = cname->next) {
    ttl_s = std::min<std::int64_t>(ttl_s, cname->ttl);
  }
  answer.ttl_ms = std::max(ttl_s * 1000, least_ttl_ms);
  return answer;
}

/// Names with their last outcome; the one that was not asked for longest leaves when it is full.
class Cache {
 public:
  const Outcome* find(const std::string& name, std::int64_t now_ms, std::int64_t& left_ms) {
    const auto at = index_.find(name);
    if (at == index_.end()) return nullptr;
    if (at->second->expires_ms <= now_ms) {
      entries_.erase(at->second);
      index_.erase(at);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, at->second);
    left_ms = at->second->expires_ms - now_ms;
    return &at->second->outcome;
  }
  void put(const std::string& name, const Outcome& outcome, std::int64_t expires_ms) {
    const auto at = index_.find(name);
    if (at != index_.end()) {
      entries_.erase(at->second);
      index_.erase(at);
    }
    if (entries_.size() >= cache_most_names) {
      index_.erase(entries_.back().name);
      entries_.pop_back();
    }
    entries_.push_front({name, outcome, expires_ms});
    index_.emplace(name, entries_.begin());
  }

 private:
  struct Entry {
    std::string name;
    Outcome outcome;
    std::int64_t expires_ms;
  };
  std::list<Entry> entries_;
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace

/// Deferred: hands outcomes over. Timer: c-ares' next time-out or the oldest caller's deadline, whichever is first.
struct Resolver::State final : Deferred, Timer {
  /// One question to c-ares; all who ask for the name meanwhile wait for it. Freed by c-ares' callback.
  struct Query {
    State* state;
    std::string name;
    std::vector<std::uint64_t> ids;
  };
  struct Waiter {
    std::string name;
    Done done;
    std::int64_t deadline_ms;
  };
  struct Ready {
    std::uint64_t id;
    Done done;
    Outcome outcome;
  };
  /// One of c-ares' sockets, watched.
  struct Watch {
    uv_poll_t poll;
    ares_socket_t fd;
    State* state;
  };

  Loop& loop;
  ResolverOptions options;
  ares_channel channel = nullptr;
  int init_error = ARES_SUCCESS;
  Cache cache;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, Waiter> waiters;  // ids and deadlines rise together
  std::unordered_map<std::string, Query*> queries;
  std::map<ares_socket_t, Watch*> watches;
  std::deque<Ready> ready;
  bool* gone = nullptr;  // set by the destructor, for a Done that destroys its resolver

  State(Loop& on, ResolverOptions wanted) : loop(on), options(std::move(wanted)) { init_error = open(); }
  ~State() override {
    if (gone) *gone = true;
    waiters.clear();
    if (channel) ares_destroy(channel);  // calls back for every query and closes every socket
  }

  int open() {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
    ares_options wanted{};
    static char lookups[] = "fb";  // the hosts file, then DNS
    wanted.lookups = lookups;
    wanted.tries = tries;
    wanted.timeout = static_cast<int>(std::clamp(options.timeout_ms / 4, shortest_try_ms, longest_try_ms));
    wanted.sock_state_cb = socket_changed;
    wanted.sock_state_cb_data = this;
    int mask = ARES_OPT_LOOKUPS | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB;
    if (!options.servers.empty()) mask |= ARES_OPT_DOMAINS;  // none: the system's search list is not for these servers
    if (const int error = ares_init_options(&channel, &wanted, mask)) {
      channel = nullptr;
      return error;
    }
    return options.servers.empty() ? ARES_SUCCESS : ares_set_servers_ports_csv(channel, server_list().c_str());
  }
  [[nodiscard]] std::string server_list() const {
    std::string list;
    for (Address server : options.servers) {
      if (server.port() == 0) server.set_port(default_port);
      list += (list.empty() ? "" : ",") + server.text();
    }
    return list;
  }

  void ask(std::uint64_t id, const std::string& name, Done done) {
    waiters.emplace(id, Waiter{name, std::move(done), loop.clock().now_ms() + options.timeout_ms});
    Query*& known = queries[name];
    if (known) {
      known->ids.push_back(id);
      return arm();
    }
    auto* query = known = new Query{this, name, {id}};
    ares_addrinfo_hints hints{};
    hints.ai_family = options.ipv4 && options.ipv6 ? AF_UNSPEC : options.ipv6 ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for every address
    ares_getaddrinfo(channel, query->name.c_str(), nullptr, &hints, answered, query);
    arm();
  }
  static void answered(void* arg, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Query> query(static_cast<Query*>(arg));
    if (status != ARES_EDESTRUCTION) query->state->finish(*query, status, info);
    if (info) ares_freeaddrinfo(info);
  }
  void finish(const Query& query, int status, const ares_addrinfo* info) {
    queries.erase(query.name);
    Outcome outcome = failure(query.name, status == ARES_SUCCESS ? ARES_ENODATA : status);
    std::int64_t ttl_ms = failure_ttl_ms;
    if (status == ARES_SUCCESS && info && info->nodes) {
      Answer answer = answer_from(*info);
      if (options.valid_ms > 0) answer.ttl_ms = std::max(options.valid_ms, least_ttl_ms);
      ttl_ms = answer.ttl_ms;
      outcome = std::move(answer);
    }
    const bool is_final = outcome.has_value() || status == ARES_ENOTFOUND || status == ARES_ENODATA;
    if (is_final) cache.put(query.name, outcome, loop.clock().now_ms() + ttl_ms);
    for (const std::uint64_t id : query.ids) {
      const auto at = waiters.find(id);
      if (at == waiters.end()) continue;  // cancelled or timed out meanwhile
      deliver(id, std::move(at->second.done), outcome);
      waiters.erase(at);
    }
  }

  void deliver(std::uint64_t id, Done done, Outcome outcome) {
    ready.push_back({id, std::move(done), std::move(outcome)});
    loop.defer(*this);
  }
  void run_deferred() override {
    bool destroyed = false;
    gone = &destroyed;
    for (std::size_t left = ready.size(); left > 0 && !ready.empty(); --left) {
      Ready next = std::move(ready.front());
      ready.pop_front();
      next.done(std::move(next.outcome));
      if (destroyed) return;
    }
    gone = nullptr;
  }

  void fire() override {
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    const std::int64_t now = loop.clock().now_ms();
    while (!waiters.empty() && waiters.begin()->second.deadline_ms <= now) {
      auto node = waiters.extract(waiters.begin());
      deliver(node.key(), std::move(node.mapped().done), failure(node.mapped().name, ARES_ETIMEOUT));
    }
    arm();
  }
  void arm() {
    timeval left{};
    const bool asking = channel && ares_timeout(channel, nullptr, &left) != nullptr;
    std::int64_t after = asking ? left.tv_sec * 1000 + left.tv_usec / 1000 + 1 : INT64_MAX;
    if (!waiters.empty()) after = std::min(after, waiters.begin()->second.deadline_ms - loop.clock().now_ms());
    if (after == INT64_MAX) return loop.timers().clear(*this);
    loop.timers().set(*this, std::max<std::int64_t>(after, 0));
  }

  static void socket_changed(void* arg, ares_socket_t fd, int readable, int writable) {
    auto& self = *static_cast<State*>(arg);
    if (readable || writable) return self.watch(fd, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0));
    const auto at = self.watches.find(fd);
    if (at == self.watches.end()) return;
    at->second->state = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&at->second->poll),
             [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
    self.watches.erase(at);
  }
  void watch(ares_socket_t fd, int events) {
    Watch*& known = watches[fd];
    if (!known) {
      auto* made = new Watch{{}, fd, this};
      if (uv_poll_init(loop.uv(), &made->poll, fd) != 0) {  // c-ares will time out
        delete made;
        watches.erase(fd);
        return;
      }
      made->poll.data = made;
      known = made;
    }
    uv_poll_start(&known->poll, events, socket_ready);
  }
  static void socket_ready(uv_poll_t* poll, int status, int events) {
    const Watch& watch = *static_cast<Watch*>(poll->data);
    State* state = watch.state;
    if (!state) return;
    state->loop.woke();
    const ares_socket_t readable = status < 0 || (events & UV_READABLE) ? watch.fd : ARES_SOCKET_BAD;
    const ares_socket_t writable = status < 0 || (events & UV_WRITABLE) ? watch.fd : ARES_SOCKET_BAD;
    ares_process_fd(state->channel, readable, writable);  // never destroys `state`: outcomes are handed over later
    state->arm();
  }
};

Resolver::Resolver(Loop& loop, ResolverOptions options) : state_(std::make_unique<State>(loop, std::move(options))) {}
Resolver::~Resolver() = default;

std::uint64_t Resolver::resolve(std::string_view name, Done done) {
  State& s = *state_;
  const std::uint64_t id = ++s.last_id;
  const std::string key = to_lower(name);
  std::int64_t left_ms = 0;
  if (auto literal = Address::parse_ip(key, 0)) {
    s.deliver(id, std::move(done), Answer{{*literal}, literal_ttl_ms});
  } else if (const Outcome* cached = s.cache.find(key, s.loop.clock().now_ms(), left_ms)) {
    Outcome outcome = *cached;
    if (outcome) outcome->ttl_ms = std::max(left_ms, least_ttl_ms);
    s.deliver(id, std::move(done), std::move(outcome));
  } else if (s.init_error != ARES_SUCCESS) {
    s.deliver(id, std::move(done), failure(name, s.init_error));
  } else {
    s.ask(id, key, std::move(done));
  }
  return id;
}

void Resolver::cancel(std::uint64_t id) {
  if (state_->waiters.erase(id) > 0) return;
  auto& ready = state_->ready;
  ready.erase(std::remove_if(ready.begin(), ready.end(), [id](const State::Ready& r) { return r.id == id; }),
              ready.end());
}

}  // namespace gh::net
