#include "net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "net/ares_channel.h"
#include "net/dns_client.h"
#include "net/name_cache.h"

namespace gh::net {

namespace {

constexpr std::int64_t least_ttl_ms = 1000;
constexpr std::int64_t literal_ttl_ms = 3600 * 1000;  // an address does not age
constexpr std::int64_t hosts_ttl_ms = 60 * 1000;      // the hosts file is read again after this
constexpr std::int64_t failure_ttl_ms = 1000;         // a missing name must not cost a query for every request
constexpr int system_tries = 3;
constexpr std::int64_t shortest_try_ms = 20, longest_try_ms = 2000;
constexpr std::size_t most_services = 256;
constexpr int no_such_name = 3;

using Outcome = Result<Resolver::Answer>;

/// Of a DNS reply (RFC 1035 4.1.1), or an errno: what people know from nginx's log.
const char* text_of(int code) {
  switch (code) {
    case 1: return "Format error";
    case 2: return "Server failure";
    case no_such_name: return "Host not found";
    case 4: return "Unimplemented";
    case 5: return "Operation refused";
    case ETIMEDOUT: return "Operation timed out";
    case ECONNREFUSED: return "Connection refused";
    default: return "Unknown error";
  }
}

int code_of(int ares_status) {
  switch (ares_status) {
    case ARES_EFORMERR: return 1;
    case ARES_ESERVFAIL: return 2;
    case ARES_ENOTFOUND:
    case ARES_ENODATA: return no_such_name;
    case ARES_ENOTIMP: return 4;
    case ARES_EREFUSED: return 5;
    case ARES_ETIMEOUT: return ETIMEDOUT;
    case ARES_ECONNREFUSED: return ECONNREFUSED;
    default: return 1;
  }
}

Error failure(std::string_view name, int code) {
  std::string text = fmt::format("{} could not be resolved ({}: {})", printable(name), code, text_of(code));
  return Error{std::move(text), code, Blame::upstream, Retry::no};
}

std::int64_t ttl_of(std::uint32_t ttl_s, std::int64_t valid_ms) {
  return std::max(valid_ms > 0 ? valid_ms : std::int64_t{ttl_s} * 1000, least_ttl_ms);
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

}  // namespace

/// Deferred: hands outcomes over. Timer: the oldest caller's deadline.
struct Resolver::State final : Deferred, Timer {
  /// One name that is being asked for; all who ask for it meanwhile wait for it.
  struct Query {
    State* state;
    std::string name;
    std::vector<std::uint64_t> ids;
    std::size_t server = 0;            // where it is asked for first
    int open = 0;                      // questions: A, AAAA
    int code = 0;                      // of those that failed
    int aliases = 0;                   // followed so far
    std::uint32_t ttl_s = UINT32_MAX;
    std::string alias;                 // to go on with when no family has an address
    std::vector<Address> v4, v6;
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
  /// One SRV name: its targets are asked for like any name.
  struct ServiceQuery {
    std::string name;
    ServiceDone done;
    std::vector<DnsService> targets;
    ServiceAnswer answer;
    std::size_t open = 0;
    int code = 0;
  };

  Loop& loop;
  ResolverOptions options;
  std::unique_ptr<DnsClient> client;     // with stated servers
  std::unique_ptr<AresChannel> system;   // without; and for the hosts file
  NameCache<Outcome> cache;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, Waiter> waiters;  // ids and deadlines rise together
  std::unordered_map<std::string, std::shared_ptr<Query>> queries;
  std::deque<Ready> ready;
  bool* gone = nullptr;  // set by the destructor, for a Done that destroys its resolver

  State(Loop& on, ResolverOptions wanted) : loop(on), options(std::move(wanted)) {
    if (!options.servers.empty()) client = std::make_unique<DnsClient>(on, options.servers, options.timeout_ms);
    if (client && !options.hosts_file) return;
    AresChannel::Options channel;
    channel.tries = system_tries;
    channel.try_ms = std::clamp(options.timeout_ms / 4, shortest_try_ms, longest_try_ms);
    system = std::make_unique<AresChannel>(on, channel);
  }
  ~State() override {
    if (gone) *gone = true;
    waiters.clear();
    client.reset();
    system.reset();
  }

  void ask(std::uint64_t id, const std::string& name, Done done) {
    waiters.emplace(id, Waiter{name, std::move(done), loop.clock().now_ms() + options.timeout_ms});
    arm();
    std::shared_ptr<Query>& known = queries[name];
    if (known) return known->ids.push_back(id);
    known = std::make_shared<Query>();
    const std::shared_ptr<Query> query = known;
    query->state = this;
    query->name = name;
    query->ids = {id};
    if (client) ask_servers(query);
    else ask_system(query);
  }

