// Resolver: names to addresses through c-ares on one loop, never blocking. Answers are cached by TTL (or `valid`).
// Not shared between threads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "net/loop.h"

namespace gh::net {

struct ResolverOptions {
  std::vector<Address> servers;   // empty: the system's (/etc/resolv.conf)
  std::int64_t valid_ms = 0;      // 0: the answer's TTL
  std::int64_t timeout_ms = 30000;
  bool ipv4 = true, ipv6 = true;
  bool hosts_file = true;         // names of /etc/hosts are answered without asking; always with the system's servers
};

class Resolver {
 public:
  struct Answer {
    std::vector<Address> addresses;  // port 0; /etc/hosts and literal addresses are answered too
    std::int64_t ttl_ms = 0;         // at least 1000
  };
  using Done = std::function<void(Result<Answer>)>;
  /// What stands behind an SRV name (RFC 2782).
  struct Service {
    Address address;             // with its port
    std::uint16_t priority = 0;  // the least is the best
    std::uint16_t weight = 0;
  };
  struct ServiceAnswer {
    std::vector<Service> services;
    std::int64_t ttl_ms = 0;
  };
  using ServiceDone = std::function<void(Result<ServiceAnswer>)>;
  Resolver(Loop& loop, ResolverOptions options);
  ~Resolver();  // pending calls are dropped without calling Done
  /// `done` is called later from the loop, never inside this call. Returns an id for cancel().
  std::uint64_t resolve(std::string_view name, Done done);
  void cancel(std::uint64_t id);
  /// SRV records of `name` ("_http._tcp.example.com") with their targets' addresses. Needs stated servers. `done` is
  /// called later, too; dropped with the resolver.
  void resolve_service(std::string_view name, ServiceDone done);

  // IMPLEMENTATION-BEGIN
 private:
  struct State;
  std::unique_ptr<State> state_;
  // IMPLEMENTATION-END
};

}  // namespace gh::net