  void ask_servers(const std::shared_ptr<Query>& query) {
    query->server = client->next_server();
    ask_families(query, query->name);
  }
  void ask_families(const std::shared_ptr<Query>& query, const std::string& name) {
    query->open = (options.ipv4 ? 1 : 0) + (options.ipv6 ? 1 : 0);
    for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
      if (!(type == DnsType::a ? options.ipv4 : options.ipv6)) continue;
      client->ask(name, type, query->server, [this, query, type](const DnsOutcome& outcome) {
        gather(query, type, outcome);
      });
    }
  }

  /// One family alone is enough when the other has none; a failure of either is one of the whole, so that half an
  /// answer is never kept. Without any address an alias is followed, for both families.
  void gather(const std::shared_ptr<Query>& query, DnsType type, const DnsOutcome& outcome) {
    if (outcome.code != 0 && (query->code == 0 || query->code == no_such_name)) query->code = outcome.code;
    if (outcome.code == 0) {
      (type == DnsType::a ? query->v4 : query->v6) = outcome.answer.addresses;
      query->ttl_s = std::min(query->ttl_s, outcome.answer.ttl_s);
      if (query->alias.empty() || type == DnsType::aaaa) query->alias = outcome.answer.alias;
    }
    if (--query->open > 0) return;
    Answer answer;
    answer.addresses = query->v4;
    answer.addresses.insert(answer.addresses.end(), query->v6.begin(), query->v6.end());
    const bool is_broken = query->code != 0 && query->code != no_such_name;
    if (is_broken || (answer.addresses.empty() && !follow_alias(query))) {
      return finish(*query, Unexpected<Error>(failure(query->name, query->code == 0 ? no_such_name : query->code)));
    }
    if (answer.addresses.empty()) return;
    answer.ttl_ms = ttl_of(query->ttl_s, options.valid_ms);
    finish(*query, std::move(answer));
  }
  bool follow_alias(const std::shared_ptr<Query>& query) {
    if (query->alias.empty() || ++query->aliases > DnsClient::most_aliases) return false;
    query->code = 0;
    ask_families(query, std::exchange(query->alias, {}));
    return true;
  }

  void ask_system(const std::shared_ptr<Query>& query) {
    if (system->error() != ARES_SUCCESS) {
      return finish(*query, Unexpected<Error>(failure(query->name, code_of(system->error()))));
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = options.ipv4 && options.ipv6 ? AF_UNSPEC : options.ipv6 ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for every address
    ares_getaddrinfo(system->get(), query->name.c_str(), nullptr, &hints, system_answered,
                     new std::shared_ptr<Query>(query));
    system->arm();
  }
  static void system_answered(void* arg, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<std::shared_ptr<Query>> held(static_cast<std::shared_ptr<Query>*>(arg));
    Query& query = **held;
    if (status == ARES_SUCCESS && info && info->nodes) {
      Answer answer = answer_from(*info);
      if (query.state->options.valid_ms > 0) answer.ttl_ms = ttl_of(0, query.state->options.valid_ms);
      query.state->finish(query, std::move(answer));
    } else if (status != ARES_EDESTRUCTION) {
      const int code = status == ARES_SUCCESS ? no_such_name : code_of(status);
      query.state->finish(query, Unexpected<Error>(failure(query.name, code)));
    }
    if (info) ares_freeaddrinfo(info);
  }

  void finish(const Query& query, const Outcome& outcome) {
    const std::shared_ptr<Query> keep = queries[query.name];
    queries.erase(query.name);
    const std::int64_t now = loop.clock().now_ms();
    if (outcome) cache.put(query.name, outcome, now + outcome->ttl_ms);
    else if (outcome.error().code == no_such_name) cache.put(query.name, outcome, now + failure_ttl_ms);
    for (const std::uint64_t id : query.ids) {
      const auto at = waiters.find(id);
      if (at == waiters.end()) continue;  // cancelled or timed out meanwhile
      deliver(id, std::move(at->second.done), outcome);
      waiters.erase(at);
    }
  }

  /// What /etc/hosts says; nothing when it has no such name.
  std::vector<Address> in_hosts_file(const std::string& name) const {
    std::vector<Address> found;
    if (!system || system->error() != ARES_SUCCESS || !options.hosts_file) return found;
    for (const int family : {AF_INET, AF_INET6}) {
      hostent* host = nullptr;
      if (!(family == AF_INET ? options.ipv4 : options.ipv6)) continue;
      if (ares_gethostbyname_file(system->get(), name.c_str(), family, &host) != ARES_SUCCESS) continue;
      char text[INET6_ADDRSTRLEN];
      for (char** at = host->h_addr_list; *at != nullptr; ++at) {
        const auto address = Address::parse_ip(ares_inet_ntop(family, *at, text, sizeof text), 0);
        if (address) found.push_back(*address);
      }
      ares_free_hostent(host);
    }
    return found;
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
    const std::int64_t now = loop.clock().now_ms();
    while (!waiters.empty() && waiters.begin()->second.deadline_ms <= now) {
      auto node = waiters.extract(waiters.begin());
      deliver(node.key(), std::move(node.mapped().done),
              Unexpected<Error>(failure(node.mapped().name, ETIMEDOUT)));
    }
    arm();
  }
  void arm() {
    if (waiters.empty()) return loop.timers().clear(*this);
    const std::int64_t after = waiters.begin()->second.deadline_ms - loop.clock().now_ms();
    loop.timers().set(*this, std::max<std::int64_t>(after, 0));
  }

  // ---- SRV

  void service_failed(ServiceQuery& query, int code) {
    // Through `ready`, so that its caller is never called from inside.
    deliver(++last_id, [done = std::move(query.done)](const Outcome& outcome) {
      done(Unexpected<Error>(outcome.error()));
    }, Unexpected<Error>(failure(query.name, code)));
  }

  void service_answered(const std::shared_ptr<ServiceQuery>& query, const DnsOutcome& outcome) {
    if (outcome.code != 0) return service_failed(*query, outcome.code);
    query->targets = outcome.answer.services;
    std::erase_if(query->targets, [](const DnsService& s) { return s.target.empty() || s.port == 0; });
    if (query->targets.size() > most_services) query->targets.resize(most_services);
    query->answer.ttl_ms = ttl_of(outcome.answer.ttl_s, options.valid_ms);
    query->open = query->targets.size();
    if (query->open == 0) return service_failed(*query, no_such_name);
    for (std::size_t i = 0; i < query->targets.size(); ++i) {
      start(query->targets[i].target, [this, query, i](const Outcome& found) { add_target(*query, i, found); });
    }
  }

  /// A target without an address is left out; when none has one, the first real failure counts.
  void add_target(ServiceQuery& query, std::size_t index, const Outcome& found) {
    const DnsService& target = query.targets[index];
    if (found) {
      query.answer.ttl_ms = std::min(query.answer.ttl_ms, found->ttl_ms);
      for (Address address : found->addresses) {
        address.set_port(target.port);
        query.answer.services.push_back({address, target.priority, target.weight});
      }
    } else if (query.code == 0 || query.code == no_such_name) {
      query.code = found.error().code;
    }
    if (--query.open > 0) return;
    if (query.answer.services.empty()) return query.done(Unexpected<Error>(failure(query.name, query.code)));
    query.done(std::move(query.answer));
  }

  std::uint64_t start(std::string_view name, Done done) {
    const std::uint64_t id = ++last_id;
    const std::string key = to_lower(name);
    std::int64_t left_ms = 0;
    if (auto literal = Address::parse_ip(key, 0)) {
      deliver(id, std::move(done), Answer{{*literal}, literal_ttl_ms});
    } else if (const Outcome* cached = cache.find(key, loop.clock().now_ms(), left_ms)) {
      Outcome outcome = *cached;
      if (outcome) outcome->ttl_ms = std::max(left_ms, least_ttl_ms);
      deliver(id, std::move(done), std::move(outcome));
    } else if (std::vector<Address> known = in_hosts_file(key); client && !known.empty()) {
      const Outcome outcome = Answer{std::move(known), hosts_ttl_ms};
      cache.put(key, outcome, loop.clock().now_ms() + hosts_ttl_ms);
      deliver(id, std::move(done), outcome);
    } else {
      ask(id, key, std::move(done));
    }
    return id;
  }
};

Resolver::Resolver(Loop& loop, ResolverOptions options) : state_(std::make_unique<State>(loop, std::move(options))) {}
Resolver::~Resolver() = default;

std::uint64_t Resolver::resolve(std::string_view name, Done done) { return state_->start(name, std::move(done)); }

void Resolver::resolve_service(std::string_view name, ServiceDone done) {
  auto query = std::make_shared<State::ServiceQuery>();
  query->name = to_lower(name);
  query->done = std::move(done);
  State& s = *state_;
  if (!s.client) return s.service_failed(*query, ECONNREFUSED);
  s.client->ask(query->name, DnsType::srv, s.client->next_server(),
                [&s, query](const DnsOutcome& outcome) { s.service_answered(query, outcome); });
}

void Resolver::cancel(std::uint64_t id) {
  if (state_->waiters.erase(id) > 0) return;
  auto& ready = state_->ready;
  ready.erase(std::remove_if(ready.begin(), ready.end(), [id](const State::Ready& r) { return r.id == id; }),
              ready.end());
}

}  // namespace gh::net
